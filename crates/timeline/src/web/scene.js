// Draws the whole picture with a pen: grid, rows, gutter, axis, program events, the current time. Pure.

import { lane } from "./draw.js";
import { t } from "./i18n.js";
import { GROUP, LANE, rowAt, stuck } from "./lanes.js";
import { lastsUntil } from "./store.js";
import { clock, roundest, span, tickStep, ticks } from "./time.js";

/** The height of the axis. The rows start below it. */
export const AXIS = 44;
const TICKS_AT = 14;
const EVENTS_AT = 33;
/** The minimum distance of two ticks, and the width of a cell with one tick on a compressed axis, in pixels. */
const TICK = 110;
const CELL = 190;
/** How far (ms) before the first event and beyond now a compressed axis has ticks. */
const AROUND = 600_000;
/** The axis labels times without events that are at least this long (ms). */
const GAP = 1000;

/**
 * Draws the visible part. `list`: rows; `scroll`: their first visible pixel; `size`: {width, height};
 * `unusedAfter(local)`: a server's timeout for unused connections; `selected`: {id, exchange}; `hover`: a connection's id.
 */
export function scene(pen, { list, scroll, size, view, now, origin, program, unusedAfter, selected, hover }) {
  pen.fill(0, 0, size.width, size.height, "bg");
  const marks = ticksOf(view, origin ?? 0, now);
  const right = view.left + view.width;
  const visible = visibleRows(list, scroll, size.height);
  const lanes = visible.filter((row) => !row.group).map((row) => ({ ...row, y: AXIS + row.top - scroll, ground: ground(row, selected, hover) }));
  for (const { y, height, ground: role } of lanes) if (role !== "bg") pen.fill(0, y, size.width, height, role);
  // The lines that cross all lanes are drawn first, so that the text of the lanes covers them.
  for (const { at } of marks) pen.fill(Math.round(view.x(at)), AXIS, 1, size.height - AXIS, "grid");
  const flags = flagsOf(program, view);
  for (const flag of flags) pen.line(view.x(flag.at), AXIS, view.x(flag.at), size.height, "event", true);
  const x = view.x(now);
  if (x >= view.left && x <= right) pen.fill(Math.round(x), AXIS - 6, 1, size.height - AXIS + 6, "now");
  for (const row of lanes) laneRow(pen, row, { view, now, size, selected, unusedAfter });
  for (const row of visible) if (row.group) heading(pen, row, AXIS + row.top - scroll, size.width);
  const top = stuck(list, scroll);
  if (top) heading(pen, top.row, AXIS + top.y, size.width);

  pen.fill(0, 0, size.width, AXIS, "axis");
  let free = view.left;
  for (const { at, step } of marks) {
    const place = view.x(at);
    if (place > right) break;
    pen.fill(Math.round(place), TICKS_AT + 8, 1, 4, "dim");
    // Near an edge, the label is beside its tick rather than above it.
    const words = clock(at, origin ?? 0, step);
    const half = pen.measure(words) / 2;
    const middle = Math.max(Math.min(place, right - half - 4), view.left + half + 4);
    if (middle - half < free) continue;
    pen.text(middle, TICKS_AT, words, "dim", "middle");
    free = middle + half + 8;
  }
  pen.fill(0, AXIS - 1, size.width, 1, "edge");
  gaps(pen, view);
  for (const flag of flags) {
    const at = view.x(flag.at);
    const role = flag.line.event === "dropped" ? "s5" : "event";
    pen.shape([[at, EVENTS_AT - 7], [at + 6, EVENTS_AT], [at, EVENTS_AT + 7], [at - 6, EVENTS_AT]], role);
  }
  if (x >= view.left && x <= right) {
    pen.shape([[x - 5, AXIS - 9], [x + 5, AXIS - 9], [x, AXIS - 2]], "now");
    if (right - x > 60) pen.text(x + 9, EVENTS_AT, t("picture.now"), "now", "start");
    else pen.text(x - 9, EVENTS_AT, t("picture.now"), "now", "end");
  } else if (x > right) pen.text(right - 4, EVENTS_AT, `${t("picture.now")} ▸`, "now", "end");
}

/** The rows that are at least partly visible. */
function visibleRows(list, scroll, height) {
  const first = rowAt(list, scroll);
  let until = first;
  while (until < list.length && AXIS + list[until].top - scroll <= height) until += 1;
  return list.slice(first, until);
}

/** The ticks, each with the step that determines the digits of its label. */
function ticksOf(view, origin, now) {
  if (!view.axis.compresses) {
    const step = tickStep(view.scale, TICK);
    return ticks(view.from, view.to, step, origin).map((at) => ({ at, step }));
  }
  // A tick in the first half of each cell. The cells are fixed on the axis, so that ticks move with it.
  const cell = CELL * view.scale;
  const out = [];
  for (let n = Math.floor(view.start / cell); n * cell < view.start + view.width * view.scale; n += 1) {
    const found = roundest(view.axis.time(n * cell), view.axis.time((n + 0.5) * cell), origin);
    if (found && found.at >= Math.max(view.from, view.axis.first - AROUND) && found.at < now + AROUND) out.push(found);
  }
  return out;
}

/** Labels the longer gaps between events that the axis compresses. */
function gaps(pen, view) {
  for (const gap of view.axis.gaps(view.from, view.to, GAP)) {
    const from = Math.max(view.x(gap.from), view.left);
    const to = Math.min(view.x(gap.to), view.left + view.width);
    const long = span(gap.to - gap.from);
    const words = [`⋯ ${long} ⋯`, `⋯ ${long}`, long, "⋯"].find((form) => to - from > pen.measure(form) + 8);
    if (words) pen.text((from + to) / 2, EVENTS_AT, words, "dim", "middle");
  }
}

/** The visible program events. If events of one kind overlap, only the first is marked. */
function flagsOf(program, view) {
  const last = {};
  const { from, to } = view;
  return program.filter(({ at, line }) => {
    if (line.event === "start" || at < from || at > to) return false;
    if (view.x(at) - (last[line.event] ?? -Infinity) < 6) return false;
    last[line.event] = view.x(at);
    return true;
  });
}

/** A heading: the fold triangle, server and client, and the number of connections. */
function heading(pen, { group, folded }, y, width) {
  pen.fill(0, y, width, GROUP, "group");
  pen.fill(0, y + GROUP - 1, width, 1, "edge");
  const points = folded ? [[10, y + 9], [18, y + 14], [10, y + 19]] : [[9, y + 11], [19, y + 11], [14, y + 18]];
  pen.shape(points, "dim");
  const name = `${group.server}  ${group.local}`;
  pen.text(26, y + 14, name, "strong", "start");
  const count = t("picture.group", { open: group.open, all: group.lanes.length });
  const client = `← ${group.client}`;
  const after = 26 + pen.measure(name) * 1.08 + 12;
  const counted = pen.measure(count);
  if (after + pen.measure(client) + counted + 20 < width) pen.text(after, y + 14, client, "dim", "start");
  if (after + counted + 10 < width) pen.text(width - 10, y + 14, count, "dim", "end");
}

/** The role of a lane's background. */
function ground({ connection }, selected, hover) {
  if (selected?.id === connection.id) return "selected";
  return hover === connection.id ? "hover" : "bg";
}

function laneRow(pen, { connection, y, height, ground }, { view, now, size, selected, unusedAfter }) {
  const chosen = selected?.id === connection.id;
  lane(pen, connection, view, { y, height, ground }, now, unusedAfter(connection.local));
  const { exchange } = selected ?? {};
  if (chosen && exchange) {
    const from = Math.max(view.x(exchange.from), view.left);
    const to = Math.min(Math.max(view.x(exchange.to ?? now), view.x(exchange.from) + 4), view.left + view.width);
    // Around the block, not the labels above it.
    if (to >= from) pen.frame(from - 2, y + height - LANE + 2, to - from + 4, LANE - 4, "focus");
  }
  // Drawn last, to cover whatever extends into the gutter.
  pen.fill(0, y, view.left, height, chosen ? "selected" : "gutter");
  const open = !connection.end && !connection.lost;
  const role = open ? "real" : "dim";
  const at = view.left < 70 ? 5 : 10;
  const middle = y + height / 2;
  if (open) pen.fill(at, middle - 3, 6, 6, role);
  else pen.frame(at, middle - 3, 6, 6, role);
  pen.text(view.left - 8, middle, connection.port, open ? "strong" : "plain", "end");
  pen.fill(0, y + height - 1, size.width, 1, "grid");
}

/** The time span of all connections; null if there are none. */
export function extent(connections, now) {
  let from = Infinity;
  let to = -Infinity;
  for (const connection of connections) {
    from = Math.min(from, connection.accepted);
    to = Math.max(to, lastsUntil(connection, now));
  }
  return from <= to ? { from, to } : null;
}
