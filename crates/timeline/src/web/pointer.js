// Mouse, wheel, pen and touch control of the picture.

import { hit } from "./lanes.js";
import { oneLine } from "./wire.js";
import { idleWords, connectionWords, endWords, exchangeWords, programWords } from "./words.js";
import { span } from "./time.js";
import { t } from "./i18n.js";
import { AXIS } from "./scene.js";

/** How far (px) a pointer may miss a block, and how far it may move during a click. */
const SLACK = 4;
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
      point(picture, now);
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
    if (event.type === "pointerup" && moved <= SLACK) click(picture, place(event));
  };
  root.addEventListener("pointerup", leave);
  root.addEventListener("pointercancel", leave);
  root.addEventListener("pointerleave", () => hide(picture));
}

/** The distance between two fingers, and their middle. */
function spread(pointers) {
  const [a, b] = [...pointers.values()];
  return { apart: Math.abs(a.x - b.x) + Math.abs(a.y - b.y), x: (a.x + b.x) / 2 };
}

function click(picture, { x, y }) {
  picture.root.focus({ preventScroll: true });
  const found = picture.at(x, y);
  if (!found) return;
  if (found.row.group) {
    picture.fold(found.row.group.key);
    return;
  }
  const { connection } = found.row;
  const { view, now } = picture.model;
  const what = x < view.left ? null : hit(connection, found.time, view.slack(x, SLACK), now());
  const selection = { id: connection.id, exchange: what?.exchange ?? null };
  picture.select(selection);
  picture.notify.opened(selection);
}

/** Shows a tooltip for what is under the pointer. */
function point(picture, { x, y }) {
  const words = describe(picture, x, y);
  if (!words) {
    hide(picture);
    return;
  }
  const { tooltip, root } = picture;
  tooltip.replaceChildren(...words.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
  tooltip.hidden = false;
  const width = tooltip.offsetWidth;
  const height = tooltip.offsetHeight;
  tooltip.style.left = `${Math.max(4, Math.min(x + 14, root.clientWidth - width - 4))}px`;
  tooltip.style.top = `${y + 18 + height > root.clientHeight ? Math.max(2, y - height - 10) : y + 18}px`;
}

function hide(picture) {
  picture.tooltip.hidden = true;
  if (picture.hover !== null) picture.dirty = true;
  picture.hover = null;
}

function describe(picture, x, y) {
  const { model } = picture;
  const { view, store } = model;
  if (y < AXIS) {
    const near = store.program.filter((p) => Math.abs(view.x(p.at) - x) <= 7).slice(-6);
    return near.length > 0 ? near.map((p) => programWords(p.line)) : null;
  }
  const found = picture.at(x, y);
  const connection = found?.row.connection;
  if ((connection?.id ?? null) !== picture.hover) picture.dirty = true;
  picture.hover = connection?.id ?? null;
  if (!connection) return null;
  const now = model.now();
  const what = x < view.left ? null : hit(connection, found.time, view.slack(x, SLACK), now);
  const rules = x < view.left ? [] : rulesAt(connection, found.time, view.slack(x, SLACK));
  if (rules.length > 0) return [...rules, ...(what?.exchange ? exchangeLines(what.exchange, now) : [])];
  if (what?.exchange) return exchangeLines(what.exchange, now);
  if (what?.idle) return [idleWords(what.idle, now)];
  if (what?.end) return [endWords(connection)];
  return [connectionWords(connection)];
}

/** What is said of the rules that applied at this time. */
function rulesAt(connection, time, slack) {
  const near = connection.rules.filter((rule) => Math.abs(rule.from - time) <= slack);
  return near.slice(0, 4).map(({ line }) => t("ladder.rule", { rule: oneLine(line.rule, 100), number: line.number }));
}

function exchangeLines(exchange, now) {
  const lines = [exchangeWords(exchange)];
  const { reply } = exchange;
  if (reply) {
    lines.push(t("exchange.sizes_value", { head: reply.head_bytes, body: reply.body_bytes }));
    lines.push(span(exchange.to - exchange.from));
    if (reply.complete === false) lines.push(t("exchange.incomplete"));
  } else lines.push(t("exchange.pending"), span(now - exchange.from));
  return lines;
}
