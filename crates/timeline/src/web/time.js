// Parses timestamps, formats durations and clock times, and chooses axis ticks. Pure.
//
// Within the page, times are milliseconds since an origin: a whole second near the first event. Such small numbers
// leave a double enough precision for nanoseconds.

const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/;

/** The second that was parsed last: most events are in the same second as the event before. */
const last = { text: "", whole: NaN };

/** Parses an RFC 3339 UTC timestamp: whole seconds (as ms since 1970) and the fraction (ms). Null if it is malformed. */
export function readInstant(text) {
  const found = INSTANT.exec(text ?? "");
  if (!found) return null;
  if (found[1] !== last.text) Object.assign(last, { text: found[1], whole: Date.parse(`${found[1]}Z`) });
  const { whole } = last;
  return Number.isNaN(whole) ? null : { whole, fraction: Number(found[2] ?? 0) * 1000 };
}

/** Nanoseconds as milliseconds; null stays null. */
export function fromNanoseconds(ns) {
  return typeof ns === "number" ? ns / 1e6 : null;
}

/** Formats a duration: `12 µs`, `3.40 ms`, `5.00 s`, `2 min 05 s`, `1 h 02 min`. */
export function span(ms) {
  const abs = Math.abs(ms);
  if (abs < 1) return `${digits(ms * 1000)} µs`;
  if (abs < 1000) return `${digits(ms)} ms`;
  if (abs < 59_995) return `${digits(ms / 1000)} s`;
  const seconds = Math.round(abs / 1000);
  const sign = ms < 0 ? "-" : "";
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** Formats with about three significant digits. */
function digits(value) {
  const abs = Math.abs(value);
  return value.toFixed(abs >= 99.95 ? 0 : abs >= 9.995 ? 1 : abs >= 0.0005 ? 2 : 0);
}

function two(number) {
  return String(number).padStart(2, "0");
}

/** The local clock time `ms` after `origin`, with as many digits as a tick distance of `step` ms needs. */
export function clock(ms, origin, step = 1) {
  const floor = Math.floor(ms);
  const date = new Date(origin + floor);
  const base = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (step >= 1000) return base;
  const fraction = String(date.getMilliseconds()).padStart(3, "0");
  if (step >= 1) return `${base}.${fraction}`;
  const below = Math.min(999_999, Math.round((ms - floor) * 1e6));
  const fine = String(below).padStart(6, "0");
  return `${base}.${fraction}${step >= 0.001 ? fine.slice(0, 3) : fine}`;
}

const SECOND_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** The smallest round tick distance (ms) that is at least `pixels` wide at `scale` ms per pixel. */
export function tickStep(scale, pixels) {
  const least = scale * pixels;
  if (least > 500) return (SECOND_STEPS.find((step) => step * 1000 >= least) ?? 86400) * 1000;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least * 0.999999);
}

/** The ticks in [from, to], at multiples of `step` on the local clock. `origin`: ms since 1970. */
export function ticks(from, to, step, origin = 0) {
  const local = step < 1000 ? 0 : origin - new Date(origin).getTimezoneOffset() * 60_000;
  const phase = -(local % step);
  const out = [];
  for (let n = Math.ceil((from - phase) / step); n * step + phase <= to; n += 1) out.push(n * step + phase);
  return out;
}

/** The roundest clock time in [from, to], with its step; null if there is none of a tenth of a microsecond. */
export function roundest(from, to, origin = 0) {
  for (const seconds of [...SECOND_STEPS].reverse()) {
    const [at] = ticks(from, to, seconds * 1000, origin);
    if (at !== undefined) return { at, step: seconds * 1000 };
  }
  for (let power = 100; power >= 1e-4; power /= 10) {
    for (const step of [5 * power, 2 * power, power]) {
      const [at] = ticks(from, to, step, origin);
      if (at !== undefined) return { at, step };
    }
  }
  return null;
}
