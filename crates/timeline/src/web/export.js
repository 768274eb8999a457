// Exports the visible time span as SVG and as HAR.

import { har } from "./har.js";
import { GROUP } from "./lanes.js";
import { SvgPen } from "./pens.js";
import { AXIS, scene } from "./scene.js";
import { lastsUntil } from "./store.js";
import { clock } from "./time.js";

/** The most lanes in an exported picture. */
const MOST_LANES = 2000;

/** The lanes of `rows` that overlap the visible span, with their headings, laid out again from the top. */
export function visibleRows(rows, view, now) {
  const out = [];
  let top = 0;
  let heading = null;
  let lanes = 0;
  for (const row of rows) {
    if (row.group) {
      heading = row;
      continue;
    }
    const seen = row.connection.accepted <= view.to && lastsUntil(row.connection, now) >= view.from;
    if (!seen || lanes === MOST_LANES) continue;
    if (heading) {
      out.push({ ...heading, top, height: GROUP });
      top += GROUP;
      heading = null;
    }
    out.push({ ...row, top });
    top += row.height;
    lanes += 1;
  }
  return { rows: out, height: top };
}

/** The visible span as an SVG document. */
export function svg({ list, view, now, store, unusedAfter, palette, title }) {
  const { rows, height } = visibleRows(list, view, now);
  const size = { width: view.left + view.width, height: AXIS + height + 8 };
  const pen = new SvgPen(palette);
  const { origin, program } = store;
  scene(pen, { list: rows, scroll: 0, size, view, now, origin, program, unusedAfter, selected: null, hover: null });
  return pen.document(size.width, size.height, `${title} ${clock(view.from, origin ?? 0, 1)} – ${clock(view.to, origin ?? 0, 1)}`);
}

/** The exchanges of the visible span as a HAR document. */
export function harOf({ list, view, store, version }) {
  const seen = [];
  for (const { connection } of list) {
    for (const exchange of connection?.exchanges ?? []) {
      if (exchange.reply && exchange.to >= view.from && exchange.from <= view.to) seen.push({ connection, exchange });
    }
  }
  return JSON.stringify(har(seen, { origin: store.origin ?? 0, version }), null, 2);
}

/** A file name that contains the start of the visible span. */
export function fileName(store, view, extension) {
  const begun = new Date(Math.floor((store.origin ?? 0) + view.from)).toISOString().replace(/[:.]/g, "-");
  return `labserve-${begun}.${extension}`;
}
