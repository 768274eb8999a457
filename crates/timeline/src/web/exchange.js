// The detail panel of an exchange: why this status, the file, both heads as on the wire, timing, framing and writes.

import { copyButton, h } from "./dom.js";
import { t } from "./i18n.js";
import { remember, remembered } from "./theme.js";
import { span } from "./time.js";
import { writes } from "./store.js";
import { framing, oneLine, runs } from "./wire.js";
import { bodyWords, exchangeWords, stepWords, seqWords } from "./words.js";

/** Changes whenever the panel of an exchange has to be rebuilt. */
export function signature(exchange) {
  return [exchange.head ? 1 : 0, exchange.body ? 1 : 0, exchange.reply ? 1 : 0].join("");
}

/** The panel; `go(selection)` selects another exchange or the connection. */
export function exchangePanel(connection, exchange, go) {
  const { id } = connection;
  const at = connection.exchanges.indexOf(exchange);
  const step = (by, key) => {
    const other = at < 0 ? undefined : connection.exchanges[at + by];
    return h("button", { type: "button", class: "small", disabled: !other, on: { click: () => go({ id, exchange: other }) } }, t(key));
  };
  const title = exchange.request > 0 ? t("exchange.title", { request: exchange.request, id }) : t("exchange.unasked", { id });
  return h(
    "div",
    { class: "panel exchange", data: { connection: id, request: exchange.request } },
    h(
      "nav",
      { class: "steps" },
      h("button", { type: "button", class: "small", on: { click: () => go({ id, exchange: null }) } }, `← ${t("detail.back", { id })}`),
      step(-1, "detail.previous"),
      step(1, "detail.next"),
    ),
    h("h2", {}, title),
    h("p", { class: `status s${Math.floor((exchange.reply?.status ?? 0) / 100)}` }, exchange.reply ? exchangeWords(exchange) : t("exchange.pending")),
    why(exchange),
    heads(exchange),
    timing(connection, exchange),
    body(exchange),
    cuts(connection, exchange),
  );
}

function why({ reply }) {
  if (!reply) return null;
  const steps = (reply.why ?? []).map((step) => {
    const holds = typeof step.holds === "boolean";
    const values = [step.theirs !== undefined && [t("why.theirs"), step.theirs], step.ours !== undefined && [t("why.ours"), step.ours]].filter(Boolean);
    return h(
      "li",
      {},
      h("b", {}, t(`step.${step.step}`)),
      holds ? h("span", { class: step.holds ? "tag yes" : "tag no" }, step.holds ? `✓ ${t("why.holds")}` : `✗ ${t("why.fails")}`) : null,
      h("span", { class: "message" }, stepWords(step)),
      ...values.map(([name, value]) => h("span", { class: "value" }, t("why.value", { name, value: value ?? "" }))),
    );
  });
  const file = reply.file === undefined ? t("exchange.unknown") : reply.file === null ? t("exchange.file_none") : reply.file;
  return h(
    "section",
    {},
    h("h3", {}, t("exchange.why")),
    steps.length > 0 ? h("ol", { class: "why" }, ...steps) : h("p", { class: "dim" }, t("exchange.unknown")),
    h("dl", {}, h("dt", {}, t("exchange.file")), h("dd", { class: "mono" }, oneLine(file, 400))),
  );
}

function heads(exchange) {
  const shown = remembered("ends", ["on", "off"], "off") === "on";
  const box = h("input", { type: "checkbox", checked: shown });
  const section = h("section", { class: shown ? "heads ends" : "heads" });
  box.addEventListener("change", () => {
    section.classList.toggle("ends", box.checked);
    remember("ends", box.checked ? "on" : "off");
  });
  section.append(
    h("label", { class: "check" }, box, h("span", {}, t("exchange.ends"))),
    head("exchange.request", exchange.head, "request"),
    head("exchange.reply", exchange.reply, "reply"),
  );
  return section;
}

function head(title, line, kind) {
  const raw = line?.raw;
  const known = typeof raw === "string";
  const part = h("div", { class: "head" }, h("div", { class: "title" }, h("h3", {}, t(title)), known && raw !== "" ? copyButton(t, () => raw) : null));
  if (!known || raw === "") part.append(h("p", { class: "dim" }, t(known ? "exchange.none" : "exchange.unknown")));
  else part.append(h("pre", { class: "wire", tabindex: "0", data: { head: kind } }, ...raws(raw)));
  if (line?.raw_cut) part.append(h("p", { class: "dim" }, t("exchange.cut")));
  return part;
}

/** Shows every byte: text as it is, CR and LF as marks at the real end of the line, other bytes as `\xNN`. */
function raws(raw) {
  const out = [];
  const list = runs(raw);
  list.forEach((run, i) => {
    if (run.kind === "text") out.push(run.text);
    else out.push(h("span", { class: run.kind === "end" ? "crlf" : "byte", data: { byte: run.text } }));
    // A line ends at LF. A bare CR is shown but does not end it.
    if (run.text === "LF" && run.kind === "end" && i < list.length - 1) out.push("\n");
  });
  return out;
}

function timing(connection, exchange) {
  const row = (key, at) => (at === null ? [] : [h("dt", {}, t(key)), h("dd", {}, `+${span(at - connection.accepted)}`)]);
  const first = writes(connection, exchange)[0]?.at ?? null;
  const seq = (key, line) => (seqWords(line) === null ? [] : [h("dt", {}, t(key)), h("dd", {}, seqWords(line))]);
  return h(
    "section",
    {},
    h("h3", {}, t("exchange.timing"), h("small", {}, ` (${t("exchange.accepted")})`)),
    h(
      "dl",
      {},
      ...row("exchange.asked", exchange.head ? exchange.from : null),
      ...row("exchange.first", first),
      ...row("exchange.last", exchange.to),
      ...(exchange.to === null ? [] : [h("dt", {}, t("exchange.took")), h("dd", {}, span(exchange.to - exchange.from))]),
      ...seq("exchange.seq_request", exchange.head),
      ...seq("exchange.seq_reply", exchange.reply),
    ),
  );
}

function body({ head: asked, body: sent, reply }) {
  if (!reply) return null;
  const method = asked?.method ?? reply.method;
  const cut = framing(reply.raw, method, reply.status);
  const size = t("exchange.sizes_value", { head: reply.head_bytes, body: reply.body_bytes });
  return h(
    "section",
    {},
    h("h3", {}, t("exchange.framing")),
    h("p", {}, t(`framing.${cut.how}`, cut)),
    h(
      "dl",
      {},
      h("dt", {}, t("exchange.sizes")),
      h("dd", {}, reply.complete === false ? `${size}, ${t("exchange.incomplete")}` : size),
      ...(sent ? [h("dt", {}, t("exchange.body")), h("dd", {}, `${t("bytes", { n: sent.bytes })}, ${bodyWords(sent)}`)] : []),
    ),
  );
}

function cuts(connection, exchange) {
  const list = writes(connection, exchange);
  if (list.length === 0) return null;
  const most = Math.max(...list.map((w) => w.bytes), 1);
  const more = exchange.reply.writes_more;
  const rows = list.map(({ at, bytes }) => {
    const bar = h("span", { class: "amount" });
    bar.style.width = `${(bytes / most) * 100}%`;
    return h("tr", {}, h("td", {}, `+${span(at - exchange.from)}`), h("td", {}, String(bytes)), h("td", { class: "bar", "aria-hidden": "true" }, bar));
  });
  return h(
    "section",
    {},
    h("h3", {}, `${t("exchange.writes")} (${list.length})`),
    h(
      "table",
      { class: "writes" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("exchange.writes_at")), h("th", { scope: "col" }, t("exchange.writes_bytes")), h("th", { "aria-hidden": "true" }))),
      h("tbody", {}, ...rows),
    ),
    more ? h("p", { class: "dim" }, t("exchange.writes_more", { n: more === true ? "?" : more })) : null,
  );
}
