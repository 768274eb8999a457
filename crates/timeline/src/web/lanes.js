// The rows of the picture: which there are, their order and their position. Pure.

import { lastsUntil } from "./store.js";

/** The height of a lane without labels, the height of a line of labels, and the maximum number of lines in a lane. */
export const LANE = 24;
export const LABEL = 14;
const MOST_LABELS = 4;
export const GROUP = 28;

/**
 * Whether a connection matches the filter: every word of `text` must occur in its addresses, server, close reason, targets or
 * statuses. `server`: the address of the only server that is shown.
 */
export function matches(connection, text, openOnly = false, server = "") {
  if (server !== "" && connection.local !== server) return false;
  if (openOnly && (connection.end || connection.lost)) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const known = [connection.server, connection.peer, connection.local, connection.closing?.line.reason ?? ""].join(" ").toLowerCase();
  const hit = (word) =>
    known.includes(word) ||
    connection.exchanges.some((e) => {
      const target = (e.head ?? e.reply)?.target ?? "";
      return String(e.reply?.status ?? "") === word || target.toLowerCase().includes(word);
    });
  return words.every(hit);
}

/**
 * The rows: a heading for each pair of server and client, followed by a lane for each connection, oldest first.
 * `collapsed`: the keys of headings whose lanes are hidden. `room`: the height (px) to fill with lanes, if they are few.
 * `names`: the names of the servers by address; an unknown server has the name in its last connection.
 */
export function rows(connections, { text = "", openOnly = false, server = "", collapsed = new Set(), room = 0, names = new Map() } = {}) {
  const groups = new Map();
  for (const connection of connections) {
    if (!matches(connection, text, openOnly, server)) continue;
    const key = `${connection.local} ${connection.client}`;
    let group = groups.get(key);
    if (!group) {
      group = { key, local: connection.local, client: connection.client, lanes: [], open: 0 };
      groups.set(key, group);
    }
    group.server = names.get(group.local) ?? connection.server;
    group.lanes.push(connection);
    if (!connection.end && !connection.lost) group.open += 1;
  }
  const out = [];
  let top = 0;
  const add = (row, height) => {
    out.push({ ...row, top, height });
    top += height;
  };
  const shown = [...groups.values()].filter((group) => !collapsed.has(group.key));
  const lanes = shown.reduce((sum, group) => sum + group.lanes.length, 0);
  const lane = laneHeight(room - groups.size * GROUP, lanes);
  for (const group of [...groups.values()].sort((a, b) => compare(a.local, b.local) || compare(a.client, b.client))) {
    const folded = collapsed.has(group.key);
    add({ group, folded }, GROUP);
    if (!folded) for (const connection of group.lanes.sort((a, b) => a.id - b.id)) add({ connection }, lane);
  }
  return { rows: out, height: top };
}

/** The height of a lane if `lanes` lanes share `room`: as many lines of labels as fit, possibly none. */
function laneHeight(room, lanes) {
  const lines = Math.floor((room / lanes - LANE) / LABEL);
  return LANE + LABEL * Math.min(Math.max(lines, 0), MOST_LABELS);
}

function compare(a, b) {
  return a.localeCompare(b, "en", { numeric: true });
}

/** The index of the row at a height; the last row if the height is below all rows. */
export function rowAt(list, height) {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle].top <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The heading that stays at the top while its lanes are scrolled: its row, and its y below the axis; null if there is none. */
export function stuck(list, scroll) {
  const at = rowAt(list, scroll);
  let first = at;
  while (first >= 0 && !list[first]?.group) first -= 1;
  if (first < 0 || list[first].top >= scroll) return null;
  const next = list.findIndex((row, i) => i > at && row.group);
  return { row: list[first], y: next < 0 ? 0 : Math.min(0, list[next].top - scroll - GROUP) };
}

/** The index of the first item of `list` that ends at or after `time`. `from` and `to` ascend; a null `to` has not ended. */
export function firstFrom(list, time) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle].to ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The item at `time` on a lane, within `slack` ms: `{exchange}`, `{end}`, `{idle}`, `{open}` or null. */
export function hit(connection, time, slack, now) {
  let best = null;
  for (let i = firstFrom(connection.exchanges, time - slack); i < connection.exchanges.length; i += 1) {
    const exchange = connection.exchanges[i];
    if (exchange.from > time + slack) break;
    const away = Math.max(exchange.from - time, time - (exchange.to ?? now), 0);
    if (!best || away < best.away) best = { away, exchange };
  }
  if (best) return { exchange: best.exchange };
  const { closing } = connection;
  if (closing && Math.abs(closing.at - time) <= slack * 2) return { end: closing };
  const idle = connection.idlePeriods[firstFrom(connection.idlePeriods, time)];
  if (idle && idle.from <= time && time <= (idle.to ?? now)) return { idle };
  return connection.accepted - slack <= time && time <= lastsUntil(connection, now) + slack ? { open: true } : null;
}
