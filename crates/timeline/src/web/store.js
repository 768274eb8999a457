// Turns event lines into connections with their exchanges, idle periods and ends. Pure: no clock, no network, no page.

import { Axis } from "./axis.js";
import { fromNanoseconds, readInstant } from "./time.js";
import { address, announcedTimeout } from "./wire.js";

/** How many characters of event lines are kept. Beyond that, the oldest connections that have ended are dropped. */
const MOST_TEXT = 96 << 20;
/** A connection with more events than this drops the older half of them. */
const MOST_EVENTS = 60_000;
/** How many program events are kept. */
const MOST_PROGRAM = 2_000;

/** Events about the program rather than about a connection. */
const PROGRAM = new Set(["start", "stop", "reload", "dropped", "change"]);

/** The events whose distances determine the compressed axis. */
const ON_AXIS = new Set(["accepted", "head", "reply", "close", "reset", "end"]);

export class Store {
  /** `most`: how many characters of event lines are kept. */
  constructor(most = MOST_TEXT) {
    this.most = most;
    this.announces = new Map();
    /** The current name of the server at each address. */
    this.names = new Map();
    this.reset(null);
  }

  /** Drops everything: labserve has restarted. */
  reset(run) {
    this.run = run;
    this.origin = null;
    this.connections = new Map();
    this.axis = new Axis();
    this.program = [];
    this.lost = 0;
    this.latest = 0;
    this.weight = 0;
    /** `shape` counts changes of the set of connections, `version` counts all changes. */
    this.shape = (this.shape ?? 0) + 1;
    this.version = (this.version ?? 0) + 1;
  }

  /** Remembers each server's name, and its announced timeout for replies whose head is not known. */
  learnServers(servers) {
    this.announces = new Map(servers.map((s) => [s.address, fromNanoseconds(s.announced_timeout_ns)]));
    this.names = new Map(servers.map((s) => [s.address, s.name]));
    this.#rename();
  }

  /** A new profile also serves the open connections. Connections that have ended keep the name of their profile. */
  #rename() {
    for (const c of this.connections.values()) {
      const name = this.names.get(c.local) ?? c.server;
      if (c.end || c.server === name) continue;
      c.server = name;
      this.version += 1;
      c.version = this.version;
    }
    this.shape += 1;
  }

  /** An RFC 3339 timestamp in ms since the origin; null if it cannot be parsed. The first one sets the origin. */
  when(text) {
    const read = readInstant(text);
    if (!read) return null;
    this.origin ??= read.whole;
    return read.whole - this.origin + read.fraction;
  }

  /** Applies one event. `weight`: the length of its line. Events without a valid time or type are ignored. */
  apply(line, weight = 200) {
    // The line about missed lines has no time.
    const at = this.when(line?.time) ?? (line?.event === "dropped" ? this.latest : null);
    if (at === null || typeof line.event !== "string") return;
    this.version += 1;
    this.latest = Math.max(this.latest, at);
    if (PROGRAM.has(line.event) || !Number.isInteger(line.connection)) {
      this.#program(line, at);
      return;
    }
    const connection = this.#connection(line, at);
    // `since_accept_ns` comes from a monotonic clock. `time` does not: the system clock may be set.
    const own = fromNanoseconds(line.since_accept_ns);
    const time = own === null ? at : connection.accepted + own;
    connection.last = Math.max(connection.last, time);
    connection.received = line.received ?? connection.received;
    connection.sent = line.sent ?? connection.sent;
    connection.lost = false;
    connection.version = this.version;
    connection.asked = Math.max(connection.asked, line.request ?? 0);
    connection.events.push({ at: time, line });
    connection.weight += weight;
    this.weight += weight;
    STEPS[line.event]?.(connection, line, time, this);
    if (ON_AXIS.has(line.event)) this.axis.add(time);
    if (connection.events.length > MOST_EVENTS) this.#halve(connection);
    if (this.weight > this.most) this.#forget();
  }

  /** The connection between these addresses whose accept time is nearest to this time, or null. */
  between(peer, local, instant) {
    const time = instant && this.origin !== null ? instant.whole - this.origin + instant.fraction : 0;
    let nearest = null;
    for (const c of this.connections.values()) {
      if (c.peer !== peer || c.local !== local) continue;
      if (nearest === null || Math.abs(c.accepted - time) < Math.abs(nearest.accepted - time)) nearest = c;
    }
    return nearest;
  }

  #program(line, at) {
    if (line.event === "dropped") this.lost += line.lines ?? 0;
    this.program.push({ at, line });
    if (this.program.length > MOST_PROGRAM) this.program.shift();
  }

  #connection(line, at) {
    const known = this.connections.get(line.connection);
    if (known) return known;
    const accepted = at - (fromNanoseconds(line.since_accept_ns) ?? 0);
    return this.#add(line.connection, line, accepted, line.event === "accepted");
  }

  #add(id, { server, local, peer }, accepted, whole) {
    const { host, port } = address(peer);
    const connection = {
      id, server, local, peer, client: host, port, accepted,
      last: accepted, received: 0, sent: 0, used: !whole, weight: 0, forgotten: !whole, lost: false,
      asked: 0, version: this.version,
      events: [], exchanges: [], idlePeriods: [], drops: [], rules: [], clientEnd: null, closing: null, end: null,
    };
    this.connections.set(id, connection);
    this.shape += 1;
    return connection;
  }

  /**
   * Applies the list of open connections: adds those that no event has announced, and marks as lost those that are not
   * open although no event has ended them. `asked`: when the list was requested (ms since the origin).
   */
  reconcile(list, asked) {
    const open = new Set(list.map((c) => c.connection));
    for (const c of list) {
      if (this.connections.has(c.connection)) continue;
      const accepted = asked - (fromNanoseconds(c.open_ns) ?? 0);
      const added = this.#add(c.connection, c, accepted, c.requests === 0 && c.received === 0);
      Object.assign(added, { received: c.received, sent: c.sent, asked: c.requests });
    }
    for (const c of this.connections.values()) {
      if (!c.end && !open.has(c.id) && c.last < asked - 1000) {
        c.lost = true;
        c.version = this.version + 1;
        this.shape += 1;
      }
    }
    this.#rename();
    this.version += 1;
  }

  /**
   * Becomes `whole`, a store that has had the same lines after earlier ones. Connections and exchanges that both have stay
   * the same objects. Returns how much (ms) later times are: the origin is an earlier one.
   */
  become(whole) {
    const by = this.origin === null || whole.origin === null ? 0 : this.origin - whole.origin;
    const version = this.version + 1;
    for (const [id, shown] of this.connections) {
      const fuller = whole.connections.get(id);
      if (fuller) {
        const exchanges = keptObjects(shown.exchanges, fuller.exchanges);
        whole.connections.set(id, Object.assign(shown, fuller, { exchanges, lost: shown.lost, version }));
      } else if (shown.events.length === 0) {
        // It was added from the list of open connections.
        whole.connections.set(id, Object.assign(shown, { accepted: shown.accepted + by, last: shown.last + by }));
      }
    }
    whole.axis.now = this.axis.now + by;
    const { origin, connections, axis, program, lost, latest, weight } = whole;
    Object.assign(this, { origin, connections, axis, program, lost, latest, weight, version, shape: this.shape + 1 });
    return by;
  }

  #halve(connection) {
    const half = connection.events.length >> 1;
    const from = connection.events[half].at;
    const kept = (item) => (item.to ?? Infinity) >= from;
    connection.events.splice(0, half);
    connection.exchanges = connection.exchanges.filter(kept);
    connection.idlePeriods = connection.idlePeriods.filter(kept);
    connection.drops = connection.drops.filter(kept);
    connection.rules = connection.rules.filter(kept);
    connection.forgotten = true;
    this.weight -= connection.weight / 2;
    connection.weight /= 2;
  }

  #forget() {
    for (const [id, connection] of this.connections) {
      if (this.weight < this.most * 0.8) break;
      if (!connection.end && !connection.lost) continue;
      this.connections.delete(id);
      this.weight -= connection.weight;
      this.shape += 1;
    }
    // Only open connections are left, and they still exceed the limit.
    for (const connection of this.connections.values()) {
      if (this.weight < this.most) break;
      if (connection.events.length > 20) this.#halve(connection);
    }
  }
}

/** The exchanges of `fuller`. Those that `shown` also has are represented by the objects of `shown`. */
function keptObjects(shown, fuller) {
  const last = new Map();
  // If several have the same number, the last ones belong together.
  for (const exchange of shown) {
    const same = last.get(exchange.request) ?? [];
    same.push(exchange);
    last.set(exchange.request, same);
  }
  const kept = fuller.toReversed().map((exchange) => {
    const known = last.get(exchange.request)?.pop();
    return known ? Object.assign(known, exchange) : exchange;
  });
  return kept.reverse();
}

/** The names under which rules hold something on this connection, in order. `held`: the names that the server reports. */
export function heldNames(connection, held) {
  const names = new Set(connection.rules.map((rule) => rule.line.hold).filter(Boolean));
  return held.filter(({ hold, count }) => count > 0 && names.has(hold)).map(({ hold }) => hold);
}

/** The effect of each event on its connection. */
const STEPS = {
  head(connection, line, at) {
    endIdle(connection, at);
    connection.used = true;
    connection.exchanges.push({ request: line.request, from: at, to: null, head: line, body: null, reply: null });
  },
  body(connection, line) {
    const exchange = find(connection, line.request);
    if (exchange) exchange.body = line;
  },
  reply(connection, line, at) {
    endIdle(connection, at);
    connection.used ||= line.request > 0;
    let exchange = line.request > 0 ? find(connection, line.request) : null;
    if (!exchange) {
      exchange = { request: line.request, from: firstWrite(connection, line) ?? at, to: null, head: null, body: null };
      connection.exchanges.push(exchange);
    }
    exchange.reply = line;
    exchange.to = Math.max(at, exchange.from);
  },
  dropped_request(connection, line, at) {
    endIdle(connection, at);
    connection.used = true;
    connection.drops.push({ from: at, to: at, line });
    const exchange = line.request > 0 ? find(connection, line.request) : null;
    if (exchange && !exchange.reply) exchange.to = at;
  },
  rule(connection, line, at) {
    const exchange = line.request > 0 ? find(connection, line.request) : null;
    if (exchange) exchange.rule = line.rule;
    connection.rules.push({ from: at, to: at, line, exchange });
  },
  idle(connection, line, at, store) {
    endIdle(connection, at);
    const reply = connection.exchanges.at(-1)?.reply;
    const announced = reply?.raw === undefined ? (store.announces.get(connection.local) ?? null) : announcedTimeout(reply.raw);
    connection.idlePeriods.push({ from: at, to: null, endsAfter: fromNanoseconds(line.ends_after_ns), announced });
  },
  timer: (connection, _, at) => endIdle(connection, at),
  "client-fin"(connection, _, at) {
    endIdle(connection, at);
    connection.clientEnd ??= { at, how: "fin" };
  },
  reset(connection, _, at) {
    endIdle(connection, at);
    connection.clientEnd ??= { at, how: "rst" };
  },
  close(connection, line, at) {
    endIdle(connection, at);
    connection.closing ??= { at, line };
  },
  end(connection, line, at, store) {
    endIdle(connection, at);
    // Whose FIN was first may be known only now.
    connection.closing = { at: connection.closing?.at ?? at, line };
    connection.end = { at, line };
    store.shape += 1;
  },
};

function endIdle(connection, at) {
  const idle = connection.idlePeriods.at(-1);
  if (idle && idle.to === null) idle.to = at;
}

function firstWrite(connection, line) {
  return Array.isArray(line.writes?.[0]) ? connection.accepted + line.writes[0][0] / 1e6 : null;
}

/** The exchange with a request number. It is nearly always the last one. */
function find(connection, request) {
  for (let i = connection.exchanges.length - 1; i >= 0 && i > connection.exchanges.length - 64; i -= 1) {
    if (connection.exchanges[i].request === request) return connection.exchanges[i];
  }
  return null;
}

/** The writes of an exchange's reply: `{at, bytes}`. */
export function writes(connection, exchange) {
  return (exchange.reply?.writes ?? []).map(([ns, bytes]) => ({ at: connection.accepted + ns / 1e6, bytes }));
}

/**
 * Who closed a connection, how and why: `{at, who, how, followedBy, reason, style, state}`; null while it is open.
 * `how`: `fin` or `rst`, from the side that closed first; `followedBy`: `linger`, `rst` or `hold`, what the server did next.
 */
export function ending(connection) {
  const { closing, clientEnd } = connection;
  if (!closing) return null;
  const { who, reason, style, state } = closing.line;
  if (who === "client") {
    const how = reason === "client_reset" || clientEnd?.how === "rst" ? "rst" : "fin";
    const followedBy = how === "fin" && style === "rst" ? "rst" : null;
    return { at: clientEnd?.at ?? closing.at, who, how, followedBy, reason, style, state };
  }
  const followedBy = style === "linger" || style === "hold" ? style : style === "half-close" ? "hold" : null;
  // With style `close` the system sends RST if unread bytes remain. That is known only when the socket is closed.
  const reset = style === "rst" || connection.end?.line.unread === true;
  return { at: closing.at, who, how: reset ? "rst" : "fin", followedBy, reason, style, state };
}

/** Whether the connection never carried a request. */
export function unused(connection) {
  return !connection.used && connection.exchanges.length === 0;
}

/** When a connection ended (ms since the origin); `now` if it is open. */
export function lastsUntil(connection, now) {
  if (connection.end) return connection.end.at;
  return connection.lost ? connection.last : now;
}

/** The minimum of the recent span, and the maximum length of the last activity (ms). */
const RECENT_LEAST = 15_000;
const RECENT_MOST = 120_000;

/** How long ago (ms) the last activity began. It may have ended long ago. */
export function recentSpan(store, now) {
  let latest = -Infinity;
  for (const c of store.connections.values()) latest = Math.max(latest, c.last);
  let from = now - RECENT_LEAST;
  for (const c of store.connections.values()) if (c.last > latest - RECENT_MOST) from = Math.min(from, Math.max(c.accepted, latest - RECENT_MOST));
  return now - from;
}

/** How many requests a connection has carried, including those that were dropped from the store. */
export function requests(connection) {
  return connection.end?.line.requests ?? connection.asked;
}
