// The lines before those with which the page began: read a little at a time, so that the page is used meanwhile.
//
// They come into a store of their own, followed by the lines that the shown store has had since. When that has all of them,
// the shown store becomes it.

import { Store } from "./store.js";

/** How long (ms) lines are applied before the page may do something else. */
const SLICE = 8;

export class Past {
  /** `store`: the one that is shown. `parsed(text)`: the event of a line, or null. */
  constructor(store, parsed) {
    Object.assign(this, { store, parsed });
    /** What the shown store has had since `hold` or `load` was called; null when nothing is to be loaded. */
    this.since = null;
  }

  /** Notes lines from now on: `load` comes later. */
  hold() {
    this.since = [];
  }

  /** Stops loading: the shown store is another run's. */
  stop() {
    this.since = null;
  }

  /** Notes a line that the shown store has had. */
  note(line, weight) {
    this.since?.push({ line, weight });
  }

  /**
   * Loads `pieces`, arrays of lines, and calls `merged(by, axis)` when the store has them: times are `by` ms later then,
   * and `axis` is the one that it had.
   */
  async load(pieces, merged) {
    this.since ??= [];
    const { since } = this;
    const whole = new Store(this.store.most);
    whole.announces = this.store.announces;
    let begun = performance.now();
    const apply = async (line, weight) => {
      whole.apply(line, weight);
      if (performance.now() - begun < SLICE) return;
      await new Promise((go) => setTimeout(go));
      begun = performance.now();
    };
    for await (const lines of pieces) {
      for (const text of lines) await apply(this.parsed(text), text.length);
      if (this.since !== since) return;
    }
    // Further lines come while these are applied.
    for (let i = 0; i < since.length; i += 1) await apply(since[i].line, since[i].weight);
    if (this.since !== since) return;
    this.since = null;
    const { axis } = this.store;
    merged(this.store.become(whole), axis);
  }
}
