// The store: event lines in, connections with their exchanges, rests and ends out. Pure: no clock, no network, no page.

import { fromNanoseconds, readInstant } from "./time.js";
import { address, announcedTimeout } from "./wire.js";

/** How much text of events is kept, in characters. Beyond it the oldest connections that have ended are forgotten. */
const MOST_TEXT = 96 << 20;
/** A connection that goes on for ever forgets its older half when it has more events than this. */
const MOST_STORY = 60_000;
/** How many lines about the program are kept. */
const MOST_PROGRAM = 2_000;

/** Lines about the program, not about what a connection did. */
const PROGRAM = new Set(["start", "stop", "reload", "dropped", "change"]);

export class Store {
  /** `most`: how much text of events is kept. */
  constructor(most = MOST_TEXT) {
    this.most = most;
    this.announces = new Map();
    this.reset(null);
  }

  /** Forgets everything: a server that has started anew. */
  reset(run) {
    this.run = run;
    this.origin = null;
    this.connections = new Map();
    this.program = [];
    this.lost = 0;
    this.latest = 0;
    this.weight = 0;
    /** Counts changes of the set of connections, and of anything. */
    this.shape = (this.shape ?? 0) + 1;
    this.version = (this.version ?? 0) + 1;
  }

  /** What each server announces for a rest: used for replies whose head is not known. */
  learnServers(servers) {
    this.announces = new Map(servers.map((s) => [s.address, fromNanoseconds(s.announced_timeout_ns)]));
  }

  /** An RFC 3339 instant in ms since the origin; null if it is none. */
  when(text) {
    const read = readInstant(text);
    if (!read) return null;
    this.origin ??= read.whole;
    return read.whole - this.origin + read.fraction;
  }

  /** Takes one event. `weight`: the length of its line. Lines that make no sense are left out. */
  apply(line, weight = 200) {
    const at = this.when(line?.time);
    if (at === null || typeof line.event !== "string") return;
    this.version += 1;
    this.latest = Math.max(this.latest, at);
    if (PROGRAM.has(line.event) || !Number.isInteger(line.connection)) {
      this.#program(line, at);
      return;
    }
    const connection = this.#connection(line, at);
    // The connection's own clock is monotonic; that of `time` may be set.
    const own = fromNanoseconds(line.since_accept_ns);
    const time = own === null ? at : connection.accepted + own;
    connection.last = Math.max(connection.last, time);
    connection.received = line.received ?? connection.received;
    connection.sent = line.sent ?? connection.sent;
    connection.lost = false;
    connection.version = this.version;
    connection.asked = Math.max(connection.asked, line.request ?? 0);
    connection.story.push({ at: time, line });
    connection.weight += weight;
    this.weight += weight;
    STEPS[line.event]?.(connection, line, time, this);
    if (connection.story.length > MOST_STORY) this.#halve(connection);
    if (this.weight > this.most) this.#forget();
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
      story: [], exchanges: [], rests: [], clientEnd: null, closing: null, end: null,
    };
    this.connections.set(id, connection);
    this.shape += 1;
    return connection;
  }

  /**
   * Brings the list of open connections in: adds what no event told of, and marks as lost what is not open any more
   * though no event said so. `asked`: when the list was asked for (ms since the origin).
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
    this.version += 1;
  }

  #halve(connection) {
    const half = connection.story.length >> 1;
    const from = connection.story[half].at;
    const kept = (item) => (item.to ?? Infinity) >= from;
    connection.story.splice(0, half);
    connection.exchanges = connection.exchanges.filter(kept);
    connection.rests = connection.rests.filter(kept);
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
    // Only open connections are left, and there is still too much.
    for (const connection of this.connections.values()) {
      if (this.weight < this.most) break;
      if (connection.story.length > 20) this.#halve(connection);
    }
  }
}

/** What each event does to its connection. */
const STEPS = {
  head(connection, line, at) {
    endRest(connection, at);
    connection.used = true;
    connection.exchanges.push({ request: line.request, from: at, to: null, head: line, body: null, reply: null });
  },
  body(connection, line) {
    const exchange = find(connection, line.request);
    if (exchange) exchange.body = line;
  },
  reply(connection, line, at) {
    endRest(connection, at);
    connection.used ||= line.request > 0;
    let exchange = line.request > 0 ? find(connection, line.request) : null;
    if (!exchange) {
      exchange = { request: line.request, from: firstWrite(connection, line) ?? at, to: null, head: null, body: null };
      connection.exchanges.push(exchange);
    }
    exchange.reply = line;
    exchange.to = Math.max(at, exchange.from);
  },
  idle(connection, line, at, store) {
    endRest(connection, at);
    const reply = connection.exchanges.at(-1)?.reply;
    const announced = reply?.raw === undefined ? (store.announces.get(connection.local) ?? null) : announcedTimeout(reply.raw);
    connection.rests.push({ from: at, to: null, endsAfter: fromNanoseconds(line.ends_after_ns), announced });
  },
  timer: (connection, _, at) => endRest(connection, at),
  "client-fin"(connection, _, at) {
    endRest(connection, at);
    connection.clientEnd ??= { at, how: "fin" };
  },
  reset(connection, _, at) {
    endRest(connection, at);
    connection.clientEnd ??= { at, how: "rst" };
  },
  close(connection, line, at) {
    endRest(connection, at);
    connection.closing ??= { at, line };
  },
  end(connection, line, at, store) {
    endRest(connection, at);
    connection.closing ??= { at, line };
    connection.end = { at, line };
    store.shape += 1;
  },
};

function endRest(connection, at) {
  const rest = connection.rests.at(-1);
  if (rest && rest.to === null) rest.to = at;
}

function firstWrite(connection, line) {
  return Array.isArray(line.writes?.[0]) ? connection.accepted + line.writes[0][0] / 1e6 : null;
}

/** The exchange of a request number: nearly always the last one. */
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
 * Who ended a connection, how, and why: `{at, who, how, followedBy, reason, style, state}`.
 * `how`: `fin` or `rst`, of the one who was first; `followedBy`: `linger`, `rst` or `hold`, what the server did next.
 * Null while it is open.
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
  const followedBy = style === "linger" || style === "hold" ? style : null;
  // With style `close` the system says RST for bytes that were never read; that is known when the socket is given back.
  const reset = style === "rst" || connection.end?.line.unread === true;
  return { at: closing.at, who, how: reset ? "rst" : "fin", followedBy, reason, style, state };
}

/** Whether nothing was ever asked on it. */
export function unused(connection) {
  return !connection.used && connection.exchanges.length === 0;
}

/** Until when a connection lasted (ms since the origin); `now` if it is open. */
export function lastsUntil(connection, now) {
  if (connection.end) return connection.end.at;
  return connection.lost ? connection.last : now;
}

/** How many requests a connection has carried, with those that are not kept any more. */
export function requests(connection) {
  return connection.end?.line.requests ?? connection.asked;
}
