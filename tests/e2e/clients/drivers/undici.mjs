// Loads URLs with undici. A line of input is a URL, or `new` for a new pool; a line of output is the result.
import { createInterface } from "node:readline";
import { Agent, request } from "undici";

let dispatcher = new Agent();

async function load(url) {
  let part = "head";
  try {
    const response = await request(url, { dispatcher });
    part = "body";
    await response.body.arrayBuffer();
    return String(response.statusCode);
  } catch (error) {
    return `${part}: ${error.code ?? error.name}: ${error.message}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "new") {
    await dispatcher.destroy();
    dispatcher = new Agent();
    console.log("new");
  } else {
    console.log(await load(line));
  }
}
