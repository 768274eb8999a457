// What the timeline's picture draws, without a browser:  node --test tests/e2e/browser/timeline_picture.test.mjs

import assert from "node:assert/strict";
import test from "node:test";
import { KEPT, load, record } from "./timeline_events.mjs";

const { Store } = await load("store.js");
const { View } = await load("view.js");
const { GROUP, LABEL, LANE, rows, stuck } = await load("lanes.js");
const { SvgPen, escapeXml } = await load("pens.js");
const { AXIS, scene } = await load("scene.js");
const { visibleRows } = await load("export.js");
const { Axis, TRUE } = await load("axis.js");

/** A pen that records the calls of its methods. */
class Notes {
  constructor() {
    this.calls = [];
    for (const name of ["fill", "frame", "hatch", "line", "shape"]) this[name] = (...given) => this.calls.push([name, ...given]);
  }
  text(x, y, text, role) {
    this.calls.push(["text", x, y, text, role]);
  }
  measure(text) {
    return text.length * 7;
  }
  roles(kind) {
    return new Set(this.calls.filter(([name]) => name === kind).map((call) => call.at(-1)));
  }
}

function picture(store, pen, now, view, more = {}) {
  const list = more.list ?? rows(store.connections.values()).rows;
  const size = { width: view.left + view.width, height: 400 };
  scene(pen, { list, scroll: 0, size, view, now, origin: store.origin, program: store.program, unusedAfter: () => 60_000, selected: null, hover: null, ...more });
}

test("the picture has the block, both bars of the idle period, and who closed it in words", () => {
  const store = new Store();
  record(store, 1, 0, KEPT);
  record(store, 2, 100, KEPT.slice(0, 1));
  const view = new View(76, 900);
  view.fit(0, 8000);
  const pen = new Notes();
  picture(store, pen, 7000, view);
  const fills = pen.calls.filter(([name]) => name === "fill").map((call) => call[5]);
  for (const role of ["s2", "announced", "real", "server", "now"]) assert.ok(fills.includes(role), role);
  assert.equal(pen.calls.filter(([name]) => name === "hatch").length, 1, "the unused one");
  assert.ok(pen.calls.some(([name, , , text]) => name === "text" && text === "server FIN: no further request came in time"));
  const announced = pen.calls.find((call) => call[0] === "fill" && call[5] === "announced");
  assert.ok(Math.abs(announced[1] - view.x(5)) < 1 && Math.abs(announced[1] + announced[3] - view.x(5005)) < 1);
});

test("words that have no room beside an end are cut, and never by the picture's edge", () => {
  for (const width of [326, 500, 900, 2400]) {
    for (const [from, to] of [[0, 5100], [0, 6500], [0, 20_000], [5500, 9000]]) {
      const store = new Store();
      record(store, 1, 0, KEPT);
      const view = new View(64, width);
      view.fit(from, to);
      const pen = new Notes();
      picture(store, pen, 30_000, view);
      const words = pen.calls.filter(([name, , , text]) => name === "text" && /server|◂/.test(text) && !text.includes("127.0.0.1"));
      for (const [, x, , text] of words) assert.ok(x + text.length * 7 <= 64 + width, `${text} at ${x} of ${64 + width}`);
      if (width === 2400 && to === 20_000) assert.match(words[0][3], /server FIN: no further request came in time$/);
    }
  }
});

test("however much there is, only what is visible is drawn", () => {
  const store = new Store();
  for (let id = 1; id <= 2000; id += 1) record(store, id, id, KEPT);
  for (let n = 2; n < 20_000; n += 1) record(store, 3, 3, [[5 + n, "head", { request: n }], [5.5 + n, "reply", { request: n, status: 200 }]]);
  const view = new View(76, 900);
  view.fit(0, 30_000);
  const pen = new Notes();
  picture(store, pen, 30_000, view);
  assert.ok(pen.calls.length < 2000, `${pen.calls.length} calls`);
  assert.ok(pen.calls.every(([name, x]) => name === "shape" || (x >= -20 && x <= 1000)));
});

test("the SVG says the same, and holds no markup of the wire", () => {
  const evil = "/<script>alert(1)</script>&\"'\u0000\u001b";
  const store = new Store();
  record(store, 1, 0, [[0, "accepted", {}], [1, "head", { request: 1, method: "<b>", target: evil }], [900, "reply", { request: 1, status: 404, target: evil }]], { server: "<i>&" });
  const view = new View(76, 1800);
  view.fit(0, 1000);
  const pen = new SvgPen({ bg: "#fff" });
  picture(store, pen, 1000, view);
  const document = pen.document(900, 400, evil);
  assert.ok(document.includes("&lt;script&gt;") && !document.includes("<script") && !document.includes("<i>"));
  assert.ok(document.includes("404 &lt;b&gt;"));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 forbids
  assert.equal(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(document), false);
  assert.equal(escapeXml("a\ud800b"), "a\ufffdb");
  assert.ok(AXIS > 0);
});

test("only lanes with something in the span are exported", () => {
  const store = new Store();
  record(store, 1, 0, KEPT);
  record(store, 2, 60_000, KEPT);
  const view = new View(0, 1000);
  view.fit(0, 6000);
  const { rows: list } = visibleRows(rows(store.connections.values()).rows, view, 70_000);
  assert.deepEqual(list.map((r) => r.connection?.id ?? "group"), ["group", 1]);
});

test("the name of a rule is drawn beside its mark, or in the block of its request", () => {
  const store = new Store();
  const kept = record(store, 1, 0, [
    [0, "accepted", {}],
    [10, "rule", { request: 0, rule: "at-accept", number: 1 }],
    [3000, "head", { request: 1, method: "GET", target: "/a", head_bytes: 40 }],
    [3000, "rule", { request: 1, rule: "slow", number: 1, hold: "go" }],
  ]);
  const view = new View(0, 900);
  const pen = new Notes();
  picture(store, pen, 6000, view);
  const texts = pen.calls.filter(([name]) => name === "text").map((call) => call[3]);
  assert.equal(kept.rules.length, 2);
  assert.ok(texts.includes("at-accept"), texts.join(", "));
  assert.ok(texts.includes("◇ slow"), texts.join(", "));
});

test("lanes are as high as there is room for, and label each request above its block", () => {
  const store = new Store();
  const steps = ["/", "/static/style1.css", "/static/head.jpg", "/a/b/c.wav?long=query"].flatMap((target, i) => [
    [10 * i + 1, "head", { request: i + 1, method: "GET", target, head_bytes: 40 }],
    [10 * i + 3, "reply", { request: i + 1, status: 200, method: "GET", target }],
  ]);
  record(store, 1, 0, [[0, "accepted", {}], ...steps]);
  const draw = (room, width) => {
    const { rows: list } = rows(store.connections.values(), { room });
    const view = new View(76, width);
    view.use(store.axis);
    store.axis.now = 100;
    view.fit(0, 40);
    const pen = new Notes();
    picture(store, pen, 100, view, { list });
    const labels = pen.calls.filter(([name, , , , role]) => name === "text" && role === "plain").map(([, x, y, text]) => ({ x, y, text }));
    return { height: list[1].height, labels: labels.filter(({ text }) => /^200/.test(text)) };
  };
  assert.deepEqual(draw(0, 900), { height: LANE, labels: [] });
  const { height, labels } = draw(600, 1400);
  assert.equal(height, LANE + 4 * LABEL);
  assert.deepEqual(labels.map(({ text }) => text), ["200 GET /", "200 GET /static/style1.css", "200 GET /static/head.jpg", "200 GET /a/b/c.wav?long=query"]);
  for (let i = 1; i < labels.length; i += 1) assert.ok(labels[i].x > labels[i - 1].x && labels[i].y > labels[i - 1].y);
  // Without enough space, the path is shortened, and no label overlaps the next one.
  const two = draw(GROUP + LANE + 2 * LABEL, 500);
  assert.equal(two.height, LANE + 2 * LABEL);
  for (const [i, { x, text }] of two.labels.entries()) {
    const next = two.labels.find((other, j) => j > i && other.y === two.labels[0].y);
    if (next && i < 2) assert.ok(x + text.length * 7 <= next.x, `${text} reaches into ${next.text}`);
  }
});

test("live returns to the scale that it had, or to recent activity if that scale shows nothing useful", () => {
  const view = new View(76, 900);
  view.last(20_000, 60_000);
  const usual = view.scale;
  view.zoom(0.5, 0);
  view.fit(0, 1);
  view.resume(20_000, 70_000);
  assert.deepEqual([view.live, view.scale], [true, usual / 2]);
  assert.ok(view.from < 70_000 && view.to > 70_000, "now is in view");
  view.zoom(1e-5, 0);
  view.pause();
  view.resume(20_000, 70_000);
  assert.equal(view.scale, usual);
});

test("the compressed axis keeps the order of times, and each place has one time", () => {
  const axis = new Axis();
  for (const time of [1000, 1002, 76_000, 1001, 500, -20, 76_000]) axis.add(time);
  axis.now = 80_000;
  const times = [-5e9, -20, 0, 500, 1000.5, 1001, 1002, 40_000, 76_000, 90_000, 5e9];
  const places = times.map((time) => axis.place(time));
  for (let i = 1; i < places.length; i += 1) assert.ok(places[i] > places[i - 1], `${times[i]}`);
  for (const [i, place] of places.entries()) assert.ok(Math.abs(axis.time(place) - times[i]) <= 1e-6 * Math.max(1, Math.abs(times[i])), `${times[i]}`);
  assert.deepEqual(axis.gaps(-100, 80_000, 10_000), [{ from: 1002, to: 76_000 }]);
  // An event that comes now moves nothing, and in a rest two timeouts are as long as they are.
  const before = axis.place(79_000);
  axis.add(80_000);
  assert.ok(Math.abs(axis.place(79_000) - before) < 1e-9);
  assert.equal(axis.place(40_000), places[7]);
  const after = (ms) => axis.place(1002 + ms) - axis.place(1002);
  assert.ok(Math.abs(after(10_000) / after(5000) - 2) < 1e-9);
});

test("a request of 2 ms beside a rest of 75 s is seen and named, and each tick has its own place", () => {
  const store = new Store();
  record(store, 1, 0, [
    [0, "accepted", {}],
    [1, "head", { request: 1, method: "GET", target: "/", head_bytes: 40 }],
    [3, "reply", { request: 1, status: 304, method: "GET", target: "/" }],
    [3, "idle", { ends_after_ns: 75e9 }],
    [75_003, "close", { reason: "idle" }],
    [75_004, "end", {}],
  ]);
  for (const width of [326, 900, 1900]) {
    const view = new View(76, width);
    store.axis.now = 80_000;
    view.use(store.axis);
    view.last(90_000, 80_000);
    const pen = new Notes();
    picture(store, pen, 80_000, view);
    // A 304 is drawn as an outline, so that it does not look like a redirection.
    const block = pen.calls.find(([name, , , , , role]) => name === "frame" && role === "s3");
    assert.ok(!pen.calls.some(([name, , , , , role]) => name === "fill" && role === "s3"));
    assert.ok(block[3] >= 12, `${block[3]} pixels of ${width}`);
    const texts = pen.calls.filter(([name]) => name === "text");
    if (width >= 900) assert.ok(texts.some(([, , , text]) => text === "⋯ 1 min 15 s ⋯"), texts.map((text) => text[3]).join(" | "));
    if (width >= 900) assert.ok(texts.some(([, , , text]) => text.startsWith("304")), "the status is in the block");
    const labels = texts.filter(([, , y, text]) => y < 20 && /^\d\d:\d\d/.test(text)).map(([, x]) => x).sort((a, b) => a - b);
    for (let i = 1; i < labels.length; i += 1) assert.ok(labels[i] - labels[i - 1] > 70, `${labels}`);
    // The true scale shows the same span.
    const { from, to } = view;
    view.use(TRUE);
    assert.ok(Math.abs(view.from - from) < 1e-3 && Math.abs(view.to - to) < to * 1e-6);
  }
});

test("the heading of the lanes in view stays at the top, until the next one pushes it out", () => {
  const store = new Store();
  for (const id of [1, 2, 3]) record(store, id, 0, KEPT);
  for (const id of [4, 5]) record(store, id, 0, KEPT, { local: "127.0.0.1:9999" });
  const { rows: list } = rows(store.connections.values());
  const headings = list.filter((row) => row.group);
  assert.equal(headings.length, 2);
  assert.equal(stuck(list, 0), null);
  assert.deepEqual(stuck(list, 30), { row: headings[0], y: 0 });
  assert.deepEqual(stuck(list, headings[1].top - 10), { row: headings[0], y: 10 - GROUP });
  assert.equal(stuck(list, headings[1].top), null);
  assert.deepEqual(stuck(list, headings[1].top + 1), { row: headings[1], y: 0 });
  assert.equal(stuck([], 0), null);
  const view = new View(76, 900);
  view.fit(0, 8000);
  const pen = new Notes();
  picture(store, pen, 7000, view, { scroll: 40 });
  assert.ok(pen.calls.some(([name, x, y, , height, role]) => name === "fill" && role === "group" && x === 0 && y === AXIS && height === GROUP));
});
