// The divider between the picture and the dock: moved by pointer and keyboard (ARIA authoring practices, window splitter).

import { remember, remembered } from "./theme.js";

/** The share of the page (%) that the dock may have, and the step of an arrow key. */
const LEAST = 15;
const MOST = 80;
const STEP = 4;

/** Below this width (CSS pixels) the dock is below the picture. style.css has the same. */
const STACKED = matchMedia("(max-width: 900px)");

export function bindSplit(divider, main) {
  const sizes = Array.from({ length: MOST - LEAST + 1 }, (_, i) => String(LEAST + i));
  const name = () => (STACKED.matches ? "dock-height" : "dock-width");
  /** The current share of the dock (%). */
  const part = () => {
    const [whole, dock] = [main, main.lastElementChild].map((element) => element.getBoundingClientRect());
    return STACKED.matches ? (dock.height / whole.height) * 100 : (dock.width / whole.width) * 100;
  };
  const show = () => {
    const size = remembered(name(), sizes, "");
    if (size === "") main.style.removeProperty("--dock");
    else main.style.setProperty("--dock", `${size}%`);
    divider.setAttribute("aria-orientation", STACKED.matches ? "horizontal" : "vertical");
    divider.setAttribute("aria-valuenow", String(Math.round(part())));
  };
  const resize = (percent) => {
    remember(name(), String(Math.round(Math.min(MOST, Math.max(LEAST, percent)))));
    show();
  };

  divider.setAttribute("aria-valuemin", String(LEAST));
  divider.setAttribute("aria-valuemax", String(MOST));
  divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const whole = main.getBoundingClientRect();
    resize(100 * (STACKED.matches ? (whole.bottom - event.clientY) / whole.height : (whole.right - event.clientX) / whole.width));
  });
  divider.addEventListener("keydown", (event) => {
    const grown = { ArrowLeft: STEP, ArrowUp: STEP, ArrowRight: -STEP, ArrowDown: -STEP, Home: -MOST, End: MOST }[event.key];
    if (grown === undefined) return;
    event.preventDefault();
    resize(Math.round(part()) + grown);
  });
  STACKED.addEventListener("change", show);
  new ResizeObserver(() => divider.setAttribute("aria-valuenow", String(Math.round(part())))).observe(main);
  show();
}
