// The page of `labserve lab` with many servers: one alone, all collapsed, two side by side. Part of timeline_page.mjs.
//
// Knows the server bar and the elements of the pictures. Must not know what is drawn.

import assert from "node:assert/strict";
import { talk, until } from "./timeline_clients.mjs";
import { check, rows, tab } from "./timeline_lab.mjs";

const HEADING = 28;

export async function serverTests(page, lab) {
  const servers = ["node", "nginx", "iis"];
  const said = await Promise.all(servers.map((name) => talk(lab.ports[name], "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { keep: true })));
  const address = (name) => `127.0.0.1:${lab.ports[name]}`;
  const height = () => page.$eval("#picture .spacer", (all) => all.clientHeight);
  await tab(page, "connections");
  await check("one server is shown alone, in lanes and table", async () => {
    await page.selectOption("#only-server", address("nginx"));
    await until("its rows alone", async () => {
      const seen = await rows(page);
      return seen.length > 0 && seen.every((row) => row.server === "nginx");
    });
    assert.ok((await page.$$eval("#second-server option", (all) => all.map((each) => each.value))).every((value) => value !== address("nginx")));
  });
  await check("two servers are side by side, and show the same time", async () => {
    await page.selectOption("#second-server", address("iis"));
    const second = page.locator("#picture-second");
    await second.waitFor({ state: "visible" });
    const [a, b] = [await page.locator("#picture").boundingBox(), await second.boundingBox()];
    assert.ok(a.y === b.y && Math.abs(a.width - b.width) <= 1 && b.x > a.x + a.width, JSON.stringify([a, b]));
    const pictures = () => Promise.all([page.locator("#picture canvas").screenshot(), second.locator("canvas").screenshot()]);
    await page.focus("#picture");
    await page.keyboard.press("Home");
    const before = await pictures();
    await page.keyboard.press("+");
    await until("both to zoom", async () => {
      const after = await pictures();
      return !after[0].equals(before[0]) && !after[1].equals(before[1]);
    });
    await page.focus("#picture-second");
    await page.keyboard.press("ArrowDown");
    await second.locator(".tooltip").waitFor({ state: "visible" });
    assert.match(await second.locator(".spoken").textContent(), /iis/);
    await page.keyboard.press("End");
  });
  await check("all servers again, collapsed and expanded", async () => {
    await page.selectOption("#only-server", "");
    await page.locator("#picture-second").waitFor({ state: "hidden" });
    await until("all lanes", async () => (await rows(page)).some((row) => row.server === "node"));
    const expanded = await height();
    await page.click("#fold-all");
    await until("headings alone", async () => (await height()) < expanded && (await height()) % HEADING === 0);
    await page.locator("#fold-all", { hasText: "Expand all" }).click();
    await until("the lanes again", async () => (await height()) === expanded);
  });
  for (const { socket } of said) socket.destroy();
}
