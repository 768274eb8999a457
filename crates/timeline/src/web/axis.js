// The axis: maps times to places, which the view maps to pixels. Pure.
//
// On the true scale, a place is its time. On the compressed scale, the space between two events is the logarithm of the time
// between them, as on the page of `labserve explain`: a request of 2 ms and an idle period of 75 s can both be seen. Within
// the space between two events, places are proportional to time, so that two timeouts of one idle period can be compared.

/** Times (ms) below this are drawn proportionally, longer ones by their logarithm, and the part beyond an hour proportionally. */
const KNEE = 0.2;
const LONG = 3_600_000;
const ROOM_OF_LONG = Math.log1p(LONG / KNEE);
/** How many events are kept. */
const MOST = 200_000;

/** The true scale. */
export const TRUE = { place: (time) => time, time: (place) => place, compresses: false, gaps: () => [] };

/** The space that a time between two events takes. */
function room(ms) {
  if (ms <= 0) return 0;
  return ms <= LONG ? Math.log1p(ms / KNEE) : ROOM_OF_LONG + (ms - LONG) / LONG;
}

/** The time that takes this much space. */
function timeIn(place) {
  return place <= ROOM_OF_LONG ? KNEE * Math.expm1(place) : LONG + (place - ROOM_OF_LONG) * LONG;
}

export class Axis {
  constructor() {
    this.compresses = true;
    /** The times of events in ascending order, starting with the origin, and their places as far as they are computed. */
    this.times = [0];
    this.places = [0];
    /** The current time. The time since the last event takes space as if there were an event now. */
    this.now = 0;
  }

  /** The time of the first event. */
  get first() {
    return this.times[0];
  }

  /** The space that a millisecond takes after the event with this number. */
  #slope(at) {
    const { times } = this;
    const gap = at + 1 < times.length ? times[at + 1] - times[at] : Math.max(this.now - times[at], KNEE);
    return room(gap) / gap;
  }

  /** Adds the time of an event, unless it is known. Most are added in order. */
  add(time) {
    const { times, places } = this;
    const at = last(times, time) + 1;
    if (times[at - 1] === time) return;
    if (at === 0) {
      // It is before all others, so their places stay.
      places.unshift(places[0] - room(times[0] - time));
      times.unshift(time);
      return;
    }
    if (at === times.length) times.push(time);
    else times.splice(at, 0, time);
    places.length = Math.min(places.length, at);
    if (times.length > MOST) {
      this.#settle();
      times.splice(0, MOST / 2);
      places.splice(0, MOST / 2);
    }
  }

  /** Computes missing places. Earlier places do not change, so that the picture does not move. */
  #settle() {
    const { times, places } = this;
    for (let i = places.length; i < times.length; i += 1) places.push(places[i - 1] + room(times[i] - times[i - 1]));
  }

  /** The place of a time. */
  place(time) {
    this.#settle();
    const { times, places } = this;
    const at = last(times, time);
    // Before the first event, times take the same space as after the last event.
    if (at < 0) return places[0] - room(times[0] - time);
    return places[at] + (time - times[at]) * this.#slope(at);
  }

  /** The time of a place. */
  time(place) {
    this.#settle();
    const { times, places } = this;
    const at = last(places, place);
    if (at < 0) return times[0] - timeIn(places[0] - place);
    return times[at] + (place - places[at]) / this.#slope(at);
  }

  /** The times between two neighbouring events that last at least `ms`, within a span. */
  gaps(from, to, ms) {
    const out = [];
    for (let i = Math.max(1, last(this.times, from)); i < this.times.length && this.times[i - 1] < to; i += 1) {
      if (this.times[i] - this.times[i - 1] >= ms) out.push({ from: this.times[i - 1], to: this.times[i] });
    }
    return out;
  }
}

/** The index of the last value that is not above `wanted`; -1 if all are. */
function last(ascending, wanted) {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
