// Reads what the timeline's page says about each connection, as a person sees it, and compares it with the event log.
//
// Knows the page's elements and its English texts. Must not use the page's modules, because it would repeat their
// mistakes.

/**
 * Every connection that the page knows: the table's row, the panel with its facts and its ladder, and each exchange's panel.
 * Times are `{text, ns, within}`: the text, its value, and how far rounding may have moved it.
 */
export async function readClaims(page) {
  await page.fill("#filter", "");
  await page.uncheck("#open-only");
  await page.click("#tab-connections");
  // The table is drawn some time after the events.
  await page.waitForTimeout(600);
  const raw = await page.evaluate(readAll);
  return raw.map(understood);
}

/** Runs in the page. Clicks what a person would click. Each panel is complete when the click returns. */
function readAll() {
  const $ = (selector, root = document) => root.querySelector(selector);
  const text = (element) => element?.textContent ?? null;
  const more = $("#list > button");
  while (!more.hidden) more.click();
  const facts = (root) => Object.fromEntries([...root.querySelectorAll("dl dt")].filter((dt) => !dt.hidden).map((dt) => [text(dt), text(dt.nextElementSibling)]));
  /** The bytes of a head as it is shown: with a mark for each CR and LF, and for each byte that is not printable. */
  const bytes = (pre) => {
    if (!pre) return null;
    let out = "";
    for (const node of pre.childNodes) {
      const byte = node.dataset?.byte;
      if (byte === undefined) out += node.data === "\n" ? "" : node.data;
      else out += byte === "CR" ? "\r" : byte === "LF" ? "\n" : String.fromCharCode(parseInt(byte.slice(2), 16));
    }
    return out;
  };
  const exchangeOf = (panel) => ({
    title: text($("h2", panel)),
    said: text($(".status", panel)),
    request: bytes($("[data-head=request]", panel)),
    reply: bytes($("[data-head=reply]", panel)),
    facts: facts(panel),
  });
  return [...document.querySelectorAll("table.connections tbody tr")].map((row) => {
    const cells = [...row.cells].map(text);
    const data = { ...row.dataset };
    $("button", row).click();
    const panel = $(".panel.connection");
    const found = { id: Number(data.connection), cells, data, filter: text($(".filter code", panel)), facts: facts(panel), title: text($("h2", panel)) };
    found.rungs = [...panel.querySelectorAll(".rung")].map((rung) => ({
      event: rung.dataset.event, side: ["client", "server", "both"].find((name) => rung.classList.contains(name)), when: text($(".when", rung)), what: text($(".what > :first-child", rung)),
      seq: text($(".seq", rung)) ?? "",
    }));
    found.exchanges = found.rungs.flatMap(({ event }, i) => {
      if (event !== "reply") return [];
      $(".panel.connection").querySelectorAll(".rung")[i].querySelector("button").click();
      const read = exchangeOf($(".panel.exchange"));
      $(".panel.exchange .steps button").click();
      return [read];
    });
    return found;
  });
}

const UNITS = { µs: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 };

/** A time as the page writes it, such as `+5.00 s`, `12 µs`, `2 min 05 s`. */
export function time(text) {
  const parts = [...(text ?? "").matchAll(/(\d+)(?:\.(\d+))? (µs|ms|min|s|h)\b/g)];
  if (parts.length === 0) return null;
  const ns = parts.reduce((sum, [, whole, part, unit]) => sum + Number(`${whole}.${part ?? 0}`) * UNITS[unit], 0);
  const [, , part, unit] = parts.at(-1);
  return { text, ns, within: (UNITS[unit] / 10 ** (part?.length ?? 0)) * 0.5001 };
}

/** What the texts of one connection say, in the terms of the event log. */
function understood(raw) {
  const state = raw.cells[3];
  const end = /^(server|client) (FIN|RST)(?:, (then lingers|which the server waited for|answered with RST|before the server closed))?: (.*)$/.exec(state);
  const rungs = raw.rungs.map((rung) => ({ ...rung, at: time(rung.when) }));
  const replies = rungs.filter(({ event }) => event === "reply").map((rung, i) => {
    const panel = raw.exchanges[i];
    const [, status, head, body] = /^(\d+) \((\d+) \+ (\d+) bytes\)/.exec(rung.what) ?? [];
    const [, request] = /^Request (\d+) on/.exec(panel.title) ?? [null, 0];
    const step = rungs.find((rung) => rung.event === "head" && rung.what.startsWith(`${request}. `));
    const asked = Number(/\((\d+) bytes of head\)/.exec(step?.what)?.[1] ?? 0);
    return { request: Number(request), status: Number(status), head_bytes: Number(head), body_bytes: Number(body), asked, panel };
  });
  return {
    connection: raw.id, server: raw.cells[1], port: raw.cells[0], local: raw.facts.Server?.split(" ").at(-1), peer: raw.facts.Client, state, rungs, replies,
    requests: Number(/^\d+/.exec(raw.cells[2])[0]), statuses: raw.cells[2].split(": ")[1] ?? "", bytes: raw.facts["Received, sent"], open: time(raw.facts["Open for"]),
    filter: raw.filter, title: raw.title, idle: raw.facts.Idle ?? null, panelState: raw.facts.State, data: raw.data, idle_periods: idlePeriods(rungs),
    end: end && { who: end[1], how: end[2].toLowerCase(), followedBy: FOLLOWED_BY[end[3]] ?? null, words: end[4] },
  };
}

/** The claims in the terms of the log, for tests/e2e/capture/agree.py. */
export function forCapture(claims) {
  const lines = (head) => head.split(/\r?\n/).slice(0, -2);
  return claims.map((claim) => {
    const [, received, sent] = /^(\d+) and (\d+) bytes$/.exec(claim.bytes);
    const replies = claim.replies.map(({ panel, ...reply }) => {
      const asked = panel.request && { head_bytes: reply.asked, raw: lines(panel.request) };
      const [, method, target] = /^\d+ (\S+) (.*)$/.exec(panel.said) ?? [];
      // A target that is shortened, or has unprintable bytes, is not shown as it was sent.
      if (asked && method && !/…|\\/.test(panel.said)) Object.assign(asked, { method, target });
      return { ...reply, asked, ...(panel.reply && { raw: lines(panel.reply) }) };
    });
    const { connection, local, peer, idle_periods } = claim;
    const end = claim.end && { who: claim.end.who, how: claim.end.how, reason: claim.data.reason };
    const [, announced] = /announced: (.*)$/.exec(claim.idle ?? "") ?? [];
    const open = announced && { announced_s: announced === "nothing" ? null : time(announced).ns / 1e9 };
    return { connection, local, peer, replies, idle_periods, ...open, unused: Number(received) === 0, received: Number(received), sent: Number(sent), end };
  });
}

const FOLLOWED_BY = { "then lingers": "linger", "which the server waited for": "hold", "answered with RST": "rst" };

/** The idle periods of a ladder: from an idle step to the next step, if there is one. */
function idlePeriods(rungs) {
  let replies = 0;
  return rungs.flatMap((rung, i) => {
    replies += rung.event === "reply";
    const next = rungs[i + 1];
    return rung.event === "idle" && next ? [{ after: replies, ns: next.at.ns - rung.at.ns, within_ns: next.at.within + rung.at.within }] : [];
  });
}

/** What the page should say about the end of a logged connection: who ended it, by FIN or RST, and what follows. */
function loggedEnd({ lines, close }) {
  if (!close) return null;
  const { who, style, reason } = close;
  if (who === "client") {
    const reset = reason === "client_reset" || lines.find((l) => l.event === "client-fin" || l.event === "reset")?.event === "reset";
    return { who, how: reset ? "rst" : "fin", followedBy: !reset && style === "rst" ? "rst" : null };
  }
  if (style === "hold") return { who: "client", how: "fin", followedBy: "hold" };
  return { who, how: style === "rst" || lines.at(-1).unread ? "rst" : "fin", followedBy: style === "linger" ? "linger" : null };
}

/** The text of a ladder's step, from its line of the log; null if it is the server's text for a reason. */
function stepWords(line) {
  switch (line.event) {
    case "accepted":
      return "connection accepted";
    case "head":
      return `${line.request}. ${shown(line.method, 20)} ${shown(line.target, 200)} (${line.head_bytes} bytes of head)${line.fault ? ` refused: ${line.fault}` : ""}`;
    case "body":
      return `request body, ${line.bytes} bytes: ${line.how}`;
    case "reply":
      return `${line.status} (${line.head_bytes} + ${line.body_bytes} bytes)${line.complete ? "" : ", cut short"}`;
    case "client-fin":
      return "FIN";
    case "reset":
      return "RST";
    default:
      return null;
  }
}

const SIDES = {
  head: "client", body: "client", "client-fin": "client", reset: "client", dropped_request: "client", "other-protocol": "client",
  reply: "server", close: "server",
};

/** Text of the wire on one line: bytes that are not printable as `\\xNN`, and cut where it is long. */
function shown(text, most) {
  const cut = text.length > most ? "…" : "";
  const seen = text.slice(0, most).replace(/[\p{Cc}\xa0\xad]/gu, (c) => (c === "\r" ? "\\r" : c === "\n" ? "\\n" : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`));
  return seen + cut;
}

/** Compares the claims with the log. Returns `{count, differences}`. `reasons`: key of the log -> English text. */
export function againstLog(claims, log, reasons) {
  const found = { count: 0, differences: [] };
  const byId = new Map(claims.map((claim) => [claim.connection, claim]));
  for (const connection of log.values()) {
    const claim = byId.get(connection.id);
    const is = (what, got, want) => {
      found.count += 1;
      if (got !== want) found.differences.push(`connection ${connection.id} (${connection.server} ${connection.port}), ${what}: the page says ${JSON.stringify(got)}, the log ${JSON.stringify(want)}`);
    };
    const lasts = (what, got, ns) => {
      found.count += 1;
      if (!got || Math.abs(got.ns - ns) > got.within) found.differences.push(`connection ${connection.id}, ${what}: the page says ${got?.text}, the log ${ns} ns`);
    };
    is("whether it is there", claim !== undefined, true);
    if (claim) againstOne(claim, connection, reasons, is, lasts);
  }
  found.count += 1;
  const unknown = claims.filter((claim) => !log.has(claim.connection)).map((claim) => claim.connection);
  if (unknown.length > 0) found.differences.push(`only on the page: ${unknown}`);
  return found;
}

function againstOne(claim, connection, reasons, is, lasts) {
  const { lines, close, end } = connection;
  const last = lines.at(-1);
  const heads = lines.filter((line) => line.event === "head");
  const replies = lines.filter((line) => line.event === "reply");
  const requests = end?.requests ?? heads.length;
  is("server", claim.server, connection.server);
  is("port", claim.port, connection.port);
  is("title", claim.title, `Connection ${connection.id}: port ${connection.port}`);
  is("display filter", claim.filter, `tcp.port == ${connection.port}`);
  is("its address", claim.local, last.local);
  is("the client", claim.peer, last.peer);
  is("requests", claim.requests, requests);
  const answered = new Set(replies.map((line) => line.request));
  const statuses = claim.data.statuses.split(" ").filter(Boolean);
  is("statuses", statuses.filter((status) => status !== "…").join(" "), replies.map((line) => line.status).join(" "));
  is("the statuses in the row", claim.statuses, statuses.length > 12 ? `${statuses.slice(0, 12).join(" ")} …` : statuses.join(" "));
  is("requests without a reply", statuses.filter((status) => status === "…").length, heads.filter((line) => !answered.has(line.request)).length);
  is("received and sent", claim.bytes, `${last.received} and ${last.sent} bytes`);
  is("open or ended", claim.data.ended, end ? "yes" : "no");
  const told = loggedEnd(connection);
  is("who ended it", claim.end?.who ?? null, told?.who ?? null);
  is("how", claim.end?.how ?? null, told?.how ?? null);
  is("what followed", claim.end?.followedBy ?? null, told?.followedBy ?? null);
  is("why", claim.end?.words ?? null, close ? reasons[close.reason] : null);
  is("the reason's key", claim.data.reason, close?.reason ?? "");
  is("the state in the panel", claim.panelState, `${requests === 0 ? "no request" : requests === 1 ? "1 request" : `${requests} requests`}; ${claim.state}`);
  if (!close) is("unused", claim.state === "open, unused", heads.length === 0 && replies.length === 0);
  if (end) lasts("open for", claim.open, end.open_ns);
  is("whether it is idle", claim.idle !== null, last.event === "idle");
  if (claim.idle !== null) {
    const [, goal] = / of (.*); announced: /.exec(claim.idle);
    if (last.ends_after_ns === null) is("the rest's goal", goal, "∞");
    else lasts("the rest's goal", time(goal), last.ends_after_ns);
  }
  is("steps", claim.rungs.map((rung) => rung.event).join(), lines.map((line) => line.event).join());
  claim.rungs.forEach((rung, i) => {
    const line = lines[i];
    if (!line) return;
    lasts(`step ${i + 1}`, rung.at, line.since_accept_ns);
    is(`the side of step ${i + 1}`, rung.side, line.event === "close" && line.style === "hold" ? "both" : (SIDES[line.event] ?? "both"));
    is(`the sequence numbers of step ${i + 1}`, rung.seq.replace(/^.*: /, ""), `client ${line.received + 1}, server ${line.sent + 1}`);
    const words = stepWords(line);
    if (words !== null) is(`step ${i + 1}`, rung.what, words);
    if (line.event === "idle") {
      if (line.ends_after_ns === null) is(`step ${i + 1}`, rung.what, "idle; the server never closes it by itself");
      else lasts(`the idle time of step ${i + 1}`, time(rung.what), line.ends_after_ns);
    }
    if (line.event === "timer") is(`step ${i + 1}`, rung.what, `the server's timer runs out: ${reasons[line.reason]}`);
    if (line.event === "close") is(`the reason of step ${i + 1}`, rung.what.endsWith(`: ${reasons[line.reason]}`), true);
    if (line.event === "end") lasts(`step ${i + 1}`, time(rung.what), line.open_ns);
  });
  claim.replies.forEach((reply, i) => {
    const line = replies[i];
    if (!line) return;
    const head = heads.find((head) => head.request === line.request);
    const { panel } = reply;
    is(`the request of reply ${i + 1}`, reply.request, line.request);
    is(`reply ${i + 1}`, panel.said, [String(line.status), shown(line.method, 20), shown(line.target, 80)].filter(Boolean).join(" "));
    is(`the sizes of reply ${i + 1}`, panel.facts.Size, `${line.head_bytes} bytes of head and ${line.body_bytes} bytes of body${line.complete ? "" : ", cut short"}`);
    is(`the length of the head of reply ${i + 1}`, panel.reply?.length ?? 0, line.head_bytes);
    if (head?.head_bytes) is(`the length of the head of request ${line.request}`, panel.request?.length ?? 0, head.head_bytes);
    lasts(`the last byte of reply ${i + 1}`, time(panel.facts["Last byte handed to the system"]), line.since_accept_ns);
    if (head) {
      lasts(`the head of request ${line.request}`, time(panel.facts["Request head complete"]), head.since_accept_ns);
      lasts(`how long exchange ${line.request} took`, time(panel.facts["From request to last byte"]), line.since_accept_ns - head.since_accept_ns);
    }
  });
}
