// The tab of a capture: the program explains a capture that is dropped onto the page, and the tab shows it beside the lanes.

import { explain } from "./api.js";
import { h, say } from "./dom.js";
import { language, t } from "./i18n.js";
import { readInstant } from "./time.js";

/** How many connections are listed. */
const LISTED = 100;

export class CaptureTab {
  /** `select(id)` selects the lane of a connection, `opened()` shows the tab, `failed(error)` receives a refusal. */
  constructor(root, model, { select, opened, failed }) {
    Object.assign(this, { root, model, select, opened, failed, file: null, page: "", streams: new Map() });
    this.relabel();
  }

  /** Builds the tab in the current language, and explains its capture in that language. */
  relabel() {
    // A label instead of the browser's button, whose text is in the browser's language.
    const input = h("input", { type: "file", id: "capture-file", class: "hidden-text", accept: ".pcap,.pcapng,.cap,.gz,.zst" });
    input.addEventListener("change", () => input.files.length > 0 && this.take(input.files[0]));
    this.status = h("p", { role: "status" });
    this.error = h("p", { class: "error", role: "alert" });
    this.both = h("ul", { class: "live-lanes" });
    this.link = h("a", { target: "_blank", rel: "noopener" }, t("capture.alone"));
    this.frame = h("iframe", { sandbox: "allow-popups", referrerpolicy: "no-referrer" });
    this.root.replaceChildren(
      h("div", { class: "choose" }, input, h("label", { for: "capture-file", class: "button" }, t("capture.choose")), h("p", { class: "hint" }, t("capture.hint"))),
      this.status,
      this.error,
      this.both,
      this.link,
      this.frame,
    );
    this.#show(null);
    if (this.file) this.take(this.file);
  }

  /** Sends a file to be explained, and shows the result. */
  async take(file) {
    this.file = file;
    this.opened();
    say(this.error, "");
    say(this.status, t("capture.reading", { name: file.name }));
    let explained = null;
    try {
      explained = await explain(file, language());
    } catch (refused) {
      this.failed(refused);
      say(this.error, refused.code === "network" ? t("error.network") : refused.message);
    }
    // The user may have chosen another file meanwhile.
    if (this.file === file) this.#show(explained);
  }

  /** Shows what the capture says about a connection, after its lane was selected. */
  follow(id) {
    const stream = this.streams.get(id);
    if (stream !== undefined) this.frame.src = `${this.page}#s${stream}`;
  }

  #show(explained) {
    const shown = explained !== null;
    for (const element of [this.both, this.link, this.frame]) element.hidden = !shown;
    this.page = explained?.page ?? "";
    const { store } = this.model;
    const found = (explained?.connections ?? []).map((c) => ({ ...c, lane: store.between(c.client, c.server, readInstant(c.first)) }));
    const live = found.filter((c) => c.lane);
    this.streams = new Map(live.filter((c) => c.described).map((c) => [c.lane.id, c.stream]));
    if (!shown) {
      if (!this.error.textContent) say(this.status, "");
      else say(this.status, t("capture.not", { name: this.file?.name ?? "" }));
      return;
    }
    say(this.status, t("capture.found", { name: this.file.name, all: found.length, live: live.length }));
    this.both.replaceChildren(...live.slice(0, LISTED).map((c) => h("li", {}, this.#button(c))));
    this.link.setAttribute("href", this.page);
    this.frame.setAttribute("title", t("capture.frame", { name: this.file.name }));
    this.frame.src = this.page;
  }

  #button({ lane, stream, described }) {
    const choose = () => this.select(lane.id);
    return h("button", { type: "button", class: "small", data: { described }, on: { click: choose } }, t("capture.lane", { stream, port: lane.port }));
  }
}

/** Accepts files that are dropped anywhere on the page. `over`: the element that is shown while a file is dragged over it. */
export function bindDrop(over, take) {
  const holds = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    over.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) over.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    over.hidden = true;
    if (!holds(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) take(event.dataTransfer.files[0]);
  });
}
