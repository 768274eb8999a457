#!/usr/bin/env node
// The timeline page, end to end in headless Chromium, compared with the event log and with a capture of the same run.
//
//   tests/e2e/browser/timeline_page.mjs [--binary PROGRAM] [--artefacts DIR] [--base-port N]
//
// Installs what it needs (Debian's chromium and tshark, playwright-core from npm into target/). First the page's pure
// modules are tested under Node. Then `labserve lab` runs with an event log, a browser loads the demo site from it, and the
// timeline is read as a person reads it: the table, the detail, the settings, the exports. Meanwhile dumpcap captures the
// servers' ports, and raw clients end connections in every way. Everything that the page says is compared with the log
// and with what `explain` reads in the capture (timeline_claims.mjs, ../capture/agree.py). Screenshots go to
// target/artefacts. The program is --binary, or LABSERVE_PROGRAM, or target/release/labserve. The last line counts:
// `N passed, M failed`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { englishIn, readable } from "./chinese.mjs";
import { captureTests } from "./timeline_capture.mjs";
import { againstLog, forCapture, readClaims } from "./timeline_claims.mjs";
import { ENDINGS, fetchHead, talk, until } from "./timeline_clients.mjs";
import { hardTests } from "./timeline_hard.mjs";
import {
  Capture, CAPTURE, FLAGS, HERE, Lab, LOG, SECOND_LOG, WORK, browserPath, check, download, openConnection, openExchange, options, playwright, rowOf, rows, tab, tally,
} from "./timeline_lab.mjs";
import { explained, reachTests } from "./timeline_reach.mjs";
import { ringTests } from "./timeline_ring.mjs";
import { serverTests } from "./timeline_servers.mjs";
import { settingTests } from "./timeline_settings.mjs";
import { tokenTests, withoutToken } from "./timeline_token.mjs";
import { wireTests } from "./timeline_wire.mjs";

const CLAIMS = join(WORK, "claims.json");
const WIDTHS = [[390, 844], [1280, 800], [2000, 1200]];
/** The language that each theme is checked in, and the tabs that are checked. */
const LOOKS = { light: "en", dark: "zh" };
const TABS = ["connections", "detail", "settings", "capture"];
/** The profiles under which connections are ended in every way. */
const ENDING_SERVERS = ["node", "flask", "iis", "nginx", "apache", "django"];
/** How late (s) a timer may be on a busy machine. */
const LATE = 0.5;

/** The event log, by connection: `{port, server, lines, replies, close, end}`. */
function eventLog() {
  const connections = new Map();
  for (const text of readFileSync(LOG, "utf8").split("\n").filter(Boolean)) {
    const line = JSON.parse(text);
    if (line.connection === undefined || line.event === "change") continue;
    if (!connections.has(line.connection)) {
      connections.set(line.connection, { id: line.connection, server: line.server, port: line.peer.split(":").at(-1), lines: [], replies: [] });
    }
    const connection = connections.get(line.connection);
    connection.lines.push(line);
    if (line.event === "reply") connection.replies.push(line);
    if (line.event === "close" || line.event === "end") connection[line.event] ??= line;
  }
  return connections;
}

// The page.

/** Collects in `wrong` what the page must never do: violate its policy, throw, run sent code, contact another host. */
function watch(page, wrong) {
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (401|422)/.test(message.text())) wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(request.url())) wrong.push(request.url());
  });
  return page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
}

/**
 * Loads the demo site as a page. Its parts are requested one after the other, as on a slow network. A persistent
 * connection therefore carries all of them, and the number of connections depends on the server, not on a race inside
 * the browser.
 */
async function visit(browser, url) {
  const context = await browser.newContext();
  let turn = Promise.resolve();
  await context.route("**/*", (route) => {
    const before = turn;
    turn = before.then(async () => {
      const finished = new Promise((done) => {
        const end = (request) => request === route.request() && done();
        context.on("requestfinished", end);
        context.on("requestfailed", end);
      });
      await route.continue();
      await Promise.race([finished, wait(3000)]);
      // The browser can reuse a connection a moment after the reply.
      await wait(60);
    });
  });
  const page = await context.newPage();
  await page.goto(url);
  // Playwright blocks the browser's own request for its icon while it intercepts requests. With a query it does not.
  await page.evaluate(() => fetch("/favicon.ico?").then((reply) => reply.text()));
  await turn;
  return context;
}

async function main() {
  mkdirSync(WORK, { recursive: true });
  mkdirSync(options.artefacts, { recursive: true });

  const pure = spawnSync(process.execPath, ["--experimental-default-type=module", "--test", ...["page", "past", "picture", "token"].map((name) => join(HERE, `timeline_${name}.test.mjs`))], { encoding: "utf8" });
  tally.passed += Number(/^# pass (\d+)/m.exec(pure.stdout)?.[1] ?? 0);
  tally.failed += Number(/^# fail (\d+)/m.exec(pure.stdout)?.[1] ?? 1);
  if (pure.status !== 0) console.log(pure.stdout, pure.stderr);

  const executablePath = browserPath();
  const browser = await playwright().launch({ executablePath, args: FLAGS });
  const capture = await Capture.start();
  let lab = await Lab.start();
  const wrong = [];
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US", permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    await watch(page, wrong);
    await tokenTests(browser, page, lab);
    await pageTests(browser, page, lab);
    await wireTests(page, lab);
    await settingTests(page, lab);
    await reachTests(browser, page, lab);
    await serverTests(page, lab);
    await withoutToken(browser, lab);
    await exportTests(page);
    await claimTests(page, lab, capture);
    await captureTests(page, CAPTURE);
    await pictures(page);
    await hardTests(browser, page, lab);
    await ringTests(browser, lab);
    await check("the page finds its way back when the server has started again", async () => {
      const begun = Date.now();
      assert.equal(await lab.stop(), 0, "it stops in order while a page watches and a log is written");
      assert.ok(Date.now() - begun < 5000, `it took ${Date.now() - begun} ms to stop`);
      await until("the page to notice", async () => ["away", "stopped"].includes(await page.getAttribute("body", "data-state")));
      lab = await Lab.start(SECOND_LOG);
      await until("the page to be live again", async () => ["live", "paused"].includes(await page.getAttribute("body", "data-state")), 20);
      await tab(page, "connections");
      await until("the old connections to go", async () => (await rows(page)).length === 0);
      await fetchHead(lab.site("node"));
      await until("a new connection", async () => (await rows(page)).length === 1);
    });
    await check("the page kept its policy, threw nothing, ran nothing, asked nobody else", async () => {
      const violations = await page.evaluate(() => window.violations);
      // A server that is down cannot be reached. That is not an error of the page.
      const mistakes = wrong.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(text));
      assert.deepEqual([...violations, ...mistakes], []);
    });
  } finally {
    await browser.close();
    await check("labserve stops in order", async () => assert.equal(await lab.stop(), 0));
  }
}

async function pageTests(browser, page, lab) {
  await check("before anything has happened the page says what to do", async () => {
    await page.waitForSelector("#empty-servers a:visible");
    const links = await page.$$eval("#empty-servers a", (list) => list.map((link) => link.href));
    assert.ok(links.includes(lab.site("node")) && links.includes(lab.site("iis")), links.join(" "));
  });

  await check("node: five exchanges on one connection, and the server's FIN after 5 s", async () => {
    const visitor = await visit(browser, lab.site("node"));
    const row = await until("five requests", async () => (await rows(page)).find((r) => r.server === "node" && r.requests === "5"));
    assert.deepEqual(row.statuses.split(" ").sort(), ["200", "200", "200", "206", "404"]);
    const ended = await until("the end", async () => ((await rowOf(page, row.port)).ended === "yes" ? rowOf(page, row.port) : null), 8);
    assert.deepEqual([ended.who, ended.how, ended.reason], ["server", "fin", "idle"]);
    assert.match(ended.text, /server FIN: no further request came in time/);
    const told = eventLog().get(Number(ended.connection));
    const rested = (told.close.since_accept_ns - told.replies.at(-1).since_accept_ns) / 1e9;
    assert.ok(Math.abs(rested - 5) < LATE, `rested ${rested} s`);
    await openConnection(page, row.port);
    assert.equal(await page.locator(".rung[data-event=head]").count(), 5);
    assert.equal(await page.textContent(".panel.connection .filter code"), `tcp.port == ${row.port}`);
    await visitor.close();
  });

  await check("flask: one connection a request, each ended after its response", async () => {
    const visitor = await visit(browser, lab.site("flask"));
    await tab(page, "connections");
    const list = await until("five connections", async () => {
      const used = (await rows(page)).filter((r) => r.server === "flask" && r.requests !== "0");
      return used.length === 5 && used.every((r) => r.ended === "yes") ? used : null;
    });
    for (const row of list) {
      assert.deepEqual([row.requests, row.how, row.reason], ["1", "fin", "not_persistent"]);
      // The server waits 10 ms before its FIN. A browser that has read `Connection: close` is usually first.
      assert.ok(["client", "server"].includes(row.who), row.who);
    }
    await visitor.close();
  });

  await check("iis: an idle connection that nothing announces and that does not end, and a connection never used", async () => {
    const visitor = await visit(browser, lab.site("iis"));
    const unused = await talk(lab.ports.iis, null, { keep: true });
    const row = await until("five requests", async () => (await rows(page)).find((r) => r.server === "iis" && r.requests === "5"));
    await wait(6500);
    const still = await rowOf(page, row.port);
    assert.equal(still.ended, "no");
    assert.match(still.text, /idle/);
    await openConnection(page, row.port);
    assert.match(await page.textContent(".panel.connection dl"), /[67]\.\d+ s of 2 min 00 s; announced: nothing/);
    await until("kernel facts", async () => /rtt/.test(await page.textContent(".kernel")));
    await tab(page, "connections");
    const never = await rowOf(page, unused.port);
    assert.equal(never.requests, "0");
    assert.match(never.text, /open, unused/);
    const drawing = await download(page, async () => {
      await page.click("#export summary");
      await page.click("#export-svg");
    });
    assert.match(drawing, /url\(#hatch-hatch\)/);
    unused.socket.destroy();
    await visitor.close();
  });

  await check("the keyboard alone reaches a connection and its exchange", async () => {
    await page.focus("#picture");
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("]");
    assert.match(await page.textContent(".spoken"), /Request 1 on port \d+: 200 GET \//);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".panel.exchange:visible");
    assert.equal(await page.evaluate(() => document.activeElement.id), "detail-tab");
    await page.focus("#picture");
    await page.keyboard.press("End");
    assert.equal(await page.getAttribute("body", "data-state"), "live");
    await page.keyboard.press(" ");
    assert.equal(await page.getAttribute("body", "data-state"), "paused");
    await page.keyboard.press(" ");
  });

  await check("a click on a block opens its exchange, the wheel zooms", async () => {
    const said = await talk(lab.ports.node, "GET / HTTP/1.1\r\nHost: click\r\n\r\n", { keep: true });
    await page.fill("#filter", said.port);
    await openConnection(page, said.port);
    await page.focus("#picture");
    await page.keyboard.press("f");
    const box = await page.locator("#picture").boundingBox();
    // There is only this lane. The block is at its lower edge.
    const y = box.y + 44 + (await page.$eval("#picture .spacer", (all) => all.clientHeight)) - 12;
    for (let x = box.x + 100; x < box.x + box.width - 100; x += 3) {
      await page.mouse.click(x, y);
      if (await page.locator(".panel.exchange").count()) break;
    }
    assert.equal(await page.locator(".panel.exchange").count(), 1);
    // The wheel over the axis changes how much time is shown, and so the picture.
    const before = await page.locator("#picture").screenshot();
    await page.mouse.move(box.x + 300, box.y + 10);
    await page.mouse.wheel(0, -400);
    await wait(200);
    assert.notDeepEqual(await page.locator("#picture").screenshot(), before);
    said.socket.destroy();
    await page.fill("#filter", "");
    await page.click("#pause");
  });
}

async function exportTests(page) {
  const menu = async (item) => {
    await page.click("#export summary");
    await page.click(item);
  };
  await check("the HAR of all holds every exchange of the event log, with its connection", async () => {
    await page.click("#all");
    const made = JSON.parse(await download(page, () => menu("#export-har")));
    const want = [...eventLog().values()].flatMap((c) => c.replies.map((r) => `${c.port} ${r.status} ${r.head_bytes} ${r.body_bytes}`));
    const got = made.log.entries.map((e) => `${e.connection} ${e.response.status} ${e.response.headersSize} ${e.response.bodySize}`);
    assert.deepEqual(got.sort(), want.sort());
    assert.ok(made.log.entries.every((e) => URL.canParse(e.request.url) && e.timings.wait >= 0));
  });
  await check("the SVG of all says how each shown connection ended, and holds no markup of the wire", async () => {
    const drawing = await download(page, () => menu("#export-svg"));
    assert.ok(drawing.startsWith("<?xml") && drawing.includes("server FIN: no further request came in time"));
    assert.doesNotMatch(drawing, /<script|<img|onload=/);
    const reader = await page.context().browser().newPage();
    const mistake = await reader.evaluate((text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent ?? "", drawing);
    await reader.close();
    assert.equal(mistake, "");
    writeFileSync(join(options.artefacts, "timeline.svg"), drawing);
  });
  await check("the log is JSON lines", async () => {
    const lines = (await download(page, () => menu("#export-log"))).split("\n").filter(Boolean).map((text) => JSON.parse(text));
    assert.ok(lines.some((line) => line.event === "start") && lines.some((line) => line.event === "end"));
  });
}

/** Compares every statement of the page with the event log and with a capture of the same run. */
async function claimTests(page, lab, capture) {
  await Promise.all(
    ENDING_SERVERS.map(async (name) => {
      for (const [, end] of ENDINGS) await end(lab.ports[name]);
    }),
  );
  await until("the ends", () => [...eventLog().values()].every((connection) => connection.end), 20);
  const open = [];
  for (const name of ["nginx", "iis"]) open.push(await talk(lab.ports[name], "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { keep: true }));
  open.push(await talk(lab.ports.flask, null, { keep: true }));
  const claims = await readClaims(page);
  await capture.stop();
  const log = eventLog();
  await check("every claim of the page equals the event log", async () => {
    const reasons = await page.evaluate(async () => {
      const { default: catalogue } = await import("/web/locale.js");
      const reasons = Object.entries(catalogue.en).filter(([id]) => id.startsWith("close_reason."));
      return Object.fromEntries(reasons.map(([id, words]) => [id.slice("close_reason.".length), words]));
    });
    const { count, differences } = againstLog(claims, log, reasons);
    tally.claimed += count;
    assert.deepEqual(differences, []);
    console.log(`    ${count} claims about ${log.size} connections`);
  });
  await check("the log, and every claim of the page, equal what explain reads in a capture of the same run", async () => {
    writeFileSync(CLAIMS, JSON.stringify(forCapture(claims)));
    const judged = spawnSync("python3", [join(HERE, "../capture/agree.py"), "--binary", resolve(options.binary), "--capture", CAPTURE, "--events", LOG, "--page", CLAIMS], { encoding: "utf8" });
    const said = judged.stdout.trim().split("\n");
    tally.claimed += Number(/^agree: (\d+) passed/.exec(said.at(-1))?.[1] ?? 0);
    assert.equal(judged.status, 0, judged.stdout + judged.stderr);
    console.log(`    ${said.at(-1)}`);
  });
  for (const { socket } of open) socket.destroy();
}

/** Both themes, each in one language, at three widths. Nothing may be wider than the page. */
async function pictures(page) {
  const seen = new Set();
  for (const [theme, language] of Object.entries(LOOKS)) {
    for (const [width, height] of WIDTHS) {
      await check(`the page at ${width} pixels, ${theme}, ${language}`, async () => {
        await page.setViewportSize({ width, height });
        await page.selectOption("#theme", theme);
        await page.selectOption("#language", language);
        // Reloads the page, so that it is laid out as when it is opened at this width.
        await page.reload();
        await tab(page, "connections");
        await until("rows", async () => (await rows(page)).length > 0);
        const more = page.locator("#list > button");
        while (await more.isVisible()) await more.click();
        const { port } = await until("five requests", async () => (await rows(page)).find((r) => r.server === "node" && r.requests === "5"));
        await openExchange(page, port, 4);
        await page.click("#all");
        await explained(page);
        for (const name of TABS) {
          await tab(page, name);
          await wait(250);
          const beyond = await page.evaluate(() => [...document.querySelectorAll("header *, main, #dock, [role=tabpanel]:not([hidden])")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80)));
          assert.deepEqual(beyond, []);
          const wide = await page.$eval(`#${name}-tab`, (panel) => panel.scrollWidth - panel.clientWidth);
          assert.ok(wide <= 1, `${name} is ${wide} pixels too wide`);
          const file = join(options.artefacts, `timeline-${theme}-${width}-${name}.png`);
          seen.add(createHash("sha256").update(await page.screenshot({ path: file })).digest("hex"));
        }
      });
    }
  }
  await check("no two of these pictures are the same", () => assert.equal(seen.size, Object.keys(LOOKS).length * WIDTHS.length * TABS.length));
  await check("the page speaks Chinese", async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.selectOption("#language", "zh");
    assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
    await tab(page, "connections");
    assert.match(await page.textContent("#list"), /服务器 FIN：限定时间内没有新的请求/);
    // The settings show values of profiles, which are the same in every language.
    for (const name of ["detail", "connections", "capture"]) {
      await tab(page, name);
      assert.deepEqual(englishIn(await readable(page)), [], `in ${name}`);
    }
    await tab(page, "connections");
    await page.screenshot({ path: join(options.artefacts, "timeline-chinese.png") });
    await page.selectOption("#language", "en");
  });
}

try {
  await main();
} catch (why) {
  tally.failed += 1;
  console.log(`FAILED: ${why.stack ?? why}`);
}
const { passed, failed, claimed } = tally;
console.log(`${claimed} claims of the page were compared`);
console.log(`timeline page: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
