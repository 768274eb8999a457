// A connection's events as a ladder diagram: arrows to the right for the client, to the left for the server.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { fromNanoseconds, span } from "./time.js";
import { oneLine } from "./wire.js";
import { bodyWords, droppedWords, howWords, otherProtocolWords, reasonWords, seqWords } from "./words.js";
import { ending } from "./store.js";

/** How many steps are shown at first, and the maximum. */
const FIRST = 200;
const MOST = 5_000;

/** The side an event belongs to: `client`, `server`, or `both` for events that are not on the wire. */
function side(line) {
  switch (line.event) {
    case "head":
    case "body":
    case "client-fin":
    case "reset":
    case "other-protocol":
    case "dropped_request":
      return "client";
    case "reply":
      return "server";
    case "close":
      return line.style === "hold" ? "both" : "server";
    default:
      return "both";
  }
}

/** The text of a step. */
function stepWords(connection, line) {
  switch (line.event) {
    case "head": {
      const asked = t("ladder.head", {
        request: line.request,
        method: oneLine(line.method, 20),
        target: oneLine(line.target, 200),
        bytes: line.head_bytes,
      });
      return line.fault ? `${asked} ${t("ladder.fault", { fault: line.fault })}` : asked;
    }
    case "body":
      return t("ladder.body", { bytes: line.bytes, how: bodyWords(line) });
    case "reply": {
      const said = t("ladder.reply", { status: line.status, head: line.head_bytes, body: line.body_bytes });
      return line.complete === false ? `${said}, ${t("exchange.incomplete")}` : said;
    }
    case "dropped_request":
      return droppedWords(line);
    case "rule":
      return t("ladder.rule", { rule: oneLine(line.rule, 100), number: line.number });
    case "held":
      return t("ladder.held", { name: oneLine(line.hold, 100) });
    case "idle":
      return line.ends_after_ns === null || line.ends_after_ns === undefined
        ? t("ladder.idle_never")
        : t("ladder.idle", { after: span(fromNanoseconds(line.ends_after_ns)) });
    case "timer":
      return t("ladder.timer", { why: reasonWords(line.reason, line.words) });
    case "close": {
      const why = reasonWords(line.reason, line.words);
      if (line.who === "client") return t("ladder.close_client", { why });
      return t("ladder.close", { how: howWords(ending(connection)), why });
    }
    case "other-protocol":
      return otherProtocolWords(line.protocol, line.words);
    case "end":
      return t("ladder.end", { open: span(fromNanoseconds(line.open_ns) ?? 0) });
    default:
      return t(`ladder.${line.event}`);
  }
}

export class Ladder {
  /** `go(selection)` selects the exchange of a step. */
  constructor(connection, go) {
    this.connection = connection;
    this.go = go;
    this.from = Math.max(0, connection.events.length - FIRST);
    this.first = connection.events[this.from] ?? null;
    this.shown = this.from;
    this.earlier = h("button", { type: "button", class: "small", on: { click: () => this.#all() } });
    this.rungs = h("ol", { class: "ladder" });
    this.gone = h("p", { class: "dim" }, t("connection.events_forgotten"));
    const ends = h("div", { class: "ladder-ends", "aria-hidden": "true" }, h("span", {}, t("who.client")), h("span", {}, t("who.server")));
    this.element = h("div", {}, this.gone, this.earlier, ends, this.rungs);
    this.update();
  }

  /** Appends the steps since the last update. */
  update() {
    const { events } = this.connection;
    // The store has dropped the oldest events: start over.
    const forgot = this.first && events[this.from] !== this.first;
    const tooMany = events.length - this.from > (this.whole ? MOST : FIRST * 2);
    if (forgot || tooMany) this.#begin(Math.max(0, events.length - FIRST));
    this.first ??= events[this.from] ?? null;
    for (; this.shown < events.length; this.shown += 1) this.rungs.append(this.#rung(events[this.shown], events[this.shown - 1]));
    this.gone.hidden = !this.connection.forgotten;
    this.earlier.hidden = this.from === 0;
    this.earlier.textContent = t("connection.events_earlier", { n: this.from });
  }

  #begin(from) {
    this.rungs.replaceChildren();
    this.from = from;
    this.shown = from;
    this.whole = false;
    this.first = this.connection.events[from] ?? null;
  }

  #all() {
    this.#begin(Math.max(0, this.connection.events.length - MOST));
    this.whole = true;
    this.update();
  }

  #rung({ at, line }, before) {
    const { connection } = this;
    const words = stepWords(connection, line);
    const exchange = ["head", "reply"].includes(line.event)
      ? connection.exchanges.findLast((e) => e.head === line || e.reply === line)
      : null;
    const text = exchange
      ? h("button", { type: "button", class: "link", on: { click: () => this.go({ id: connection.id, exchange }) } }, words)
      : h("span", {}, words);
    const seq = seqWords(line);
    const gap = before && at - before.at > 1000 ? "rung late" : "rung";
    return h(
      "li",
      { class: `${gap} ${side(line)}`, data: { event: line.event } },
      h("span", { class: "when" }, `+${span(at - connection.accepted)}`),
      h("span", { class: "what" }, text, seq === null ? null : h("small", { class: "seq" }, seq)),
    );
  }
}
