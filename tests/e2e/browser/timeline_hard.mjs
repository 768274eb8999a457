// Hard cases for the timeline's page: touch, colour blindness, importers of other programs, thousands of lanes, readers
// that do not read, long text. Part of timeline_page.mjs.
//
// Knows the page as a person and a browser see it, and the server's memory. Must not know how page or server work.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { talk, until } from "./timeline_clients.mjs";
import { FLAGS, TIMELINE, browserPath, check, download, npm, options, playwright, rows, tab } from "./timeline_lab.mjs";

/** Lanes in the picture, and the lowest acceptable number of frames a second. The machine may have other work too. */
const LANES = 2000;
const LEAST_FRAMES = 30;
/** The longest time that the page may need for one frame (ms). It does not depend on what else runs. */
const MOST_DRAWING = 8;
/** Event readers that read nothing, and how much the program may grow (MiB): 64 of them are admitted, each holds about
    1 MiB, and the ring has 8. */
const READERS = 200;
const MOST_GROWTH = 104;

export async function hardTests(browser, page, lab) {
  await fingers(browser, lab);
  await exported(page);
  await colourBlind(browser, lab);
  await longText(page, lab);
  await readers(page, lab);
  await manyLanes(browser, lab);
}

/** The time span that the picture shows, in ms of the day. The title of its SVG has it. */
async function seen(page) {
  const drawing = await download(page, async () => {
    await page.click("#export summary");
    await page.click("#export-svg");
  });
  const times = [...drawing.matchAll(/<title>.*?(\d\d):(\d\d):(\d\d)\.(\d{3}) – (\d\d):(\d\d):(\d\d)\.(\d{3})<\/title>/g)][0].slice(1).map(Number);
  const at = ([h, m, s, ms]) => ((h * 60 + m) * 60 + s) * 1000 + ms;
  return { from: at(times.slice(0, 4)), to: at(times.slice(4)) };
}

async function fingers(browser, lab) {
  await check("two fingers zoom around the point between them, one finger moves", async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "en-US" });
    const page = await context.newPage();
    await page.goto(lab.timeline);
    await tab(page, "connections");
    await until("rows", async () => (await rows(page)).length > 0);
    // On the true scale, pixels are in proportion to time.
    await page.check("#true-scale");
    await page.tap("#all");
    const session = await context.newCDPSession(page);
    const box = await page.locator("#picture").boundingBox();
    const y = box.y + box.height / 2;
    const touch = (type, ...xs) => session.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((x, id) => ({ x, y, id })) });
    const gesture = async (...steps) => {
      await touch("touchStart", ...steps[0]);
      for (const step of steps.slice(1)) await touch("touchMove", ...step);
      await touch("touchEnd");
      await wait(150);
    };
    const left = box.x + 64;
    const wide = box.width - 64;
    const before = await seen(page);
    const middle = left + wide / 2;
    const spread = Array.from({ length: 11 }, (_, i) => [middle - 30 - i * 3, middle + 30 + i * 3]);
    await gesture(...spread);
    const closer = await seen(page);
    const ratio = (closer.to - closer.from) / (before.to - before.from);
    assert.ok(Math.abs(ratio - 0.5) < 0.06, `twice as far apart shows ${ratio} of the time`);
    const centre = (span) => (span.from + span.to) / 2;
    assert.ok(Math.abs(centre(closer) - centre(before)) < (before.to - before.from) * 0.03, "what is between the fingers stays there");
    await gesture(...spread.toReversed());
    const back = await seen(page);
    assert.ok(Math.abs((back.to - back.from) / (before.to - before.from) - 1) < 0.06, "pinching is the way back");
    await gesture([middle], [middle - 20], [middle - 60], [middle - 100]);
    const moved = await seen(page);
    const by = (moved.from - back.from) / (back.to - back.from);
    assert.ok(Math.abs(by - 100 / wide) < 0.05, `100 of ${wide} pixels moved it by ${by} of its width`);
    assert.equal(await page.evaluate(() => visualViewport.scale), 1, "the page itself is not zoomed");
    await context.close();
  });
}

async function exported(page) {
  await tab(page, "connections");
  await page.click("#all");
  const text = await download(page, async () => {
    await page.click("#export summary");
    await page.click("#export-har");
  });
  const made = JSON.parse(text);
  await check("the HAR fits the schema of HAR 1.2", async () => {
    const validate = npm("har-validator", 5);
    await validate.har(made).catch((refused) => assert.fail(JSON.stringify(refused.errors?.slice(0, 5) ?? String(refused))));
    assert.ok(made.log.entries.length > 50);
  });
  await check("Chrome's own importer reads the HAR: every request, its status and its connection", async () => {
    const port = TIMELINE + 1;
    const chrome = await playwright().launch({ executablePath: browserPath(), args: [...FLAGS, `--remote-debugging-port=${port}`, "--remote-allow-origins=*"] });
    try {
      const tools = await chrome.newPage();
      await tools.goto(`http://127.0.0.1:${port}/devtools/inspector.html`);
      const read = await tools.evaluate(async (har) => {
        const { HARFormat, Importer } = await import("/devtools/models/har/har.js");
        const requests = Importer.Importer.requestsFromHARLog(new HARFormat.HARRoot(har).log);
        return requests.map((r) => `${r.connectionId} ${r.requestMethod} ${r.statusCode}`);
      }, made);
      assert.deepEqual(read, made.log.entries.map((e) => `${e._connectionId} ${e.request.method} ${e.response.status}`));
    } finally {
      await chrome.close();
    }
  });
}

async function colourBlind(browser, lab) {
  await check("pictures as people with colour blindness see them", async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
    const page = await context.newPage();
    await page.goto(lab.timeline);
    await tab(page, "connections");
    await until("rows", async () => (await rows(page)).length > 0);
    await page.click("#all");
    const session = await context.newCDPSession(page);
    for (const type of ["protanopia", "deuteranopia", "tritanopia", "achromatopsia"]) {
      await session.send("Emulation.setEmulatedVisionDeficiency", { type });
      await wait(200);
      await page.screenshot({ path: join(options.artefacts, `timeline-${type}.png`) });
    }
    await context.close();
  });
}

async function longText(page, lab) {
  await check("a target of 6,000 bytes and a head of 7,000 break nothing", async () => {
    const target = `/${"very-long-".repeat(600)}`;
    const said = await talk(lab.ports.nginx, `GET ${target} HTTP/1.1\r\nHost: a\r\nX-Long: ${"y".repeat(900)}\r\n\r\n`, { keep: true });
    await page.fill("#filter", said.port);
    await tab(page, "connections");
    await until("the row", async () => (await rows(page)).some((row) => row.port === said.port));
    await page.locator("table.connections tbody tr button", { hasText: said.port }).first().click();
    for (const [width, height] of [[390, 844], [2560, 1300]]) {
      await page.setViewportSize({ width, height });
      const wide = await page.$eval("#detail-tab", (panel) => panel.scrollWidth - panel.clientWidth);
      assert.ok(wide <= 1, `the ladder is ${wide} pixels too wide at ${width}`);
      await page.locator(".rung[data-event=reply] button").first().click();
      await page.waitForSelector(".panel.exchange");
      const beyond = await page.$eval("#detail-tab", (panel) => panel.scrollWidth - panel.clientWidth);
      assert.ok(beyond <= 1, `the exchange is ${beyond} pixels too wide at ${width}`);
      const shown = await page.$eval("[data-head=request]", (pre) => pre.textContent.length);
      assert.ok(shown > 6900, `${shown} characters of the head are shown`);
      await page.screenshot({ path: join(options.artefacts, `timeline-long-${width}.png`) });
      await page.click(".panel.exchange .steps button");
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.fill("#filter", "");
    said.socket.destroy();
  });
}

/** Resident memory of the program that does not belong to mapped files, in MiB. */
function memory(lab) {
  return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${lab.process.pid}/status`, "utf8"))[1]) / 1024;
}

/** One GET of the API. Returns how many ms it took. */
async function answerTime() {
  const begun = performance.now();
  const reply = await fetch(`http://127.0.0.1:${TIMELINE}/api/v1/state`);
  await reply.text();
  assert.equal(reply.status, 200);
  return performance.now() - begun;
}

/** Sends requests as fast as possible on eight connections, for `seconds` seconds. */
async function load(port, seconds) {
  const request = `GET /static/style1.css HTTP/1.1\r\nHost: a\r\nX-Filler: ${"z".repeat(2000)}\r\n\r\n`;
  const end = Date.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: 8 }, () => new Promise((done) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(request));
      socket.on("data", () => (Date.now() < end ? socket.write(request) : socket.destroy()));
      socket.on("close", done);
      socket.on("error", done);
    })),
  );
}

async function readers(page, lab) {
  await check(`${READERS} readers of events that never read: memory, answers, the page goes on, and the next is served, or waits and says why`, async () => {
    await load(lab.ports.nginx, 1);
    const before = memory(lab);
    const sockets = Array.from({ length: READERS }, (_, i) => {
      const socket = connect(TIMELINE, "127.0.0.1");
      const path = i % 2 === 0 ? "/api/v1/events" : "/api/v1/events.jsonl?follow=true";
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${TIMELINE}\r\n\r\n`);
      socket.on("error", () => {});
      return socket.pause();
    });
    const times = [];
    const busy = load(lab.ports.nginx, 6);
    for (let i = 0; i < 20; i += 1) {
      await wait(250);
      times.push(await answerTime());
    }
    await busy;
    const grown = memory(lab) - before;
    const late = await page.context().newPage();
    await late.goto(lab.timeline);
    const shows = (...states) => late.waitForFunction((states) => states.includes(document.body.dataset.state), states);
    // It takes the place of the connection that has been idle for longest, which may be one of the readers.
    await shows("full", "live");
    const slowest = Math.max(...times);
    console.log(`    ${grown.toFixed(0)} MiB more with ${READERS} readers; slowest answer ${slowest.toFixed(0)} ms`);
    for (const socket of sockets) socket.destroy();
    await shows("live");
    await late.close();
    assert.ok(grown < MOST_GROWTH, `${grown} MiB more`);
    assert.ok(slowest < 1000, `an answer took ${slowest} ms`);
    const said = await talk(lab.ports.node, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await tab(page, "connections");
    await until("the page to show what came after it", async () => (await rows(page)).some((row) => row.port === said.port));
  });
}

async function manyLanes(browser, lab) {
  await check(`${LANES} lanes move smoothly`, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
    const page = await context.newPage();
    await page.goto(lab.timeline);
    const sockets = [];
    for (let i = 0; i < LANES; i += 1) {
      sockets.push(connect(lab.ports.iis, "127.0.0.1").on("error", () => {}));
      sockets.at(-1).write("GET /static/style1.css HTTP/1.1\r\nHost: a\r\n\r\n");
      sockets.at(-1).resume();
      if (i % 50 === 0) await wait(10);
    }
    await page.fill("#filter", `:${lab.ports.iis}`);
    await tab(page, "detail");
    const caption = () => page.evaluate(() => document.querySelector("#picture .spacer").clientHeight);
    await until("the lanes", async () => (await caption()) > LANES * 24, 20);
    const measured = await page.evaluate(async () => {
      const { drawn } = document.querySelector("#picture");
      const scroller = document.querySelector("#picture .scroller");
      const first = { ...drawn };
      const begun = performance.now();
      let frames = 0;
      while (performance.now() - begun < 4000) {
        await new Promise(requestAnimationFrame);
        scroller.scrollTop = ((performance.now() - begun) / 4000) * scroller.scrollHeight;
        frames += 1;
      }
      const seconds = (performance.now() - begun) / 1000;
      return { frames: frames / seconds, drawn: (drawn.frames - first.frames) / seconds, ms: (drawn.ms - first.ms) / (drawn.frames - first.frames) };
    });
    console.log(`    ${LANES} lanes: ${measured.frames.toFixed(1)} frames a second, ${measured.drawn.toFixed(1)} drawn, ${measured.ms.toFixed(2)} ms each`);
    await page.screenshot({ path: join(options.artefacts, "timeline-2000.png") });
    for (const socket of sockets) socket.destroy();
    await context.close();
    assert.ok(measured.ms < MOST_DRAWING, `a frame takes ${measured.ms} ms`);
    assert.ok(measured.drawn > LEAST_FRAMES, `${measured.drawn} frames a second`);
  });
}
