// Exchanges as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Pure.

import { writes } from "./store.js";
import { field, parseHead } from "./wire.js";

/** The HAR of `[{connection, exchange}]`. `origin`: ms since 1970 of the store's origin. */
export function har(list, { origin, version }) {
  return {
    log: {
      version: "1.2",
      creator: { name: "labserve", version: version ?? "" },
      pages: [],
      entries: list
        .filter(({ exchange }) => exchange.reply)
        .sort((a, b) => a.exchange.from - b.exchange.from)
        .map(({ connection, exchange }) => entry(connection, exchange, origin)),
    },
  };
}

function entry(connection, exchange, origin) {
  const wait = Math.max(0, (writes(connection, exchange)[0]?.at ?? exchange.to) - exchange.from);
  const receive = Math.max(0, exchange.to - exchange.from - wait);
  return {
    startedDateTime: new Date(origin + exchange.from).toISOString(),
    time: wait + receive,
    request: request(connection, exchange),
    response: response(exchange),
    cache: {},
    timings: { send: 0, wait, receive },
    serverIPAddress: connection.local.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""),
    connection: connection.port,
    _connectionId: String(connection.id),
    _server: connection.server,
  };
}

function request(connection, { head: line, body, reply }) {
  const raw = line?.raw ?? "";
  const head = parseHead(raw);
  const url = address(line?.target ?? reply.target ?? "", field(head, "Host"), connection.local);
  const made = {
    method: line?.method ?? reply.method ?? "",
    url,
    httpVersion: `HTTP/${line?.version ?? "1.1"}`,
    cookies: [],
    headers: head.fields,
    queryString: [...new URL(url).searchParams].map(([name, value]) => ({ name, value })),
    headersSize: raw.length || (line?.head_bytes ?? -1),
    bodySize: body?.bytes ?? 0,
  };
  if (body) made.postData = { mimeType: field(head, "Content-Type") ?? "", text: "" };
  return made;
}

function response({ reply }) {
  const head = parseHead(reply.raw);
  const [httpVersion, , ...phrase] = head.start.split(" ");
  return {
    status: reply.status,
    statusText: phrase.join(" "),
    httpVersion: httpVersion || "HTTP/1.1",
    cookies: [],
    headers: head.fields,
    content: { size: reply.body_bytes ?? 0, mimeType: field(head, "Content-Type") ?? "x-unknown" },
    redirectURL: field(head, "Location") ?? "",
    headersSize: reply.head_bytes ?? -1,
    bodySize: reply.body_bytes ?? -1,
  };
}

/** An absolute URL for a request target. The client may have sent any bytes, so the first form that parses is used. */
function address(target, host, local) {
  const authority = /^[A-Za-z0-9._~\-:[\]]+$/.test(host ?? "") ? host : local;
  const path = target.startsWith("/") ? target : `/${target}`;
  for (const tried of [/^https?:\/\//i.test(target) ? target : null, `http://${authority}${path}`, `http://${local}${path}`]) {
    const sent = tried?.replace(/[^\x21-\x7e]|["<>\\^`{|}]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`);
    if (sent && URL.canParse(sent)) return sent;
  }
  return "http://localhost/";
}
