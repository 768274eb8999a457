// How long the timeline's page takes to draw its first picture when the ring is full, and whether it then loads all
// events. Part of timeline_page.mjs.
//
// Knows the API's state and log, and when the page has drawn. Must not know how lines are stored.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "./timeline_clients.mjs";
import { TIMELINE, check, tab } from "./timeline_lab.mjs";

/** Minimum number of events in the ring, and how long (s) it may take to produce them. */
const EVENTS = 100_000;
const PATIENCE_S = 60;
/**
 * The page must draw the latest events within this time (ms), in the best of several tries. If other programs use the
 * machine, it may take TIMES times as long as with few events.
 */
const FIRST_PICTURE = 1000;
const TIMES = 1.5;
const TRIES = 3;
/** A request as Firefox sends it. */
const REQUEST = [
  "GET /static/style1.css HTTP/1.1", "Host: 127.0.0.1:3000", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Accept: text/css,*/*;q=0.1",
  "Accept-Language: en-US,en;q=0.5", "Accept-Encoding: gzip, deflate, br, zstd", "Connection: keep-alive", "Referer: http://127.0.0.1:3000/", "Sec-Fetch-Dest: style",
  "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: same-origin", "Priority: u=2", "", "",
].join("\r\n");

const API = `http://127.0.0.1:${TIMELINE}/api/v1`;
const state = async () => (await fetch(`${API}/state`)).json();

/** Sends requests on new connections to a port, ten on each, until `done()`. */
async function ask(port, done) {
  while (!done()) {
    await new Promise((finished) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", finished).on("close", finished);
      // A server that serves one connection at a time may leave this one waiting.
      socket.setTimeout(500, () => socket.destroy());
      let sent = 0;
      const next = () => {
        sent += 1;
        if (sent > 10) socket.destroy();
        else socket.write(REQUEST);
      };
      socket.on("connect", next).on("data", next);
    });
  }
}

/** Fills the ring. The servers send more events while a client reads them. */
async function fill(lab) {
  const reading = new AbortController();
  const events = await fetch(`${API}/events?since=now`, { signal: reading.signal });
  const discarded = events.body.pipeTo(new WritableStream()).catch(() => {});
  let full = false;
  const loads = Object.values(lab.ports).map((port) => ask(port, () => full));
  await until(`${EVENTS} events in the ring`, async () => (await state()).ring.lines >= EVENTS, PATIENCE_S).finally(() => (full = true));
  await Promise.all(loads);
  reading.abort();
  await discarded;
  await wait(500);
}

/**
 * Opens the page. Returns when (ms after its navigation began) it had drawn lanes up to the event at `newest` (ms since 1970)
 * and had read the past, and what it says of the connections then.
 */
async function opened(browser, lab, newest) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
  const page = await context.newPage();
  await page.addInitScript((newest) => {
    const look = () => {
      if (document.querySelector("#picture")?.drawn?.latest >= newest) window.firstPicture = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  }, newest);
  await page.goto(lab.timeline);
  await page.waitForFunction(() => window.firstPicture !== undefined, null, { timeout: 30_000 });
  const first = await page.evaluate(() => window.firstPicture);
  await page.waitForFunction(() => document.querySelector("#status").textContent === "Live", null, { timeout: 30_000 });
  const past = await page.evaluate(() => performance.now());
  await tab(page, "connections");
  const caption = await page.textContent("table.connections caption");
  await context.close();
  return { first, past, caption };
}

/** When (ms since 1970) the newest of these lines happened. */
const newestOf = (log) => Date.parse(JSON.parse(log.trimEnd().split("\n").at(-1)).time);
const getLog = async () => (await fetch(`${API}/events.jsonl`)).text();

/** Opens the page several times. Returns the result of `opened` for each. */
async function tried(browser, lab, newest) {
  const tries = [];
  for (let i = 0; i < TRIES; i += 1) tries.push(await opened(browser, lab, newest));
  return tries;
}

export async function ringTests(browser, lab) {
  await check(`with ${EVENTS} events in the ring, the first picture comes within a second, and all of them then`, async () => {
    const fastest = (tries) => Math.min(...tries.map(({ first }) => first));
    await fetch(`http://127.0.0.1:${lab.ports.nginx}/`);
    await wait(500);
    const few = fastest(await tried(browser, lab, newestOf(await getLog())));
    await fill(lab);
    const { ring } = await state();
    const log = await getLog();
    const tries = await tried(browser, lab, newestOf(log));
    const numbers = new Set([...log.matchAll(/"connection":(\d+),/g)].map(([, number]) => number));
    const ms = (name) => tries.map((each) => each[name].toFixed(0)).join(", ");
    console.log(`    ${ring.lines} lines of ${(log.length / ring.lines).toFixed(0)} bytes in ${(ring.bytes / 2 ** 20).toFixed(1)} MiB; first picture after ${ms("first")} ms (${few.toFixed(0)} ms with few lines), the whole past after ${ms("past")} ms`);
    assert.ok(ring.lines >= EVENTS);
    assert.ok(fastest(tries) < Math.max(FIRST_PICTURE, TIMES * few), `${ms("first")} ms; ${few.toFixed(0)} ms with few lines`);
    assert.match(tries.at(-1).caption, new RegExp(`\\b${numbers.size}\\b`), "all connections of the log are on the page");
  });
}
