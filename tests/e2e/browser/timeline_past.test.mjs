// How the timeline's page loads past events while it shows new ones, without a browser:
//   node --test tests/e2e/browser/timeline_past.test.mjs

import assert from "node:assert/strict";
import test from "node:test";
import { BEGUN, CLOSE, KEPT, REPLY, at, load } from "./timeline_events.mjs";

const { Store } = await load("store.js");
const { Past } = await load("past.js");
const { TRUE } = await load("axis.js");
const { View } = await load("view.js");

const PIPELINE = [
  [0, "accepted", {}],
  [1, "head", { request: 1, method: "GET", target: "/a", head_bytes: 40 }],
  [2, "rule", { request: 1, rule: "slow", number: 1, hold: "go" }],
  [3, "head", { request: 2, method: "GET", target: "/b", head_bytes: 40 }],
  [4, "body", { request: 2, bytes: 7, how: "complete" }],
  [5, "reply", { request: 1, method: "GET", target: "/a", status: 200, head_bytes: REPLY.length, body_bytes: 1, complete: true, raw: REPLY }],
  [6, "reply", { request: 2, method: "GET", target: "/b", status: 304, head_bytes: 90, body_bytes: 0, complete: true }],
  [6, "idle", { ends_after_ns: null }],
  [7, "dropped_request", { request: 0, bytes: 40, line: "GET /late HTTP/1.1", where: "discarded" }],
  [8, "reset", {}],
  [9, "close", { ...CLOSE, who: "client", reason: "client_reset" }],
  [9, "end", { ...CLOSE, who: "client", reason: "client_reset", requests: 2, open_ns: 9e6 }],
];

/** The lines of connections that overlap in time, in order, with lines about the program between them. */
function lines() {
  const all = [];
  const add = (ms, line) => all.push({ ms, text: JSON.stringify({ time: at(ms), ...line }) });
  for (let id = 1; id <= 12; id += 1) {
    for (const [ms, event, fields] of id % 3 === 0 ? PIPELINE : KEPT.slice(0, id % 4 === 0 ? 4 : KEPT.length)) {
      const from = 400 * id + 0.25;
      add(from + ms, {
        since_accept_ns: ms * 1e6, server: "node", connection: id, local: "127.0.0.1:3000", peer: `127.0.0.1:${35200 + id}`, received: id, sent: ms, event, ...fields,
      });
    }
  }
  add(1500, { event: "change", server: "node", what: "reset", key: "timers.idle" });
  add(3000, { event: "dropped", server: "node", lines: 7 });
  return all.sort((a, b) => a.ms - b.ms).map(({ text }) => text);
}

function filled(texts, store = new Store()) {
  for (const text of texts) store.apply(JSON.parse(text), text.length);
  return store;
}

/** The content of a store, without its change counters. */
function held({ origin, connections, axis, program, lost, latest, weight }) {
  const all = [...connections.values()].map(({ version, ...rest }) => rest);
  return { origin, all, times: axis.times, places: all.map((c) => axis.place(c.last)), program, lost, latest, weight };
}

/** Lets `past` read these lines in pieces. Returns by how much the times were shifted. */
async function read(past, texts, piece, merged = () => {}) {
  const pieces = (async function* () {
    for (let i = 0; i < texts.length; i += piece) yield texts.slice(i, i + piece);
  })();
  let by = null;
  await past.load(pieces, (ms, axis) => {
    by = ms;
    merged(ms, axis);
  });
  return by;
}

test("wherever the page begins, it comes to hold what it would hold from the first line on", async () => {
  const texts = lines();
  const whole = held(filled(texts));
  assert.ok(texts.length > 80);
  for (let cut = 1; cut < texts.length; cut += 1) {
    const store = filled(texts.slice(cut));
    const past = new Past(store, JSON.parse);
    const shown = new Map([...store.connections].map(([id, c]) => [id, { c, exchanges: [...c.exchanges], requests: c.exchanges.map((e) => e.request) }]));
    const since = texts.slice(cut).map((text) => ({ line: JSON.parse(text), weight: text.length }));
    past.since = since;
    await read(past, texts.slice(0, cut), 7);
    assert.deepEqual(held(store), whole, `cut before line ${cut}`);
    for (const [id, { c, exchanges, requests }] of shown) {
      assert.equal(store.connections.get(id), c, "what is chosen stays chosen");
      for (const [i, e] of exchanges.entries()) assert.ok(c.exchanges.includes(e) && e.request === requests[i]);
    }
  }
});

test("lines that come while the past is read are kept, and another run's past is not", async () => {
  const texts = lines();
  const [first, second, third] = [texts.slice(0, 30), texts.slice(30, 60), texts.slice(60)];
  const store = filled(second);
  const past = new Past(store, JSON.parse);
  past.since = second.map((text) => ({ line: JSON.parse(text), weight: text.length }));
  const pieces = (async function* () {
    yield first.slice(0, 10);
    for (const text of third) {
      store.apply(JSON.parse(text), text.length);
      past.note(JSON.parse(text), text.length);
    }
    yield first.slice(10);
  })();
  await past.load(pieces, () => {});
  assert.deepEqual(held(store), held(filled(texts)));

  const other = filled(third);
  const stopped = new Past(other, JSON.parse);
  const rest = (async function* () {
    yield first;
    stopped.stop();
    yield second;
  })();
  await stopped.load(rest, () => assert.fail("it is stopped"));
  assert.deepEqual(held(other), held(filled(third)));
});

test("a connection that only the list of open ones knows keeps its age", async () => {
  const texts = lines();
  const store = filled(texts.slice(60));
  store.reconcile([{ connection: 900, server: "node", local: "127.0.0.1:3000", peer: "127.0.0.1:40000", requests: 3, received: 5, sent: 6, open_ns: 4e9 }], 10_000);
  const { accepted } = store.connections.get(900);
  const instant = store.origin + accepted;
  const past = new Past(store, JSON.parse);
  past.since = texts.slice(60).map((text) => ({ line: JSON.parse(text), weight: text.length }));
  const by = await read(past, texts.slice(0, 60), 20);
  assert.ok(by > 0);
  assert.equal(store.origin + store.connections.get(900).accepted, instant);
});

test("a paused view and a live one show the same times when the past has come", async () => {
  const texts = lines();
  for (const trueScale of [false, true]) {
    for (const live of [false, true]) {
      const store = filled(texts.slice(60));
      const axis = () => (trueScale ? TRUE : store.axis);
      const view = new View(0, 1000);
      view.use(axis());
      const { latest } = store;
      store.axis.now = latest + 100;
      view.last(1000, latest + 100);
      if (!live) view.pause();
      const before = { from: store.origin + view.time(700), to: store.origin + view.time(760) };
      const past = new Past(store, JSON.parse);
      past.since = texts.slice(60).map((text) => ({ line: JSON.parse(text), weight: text.length }));
      await read(past, texts.slice(0, 60), 20, (by, old) => view.shift(by, old, store.axis));
      view.use(axis());
      view.follow(store.latest + 100);
      const after = { from: store.origin + view.time(700), to: store.origin + view.time(760) };
      for (const end of ["from", "to"]) assert.ok(Math.abs(after[end] - before[end]) < 0.5, `${trueScale} ${live} ${end}: ${before[end] - BEGUN} and ${after[end] - BEGUN}`);
    }
  }
});

test("lines that this reader has missed are counted", () => {
  const store = filled(lines().slice(0, 5));
  store.apply({ event: "dropped", lines: 12 });
  assert.equal(store.lost, 12);
  assert.equal(store.program.at(-1).at, store.latest);
});
