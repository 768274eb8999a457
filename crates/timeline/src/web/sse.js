// Parses server-sent events (HTML Living Standard, section 9.2.6). EventSource cannot send Authorization, so the page reads
// the stream itself. Pure.

/** A parser: `push(text)` returns the events that `text` completes, as `{id, type, data}`. */
export class EventParser {
  rest = "";
  id = "";
  #type = "";
  #data = [];

  push(text) {
    // What follows the last line end is not complete. A CR at the end may be the first half of CR LF.
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    return lines.map((line) => this.#line(line)).filter((event) => event !== null);
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  #dispatch() {
    const event = this.#data.length === 0 ? null : { id: this.id, type: this.#type || "message", data: this.#data.join("\n") };
    this.#type = "";
    this.#data = [];
    return event;
  }
}
