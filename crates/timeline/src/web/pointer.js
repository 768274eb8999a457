// Mouse, wheel, pen and touch control of the picture.

import { hit } from "./lanes.js";
import { AXIS } from "./scene.js";
import { hide, point } from "./tooltip.js";

/** How far (px) a pointer may miss a block, and how far it may move during a click. */
const SLACK = 4;
const FINGER = 12;
/** The exponent of the zoom factor per pixel of wheel movement. */
const ZOOM_A_PIXEL = 0.0022;

export function bindPointer(picture) {
  const { root } = picture;
  const pointers = new Map();
  let moved = 0;
  let pinch = null;

  const place = (event) => {
    const box = root.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const onScrollbar = (event) => event.target === picture.scroller && event.offsetX >= picture.scroller.clientWidth;

  root.addEventListener(
    "wheel",
    (event) => {
      const { x, y } = place(event);
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const scrolls = picture.scroller.scrollHeight > picture.scroller.clientHeight + 1;
      if (event.ctrlKey || event.metaKey) picture.zoom(Math.exp(event.deltaY * unit * ZOOM_A_PIXEL * 3), x);
      else if (event.shiftKey) picture.pan((event.deltaX || event.deltaY) * unit);
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) picture.pan(event.deltaX * unit);
      else if (y < AXIS || !scrolls) picture.zoom(Math.exp(event.deltaY * unit * ZOOM_A_PIXEL), x);
      else return;
      event.preventDefault();
    },
    { passive: false },
  );

  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || onScrollbar(event)) return;
    pointers.set(event.pointerId, place(event));
    moved = 0;
    pinch = pointers.size === 2 ? spread(pointers) : null;
  });

  root.addEventListener("pointermove", (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      point(picture, now, SLACK);
      return;
    }
    pointers.set(event.pointerId, now);
    if (pointers.size === 2 && pinch) {
      const next = spread(pointers);
      picture.zoom(pinch.apart / Math.max(next.apart, 1), next.x);
      if (!picture.model.view.live) picture.pan(pinch.x - next.x);
      pinch = next;
      moved = Infinity;
      return;
    }
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved > SLACK && pointers.size === 1) {
      root.setPointerCapture?.(event.pointerId);
      hide(picture);
      if (now.x !== before.x) picture.pan(before.x - now.x);
    }
  });

  const leave = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    pinch = null;
    if (event.type !== "pointerup" || moved > SLACK) return;
    const slack = event.pointerType === "touch" ? FINGER : SLACK;
    click(picture, place(event), slack);
    // A finger cannot hover, so a tap shows the tooltip too.
    if (event.pointerType === "touch") point(picture, place(event), slack);
  };
  root.addEventListener("pointerup", leave);
  root.addEventListener("pointercancel", leave);
  root.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && hide(picture));
}

/** The distance between two fingers, and their middle. */
function spread(pointers) {
  const [a, b] = [...pointers.values()];
  return { apart: Math.abs(a.x - b.x) + Math.abs(a.y - b.y), x: (a.x + b.x) / 2 };
}

function click(picture, { x, y }, slack) {
  picture.root.focus({ preventScroll: true });
  const found = picture.at(x, y);
  if (!found) return;
  if (found.row.group) {
    picture.fold(found.row.group.key);
    return;
  }
  const { connection } = found.row;
  const { view, now } = picture.model;
  const what = x < view.left ? null : hit(connection, found.time, view.slack(x, slack), now());
  const selection = { id: connection.id, exchange: what?.exchange ?? null };
  picture.select(selection);
  picture.notify.opened(selection);
}
