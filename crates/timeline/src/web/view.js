// The view: which time lies at which pixel; live, paused, zoomed. Pure.

/** Milliseconds a pixel: from a tenth of a microsecond to ten minutes. */
const FINEST = 1e-4;
const COARSEST = 6e5;
/** Where "now" stands while the view is live, as a part of the width: to the right there is room for what will come. */
const NOW_AT = 0.78;

export class View {
  /** `left`: the first pixel of the plot; `width`: its pixels. */
  constructor(left = 0, width = 800) {
    this.left = left;
    this.width = width;
    this.start = 0;
    this.scale = 20_000 / width;
    this.live = true;
  }

  x(time) {
    return this.left + (time - this.start) / this.scale;
  }

  time(x) {
    return this.start + (x - this.left) * this.scale;
  }

  get end() {
    return this.start + this.width * this.scale;
  }

  /** Another place or width; what was at the left stays there. */
  resize(left, width) {
    const spanned = this.width * this.scale;
    this.left = left;
    this.width = Math.max(1, width);
    this.scale = clamp(spanned / this.width);
  }

  /** Moves on with the time if the view is live. */
  follow(now) {
    if (this.live) this.start = now - this.width * this.scale * NOW_AT;
  }

  /** Zooms by `factor` (below 1: closer) around the pixel `x`; a live view stays live, around now. */
  zoom(factor, x) {
    const anchor = this.live ? this.left + this.width * NOW_AT : x;
    const time = this.time(anchor);
    this.scale = clamp(this.scale * factor);
    this.start = time - (anchor - this.left) * this.scale;
  }

  /** Moves by pixels; that ends following. */
  pan(pixels) {
    this.live = false;
    this.start += pixels * this.scale;
  }

  /** Shows [from, to] with a little room beside it. */
  fit(from, to) {
    this.live = false;
    this.scale = clamp(Math.max(to - from, FINEST) / (this.width * 0.88));
    this.start = from - this.width * this.scale * 0.04;
  }

  /** Shows the last `ms` before now, live. */
  last(ms, now) {
    this.live = true;
    this.scale = clamp(ms / (this.width * NOW_AT));
    this.follow(now);
  }
}

function clamp(scale) {
  return Math.min(COARSEST, Math.max(FINEST, scale));
}
