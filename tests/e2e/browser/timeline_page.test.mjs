// The timeline page's pure modules, without a browser:  node --test tests/e2e/browser/timeline_page.test.mjs

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { BEGUN, KEPT, REPLY, WEB, at, load, record } from "./timeline_events.mjs";

const { Store, ending, heldNames, recentSpan, requests, unused, writes } = await load("store.js");
const { clock, readInstant, span, ticks, tickStep } = await load("time.js");
const { View } = await load("view.js");
const { announcedTimeout, framing, oneLine, parseHead, runs } = await load("wire.js");
const { firstFrom, hit, matches, rowAt, rows } = await load("lanes.js");
const { har } = await load("har.js");
const { mismatch } = await load("announced.js");
const i18n = await load("i18n.js");
const words = await load("words.js");

test("the events of a kept connection become an exchange, an idle period and an end", () => {
  const c = record(new Store(), 1, 0, KEPT);
  assert.equal(c.exchanges.length, 1);
  assert.deepEqual([c.exchanges[0].from, c.exchanges[0].to], [2, 5]);
  assert.deepEqual(writes(c, c.exchanges[0]), [{ at: 3, bytes: 700 }, { at: 4, bytes: 100 }]);
  assert.deepEqual(c.idlePeriods, [{ from: 5, to: 5005, endsAfter: 5000, announced: 5000 }]);
  assert.deepEqual(ending(c), { at: 5005, who: "server", how: "fin", followedBy: null, reason: "idle", style: "fin", state: "idle" });
  assert.equal(requests(c), 1);
  assert.equal(unused(c), false);
});

test("a dropped request is a mark; the exchange that was in its place goes on", () => {
  const line = (request, where) => ({ request, bytes: 40, line: "GET /late HTTP/1.1", where });
  const c = record(new Store(), 1, 0, [
    [0, "accepted", {}],
    [2, "head", { request: 1, method: "GET", target: "/late", head_bytes: 40 }],
    [3, "dropped_request", line(1, "read")],
    [3, "head", { request: 1, method: "GET", target: "/bad", head_bytes: 20, fault: "host.missing" }],
    [5, "reply", { request: 1, method: "GET", target: "/bad", status: 400, head_bytes: 90, body_bytes: 0, complete: true }],
    [6, "dropped_request", line(0, "discarded")],
  ]);
  assert.deepEqual(c.drops.map(({ from, line: { where } }) => [from, where]), [[3, "read"], [6, "discarded"]]);
  assert.deepEqual(c.exchanges.map(({ from, to, reply }) => [from, to, reply?.status ?? null]), [[2, 3, null], [3, 5, 400]]);
  assert.equal(har([{ connection: c, exchange: c.exchanges[0] }, { connection: c, exchange: c.exchanges[1] }], { origin: 0, version: "1" }).log.entries.length, 1);
});

test("a rule is a mark with its name, and what it holds can be released", () => {
  const c = record(new Store(), 1, 0, [
    [0, "accepted", {}],
    [1, "rule", { request: 1, rule: "first", number: 1, hold: "go" }],
    [2, "head", { request: 1, method: "GET", target: "/a", head_bytes: 40 }],
    [2, "rule", { request: 1, rule: "busy", number: 3 }],
    [5, "reply", { request: 1, method: "GET", target: "/a", status: 503, head_bytes: 90, body_bytes: 0, complete: true }],
  ]);
  assert.deepEqual(c.rules.map(({ from, line: { rule }, exchange }) => [from, rule, exchange?.request]), [[1, "first", undefined], [2, "busy", 1]]);
  assert.equal(words.exchangeWords(c.exchanges[0]), "503 GET /a ◇ busy");
  assert.deepEqual(heldNames(c, [{ hold: "other", count: 1 }, { hold: "go", count: 1 }]), ["go"]);
  assert.deepEqual(heldNames(c, [{ hold: "go", count: 0 }]), []);
});

test("ends: who, how and what follows", () => {
  const cases = [
    [[["close", { who: "server", reason: "body_unread", style: "linger" }]], ["server", "fin", "linger"]],
    [[["close", { who: "server", reason: "slow_reader", style: "rst" }]], ["server", "rst", null]],
    [[["close", { who: "server", reason: "response", style: "hold" }]], ["server", "fin", "hold"]],
    [[["client-fin", { state: "idle" }], ["close", { who: "client", reason: "client_fin", style: "fin" }]], ["client", "fin", null]],
    [[["client-fin", { state: "unused" }], ["close", { who: "client", reason: "client_fin_unused", style: "rst" }]], ["client", "fin", "rst"]],
    [[["reset", {}], ["close", { who: "client", reason: "client_reset", style: "fin" }]], ["client", "rst", null]],
    // The server's FIN came first. The client's FIN, which came while the server lingered, changes nothing.
    [[["close", { who: "server", reason: "idle", style: "linger" }], ["client-fin", { state: "closing" }]], ["server", "fin", "linger"]],
  ];
  for (const [steps, want] of cases) {
    const c = record(new Store(), 1, 0, [[0, "accepted", {}], ...steps.map(([event, fields], i) => [10 + i, event, fields])]);
    const end = ending(c);
    assert.deepEqual([end.who, end.how, end.followedBy], want, JSON.stringify(steps));
  }
});

test("a connection without a request is unused, until its first head", () => {
  const store = new Store();
  const c = record(store, 1, 0, KEPT.slice(0, 1));
  assert.equal(unused(c), true);
  record(store, 1, 0, KEPT.slice(1, 2));
  assert.equal(unused(c), false);
});

test("an idle period without an announcement, and one without an end", () => {
  const store = new Store();
  const bare = REPLY.replace(/Keep-Alive:.*\r\n/, "");
  const c = record(store, 1, 0, [KEPT[0], KEPT[1], [5, "reply", { ...KEPT[2][2], raw: bare }], [5, "idle", { ends_after_ns: null }]]);
  assert.deepEqual(c.idlePeriods, [{ from: 5, to: null, endsAfter: null, announced: null }]);
});

test("what the replies' heads do not tell is the server's announcement", () => {
  const store = new Store();
  store.learnServers([{ address: "127.0.0.1:3000", announced_timeout_ns: 7e9 }]);
  const { raw, ...bare } = KEPT[2][2];
  const c = record(store, 1, 0, [KEPT[0], [5, "reply", bare], [5, "idle", { ends_after_ns: 5e9 }]]);
  assert.equal(c.idlePeriods[0].announced, 7000);
});

test("a connection of which the first events are gone begins when it was accepted", () => {
  const c = record(new Store(), 1, 0, KEPT.slice(2));
  assert.equal(c.accepted, 0);
  assert.equal(c.exchanges.length, 1);
  assert.equal(c.exchanges[0].from, 3, "the reply's first write");
});

test("the list of open connections brings in older ones and marks those that are gone", () => {
  const store = new Store();
  record(store, 1, 0, KEPT.slice(0, 4));
  const list = [{ connection: 9, server: "node", local: "127.0.0.1:3000", peer: "127.0.0.1:40000", requests: 3, received: 5, sent: 6, open_ns: 4e9 }];
  store.reconcile(list, 10_000);
  assert.equal(store.connections.get(1).lost, true);
  const added = store.connections.get(9);
  assert.deepEqual([added.accepted, requests(added), unused(added)], [6000, 3, false]);
  // An event of the connection shows that it existed after all.
  record(store, 1, 0, KEPT.slice(4, 5));
  assert.equal(store.connections.get(1).lost, false);
});

test("beyond its bound the store forgets the oldest connections that have ended", () => {
  const store = new Store(20_000);
  const open = record(store, 1, 0, KEPT.slice(0, 4));
  for (let id = 2; id < 60; id += 1) record(store, id, id * 10, KEPT);
  assert.ok(store.weight <= 20_000, `${store.weight}`);
  assert.equal(store.connections.get(1), open, "an open one stays");
  assert.equal(store.connections.has(2), false);
  assert.equal(store.connections.has(59), true);
});

test("an open connection alone forgets its older half, and counts on", () => {
  const store = new Store(40_000);
  record(store, 1, 0, KEPT.slice(0, 1));
  for (let n = 1; n <= 300; n += 1) record(store, 1, 0, [[n * 10, "head", { request: n }], [n * 10 + 1, "reply", { request: n, status: 200 }]]);
  const c = store.connections.get(1);
  assert.ok(store.weight <= 40_000);
  assert.ok(c.exchanges.length < 200);
  assert.equal(requests(c), 300);
});

test("lines that make no sense change nothing", () => {
  const store = new Store();
  for (const line of [null, 1, "x", {}, { time: "yesterday", event: "head", connection: 1 }, { time: at(0), connection: 1 }]) store.apply(line);
  assert.equal(store.connections.size, 0);
  store.apply({ time: at(0), event: "something-new", connection: 1, peer: "a:1", local: "b:2", server: "node", since_accept_ns: 0 });
  assert.equal(store.connections.size, 1);
});

test("changes are lines about the program, also where they name a connection", () => {
  const store = new Store();
  store.apply({ time: at(1), event: "change", server: "node", what: "close", connection: 5, how: "rst" });
  store.apply({ time: at(2), event: "dropped", server: "node", lines: 7 });
  assert.equal(store.connections.size, 0);
  assert.equal(store.lost, 7);
  assert.equal(words.programWords(store.program[0].line), "connection 5 to be closed with RST");
});

test("instants keep their nanoseconds", () => {
  assert.deepEqual(readInstant("2026-11-25T22:13:07.330858829Z"), { whole: BEGUN, fraction: 330.858829 });
  for (const bad of [undefined, "", "2026-11-25", "2026-11-25T22:13:07+01:00", "2026-99-25T22:13:07Z"]) assert.equal(readInstant(bad), null);
});

test("durations for people", () => {
  const table = [[0, "0 µs"], [0.0123, "12.3 µs"], [3.4, "3.40 ms"], [250, "250 ms"], [5000, "5.00 s"], [59_990, "60.0 s"], [125_000, "2 min 05 s"], [3_720_000, "1 h 02 min"]];
  for (const [ms, want] of table) assert.equal(span(ms), want);
});

test("ticks stand at round times, far enough apart", () => {
  for (const scale of [1e-4, 0.003, 0.7, 12, 90, 4000, 600_000]) {
    const step = tickStep(scale, 100);
    assert.ok(step / scale >= 99.99 || step === 86_400_000, `${scale}: ${step}`);
  }
  assert.deepEqual(ticks(0, 3, 1), [0, 1, 2, 3]);
  const tens = ticks(0, 30_000, 10_000, BEGUN).map((ms) => clock(ms, BEGUN, 10_000).slice(-1));
  assert.deepEqual(tens, ["0", "0", "0"]);
  assert.match(clock(1.5, BEGUN, 0.001), /07\.001500$/);
});

test("the view zooms around a point and stays live around now", () => {
  const view = new View(100, 1000);
  view.follow(50_000);
  assert.ok(Math.abs(view.x(50_000) - 880) < 1e-6);
  view.zoom(0.5, 300);
  assert.ok(view.live && Math.abs(view.x(50_000) - 880) < 1e-6);
  view.pan(-10);
  assert.equal(view.live, false);
  const time = view.time(300);
  view.zoom(0.25, 300);
  assert.ok(Math.abs(view.time(300) - time) < 1e-6);
  for (let i = 0; i < 200; i += 1) view.zoom(0.5, 300);
  assert.ok(view.scale >= 1e-4 && Number.isFinite(view.start));
  view.fit(1000, 2000);
  assert.ok(view.x(1000) > 100 && view.x(2000) < 1100);
});

test("rows are grouped by server and client, filtered and folded", () => {
  const store = new Store();
  record(store, 2, 0, KEPT);
  record(store, 1, 0, KEPT.slice(0, 3));
  record(store, 3, 0, KEPT.slice(0, 1), { local: "127.0.0.1:8080", server: "flask" });
  const all = store.connections.values.bind(store.connections);
  const { rows: list, height } = rows(all());
  assert.deepEqual(list.map((r) => r.connection?.id ?? r.group.server), ["node", 1, 2, "flask", 3]);
  assert.equal(height, list.at(-1).top + list.at(-1).height);
  assert.equal(list[rowAt(list, list[2].top + 1)], list[2]);
  assert.equal(list[rowAt(list, 1e9)], list.at(-1));
  assert.equal(rows(all(), { openOnly: true }).rows.length, 4);
  assert.equal(rows(all(), { collapsed: new Set([list[0].group.key]) }).rows.length, 3);
  assert.equal(matches(store.connections.get(1), "35201 200"), true);
  assert.equal(matches(store.connections.get(1), "404"), false);
  assert.equal(matches(store.connections.get(1), "/?A"), true);
});

test("what lies under the pointer", () => {
  const c = record(new Store(), 1, 0, KEPT);
  assert.ok(hit(c, 3, 0, 9000).exchange);
  assert.ok(hit(c, 1000, 0, 9000).idle);
  assert.ok(hit(c, 5005, 10, 9000).end);
  assert.ok(hit(c, 1, 0.5, 9000).open);
  assert.equal(hit(c, 8000, 1, 9000), null);
  const list = [{ to: 1 }, { to: 5 }, { to: null }];
  assert.deepEqual([0, 1, 2, 6].map((time) => firstFrom(list, time)), [0, 0, 1, 2]);
});

test("heads are read as leniently as they may have been sent", () => {
  const head = parseHead("GET / HTTP/1.1\nHost: a\r\nno colon\r\nX: 1\r\n folded\r\n\r\nbody: no");
  assert.deepEqual(head.fields, [{ name: "Host", value: "a" }, { name: "X", value: "1 folded" }]);
  const table = [["timeout=5", 5000], ["timeout=5, max=100", 5000], ["max=100,timeout=15", 15000], ["x-timeout=5", null], ["", null]];
  for (const [said, want] of table) assert.equal(announcedTimeout(`HTTP/1.1 200 OK\r\nkeep-alive: ${said}\r\n\r\n`), want, said);
  assert.equal(announcedTimeout(undefined), null);
});

test("how a body ends", () => {
  const reply = (fields) => `HTTP/1.1 200 OK\r\n${fields}\r\n`;
  const table = [
    [[reply("Content-Length: 5\r\n"), "GET", 200], { how: "length", length: "5" }],
    [[reply("Transfer-Encoding: chunked\r\n"), "GET", 200], { how: "chunked" }],
    [[reply(""), "GET", 200], { how: "end" }],
    [[reply("Content-Length: 5\r\n"), "HEAD", 200], { how: "none" }],
    [[reply(""), "GET", 304], { how: "none" }],
    [["", "GET", 200], { how: "unknown" }],
  ];
  for (const [given, want] of table) assert.deepEqual(framing(...given), want);
});

test("every byte of a head is shown, none twice", () => {
  const every = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n)).join("");
  const back = runs(every)
    .map(({ kind, text }) => (kind === "text" ? text : kind === "end" ? (text === "CR" ? "\r" : "\n") : String.fromCharCode(parseInt(text.slice(2), 16))))
    .join("");
  assert.equal(back, every);
  assert.equal(oneLine("a\r\n\0b"), "a\\r\\n\\x00b");
  assert.equal(oneLine("x".repeat(200), 10), `${"x".repeat(10)}…`);
});

test("the steps of a decision are said in the page's language", () => {
  const step = { step: "file", message: "file", text: "", values: { target: "/{path}", path: "a", bytes: "7", modified: "x" } };
  const refused = { step: "refused", message: "refused", text: "", values: { words: "", reason: "unused" } };
  assert.equal(words.stepWords(step), "/{path} is the file a: 7 bytes, modified x");
  assert.equal(words.stepWords(refused), "the client sent nothing in time");
  i18n.setLanguage("zh");
  assert.equal(words.stepWords(step), "/{path} 对应文件 a：7 字节，修改于 x");
  assert.equal(words.stepWords(refused), "客户端未在限定时间内发送任何数据");
  assert.equal(words.stepWords({ message: "of another server", text: "as it is" }), "as it is");
  const fault = { message: "fault", text: "", values: { fault: "bare_cr", meaning: "a CR inside a line" } };
  assert.equal(words.stepWords(fault), "请求被拒绝：行内有 CR（bare_cr）");
  i18n.setLanguage("en");
});

/** What Chrome's importer (and HAR 1.2) requires, by name and type. */
const HAR_ENTRY = {
  startedDateTime: "string", time: "number", cache: "object", connection: "string", serverIPAddress: "string",
  request: { method: "string", url: "string", httpVersion: "string", cookies: "array", headers: "array", queryString: "array", headersSize: "number", bodySize: "number" },
  response: { status: "number", statusText: "string", httpVersion: "string", cookies: "array", headers: "array", redirectURL: "string", headersSize: "number", bodySize: "number", content: { size: "number", mimeType: "string" } },
  timings: { send: "number", wait: "number", receive: "number" },
};

function conforms(value, shape, path = "") {
  for (const [name, type] of Object.entries(shape)) {
    if (typeof type === "object") conforms(value[name], type, `${path}.${name}`);
    else assert.equal(Array.isArray(value[name]) ? "array" : typeof value[name], type, `${path}.${name}`);
  }
}

test("the HAR is one that Chrome imports", () => {
  const store = new Store();
  const c = record(store, 1, 0, KEPT);
  const odd = ["*", "http://other/x?y", "/é\u0001<>", "", "//", "host:443"].map((target, i) =>
    record(store, 10 + i, 0, [[1, "head", { request: 1, method: "GET", target }], [2, "reply", { request: 1, status: 400, target }]]),
  );
  const made = har([c, ...odd].map((connection) => ({ connection, exchange: connection.exchanges[0] })), { origin: store.origin, version: "0.1.0" });
  assert.equal(made.log.version, "1.2");
  assert.equal(made.log.entries.length, 1 + odd.length);
  for (const entry of made.log.entries) {
    conforms(entry, HAR_ENTRY);
    assert.ok(URL.canParse(entry.request.url), entry.request.url);
    assert.ok(Math.abs(entry.time - entry.timings.wait - entry.timings.receive - entry.timings.send) < 1e-9);
    assert.ok(!Number.isNaN(Date.parse(entry.startedDateTime)));
  }
  const entry = made.log.entries.find((e) => e.connection === "35201");
  assert.equal(entry.request.url, "http://127.0.0.1:3000/?a=1");
  assert.deepEqual(entry.request.queryString, [{ name: "a", value: "1" }]);
  assert.deepEqual([entry.response.status, entry.response.statusText, entry.response.content.mimeType], [200, "OK", "text/html"]);
  assert.deepEqual([entry.timings.wait, entry.timings.receive], [1, 2]);
});

test("a language is chosen by what a person prefers", () => {
  assert.equal(i18n.choose(["fr-FR", "zh-CN", "en"]), "zh");
  assert.equal(i18n.choose(["de"]), "en");
  i18n.setLanguage("zh");
  assert.equal(words.countRequests(5), "5 个请求");
  i18n.setLanguage("en");
  assert.equal(words.countRequests(5), "5 requests");
  assert.equal(i18n.t("no.such.message"), "no.such.message");
});

test("the page makes no markup, and needs no inline script or style", () => {
  for (const name of readdirSync(WEB)) {
    const text = readFileSync(new URL(name, WEB), "utf8");
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, name);
    if (name.endsWith(".html")) assert.doesNotMatch(text, /\son\w+=|style=|<style|<script>|javascript:|https?:/, name);
  }
});

test("after a change of profile, open connections have the new name, and those that have ended keep theirs", () => {
  const store = new Store();
  const address = "127.0.0.1:3000";
  store.learnServers([{ address, name: "node", announced_timeout_ns: null }]);
  record(store, 1, 0, KEPT);
  record(store, 2, 0, KEPT.slice(0, 2));
  const before = store.version;
  store.learnServers([{ address, name: "nginx", announced_timeout_ns: null }]);
  assert.deepEqual([...store.connections.values()].map((c) => c.server), ["node", "nginx"]);
  assert.ok(store.connections.get(2).version > before);
  const heading = rows(store.connections.values(), { names: store.names }).rows[0].group.server;
  assert.equal(heading, "nginx");
  // An older event, read after the change, names the profile that was in use then.
  record(store, 3, 0, KEPT.slice(0, 1));
  store.reconcile([2, 3].map((connection) => ({ connection, server: "node", local: address, peer: "a:1", requests: 0, received: 0, sent: 0, open_ns: 0 })), 10);
  assert.equal(store.connections.get(3).server, "nginx");
});

test("an announcement that is not true after a change, and what would make it so", () => {
  const server = (announced, idle, differs, lines = ["Connection: keep-alive", "Keep-Alive: timeout=5, max=9"]) => ({
    announced_timeout_ns: announced,
    idle_ns: idle,
    settings: [{ key: "timers.idle", differs, value: "x" }, { key: "connection.fields.keep", differs: false, value: lines }],
  });
  assert.equal(mismatch(server(5e9, 6e9, false)), null, "as the profile has it");
  assert.equal(mismatch(server(null, 6e9, true)), null, "nothing is announced");
  assert.equal(mismatch(server(5e9, 5e9, true)), null);
  assert.deepEqual(mismatch(server(5e9, 12.5e9, true)), {
    announced: 5000,
    idle: 12_500,
    changes: [
      { key: "connection.fields.keep", value: ["Connection: keep-alive", "Keep-Alive: timeout=12, max=9"], line: "Keep-Alive: timeout=12, max=9" },
      { key: "timers.idle", value: "5s", line: "5s" },
    ],
  });
  for (const idle of [null, 0.5e9]) assert.deepEqual(mismatch(server(5e9, idle, true)).changes.map(({ key }) => key), ["timers.idle"]);
});

test("the last activity is what the live view shows, however long ago it was", () => {
  const store = new Store();
  assert.equal(recentSpan(store, 60_000), 15_000);
  record(store, 1, 0, KEPT);
  record(store, 2, 200_000, KEPT);
  assert.equal(recentSpan(store, 201_000), 15_000, "at least that");
  assert.equal(recentSpan(store, 900_000), 700_000, "not the first one, which was long before");
});
