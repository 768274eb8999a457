// What the detail of the timeline's page shows of bytes from the wire, and connections that are closed from there.
//
// Knows the detail's elements. Must not know the settings.

import assert from "node:assert/strict";
import { talk, until } from "./timeline_clients.mjs";
import { check, openConnection, openExchange, rowOf, tab } from "./timeline_lab.mjs";

export async function wireTests(page, lab) {
  const target = "/<img/src=x/onerror=alert(1)><script>alert(2)</script>";
  const request = `GET ${target} HTTP/1.1\r\nHost: <b>bold</b>\r\nX-Markup: "><svg onload=alert(3)>&amp;\u00e9\t\r\nUser-Agent: </pre><script>alert(4)</script>\r\n\r\n`;
  await check("markup from the wire is text, every byte of it", async () => {
    const said = await talk(lab.ports.nginx, request);
    await openExchange(page, said.port, 1);
    const shown = (kind) => page.$eval(`[data-head=${kind}]`, (pre) => pre.textContent);
    const bytes = (text) => text.replace(/\r?\n/g, "\n").replace(/\n$/, "");
    assert.equal(await shown("request"), bytes(request).replace(/\t/g, ""), "a tab is a mark, not text");
    const head = said.text.slice(0, said.text.indexOf("\r\n\r\n") + 4);
    assert.equal(await shown("reply"), bytes(head));
    assert.equal(await page.locator("#dock img, #dock svg, #dock script, #dock b:has-text('bold')").count(), 0);
    await page.locator(".head button").first().click();
    const copied = await until("the clipboard", () => page.evaluate(() => navigator.clipboard.readText()));
    assert.equal(copied.replace(/\r\n/g, "\n"), request.replace(/\r\n/g, "\n"));
    await tab(page, "connections");
    assert.match((await page.textContent("#list")) ?? "", new RegExp(said.port));
  });
  await check("CR and LF are visible on demand", async () => {
    await tab(page, "detail");
    const size = () => page.$eval(".crlf", (mark) => mark.getBoundingClientRect().width);
    assert.equal(await size(), 0);
    await page.check(".heads .check input");
    assert.ok((await size()) > 5);
    assert.equal(await page.locator("[data-head=request] .crlf").count(), 10);
    await page.uncheck(".heads .check input");
  });
  await check("the page says why a reply is a 304", async () => {
    const first = await talk(lab.ports.node, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const etag = /^etag: (.*)\r$/im.exec(first.text)[1];
    const second = await talk(lab.ports.node, `GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${etag}\r\n\r\n`);
    assert.match(second.text, /^HTTP\/1\.1 304/);
    await openExchange(page, second.port, 1);
    const why = await page.textContent(".why");
    assert.match(why, /If-None-Match/);
    assert.ok(why.includes(etag) && why.includes("✓ holds"), why);
    assert.match(await page.textContent(".panel.exchange"), /index\.html/);
  });
  for (const [how, port] of [["rst", "django"], ["fin", "iis"]]) {
    await check(`a connection is ended from the page with ${how.toUpperCase()}`, async () => {
      const said = await talk(lab.ports[port], "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { keep: true });
      await openConnection(page, said.port);
      await page.click(`.ends button[data-how=${how}]`);
      await until("the end", () => said.ended || said.socket.readyState !== "open");
      await tab(page, "connections");
      assert.equal(said.error?.code ?? "fin", how === "rst" ? "ECONNRESET" : "fin");
      const row = await until("the end on the page", async () => {
        const found = await rowOf(page, said.port);
        return found?.reason ? found : null;
      });
      assert.deepEqual([row.who, row.how, row.reason], ["server", how, "asked"]);
      said.socket.destroy();
    });
  }
}
