// The lines before those that the page loaded first. They are read in small steps, so that the page stays usable.
//
// They go into a separate store, followed by the lines that the shown store has received since. When the separate store has
// all of them, it takes the place of the shown store.

import { Store } from "./store.js";

/** How long (ms) to apply lines before yielding to the page. */
const SLICE = 8;

export class Past {
  /** `store`: the one that is shown. `parsed(text)`: the event of a line, or null. */
  constructor(store, parsed) {
    Object.assign(this, { store, parsed });
    /** The lines that the shown store has received since `hold` or `load` was called; null if nothing is being loaded. */
    this.since = null;
  }

  /** Starts to record lines; `load` is called later. */
  hold() {
    this.since = [];
  }

  /** Stops loading, because the shown store now belongs to another run. */
  stop() {
    this.since = null;
  }

  /** Records a line that the shown store has received. */
  note(line, weight) {
    this.since?.push({ line, weight });
  }

  /**
   * Loads `pieces`, arrays of lines, and calls `merged(by, axis)` when the store has them: all times have then increased by
   * `by` ms, and `axis` is the previous axis of the store.
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
    // More lines may be recorded while these are applied.
    for (let i = 0; i < since.length; i += 1) await apply(since[i].line, since[i].weight);
    if (this.since !== since) return;
    this.since = null;
    const { axis } = this.store;
    merged(this.store.become(whole), axis);
  }
}
