// The token of the timeline: how the page gets it, and where the page never sends it.
//
// Knows the page's form and address, and what a browser sends. Must not know what the page shows about connections.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { until } from "./timeline_clients.mjs";
import { TIMELINE, check, rows, tab } from "./timeline_lab.mjs";

/** A page for which the browser requests no icon. */
const PAGE = "<link rel=icon href=data:,>";

/** The head that a new browser sends to another port of this host, after it has opened the page at `before`, if any. */
async function firstRequest(browser, before) {
  const context = await browser.newContext({ locale: "en-US" });
  if (before) {
    const opened = await context.newPage();
    await opened.goto(before);
    await until("live", async () => (await opened.getAttribute("body", "data-state")) === "live");
  }
  const heads = [];
  const server = createServer((socket) => {
    let text = "";
    socket.setEncoding("latin1").on("error", () => {});
    socket.on("data", (more) => {
      text += more;
      if (!text.endsWith("\r\n\r\n")) return;
      heads.push(text);
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${PAGE.length}\r\nConnection: close\r\n\r\n${PAGE}`);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  const visitor = await context.newPage();
  await visitor.goto(`http://127.0.0.1:${port}/`);
  await context.close();
  server.close();
  return heads[0].replaceAll(String(port), "PORT");
}

/** Before any connection to a served port. */
export async function tokenTests(browser, page, lab) {
  await check("the address of the start line opens the page, and the token is not in its address", async () => {
    await page.goto(lab.timeline);
    await until("live", async () => (await page.getAttribute("body", "data-state")) === "live");
    assert.equal(new URL(page.url()).search, "");
    assert.equal(await page.evaluate(() => document.cookie), "");
  });
  await check("a token of an earlier run opens the page, which says so and takes the valid one", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${TIMELINE}/?token=${"0".repeat(64)}`);
    await tab(other, "settings");
    await other.waitForSelector("form.token .old:has-text('from an earlier run')");
    assert.equal(new URL(other.url()).search, "");
    await other.fill("form.token input", lab.token);
    await other.click("form.token button");
    await until("the settings to be enabled", async () => !(await other.isDisabled("#settings-profile")));
    await other.reload();
    await until("live", async () => (await other.getAttribute("body", "data-state")) === "live");
    assert.equal(await other.locator("form.token").count(), 0);
    await context.close();
  });
  await check("a browser with the page open sends a served port what one without it sends, and no token", async () => {
    const [without, open] = [await firstRequest(browser, null), await firstRequest(browser, lab.timeline)];
    assert.equal(open, without);
    assert.ok(!open.includes(lab.token.slice(0, 8)));
  });
}

/** After connections have been seen. */
export async function withoutToken(browser, lab) {
  await check("without the token the page shows everything and changes nothing", async () => {
    const context = await browser.newContext({ locale: "en-US" });
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${TIMELINE}/`);
    await tab(other, "connections");
    await until("rows", async () => (await rows(other)).length > 0);
    await tab(other, "settings");
    await other.waitForSelector("form.token");
    assert.equal(await other.isDisabled("#settings-profile"), true);
    await other.fill("form.token input", "wrong");
    await other.click("form.token button");
    await other.waitForSelector("form.token .error:not(:empty)");
    await other.fill("form.token input", lab.token);
    await other.click("form.token button");
    await until("the settings to be enabled", async () => !(await other.isDisabled("#settings-profile")));
    await context.close();
  });
}
