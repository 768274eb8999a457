// Text of the wire: one character a byte. Reads heads, and makes what cannot be seen visible. Pure.

/** The start line and the fields of a raw head, as lenient as a reader of recordings must be. */
export function parseHead(raw) {
  const lines = (raw ?? "").split(/\r?\n/);
  const start = lines.shift() ?? "";
  const fields = [];
  for (const line of lines) {
    if (line === "") break;
    const colon = line.indexOf(":");
    if (/^[ \t]/.test(line) && fields.length > 0) fields.at(-1).value += ` ${line.trim()}`;
    else if (colon > 0) fields.push({ name: line.slice(0, colon), value: line.slice(colon + 1).trim() });
  }
  return { start, fields };
}

/** The first value of a field; null if there is none. Names have no case. */
export function field(head, name) {
  return head.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())?.value ?? null;
}

/** What `Keep-Alive: timeout=N` of a raw head announces, in ms; null if it announces nothing. */
export function announcedTimeout(raw) {
  const said = field(parseHead(raw), "Keep-Alive");
  const found = /(?:^|[,;\s])timeout\s*=\s*"?(\d+)/i.exec(said ?? "");
  return found ? Number(found[1]) * 1000 : null;
}

/** How a reply's body ends, by its head: `length`, `chunked`, `end`, `none`, `unknown`. */
export function framing(raw, method, status) {
  if (!raw) return { how: "unknown" };
  if (method === "HEAD" || status === 204 || status === 304 || (status >= 100 && status < 200)) return { how: "none" };
  const head = parseHead(raw);
  if (/chunked/i.test(field(head, "Transfer-Encoding") ?? "")) return { how: "chunked" };
  const length = field(head, "Content-Length");
  return length === null ? { how: "end" } : { how: "length", length };
}

/** Splits text of the wire into runs: `{text, kind}` with kind `text`, `end` (CR, LF) or `byte` (what has no picture). */
export function runs(raw) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push({ kind: "text", text: plain });
    plain = "";
  };
  for (const char of raw ?? "") {
    const code = char.codePointAt(0);
    if (char === "\r" || char === "\n") {
      flush();
      out.push({ kind: "end", text: char === "\r" ? "CR" : "LF" });
    } else if (code < 0x20 || (code >= 0x7f && code < 0xa1) || code === 0xad) {
      flush();
      out.push({ kind: "byte", text: `\\x${code.toString(16).padStart(2, "0")}` });
    } else plain += char;
  }
  flush();
  return out;
}

/** One line of text: what has no picture is written as `\xNN`, and what is long is cut. */
export function oneLine(text, longest = 120) {
  const seen = runs((text ?? "").slice(0, longest))
    .map((run) => (run.kind === "end" ? (run.text === "CR" ? "\\r" : "\\n") : run.text))
    .join("");
  return (text ?? "").length > longest ? `${seen}…` : seen;
}

/** The host and the port of `ADDRESS:PORT`. */
export function address(text) {
  const colon = (text ?? "").lastIndexOf(":");
  return colon < 0 ? { host: text ?? "", port: "" } : { host: text.slice(0, colon), port: text.slice(colon + 1) };
}
