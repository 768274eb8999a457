// The token and the event stream of the timeline's page, without a browser:
//   node --experimental-default-type=module --test tests/e2e/browser/timeline_token.test.mjs

import assert from "node:assert/strict";
import test from "node:test";

const load = (name) => import(new URL(`../../../crates/timeline/src/web/${name}`, import.meta.url));
const { splitAddress } = await load("session.js");
const { EventParser } = await load("sse.js");

test("the token is taken out of an address, and the rest of the address stays", () => {
  for (const [address, token, left] of [
    ["http://a:1/", null, "http://a:1/"],
    ["http://a:1/?token=x", "x", "http://a:1/"],
    ["http://a:1/?token=", "", "http://a:1/"],
    ["http://a:1/?b=c&token=x#d", "x", "http://a:1/?b=c#d"],
  ]) assert.deepEqual(splitAddress(address), { token, address: left });
});

test("server-sent events are the same however the stream is cut", () => {
  const stream = "retry: 1000\n\n: comment\n\nevent: lines\nid: r-1\ndata: a\ndata:  b:c\n\nid: r-2\r\ndata\r\n\r\ndata: not complete\n";
  const expected = [
    { id: "r-1", type: "lines", data: "a\n b:c" },
    { id: "r-2", type: "message", data: "" },
  ];
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const parser = new EventParser();
    assert.deepEqual([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))], expected, `cut at ${cut}`);
  }
});
