// The detail panel of a connection: facts, Wireshark display filter, close buttons, events, kernel facts.

import { closeConnection, getConnection, getHeld, release } from "./api.js";
import { copyButton, h, say } from "./dom.js";
import { t } from "./i18n.js";
import { Ladder } from "./ladder.js";
import { heldNames, lastsUntil, requests } from "./store.js";
import { span } from "./time.js";
import { countRequests, idleWords, stateWords } from "./words.js";

/** How often the kernel facts are fetched (ms) while the panel is open. */
const KERNEL_EVERY = 1000;
/** How often (ms) to ask what is held, for a connection to which a rule with a hold has applied. */
const HELD_EVERY = 500;

export class ConnectionPanel {
  /** `model`: {now()}; `go(selection)` selects an exchange; `failed(error)` shows a refusal. */
  constructor(connection, model, { go, failed }) {
    Object.assign(this, { connection, model, failed });
    this.ladder = new Ladder(connection, go);
    this.facts = new Facts();
    this.kernel = h("div", { class: "kernel" });
    this.note = h("p", { class: "note", role: "status" });
    this.holds = h("section", { class: "ends", id: "holds" });
    this.asked = 0;
    this.askedHeld = 0;
    const filter = `tcp.port == ${connection.port}`;
    this.ends = ["fin", "rst"].map((how) =>
      h("button", { type: "button", data: { how }, on: { click: () => this.#end(how) } }, t(`connection.${how}`)),
    );
    this.element = h(
      "div",
      { class: "panel connection", data: { connection: connection.id } },
      h("h2", {}, t("connection.title", { id: connection.id, port: connection.port })),
      this.facts.element,
      this.holds,
      h(
        "section",
        { class: "filter" },
        h("h3", {}, t("connection.filter")),
        h("code", {}, filter),
        copyButton(t, () => filter),
      ),
      h("section", { class: "ends" }, ...this.ends, this.note),
      h("section", {}, h("h3", {}, t("connection.events")), this.ladder.element),
      h("section", {}, h("h3", {}, t("connection.kernel")), this.kernel),
    );
    this.update();
  }

  update() {
    const { connection: c } = this;
    const now = this.model.now();
    const idle = c.idlePeriods.at(-1);
    const open = !c.end && !c.lost;
    this.facts.set([
      ["connection.server", `${c.server} ${c.local}`],
      ["connection.client", c.peer],
      ["connection.state", t("connection.state_value", { requests: countRequests(requests(c)), state: stateWords(c) })],
      ["connection.idle", open && idle?.to === null ? idleWords(idle, now) : null],
      ["connection.bytes", t("connection.bytes_value", { received: c.received, sent: c.sent })],
      ["connection.open", span(lastsUntil(c, now) - c.accepted)],
    ]);
    for (const button of this.ends) button.disabled = !open;
    this.ladder.update();
    this.#askKernel(open);
    this.#askHeld(open);
  }

  /** Shows a button for each name under which a rule holds something on this connection. */
  async #askHeld(open) {
    const { connection } = this;
    if (!open || !connection.rules.some((rule) => rule.line.hold)) {
      this.#showHeld([]);
      return;
    }
    const begun = performance.now();
    if (begun - this.askedHeld < HELD_EVERY) return;
    this.askedHeld = begun;
    try {
      this.#showHeld(heldNames(connection, await getHeld()));
    } catch {
      // The server does not answer. Keep what is shown.
    }
  }

  #showHeld(names) {
    if (this.holds.dataset.names === JSON.stringify(names)) return;
    this.holds.dataset.names = JSON.stringify(names);
    const button = (name) => h("button", { type: "button", data: { hold: name }, on: { click: () => this.#release(name) } }, t("connection.release", { name }));
    this.holds.replaceChildren(...names.map(button));
  }

  async #release(name) {
    try {
      await release(name);
      this.#showHeld(JSON.parse(this.holds.dataset.names).filter((other) => other !== name));
    } catch (error) {
      say(this.note, error.message);
      this.failed(error);
    }
  }

  async #end(how) {
    try {
      await closeConnection(this.connection.id, how);
      say(this.note, t("connection.asked"));
    } catch (error) {
      say(this.note, error.message);
      this.failed(error);
    }
  }

  async #askKernel(open) {
    if (!open) {
      if (!this.kernel.firstChild) this.kernel.append(h("p", { class: "dim" }, t("connection.kernel_ended")));
      return;
    }
    const begun = performance.now();
    if (begun - this.asked < KERNEL_EVERY) return;
    this.asked = begun;
    try {
      const { kernel } = await getConnection(this.connection.id);
      this.#showKernel(kernel);
    } catch {
      // The connection has ended, or the server does not answer. Keep the last facts.
    }
  }

  #showKernel(kernel) {
    if (!kernel) {
      this.kernel.replaceChildren(h("p", { class: "dim" }, t("connection.kernel_none")));
      return;
    }
    this.table ??= new Facts((name) => name);
    if (this.table.element.parentNode !== this.kernel) this.kernel.replaceChildren(this.table.element);
    const shown = Object.entries(kernel).filter(([, value]) => value !== null && typeof value !== "object");
    this.table.set(shown.map(([name, value]) => [name, String(value)]));
  }
}

/** A list of names and values. Values are updated in place, so that selected text stays selected. */
class Facts {
  constructor(name = t) {
    this.name = name;
    this.element = h("dl", {});
    this.rows = new Map();
  }

  /** `rows`: [name, value]; a null value hides the row. */
  set(rows) {
    for (const [name, value] of rows) {
      let row = this.rows.get(name);
      if (!row) {
        row = { dt: h("dt", {}, this.name(name)), dd: h("dd", {}) };
        this.rows.set(name, row);
        this.element.append(row.dt, row.dd);
      }
      row.dt.hidden = row.dd.hidden = value === null;
      say(row.dd, value ?? "");
    }
  }
}
