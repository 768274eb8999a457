// The picture on the page: a canvas under a scrolling element, redrawn after changes and while the view is live.

import { TRUE } from "./axis.js";
import { say } from "./dom.js";
import { t } from "./i18n.js";
import { GROUP, rowAt, rows, stuck } from "./lanes.js";
import { CanvasPen } from "./pens.js";
import { AXIS, extent, scene } from "./scene.js";
import { bindKeys } from "./keys.js";
import { bindPointer } from "./pointer.js";
import { lastsUntil, recentSpan } from "./store.js";

/** How often (ms) the filter is applied again while events arrive: new events may make connections match. */
const FILTER_EVERY = 250;
/** Rows are kept for at least this multiple of the time that building them took, because past events arrive in many batches. */
const RELIST_PART = 4;
/** Below this width (CSS pixels) the gutter is narrow. */
const NARROW = 600;

export class Picture {
  /**
   * `model`: {store, view, now(), unusedAfter(local), options}; `options`: those of rows() in lanes.js.
   * `chosen(selection)`, `opened(selection)` and `paused(boolean)` report user actions to the page.
   */
  constructor(root, model, { chosen, opened, paused }) {
    this.root = root;
    this.model = model;
    this.notify = { chosen, opened, paused };
    this.canvas = root.querySelector("canvas");
    this.scroller = root.querySelector(".scroller");
    this.spacer = root.querySelector(".spacer");
    this.tooltip = root.querySelector(".tooltip");
    this.spoken = root.querySelector(".spoken");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.list = [];
    this.height = 0;
    this.selected = null;
    this.hover = null;
    this.seen = "";
    /** When the rows may be rebuilt. */
    this.relisted = 0;
    this.size = { width: 0, height: 0 };
    /** For measurements: how many frames were drawn, how long that took (ms), and the last event in them (ms since 1970). */
    this.drawn = root.drawn = { frames: 0, ms: 0, latest: 0 };
    new ResizeObserver(() => this.#resize()).observe(root);
    this.scroller.addEventListener("scroll", () => (this.dirty = true));
    bindPointer(this);
    bindKeys(this);
    this.#resize();
  }

  /** Starts drawing. */
  start(palette) {
    this.recolour(palette);
    const frame = () => {
      this.#frame();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  recolour(palette) {
    this.palette = palette;
    this.pen = new CanvasPen(this.context, palette);
    this.dirty = true;
  }

  /** Rebuilds the rows: the filter, a fold or the language has changed. */
  refilter() {
    this.seen = "";
    this.relisted = 0;
    this.dirty = true;
  }

  select(selection, { reveal = false, say: aloud = null } = {}) {
    this.selected = selection;
    this.dirty = true;
    if (aloud !== null) say(this.spoken, aloud);
    if (reveal && selection) this.#reveal(selection);
    this.notify.chosen(selection);
  }

  /** Makes the view live or pauses it, and notifies the page. */
  setLive(live) {
    const { model } = this;
    if (live) {
      this.#axis(true);
      model.view.resume(recentSpan(model.store, model.now()), model.now());
    } else model.view.pause();
    this.dirty = true;
    this.notify.paused(!live);
  }

  zoom(factor, x = this.model.view.left + this.model.view.width / 2) {
    this.model.view.zoom(factor, x);
    this.dirty = true;
  }

  pan(pixels) {
    this.model.view.pan(pixels);
    this.dirty = true;
    this.notify.paused(true);
  }

  /** Zooms to the whole time span of the visible lanes, or of one connection. */
  fit(connection = null) {
    const shown = connection ? [connection] : this.lanes().map((row) => row.connection);
    const all = extent(shown, this.model.now());
    if (!all) return;
    this.#axis(true);
    this.model.view.fit(all.from, Math.max(all.to, all.from + 1));
    this.dirty = true;
    this.notify.paused(true);
  }

  fold(key) {
    const { collapsed } = this.model.options;
    if (!collapsed.delete(key)) collapsed.add(key);
    this.refilter();
  }

  /** Gives the view the axis that the user has chosen, for the store's current run. A paused axis does not move. */
  #axis(moves = this.model.view.live) {
    const { store, view, options } = this.model;
    if (moves) store.axis.now = this.model.now();
    view.use(options.trueScale ? TRUE : store.axis);
  }

  /** Shows recent activity, live. */
  look() {
    this.#axis(true);
    const now = this.model.now();
    this.model.view.last(recentSpan(this.model.store, now), now);
    this.dirty = true;
    this.notify.paused(false);
  }

  /** The row and the time at a point of the picture. */
  at(x, y) {
    if (y < AXIS || this.list.length === 0) return null;
    const height = y - AXIS + this.scroller.scrollTop;
    if (height >= this.height) return null;
    const top = stuck(this.list, this.scroller.scrollTop);
    if (top && y - AXIS < top.y + GROUP) return { row: top.row, time: this.model.view.time(x) };
    return { row: this.list[rowAt(this.list, height)], time: this.model.view.time(x) };
  }

  /** The lanes, top to bottom. */
  lanes() {
    return this.list.filter((row) => row.connection);
  }

  #reveal({ id, exchange }) {
    const row = this.list.find((r) => r.connection?.id === id);
    if (!row) return;
    const shown = this.scroller.clientHeight;
    const { scrollTop } = this.scroller;
    if (row.top < scrollTop || row.top + row.height > scrollTop + shown) {
      this.scroller.scrollTop = Math.max(0, row.top - shown / 2);
    }
    const { view } = this.model;
    const time = exchange ? exchange.from : null;
    if (time !== null && (time < view.from || time > view.to)) {
      this.setLive(false);
      view.centre(time, 0.5);
    } else if (!exchange && !view.live) {
      const { connection } = row;
      const until = lastsUntil(connection, this.model.now());
      if (until < view.from || connection.accepted > view.to) view.centre(connection.accepted, 0.1);
    }
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    // A hidden picture must not change the view, because another picture may share it.
    if (width === 0) return;
    const ratio = devicePixelRatio || 1;
    this.size = { width, height };
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.ratio = ratio;
    const left = width < NARROW ? 64 : 76;
    this.model.view.resize(left, width - left);
    if (this.palette) this.recolour(this.palette);
    this.refilter();
  }

  #frame() {
    if (this.root.hidden) return;
    const { store, view, options } = this.model;
    const turn = options.text ? Math.floor(performance.now() / FILTER_EVERY) : 0;
    const seen = `${store.shape} ${turn}`;
    const begun = performance.now();
    if (seen !== this.seen && begun >= this.relisted) {
      this.seen = seen;
      this.#relist(rows(store.connections.values(), { ...options, room: this.scroller.clientHeight, names: store.names }));
      this.relisted = performance.now() + (performance.now() - begun) * RELIST_PART;
    }
    const moving = view.live && this.list.length > 0;
    // Another picture may have moved the view.
    const place = `${view.start} ${view.scale}`;
    if (!this.dirty && !moving && this.version === store.version && this.place === place) return;
    this.place = place;
    this.dirty = false;
    this.version = store.version;
    this.#draw();
  }

  #relist({ rows: list, height }) {
    const { scroller } = this;
    // The first lanes are shown from the top.
    const atEnd = this.height > 0 && scroller.scrollTop + scroller.clientHeight >= this.height - 2;
    this.list = list;
    if (height !== this.height) {
      this.height = height;
      this.spacer.style.height = `${height}px`;
      // New lanes are added at the end. A view that was scrolled to the end stays there.
      if (atEnd && this.model.view.live) scroller.scrollTop = height;
    }
    this.dirty = true;
  }

  #draw() {
    const begun = performance.now();
    const { store, view, now, unusedAfter } = this.model;
    const at = now();
    this.#axis();
    view.follow(at);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    scene(this.pen, {
      list: this.list,
      scroll: this.scroller.scrollTop,
      size: this.size,
      view,
      now: at,
      origin: store.origin,
      program: store.program,
      unusedAfter,
      selected: this.selected,
      hover: this.hover,
    });
    this.drawn.frames += 1;
    this.drawn.latest = this.list.length > 0 ? store.origin + store.latest : 0;
    this.drawn.ms += performance.now() - begun;
  }

  /** Updates the label of the picture after a change of language. */
  relabel() {
    this.root.setAttribute("aria-label", t("picture.label"));
    this.refilter();
  }
}
