// Texts for connections and events, in the page's language.

import { has, t } from "./i18n.js";
import { ending, requests, unused } from "./store.js";
import { span } from "./time.js";
import { oneLine } from "./wire.js";

export function countRequests(n) {
  return n === 0 ? t("requests.0") : n === 1 ? t("requests.1") : t("requests.n", { n });
}

/** The text of a close reason; for an unknown reason, the text from the server, or its key. */
export function reasonWords(reason, words) {
  return has(`close_reason.${reason}`) ? t(`close_reason.${reason}`) : (words ?? reason ?? "");
}

/** The protocol that a client speaks instead of HTTP/1.1; for an unknown protocol, the text from the server, or its key. */
export function otherProtocolWords(protocol, words) {
  return has(`other_protocol.${protocol}`) ? t(`other_protocol.${protocol}`) : (words ?? protocol ?? "");
}

/** The text of a step of a decision; for an unknown step, the English text from the server. */
export function stepWords({ message, text, values = {} }) {
  if (!has(`trace.${message}`)) return text ?? "";
  const meaning = has(`fault.${values.fault}`) ? t(`fault.${values.fault}`) : values.meaning;
  return t(`trace.${message}`, { ...values, meaning, words: reasonWords(values.reason, values.words) });
}

/** Where a request was when it was dropped. */
function placeWords(place) {
  return has(`drop_place.${place}`) ? t(`drop_place.${place}`) : String(place);
}

/** A request that got no response. */
export function droppedWords({ line, bytes, where }) {
  return t("ladder.dropped", { line: oneLine(line ?? "…", 200), bytes, why: placeWords(where) });
}

/** How the body of a request arrived, such as `complete`. */
export function bodyWords({ how }) {
  return has(`body.${how}`) ? t(`body.${how}`) : how;
}

/** Wireshark's relative sequence numbers after an event, such as `Seq: client 535, server 1`; null if they are not known. */
export function seqWords(line) {
  return Number.isInteger(line?.received) ? t("ladder.seq", { client: line.received + 1, server: line.sent + 1 }) : null;
}

/** How a side closed the connection, such as `FIN, then lingers`. */
export function howWords(end) {
  if (end.followedBy === "rst") return t("how.fin_rst");
  return t(`how.${end.followedBy ?? end.how}`);
}

/** Who closed the connection, how and why, such as `server FIN: no further request came in time`; null while it is open. */
export function endWords(connection) {
  const end = ending(connection);
  if (!end) return null;
  // With style `hold`, the server waited for this FIN of the client.
  const who = end.followedBy === "hold" ? "client" : end.who;
  const why = reasonWords(end.reason, connection.closing.line.words);
  // The reason is the server's: it was about to close, but the client closed first.
  const isServers = end.who === "client" && end.followedBy === null && !OF_THE_CLIENT.test(end.reason);
  const how = isServers ? t("how.before", { how: howWords(end) }) : howWords(end);
  return t("end.words", { who: t(`who.${who}`), how, why });
}

/** The close reasons that lie with the client. */
const OF_THE_CLIENT = /^client_|^request_dropped$/;

/** The current state of a connection, or how it ended. */
export function stateWords(connection) {
  const end = endWords(connection);
  if (end) return end;
  if (connection.lost) return t("state.lost");
  if (unused(connection)) return t("state.unused");
  const exchange = connection.exchanges.at(-1);
  if (exchange && !exchange.reply) return t("state.exchange");
  return connection.idlePeriods.at(-1)?.to === null ? t("state.idle") : t("state.open");
}

/** Status and request, such as `206 GET /static/BGM.wav`, and the rule that applied, such as `◇ busy`. */
export function exchangeWords(exchange) {
  const { method, target } = exchange.head ?? exchange.reply ?? {};
  const status = exchange.reply ? String(exchange.reply.status) : "…";
  const cut = exchange.reply?.complete === false ? `(${t("exchange.incomplete")})` : "";
  return [status, oneLine(method ?? "", 20), oneLine(target ?? "", 80), cut, ruleWords(exchange.rule)].filter(Boolean).join(" ");
}

/** The mark of a rule with its name; empty without a rule. */
export function ruleWords(rule) {
  return rule === undefined ? "" : `◇ ${oneLine(rule, 40)}`;
}

/** The text for screen readers when a connection is selected. */
export function connectionWords(connection) {
  return t("picture.selected", {
    id: connection.id,
    port: connection.port,
    server: connection.server,
    requests: countRequests(requests(connection)),
    state: stateWords(connection),
  });
}

/** An idle period, such as `3.20 s of 5.00 s; announced: 5.00 s`. */
export function idleWords(idle, now) {
  return t("connection.idle_value", {
    now: span((idle.to ?? now) - idle.from),
    real: idle.endsAfter === null ? "∞" : span(idle.endsAfter),
    announced: idle.announced === null ? t("connection.idle_nothing") : span(idle.announced),
  });
}

/** The text of a program event. */
export function programWords(line) {
  switch (line.event) {
    case "change":
      return changeWords(line);
    case "reload":
      return line.ok === false ? t("change.reload_refused", { error: line.error ?? "" }) : t("change.reload");
    case "dropped":
      return t("change.dropped", { lines: line.lines ?? "?" });
    case "start":
    case "stop":
      return t(`change.${line.event}`);
    default:
      return line.event;
  }
}

function changeWords(line) {
  const { server, key, connection } = line;
  switch (line.what) {
    case "setting":
      return t("change.setting", { server, key, from: valueWords(line.from), to: valueWords(line.to) });
    case "profile":
      return t("change.profile", { from: line.from, to: line.to });
    case "reset":
      return t("change.reset", { server, keys: (line.keys ?? [line.key]).filter(Boolean).join(", ") });
    case "accepting":
      return t(line.to ? "change.accepting.on" : "change.accepting.off", { server });
    case "rule":
      return t("change.rule", { server, rule: line.rule });
    case "rule-removed":
      return t("change.rule_removed", { server, rule: line.rule });
    case "rules-reset":
      return t("change.rules_reset", { server });
    case "close":
      return t("change.close", { connection, how: String(line.how).toUpperCase() });
    default:
      return `${server}: ${line.what}`;
  }
}

/** The text of a setting's value. */
export function valueWords(value) {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
    return t("settings.nothing");
  }
  return Array.isArray(value) ? value.join(" | ") : String(value);
}
