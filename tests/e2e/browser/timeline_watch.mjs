#!/usr/bin/env node
// Headless Chromium with the timeline's page open, for tests/e2e/load/timeline.py.
//
//   tests/e2e/browser/timeline_watch.mjs ADDRESS:PORT
//
// Prints `open` once the page is live, then a line of JSON every second: frames a second, the longest wait for an answer
// of the page itself (ms), and the height of its lanes. Ends with its standard input.

import { mkdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { FLAGS, WORK, browserPath, playwright } from "./timeline_lab.mjs";

mkdirSync(WORK, { recursive: true });
const browser = await playwright().launch({ executablePath: browserPath(), args: FLAGS });
// Calls that wait for the page fail when it is closed. That is the normal end, not an error.
let ending = false;
process.stdin.on("end", async () => {
  ending = true;
  await browser.close();
  process.exit(0);
});
process.stdin.resume();
process.on("uncaughtException", (why) => {
  if (!ending) throw why;
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
await page.goto(`http://${process.argv[2]}/`);
await page.waitForFunction(() => document.body.dataset.state === "live");
console.log("open");
for (;;) {
  const before = await page.evaluate(() => document.querySelector("#picture").drawn.frames);
  const begun = performance.now();
  let slowest = 0;
  while (performance.now() - begun < 1000) {
    const asked = performance.now();
    await page.evaluate(() => document.body.dataset.state);
    slowest = Math.max(slowest, performance.now() - asked);
    await wait(50);
  }
  const { frames, lanes } = await page.evaluate(() => ({ frames: document.querySelector("#picture").drawn.frames, lanes: document.querySelector("#picture .spacer").clientHeight }));
  console.log(JSON.stringify({ frames: ((frames - before) * 1000) / (performance.now() - begun), slowest_ms: slowest, lanes_px: lanes }));
}
