// A capture that is dropped onto the timeline's page is explained there, next to the lanes of the same connections.
// Part of timeline_page.mjs.
//
// Knows the page and the capture of the same run. Must not know how a capture is read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "./timeline_clients.mjs";
import { check, rows, tab } from "./timeline_lab.mjs";

/** Drops a file onto the page, as a person drags it from a folder. */
async function drop(page, name, bytes) {
  const held = await page.evaluateHandle(
    ({ name, bytes }) => {
      const held = new DataTransfer();
      held.items.add(new File([Uint8Array.from(bytes)], name));
      return held;
    },
    { name, bytes: [...bytes] },
  );
  await page.dispatchEvent("body", "dragover", { dataTransfer: held });
  assert.equal(await page.isVisible("#drop"), true, "the page says what happens on a drop");
  await page.dispatchEvent("body", "drop", { dataTransfer: held });
}

/** The frame with the explanation, if it is there. */
const explanation = (page) => page.frames().find((each) => each.url().includes("/explained/"));

const status = (page) => page.textContent("#capture [role=status]");

/** `path`: a capture of connections that the page shows. */
export async function captureTests(page, path) {
  await check("a capture that is dropped is explained beside the lanes of its connections", async () => {
    await page.fill("#filter", "");
    await drop(page, "run.pcapng", readFileSync(path));
    await until("the explanation", async () => /run\.pcapng: \d+ connections, [1-9]\d* of them on this timeline/.test(await status(page)), 20);
    assert.equal(await page.isVisible("#drop"), false);
    assert.equal(await page.getAttribute("#tab-capture", "aria-selected"), "true");
    const button = page.locator("#capture .live-lanes button[data-described=true]").last();
    const [, stream, port] = /^Stream (\d+), port (\d+)$/.exec(await button.textContent());
    await button.click();
    await until("the frame to show it", async () => (await page.getAttribute("#capture iframe", "src")).endsWith(`#s${stream}`));
    const frame = await until("its page", async () => explanation(page), 20);
    assert.ok((await frame.textContent(`#s${stream}`)).includes(port), "its ladder");
    assert.ok((await page.textContent("#detail")).includes(`:${port}`), "its lane is chosen");
    assert.ok((await rows(page)).some((row) => row.peer.endsWith(`:${port}`)));
  });
  await check("the explanation changes its language with the page", async () => {
    await page.selectOption("#language", "zh");
    await until("Chinese", async () => /run\.pcapng：共 \d+ 条连接/.test(await status(page)), 20);
    await until("its page", async () => (await explanation(page)?.getAttribute("html", "lang"))?.startsWith("zh"), 20);
    await page.selectOption("#language", "en");
    await until("English", async () => /connections/.test(await status(page)), 20);
  });
  await check("a file that is no capture is refused with a reason, and a choice by keyboard works, too", async () => {
    await drop(page, "notes.txt", Buffer.from("no capture"));
    await until("the reason", async () => (await page.textContent("#capture [role=alert]")).includes("notes.txt"));
    assert.equal(await page.isVisible("#capture iframe"), false);
    await page.setInputFiles("#capture-file", path);
    await until("the explanation", async () => /of them on this timeline/.test(await status(page)), 20);
    assert.equal(await page.textContent("#capture [role=alert]"), "");
    await wait(200);
    await tab(page, "connections");
  });
}
