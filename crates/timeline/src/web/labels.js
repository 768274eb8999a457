// The labels above the blocks of a lane: status, method and path. Pure.
//
// Labels go down like stairs, one line for each request, so that the line from a label to its block crosses no other label.
// After the lowest step, the next flight starts at the top. The labels of a flight end where the next flight starts. Blocks
// that would start it too early have no label.

import { firstFrom, LABEL } from "./lanes.js";
import { fitted } from "./text.js";
import { oneLine } from "./wire.js";
import { exchangeWords } from "./words.js";

/** Blocks that are closer (px) than this to the one before have no label. */
const LEAST_APART = 5;
/** A flight starts at least this far (px) after the lowest step of the one before, because a status needs that much space. */
const LEAST_ROOM = 40;

/**
 * Draws the labels of the visible requests: `lines` lines from `y` down, above the blocks, whose tops are at `blocks`.
 * `ground`: the role of the lane's background, which covers the lines that cross all lanes.
 */
export function labels(pen, connection, view, { y, lines, blocks, ground }) {
  if (lines === 0) return;
  const right = view.left + view.width;
  for (const { steps, until } of flights(labelled(connection, view), lines, right)) {
    steps.forEach(({ x, exchange }, step) => {
      const words = shortened(pen, exchange, until - x - 8);
      if (words === "") return;
      const middle = y + step * LABEL + LABEL / 2 + 2;
      pen.fill(x, middle + 2, 1, blocks - middle - 2, "wire");
      pen.fill(x + 3, middle - LABEL / 2 + 1, pen.measure(words) + 2, LABEL - 2, ground);
      pen.text(x + 4, middle, words, "plain", "start");
    });
  }
}

/** The flights of stairs: the exchanges of each, from the top down, and where its labels must end. */
function flights(all, lines, right) {
  const found = [];
  for (let from = 0; from < all.length; ) {
    const steps = all.slice(from, from + lines);
    const least = steps.at(-1).x + LEAST_ROOM;
    let next = from + steps.length;
    while (next < all.length && all[next].x < least) next += 1;
    found.push({ steps, until: all[next]?.x ?? right });
    from = next;
  }
  return found;
}

/** The visible exchanges that get a label, and where their blocks begin. */
function labelled(connection, view) {
  const list = connection.exchanges;
  const right = view.left + view.width;
  const found = [];
  for (let i = firstFrom(list, view.from); i < list.length; ) {
    const x = Math.max(view.x(list[i].from), view.left);
    if (x > right) break;
    found.push({ x, exchange: list[i] });
    const next = firstFrom(list, view.time(x + LEAST_APART));
    i = Math.max(i + 1, next);
  }
  return found;
}

/** The label of an exchange that fits the space: if necessary without method and directories, or with only the status. */
function shortened(pen, exchange, room) {
  const { method = "", target = "" } = exchange.head ?? exchange.reply ?? {};
  const status = exchange.reply ? String(exchange.reply.status) : "…";
  const name = oneLine(/[^/]+\/?$/.exec(target.split("?")[0])?.[0] ?? target, 80);
  const forms = [exchangeWords(exchange), `${status} ${oneLine(method, 20)} ${name}`, `${status} ${name}`];
  return forms.find((form) => pen.measure(form) <= room) ?? (fitted(pen, forms.at(-1), room) || fitted(pen, status, room));
}
