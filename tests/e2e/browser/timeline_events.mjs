// What the tests of the page's modules share: the modules' directory, the sentences, and events of a connection.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** The directory of the page. */
export const WEB = new URL("../../../crates/timeline/src/web/", import.meta.url);
/** A module of the page. */
export const load = (name) => import(new URL(name, WEB));
const i18n = await load("i18n.js");

i18n.learn(Object.fromEntries(i18n.LANGUAGES.map((tag) => [tag, sentences(tag)])));

/** The sentences of the catalogue in one language, as the server sends them. Their TOML is one `key = "text"` a line. */
function sentences(tag) {
  const text = readFileSync(new URL(`../../../locale/${tag}.toml`, import.meta.url), "utf8");
  const found = {};
  let table = "";
  for (const line of text.split("\n")) {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? [];
    const [, , key, quoted] = /^("?)([\w.-]+)\1 = (".*")$/.exec(line) ?? [];
    if (name) table = name;
    else if (key) found[`${table}.${key}`.replace(/^page\./, "")] = JSON.parse(quoted);
    else assert.match(line, /^(#.*)?$/);
  }
  return found;
}

export const BEGUN = Date.parse("2026-11-25T22:13:07Z");

/** The time `ms` milliseconds after BEGUN. */
export function at(ms) {
  const whole = Math.floor(ms / 1000) * 1000;
  return `${new Date(BEGUN + whole).toISOString().slice(0, 19)}.${String(Math.round((ms - whole) * 1e6)).padStart(9, "0")}Z`;
}

/** Gives the store a connection's lines: `[ms after accept, event, fields]`, accepted `from` ms after BEGUN. */
export function record(store, id, from, steps, more = {}) {
  for (const [ms, event, fields] of steps) {
    store.apply({
      time: at(from + ms), since_accept_ns: ms * 1e6, server: "node", connection: id, local: "127.0.0.1:3000",
      peer: `127.0.0.1:${35200 + id}`, received: 0, sent: 0, event, ...more, ...fields,
    });
  }
  return store.connections.get(id);
}

export const REPLY = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 682\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n";
export const REQUEST = "GET /?a=1 HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n";
export const CLOSE = { who: "server", reason: "idle", style: "fin", state: "idle" };
/** A connection that persisted, was idle, and was closed by the server. */
export const KEPT = [
  [0, "accepted", {}],
  [2, "head", { request: 1, method: "GET", target: "/?a=1", version: "1.1", head_bytes: REQUEST.length, raw: REQUEST }],
  [5, "reply", { request: 1, method: "GET", target: "/?a=1", status: 200, head_bytes: REPLY.length, body_bytes: 682, complete: true, raw: REPLY, writes: [[3e6, 700], [4e6, 100]] }],
  [5, "idle", { ends_after_ns: 5e9 }],
  [5005, "timer", { reason: "idle" }],
  [5005, "close", CLOSE],
  [5006, "end", { ...CLOSE, requests: 1, open_ns: 5.006e9 }],
];
