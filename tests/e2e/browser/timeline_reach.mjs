// Checks that the timeline's page can be used by keyboard, by touch and with a screen reader. Part of
// timeline_page.mjs.
//
// Knows the page as people and axe-core see it. Must not know what the page says about connections.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { talk, until } from "./timeline_clients.mjs";
import { ROOT, WORK, check, npm, openConnection, openExchange, rows, tab } from "./timeline_lab.mjs";

/** Maximum number of Tab presses to go once around the page, including the links of an explanation. */
const MOST_STOPS = 800;
/** A capture to explain. */
const CAPTURE = join(ROOT, "tests/data/captures/report-1.pcapng.gz");

export async function reachTests(browser, page, lab) {
  const said = await talk(lab.ports.nginx, "GET / HTTP/1.1\r\nHost: reach\r\n\r\n", { keep: true });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.fill("#filter", said.port);
  await divider(page);
  await tooltips(browser, page, lab, said.port);
  await tabOrder(page);
  await audit(browser, lab);
  await page.fill("#filter", "");
  said.socket.destroy();
}

async function divider(page) {
  await check("the dock is resized by keyboard and pointer, and keeps its size", async () => {
    const width = () => page.$eval("#dock", (dock) => dock.getBoundingClientRect().width);
    const first = await width();
    await page.focus("#split");
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("ArrowLeft");
    const wider = await width();
    assert.ok(wider > first + 100, `${first} and then ${wider}`);
    assert.equal(await page.getAttribute("#split", "aria-orientation"), "vertical");
    assert.ok(Math.abs(Number(await page.getAttribute("#split", "aria-valuenow")) - (100 * wider) / 1280) < 1.5);
    const box = await page.locator("#split").boundingBox();
    await page.mouse.move(box.x + 3, box.y + 200);
    await page.mouse.down();
    await page.mouse.move(box.x + 153, box.y + 200, { steps: 5 });
    await page.mouse.up();
    const narrower = await width();
    assert.ok(Math.abs(wider - narrower - 150) < 14, `${wider} and then ${narrower}`);
    await page.reload();
    await until("the picture", async () => (await page.getAttribute("body", "data-state")) === "live");
    assert.ok(Math.abs((await width()) - narrower) < 2);
    await page.evaluate(() => localStorage.removeItem("labserve.dock-width"));
    await page.reload();
    await until("the picture", async () => (await page.getAttribute("body", "data-state")) === "live");
  });
}

async function tooltips(browser, page, lab, port) {
  await check("what the keyboard selects has its tooltip, until Escape", async () => {
    await page.fill("#filter", port);
    await openConnection(page, port);
    await page.focus("#picture");
    for (const key of ["Escape", "ArrowDown", "]"]) await page.keyboard.press(key);
    const shown = page.locator("#picture .tooltip");
    await shown.waitFor({ state: "visible" });
    assert.match(await shown.textContent(), /200 GET \/.*bytes of head/);
    await page.keyboard.press("Escape");
    assert.equal(await shown.isVisible(), false);
  });
  await check("the detail has the Seq numbers as text", async () => {
    await openConnection(page, port);
    assert.match(await page.textContent(".rung[data-event=head] .seq"), /next Seq: client \d+, server 1$/);
    await openExchange(page, port, 1);
    assert.match(await page.textContent(".panel.exchange"), /next Seq: client \d+, server \d{3,}/);
  });
  await check("a finger's tap shows the tooltip, too", async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "en-US" });
    const other = await context.newPage();
    await other.goto(lab.timeline);
    await until("rows", async () => (await rows(other)).length > 0);
    await other.fill("#filter", port);
    await wait(600);
    const box = await other.locator("#picture").boundingBox();
    await other.touchscreen.tap(box.x + 30, box.y + 44 + 28 + 10);
    const shown = other.locator("#picture .tooltip");
    await shown.waitFor({ state: "visible" });
    assert.match(await shown.textContent(), new RegExp(`port ${port}`));
    await context.close();
  });
}

/** Uploads a capture in its tab. Returns the address of the explanation. */
export async function explained(page) {
  await tab(page, "capture");
  await page.setInputFiles("#capture-file", CAPTURE);
  const frame = page.locator("#capture iframe");
  await frame.waitFor({ state: "visible", timeout: 20_000 });
  return new URL(await frame.getAttribute("src"), page.url()).href;
}

async function tabOrder(page) {
  await check("Enter on the field of the tab Capture lets a person choose a file", async () => {
    await tab(page, "capture");
    const chosen = async () => {
      // When this call returns, the browser has been told to report file choosers instead of opening them.
      await page.focus("#capture-file");
      await page.keyboard.press("Enter");
    };
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), chosen()]);
    assert.equal(chooser.isMultiple(), false);
  });
  await check("Tab reaches every control of the page, and leaves each", async () => {
    await explained(page);
    for (const name of ["connections", "settings", "detail", "capture"]) {
      await tab(page, name);
      await page.evaluate(() => {
        document.activeElement.blur();
        for (const element of document.querySelectorAll("[data-reached]")) delete element.dataset.reached;
      });
      for (let i = 0; i < MOST_STOPS; i += 1) {
        await page.keyboard.press("Tab");
        const again = await page.evaluate(() => {
          const here = document.activeElement;
          if (here === document.body) return false;
          // Within a frame, Tab goes from link to link.
          const was = here.dataset.reached !== undefined && here.tagName !== "IFRAME";
          here.dataset.reached = "";
          return was;
        });
        if (again) break;
      }
      const missed = await page.evaluate(() => {
        const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, iframe, [tabindex='0']")];
        const can = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled && element.tabIndex >= 0;
        return all.filter((element) => can(element) && element.dataset.reached === undefined).map((element) => element.outerHTML.slice(0, 120));
      });
      assert.deepEqual(missed, [], name);
    }
  });
}

/** axe-core on each tab, in both themes. It needs a page without the policy that forbids other scripts. */
async function audit(browser, lab) {
  npm("axe-core", 4);
  const axe = readFileSync(createRequire(join(WORK, "package.json")).resolve("axe-core/axe.min.js"), "utf8");
  for (const [colorScheme, locale, width] of [["light", "en-US", 1280], ["dark", "zh-CN", 390]]) {
    await check(`axe-core finds nothing serious at ${width} pixels, ${colorScheme}, ${locale}`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, locale, bypassCSP: true });
      const page = await context.newPage();
      await page.goto(lab.timeline);
      await until("rows", async () => (await rows(page)).length > 0);
      await page.evaluate(axe);
      const found = [];
      const look = async (where) => {
        const { violations } = await page.evaluate(() => window.axe.run());
        found.push(...violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`));
      };
      await look("connections");
      await page.locator("table.connections tbody tr button").first().click();
      await page.waitForSelector(".panel.connection");
      await look("connection");
      const step = page.locator(".rung[data-event=reply] button");
      if ((await step.count()) > 0) {
        await step.first().click();
        await look("exchange");
      }
      await tab(page, "settings");
      await look("settings");
      const explanation = await explained(page);
      await look("capture");
      await page.click("#help-open");
      await look("help");
      // The explanation's policy allows no scripts, so its text is checked in another page.
      const text = await (await page.request.get(explanation)).text();
      await page.goto("about:blank");
      await page.setContent(text);
      await page.evaluate(axe);
      await look("explanation");
      await context.close();
      assert.deepEqual(found, []);
    });
  }
}
