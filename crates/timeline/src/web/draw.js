// Draws one lane: a connection from accept to end. Pure: the pen may be a canvas, an SVG document or a test.
//
// A pen has: fill(x, y, w, h, role), frame(x, y, w, h, role), hatch(x, y, w, h, role), line(x1, y1, x2, y2, role, dashed),
// shape(points, role, hollow), text(x, y, text, role, align), measure(text). A role is the name of a colour.

import { labels } from "./labels.js";
import { firstFrom, LABEL, LANE } from "./lanes.js";
import { ending, lastsUntil, unused, writes } from "./store.js";
import { fitted } from "./text.js";
import { oneLine } from "./wire.js";
import { endWords, exchangeWords, ruleWords } from "./words.js";

const BLOCK_TOP = 4;
const BLOCK = 16;
const MIDDLE = LANE / 2;
const LEAST = 4;
/** The role (colour) of a status. */
export function statusRole(status) {
  return status >= 100 && status < 600 ? `s${Math.floor(status / 100)}` : "s1";
}

/**
 * Draws a lane at `place`: its top, its height, and the role of its background. Space beyond the height of a plain lane is
 * for labels above the blocks.
 * `unusedAfter`: the server's timeout for unused connections in ms, or null.
 */
export function lane(pen, connection, view, place, now, unusedAfter = null) {
  const { ground = "bg" } = place;
  const y = place.y + place.height - LANE;
  const left = view.left;
  const right = view.left + view.width;
  const from = Math.max(view.x(connection.accepted), left);
  const until = lastsUntil(connection, now);
  const to = Math.min(view.x(until), right);
  if (to < left) {
    const words = fitted(pen, `◂ ${endWords(connection) ?? ""}`, view.width - 8);
    pen.fill(left + 2, y + MIDDLE - 8, pen.measure(words) + 4, 16, ground);
    pen.text(left + 4, y + MIDDLE, words, "dim", "start");
    return;
  }
  if (from > right) {
    pen.text(right - 4, y + MIDDLE, "▸", "dim", "end");
    return;
  }
  if (view.x(connection.accepted) >= left) pen.fill(from - 1, y + 3, 2, LANE - 6, "wire");
  if (unused(connection)) {
    if (unusedAfter !== null && !connection.closing && !connection.lost) track(pen, view, y + 5, 14, connection.accepted, unusedAfter, "track");
    const closing = connection.closing ? Math.min(view.x(connection.closing.at), right) : to;
    pen.hatch(from, y + 5, Math.max(closing - from, 2), 14, "hatch");
  } else pen.fill(from, y + MIDDLE - 0.5, Math.max(to - from, 1), 1, "wire");
  idlePeriods(pen, connection, view, y, now);
  exchanges(pen, connection, view, y, now);
  marks(connection.drops, view, (x) => pen.shape([[x - 5, y + 1], [x + 5, y + 1], [x, y + 10]], "client", true));
  marks(connection.rules, view, (x, rule) => {
    pen.shape([[x, y], [x + 4, y + 5], [x, y + 10], [x - 4, y + 5]], "event", true);
    if (!rule.exchange) ruleName(pen, connection, rule, view, x, y);
  });
  end(pen, connection, view, y, now, ground);
  labels(pen, connection, view, { y: place.y, lines: Math.round((place.height - LANE) / LABEL), blocks: y + BLOCK_TOP, ground });
}

/** Marks on the lane's upper edge: triangles for requests that were dropped, diamonds for rules that applied. */
function marks(all, view, draw) {
  const right = view.left + view.width;
  let drawn = -Infinity;
  for (let i = firstFrom(all, view.from); i < all.length; i += 1) {
    const x = view.x(all[i].from);
    if (x > right) break;
    // Marks that overlap one that is already drawn could not be distinguished.
    if (x - drawn < 3) continue;
    drawn = x;
    draw(x, all[i]);
  }
}

/** The name of a rule that applied to no request, up to the next item. The block of a request shows the name itself. */
function ruleName(pen, connection, rule, view, x, y) {
  const next = [connection.exchanges, connection.idlePeriods, connection.rules].map((all) => all[firstFrom(all, rule.from + 1)]?.from ?? Infinity);
  const until = Math.min(...next, connection.closing?.at ?? Infinity);
  const room = Math.min(view.x(until), view.left + view.width) - x - 10;
  if (x >= view.left) pen.text(x + 7, y + 6, fitted(pen, oneLine(rule.line.rule, 40), room), "event", "start");
}

/** An outline from `start` for `length` ms: how long an idle period may last. */
function track(pen, view, y, height, start, length, role) {
  const from = Math.max(view.x(start), view.left);
  const to = Math.min(view.x(start + length), view.left + view.width);
  if (to - from > 1) pen.frame(from, y, to - from, height, role);
}

function idlePeriods(pen, connection, view, y, now) {
  const right = view.left + view.width;
  let drawn = -1;
  for (let i = firstFrom(connection.idlePeriods, view.from); i < connection.idlePeriods.length; i += 1) {
    const idle = connection.idlePeriods[i];
    const from = Math.max(view.x(idle.from), view.left);
    if (from > right) break;
    const till = idle.to ?? (connection.lost ? connection.last : now);
    const to = Math.min(view.x(till), right);
    // Skip idle periods within a pixel that is already drawn.
    if (to - from < 1 && to <= drawn) {
      i = Math.max(i, firstFrom(connection.idlePeriods, view.time(drawn + 1)) - 1);
      continue;
    }
    drawn = to;
    bar(pen, view, y + 6, idle, till, idle.announced, "announced");
    bar(pen, view, y + 13, idle, till, idle.endsAfter ?? Infinity, "real");
  }
}

/** One bar of an idle period: filled up to now, outlined up to the timeout. */
function bar(pen, view, y, idle, till, length, role) {
  if (length === null) return;
  const from = Math.max(view.x(idle.from), view.left);
  const right = view.left + view.width;
  const goal = idle.from + length;
  const filled = Math.min(view.x(Math.min(till, goal)), right);
  if (filled > from) pen.fill(from, y, Math.max(filled - from, 1), 5, role);
  // Show the remaining time only while the connection is idle. A mark at the timeout remains if it was reached.
  if (length === Infinity) {
    if (idle.to === null && filled < right) pen.line(filled, y + 2.5, right, y + 2.5, role, true);
  } else {
    if (idle.to === null) track(pen, view, y, 5, idle.from, length, role);
    const x = view.x(goal);
    if (x >= view.left && x <= right && (idle.to === null || goal <= till)) pen.fill(x - 1, y - 2, 2, 9, role);
  }
}

function exchanges(pen, connection, view, y, now) {
  const right = view.left + view.width;
  const list = connection.exchanges;
  let drawn = view.left - 1;
  for (let i = firstFrom(list, view.time(view.left - LEAST)); i < list.length; i += 1) {
    const exchange = list[i];
    const from = view.x(exchange.from);
    if (from > right) break;
    const ends = view.x(exchange.to ?? (connection.end ? connection.end.at : now));
    // Skip, in one step, all exchanges within a block that is already drawn.
    if (ends <= drawn) {
      i = Math.max(i, firstFrom(list, view.time(drawn)) - 1);
      continue;
    }
    const to = Math.max(ends, from + LEAST);
    block(pen, connection, exchange, view, y, Math.max(from, view.left), Math.min(to, right));
    drawn = to;
  }
}

function block(pen, connection, exchange, view, y, from, to) {
  const top = y + BLOCK_TOP;
  const width = Math.max(to - from, 1);
  if (!exchange.reply) {
    pen.fill(from, top, width, BLOCK, "wait");
    const words = fitted(pen, ruleWords(exchange.rule), width - 8);
    if (words) pen.text(from + 6, top + BLOCK / 2, words, "plain", "start");
    return;
  }
  const { status, complete } = exchange.reply;
  const role = statusRole(status);
  const cuts = to - from > 12 ? writes(connection, exchange) : [];
  const first = cuts.length > 0 ? Math.min(Math.max(view.x(cuts[0].at), from), to - 2) : from;
  if (first > from) pen.fill(from, top, first - from, BLOCK, "wait");
  // The shape shows the status class as well as the colour: 3xx blocks are low, 4xx have one bar, 5xx have two.
  // A 304 sent nothing, so its block is empty.
  const low = role === "s3" ? 4 : 0;
  const empty = status === 304;
  pen.fill(first, top + low, to - first, BLOCK - low * 2, empty ? "bg" : role);
  if (empty) pen.frame(first, top + low, to - first, BLOCK - low * 2, role);
  if (role === "s4" || role === "s5") pen.fill(first, top, to - first, 3, "mark");
  if (role === "s5") pen.fill(first, top + BLOCK - 3, to - first, 3, "mark");
  if (complete === false) {
    const notch = Math.min(6, (to - first) / 2);
    pen.shape([[to - notch, top], [to, top], [to, top + BLOCK], [to - notch / 2, top + BLOCK / 2]], "bg");
  }
  let last = first;
  for (const cut of cuts.slice(1)) {
    const x = view.x(cut.at);
    if (x - last < 4 || x > to) continue;
    pen.fill(x - 0.5, top + low, 1, BLOCK - low * 2, "bg");
    last = x;
  }
  label(pen, exchange, first, to, top);
}

/** Writes the status into the block, with the request if there is enough space. */
function label(pen, exchange, from, to, top) {
  const room = to - from - 6;
  const status = String(exchange.reply.status);
  if (room < pen.measure(status)) return;
  const words = exchangeWords(exchange);
  pen.text(from + 4, top + BLOCK / 2, room >= pen.measure(words) ? words : status, onBlock(exchange.reply.status), "start");
}

/** The role of text on the block of a status: white on amber or green is hard to read. */
function onBlock(status) {
  if (status === 304) return "strong";
  return ["s3", "s4"].includes(statusRole(status)) ? "onbright" : "onblock";
}

/** Draws the close: a bar for FIN, a cross for RST. Filled if the server closed first, hollow if the client did. */
function end(pen, connection, view, y, now, ground) {
  const found = ending(connection);
  const right = view.left + view.width;
  if (!found) {
    if (connection.lost) pen.text(Math.min(view.x(connection.last), right) + 4, y + MIDDLE, "?", "dim", "start");
    return;
  }
  const x = view.x(found.at);
  if (x > right) return;
  // Nothing comes after a RST.
  const tail = found.how === "rst" ? x : Math.min(view.x(connection.end ? connection.end.at : now), right);
  if (tail - x > 2) pen.line(Math.max(x, view.left), y + MIDDLE, tail, y + MIDDLE, found.who, true);
  if (x >= view.left) mark(pen, x, y, found);
  // The RST that answers a FIN ends the connection, so nothing is drawn after it.
  const answer = found.followedBy === "rst" ? Math.max(x + 14, tail) : null;
  if (answer !== null && answer >= view.left) cross(pen, answer, y + MIDDLE, "server");
  const words = endWords(connection);
  // To the right of the mark, and of the cross of a RST that answers it.
  const at = Math.max(tail + 6, answer === null ? x + 17 : answer + 12, view.left + 6);
  const shown = fitted(pen, words, right - at - 2);
  if (!shown) return;
  // The text covers the lines that cross all lanes: changes, and the current time.
  pen.fill(at - 2, y + MIDDLE - 8, pen.measure(shown) + 4, 16, ground);
  pen.text(at, y + MIDDLE, shown, found.followedBy === "hold" ? "client" : found.who, "start");
}

function mark(pen, x, y, found) {
  const role = found.followedBy === "hold" ? "client" : found.who;
  const hollow = role === "client";
  const top = y + 4;
  const bottom = y + 20;
  if (found.how === "rst") cross(pen, x + 5, y + MIDDLE, role);
  else {
    pen.fill(x, top, 2, bottom - top, role);
    pen.shape([[x + 2, top + 3], [x + 9, y + MIDDLE], [x + 2, bottom - 3]], role, hollow);
  }
}

function cross(pen, x, y, role) {
  for (const slope of [1, -1]) {
    const a = [[x - 6, y - 5 * slope - slope], [x - 4.5, y - 6.5 * slope], [x + 6, y + 5 * slope], [x + 4.5, y + 6.5 * slope]];
    pen.shape(a, role);
  }
}
