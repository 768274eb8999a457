// Bytes from the wire, as text with one character per byte. Parses heads and makes invisible bytes visible. Pure.

/** The start line and the fields of a raw head. Lenient: heads may be malformed on purpose. */
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

/** The first value of a field, null if it is absent. Names are case-insensitive (RFC 9110, section 5.1). */
export function field(head, name) {
  return head.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())?.value ?? null;
}

/** The timeout that `Keep-Alive: timeout=N` announces in a raw head, in ms; null if there is none. */
export function announcedTimeout(raw) {
  const said = field(parseHead(raw), "Keep-Alive");
  const found = /(?:^|[,;\s])timeout\s*=\s*"?(\d+)/i.exec(said ?? "");
  return found ? Number(found[1]) * 1000 : null;
}

/** How the body of a response ends (RFC 9112, section 6.3): `length`, `chunked`, `end` (of the connection), `none`, `unknown`. */
export function framing(raw, method, status) {
  if (!raw) return { how: "unknown" };
  if (method === "HEAD" || status === 204 || status === 304 || (status >= 100 && status < 200)) return { how: "none" };
  const head = parseHead(raw);
  if (/chunked/i.test(field(head, "Transfer-Encoding") ?? "")) return { how: "chunked" };
  const length = field(head, "Content-Length");
  return length === null ? { how: "end" } : { how: "length", length };
}

/** Splits wire text into runs `{text, kind}` of kind `text`, `end` (CR or LF) or `byte` (not printable). */
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

/** Wire text on one line: bytes that are not printable become `\xNN`, and long text is cut. */
export function oneLine(text, longest = 120) {
  const seen = runs((text ?? "").slice(0, longest))
    .map((run) => (run.kind === "end" ? (run.text === "CR" ? "\\r" : "\\n") : run.text))
    .join("");
  return (text ?? "").length > longest ? `${seen}…` : seen;
}

/** Splits `ADDRESS:PORT` into host and port. */
export function address(text) {
  const colon = (text ?? "").lastIndexOf(":");
  return colon < 0 ? { host: text ?? "", port: "" } : { host: text.slice(0, colon), port: text.slice(colon + 1) };
}
