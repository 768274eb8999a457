// The view: maps the places of the axis to pixels; live or paused, and zoomed. Pure.
//
// On the true scale a place is a time in ms; see axis.js.

import { TRUE } from "./axis.js";

/** The limits of the scale, in places per pixel; on the true scale, a tenth of a microsecond and ten minutes. */
const FINEST = 1e-4;
const COARSEST = 6e5;
/** Where "now" is while the view is live, as a fraction of the width. The space to its right shows timeouts to come. */
const NOW_AT = 0.78;
/** The coarsest initial scale of a compressed axis. A request of 2 ms is then 17 pixels wide. */
const MOST_A_PIXEL = 0.14;
/** A live view returns to its own scale unless that is this many times finer or coarser than the one of recent activity. */
const USEFUL = 10;

export class View {
  /** `left`: the first pixel of the plot; `width`: its pixels. */
  constructor(left = 0, width = 800) {
    this.left = left;
    this.width = width;
    this.start = 0;
    this.scale = 20_000 / width;
    this.live = true;
    this.axis = TRUE;
    /** The axis and the scale of the live view, while it is paused. */
    this.kept = null;
  }

  x(time) {
    return this.left + (this.axis.place(time) - this.start) / this.scale;
  }

  time(x) {
    return this.axis.time(this.start + (x - this.left) * this.scale);
  }

  /** The first and the last time that is shown. */
  get from() {
    return this.axis.time(this.start);
  }

  get to() {
    return this.axis.time(this.start + this.width * this.scale);
  }

  /** The time (ms) between the pixel `x` and the pixels up to `pixels` away from it. */
  slack(x, pixels) {
    return Math.max(this.time(x + pixels) - this.time(x), this.time(x) - this.time(x - pixels));
  }

  /** Changes the axis. A paused view shows the same times as before. */
  use(axis) {
    if (axis === this.axis) return;
    const { from, to } = this;
    this.axis = axis;
    this.start = axis.place(from);
    this.scale = clamp((axis.place(to) - this.start) / this.width);
  }

  /** Adapts the view after all times have increased by `by` ms and `axis` has replaced `old`. It shows the same as before. */
  shift(by, old, axis) {
    const { from, to } = this;
    if (this.kept?.axis === old) this.kept.axis = axis;
    if (this.axis === old) this.axis = axis;
    this.start = this.axis.place(from + by);
    if (!this.live) this.scale = clamp((this.axis.place(to + by) - this.start) / this.width);
  }

  /** Changes position or width; the time at the left edge stays. */
  resize(left, width) {
    const spanned = this.width * this.scale;
    this.left = left;
    this.width = Math.max(1, width);
    this.scale = clamp(spanned / this.width);
  }

  /** Moves the view to `now` if it is live. */
  follow(now) {
    if (this.live) this.start = this.axis.place(now) - this.width * this.scale * NOW_AT;
  }

  /** Scales by `factor` (below 1 zooms in) around the pixel `x`. A live view is scaled around now and stays live. */
  zoom(factor, x) {
    const anchor = this.live ? this.left + this.width * NOW_AT : x;
    const place = this.start + (anchor - this.left) * this.scale;
    this.scale = clamp(this.scale * factor);
    this.start = place - (anchor - this.left) * this.scale;
  }

  /** Pauses a live view. */
  pause() {
    if (this.live) this.kept = { axis: this.axis, scale: this.scale };
    this.live = false;
  }

  /** Makes a paused view live again, at the scale that it had. If that shows nothing useful, it shows the last `ms`. */
  resume(ms, now) {
    const { kept } = this;
    this.last(ms, now);
    if (kept?.axis === this.axis && kept.scale < this.scale * USEFUL && kept.scale > this.scale / USEFUL) this.scale = kept.scale;
    this.follow(now);
  }

  /** Moves by a number of pixels, and pauses a live view. */
  pan(pixels) {
    this.pause();
    this.start += pixels * this.scale;
  }

  /** Shows [from, to] with a margin. */
  fit(from, to) {
    this.pause();
    const first = this.axis.place(from);
    this.scale = clamp(Math.max(this.axis.place(to) - first, FINEST) / (this.width * 0.88));
    this.start = first - this.width * this.scale * 0.04;
  }

  /** Shows the last `ms` up to now, live. */
  last(ms, now) {
    this.live = true;
    const scale = (this.axis.place(now) - this.axis.place(now - ms)) / (this.width * NOW_AT);
    this.scale = clamp(this.axis.compresses ? Math.min(scale, MOST_A_PIXEL) : scale);
    this.follow(now);
  }

  /** Moves a paused view so that a time is at this fraction of the width. */
  centre(time, fraction) {
    this.start = this.axis.place(time) - this.width * this.scale * fraction;
  }
}

function clamp(scale) {
  return Math.min(COARSEST, Math.max(FINEST, scale));
}
