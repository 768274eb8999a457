// The view: maps times to pixels; live or paused, and zoomed. Pure.

/** The limits of the scale, in ms per pixel: a tenth of a microsecond and ten minutes. */
const FINEST = 1e-4;
const COARSEST = 6e5;
/** Where "now" is while the view is live, as a fraction of the width. The space to its right shows timeouts to come. */
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

  /** Changes position or width; the time at the left edge stays. */
  resize(left, width) {
    const spanned = this.width * this.scale;
    this.left = left;
    this.width = Math.max(1, width);
    this.scale = clamp(spanned / this.width);
  }

  /** Moves the view to `now` if it is live. */
  follow(now) {
    if (this.live) this.start = now - this.width * this.scale * NOW_AT;
  }

  /** Scales by `factor` (below 1 zooms in) around the pixel `x`. A live view is scaled around now and stays live. */
  zoom(factor, x) {
    const anchor = this.live ? this.left + this.width * NOW_AT : x;
    const time = this.time(anchor);
    this.scale = clamp(this.scale * factor);
    this.start = time - (anchor - this.left) * this.scale;
  }

  /** Moves by a number of pixels, and pauses a live view. */
  pan(pixels) {
    this.live = false;
    this.start += pixels * this.scale;
  }

  /** Shows [from, to] with a margin. */
  fit(from, to) {
    this.live = false;
    this.scale = clamp(Math.max(to - from, FINEST) / (this.width * 0.88));
    this.start = from - this.width * this.scale * 0.04;
  }

  /** Shows the last `ms` up to now, live. */
  last(ms, now) {
    this.live = true;
    this.scale = clamp(ms / (this.width * NOW_AT));
    this.follow(now);
  }
}

function clamp(scale) {
  return Math.min(COARSEST, Math.max(FINEST, scale));
}
