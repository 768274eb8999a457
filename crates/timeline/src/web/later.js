// Functions that act later, and once for several calls.

/** A function that calls `action` once, `ms` after its first call; calls in between are merged. */
export function later(action, ms) {
  let timer = null;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      action();
    }, ms);
  };
}

/** A function that calls `act` once: when it has not been called for `after` ms, at the latest in `within` ms from now. */
export function quietly(act, after, within) {
  const latest = performance.now() + within;
  let timer = null;
  let acted = false;
  return () => {
    clearTimeout(timer);
    if (acted) return;
    timer = setTimeout(() => {
      acted = true;
      act();
    }, Math.min(after, Math.max(0, latest - performance.now())));
  };
}
