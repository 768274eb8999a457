// Keyboard control of the picture.

import { t } from "./i18n.js";
import { hide, pointAtSelection } from "./tooltip.js";
import { connectionWords, exchangeWords } from "./words.js";

const STEP = 1.35;

export function bindKeys(picture) {
  const page = () => picture.model.view.width / 6;
  const actions = {
    " ": () => picture.setLive(!picture.model.view.live),
    "+": () => picture.zoom(1 / STEP, anchor(picture)),
    "=": () => picture.zoom(1 / STEP, anchor(picture)),
    "-": () => picture.zoom(STEP, anchor(picture)),
    ArrowLeft: () => picture.pan(-page()),
    ArrowRight: () => picture.pan(page()),
    ArrowUp: () => moveLane(picture, -1),
    ArrowDown: () => moveLane(picture, 1),
    PageUp: () => moveLane(picture, -10),
    PageDown: () => moveLane(picture, 10),
    "[": () => moveBlock(picture, -1),
    "]": () => moveBlock(picture, 1),
    "shift ArrowLeft": () => moveBlock(picture, -1),
    "shift ArrowRight": () => moveBlock(picture, 1),
    Enter: () => picture.selected && picture.notify.opened(picture.selected, true),
    Home: () => picture.fit(),
    0: () => picture.fit(),
    f: () => picture.fit(chosen(picture)),
    End: () => picture.setLive(true),
    Escape: () => picture.select(null),
  };
  picture.root.addEventListener("keydown", (event) => {
    if (event.target !== picture.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const shifted = event.shiftKey && event.key.startsWith("Arrow") ? `shift ${event.key}` : event.key;
    const action = actions[shifted];
    if (!action) return;
    event.preventDefault();
    action();
    if (document.activeElement === picture.root) pointAtSelection(picture);
  });
  picture.root.addEventListener("blur", () => hide(picture));
}

function chosen(picture) {
  return picture.model.store.connections.get(picture.selected?.id) ?? null;
}

/** The pixel to zoom around: that of the selected exchange if it is visible, otherwise the middle. */
function anchor(picture) {
  const { view } = picture.model;
  const x = picture.selected?.exchange ? view.x(picture.selected.exchange.from) : -1;
  return x >= view.left && x <= view.left + view.width ? x : view.left + view.width / 2;
}

/** Selects the lane `by` rows further down. */
function moveLane(picture, by) {
  const lanes = picture.lanes();
  if (lanes.length === 0) return;
  const at = lanes.findIndex((row) => row.connection.id === picture.selected?.id);
  const next = at < 0 ? (by > 0 ? 0 : lanes.length - 1) : Math.min(lanes.length - 1, Math.max(0, at + by));
  const { connection } = lanes[next];
  picture.select({ id: connection.id, exchange: null }, { reveal: true, say: connectionWords(connection) });
}

/** Selects the exchange `by` later on the selected lane. */
function moveBlock(picture, by) {
  const connection = chosen(picture);
  if (!connection?.exchanges.length) return;
  const list = connection.exchanges;
  const at = list.indexOf(picture.selected.exchange);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by));
  const exchange = list[next];
  const aloud = t("picture.selected_exchange", { request: exchange.request, port: connection.port, what: exchangeWords(exchange) });
  picture.select({ id: connection.id, exchange }, { reveal: true, say: aloud });
}
