// The settings of the timeline's page: what they change on the wire, and what is refused.
//
// Knows the settings' elements and a few fields of responses. Must not know how the picture is drawn.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fetchHead, talk, until } from "./timeline_clients.mjs";
import { LOG, check, download, rowOf, tab } from "./timeline_lab.mjs";

export async function settingTests(page, lab) {
  const row = (key) => page.locator(`[data-setting="${key}"]`);
  const server = (name) => page.$eval("#settings-server", (select, wanted) => [...select.options].find((o) => o.text.startsWith(`${wanted} `)).value, name);
  await check("a setting changed on the page changes the next response", async () => {
    await tab(page, "settings");
    await page.selectOption("#settings-server", await server("node"));
    const before = await fetchHead(lab.site("node"));
    assert.notEqual(before.fields["cache-control"], "max-age=77");
    const input = row("response_fields.Cache-Control").locator("input");
    await input.fill("max-age=77");
    await input.press("Enter");
    await row("response_fields.Cache-Control").locator(".differs:has-text('differs')").waitFor();
    assert.equal((await fetchHead(lab.site("node"))).fields["cache-control"], "max-age=77");
  });
  await check("a kept connection becomes one for each request, and what is announced goes with it", async () => {
    const said = await talk(lab.ports.node, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { keep: true });
    assert.match(said.text, /keep-alive/i);
    const flip = row("connection.persistent").locator("input");
    await flip.click();
    await row("connection.persistent").locator(".differs:has-text('differs')").waitFor();
    said.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("the server's end", () => said.ended || said.socket.readyState === "readOnly" || said.socket.readableEnded);
    const found = await until("the end on the page", async () => {
      await tab(page, "connections");
      const found = await rowOf(page, said.port);
      return found?.ended === "yes" ? found : null;
    });
    assert.deepEqual([found.requests, found.who, found.reason], ["2", "server", "not_persistent"]);
    await tab(page, "settings");
    said.socket.destroy();
  });
  await check("every change stands in the list of changes and in the event log", async () => {
    const items = await until("the changes", async () => {
      const list = await page.$$eval(".changes li", (all) => all.map((item) => item.textContent));
      return list.some((text) => text.includes("connection.persistent")) ? list : null;
    });
    assert.ok(items.some((text) => /fields\.Cache-Control from .* to max-age=77/.test(text)), items.join("\n"));
    const told = readFileSync(LOG, "utf8").split("\n").filter((text) => text.includes('"event":"change"'));
    assert.ok(told.some((text) => text.includes("connection.persistent")));
  });
  await check("a value that makes no sense is refused beside its setting, and nothing changes", async () => {
    const input = row("timers.idle").locator("input");
    await input.fill("soon");
    await input.press("Enter");
    await row("timers.idle").locator(".error:has-text('expected a time')").waitFor();
    assert.equal(await row("timers.idle").locator(".differs").textContent(), "");
  });
  await check("what differs is saved as TOML, and reset", async () => {
    const toml = await download(page, () => page.click("#save-toml"));
    assert.match(toml, /extends = "node"/);
    assert.match(toml, /max-age=77/);
    await page.locator("button", { hasText: "Reset all" }).click();
    await until("nothing to differ", async () => (await page.locator(".setting.changed").count()) === 0);
    assert.notEqual((await fetchHead(lab.site("node"))).fields["cache-control"], "max-age=77");
  });
  await check("an announcement that the timeout makes untrue is pointed out, and either is changed with one click", async () => {
    const input = row("timers.idle").locator("input");
    const hint = row("timers.idle").locator(".lie");
    const announced = async () => /^keep-alive: (.*)\r$/im.exec((await talk(lab.ports.node, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).text)?.[1];
    await input.fill("12s");
    await input.press("Enter");
    await hint.waitFor({ state: "visible" });
    assert.match(await hint.textContent(), /announces 5\.00 s, but an idle connection ends after 12\.0 s/);
    await hint.locator("button", { hasText: "timeout=12" }).click();
    await hint.waitFor({ state: "hidden" });
    assert.equal(await announced(), "timeout=12");
    await input.fill("3s");
    await input.press("Enter");
    await hint.locator("button", { hasText: "Close after 12s" }).click();
    await hint.waitFor({ state: "hidden" });
    assert.deepEqual([await input.inputValue(), await announced()], ["12s", "timeout=12"]);
    await page.locator("button", { hasText: "Reset all" }).click();
    await until("nothing to differ", async () => (await page.locator(".setting.changed").count()) === 0);
  });
  await check("another profile answers from the next request on, and back; lanes and table have its name", async () => {
    const said = await talk(lab.ports.node, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { keep: true });
    const named = (name) => until(`the name ${name}`, async () => (await rowOf(page, said.port))?.server === name);
    await tab(page, "connections");
    await named("node");
    await tab(page, "settings");
    await page.selectOption("#settings-profile", "nginx");
    await until("nginx", async () => /nginx/.test((await fetchHead(lab.site("node"))).fields.server ?? ""));
    await tab(page, "connections");
    await named("nginx");
    await tab(page, "settings");
    await page.selectOption("#settings-profile", "node");
    said.socket.destroy();
    await until("node", async () => (await fetchHead(lab.site("node"))).fields["x-powered-by"] === "Express");
  });
}
