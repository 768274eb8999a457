// The tooltip of the picture: what is under the pointer or a finger, or what the keyboard has selected.

import { t } from "./i18n.js";
import { hit } from "./lanes.js";
import { AXIS } from "./scene.js";
import { span } from "./time.js";
import { oneLine } from "./wire.js";
import { connectionWords, droppedWords, endWords, exchangeWords, idleWords, programWords } from "./words.js";

/** Shows what is at a point, within `slack` pixels. */
export function point(picture, { x, y }, slack) {
  show(picture, describe(picture, x, y, slack), { x, y });
}

/** Shows what is selected, below its lane. */
export function pointAtSelection(picture) {
  const { view, store, now } = picture.model;
  const connection = store.connections.get(picture.selected?.id);
  const row = picture.list.find((each) => each.connection === connection);
  if (!connection || !row) {
    hide(picture);
    return;
  }
  const { exchange } = picture.selected;
  const x = exchange ? view.x(exchange.from) : view.left;
  const lines = exchange ? exchangeLines(exchange, now()) : [connectionWords(connection)];
  show(picture, lines, { x, y: AXIS + row.top + row.height - picture.scroller.scrollTop - 14 });
}

export function hide(picture) {
  picture.tooltip.hidden = true;
  if (picture.hover !== null) picture.dirty = true;
  picture.hover = null;
}

/** Shows these lines beside a point, inside the picture. */
function show(picture, lines, { x, y }) {
  if (!lines) {
    hide(picture);
    return;
  }
  const { tooltip, root } = picture;
  tooltip.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
  tooltip.hidden = false;
  const width = tooltip.offsetWidth;
  const height = tooltip.offsetHeight;
  tooltip.style.left = `${Math.max(4, Math.min(x + 14, root.clientWidth - width - 4))}px`;
  tooltip.style.top = `${y + 18 + height > root.clientHeight ? Math.max(2, y - height - 10) : y + 18}px`;
}

function describe(picture, x, y, slack) {
  const { model } = picture;
  const { view, store } = model;
  if (y < AXIS) {
    const near = store.program.filter((p) => Math.abs(view.x(p.at) - x) <= slack + 3).slice(-6);
    return near.length > 0 ? near.map((p) => programWords(p.line)) : null;
  }
  const found = picture.at(x, y);
  const connection = found?.row.connection;
  if ((connection?.id ?? null) !== picture.hover) picture.dirty = true;
  picture.hover = connection?.id ?? null;
  if (!connection) return null;
  const now = model.now();
  const what = x < view.left ? null : hit(connection, found.time, view.slack(x, slack), now);
  const marks = x < view.left ? [] : marksAt(connection, found.time, view.slack(x, slack));
  if (marks.length > 0) return [...marks, ...(what?.exchange ? exchangeLines(what.exchange, now) : [])];
  if (what?.exchange) return exchangeLines(what.exchange, now);
  if (what?.idle) return [idleWords(what.idle, now)];
  if (what?.end) return [endWords(connection)];
  return [connectionWords(connection)];
}

/** The lines about the rules that applied at this time, and about the requests that were dropped. */
function marksAt(connection, time, slack) {
  const near = (all) => all.filter((mark) => Math.abs(mark.from - time) <= slack).slice(0, 4);
  return [
    ...near(connection.rules).map(({ line }) => t("ladder.rule", { rule: oneLine(line.rule, 100), number: line.number })),
    ...near(connection.drops).map(({ line }) => droppedWords(line)),
  ];
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
