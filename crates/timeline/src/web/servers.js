// The bar of the servers, if there are several: shows only one, or two side by side, and collapses their lanes.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { Picture } from "./picture.js";

export class ServerBar {
  /**
   * `model`: that of the page; its option `server` is the address of the server that is shown alone. `picture`: the first
   * picture; `listeners`: those of a picture. `changed()` is called when other lanes are shown.
   */
  constructor(root, model, picture, { listeners, changed }) {
    Object.assign(this, { root, model, picture, listeners, changed });
    this.pictures = [picture];
    this.second = "";
    this.one = h("select", { id: "only-server", on: { change: () => this.#show(this.one.value, this.second) } });
    this.other = h("select", { id: "second-server", on: { change: () => this.#show(this.one.value, this.other.value) } });
    this.fold = h("button", { type: "button", id: "fold-all", on: { click: () => this.#fold() } });
    root.append(this.one, this.other, this.fold);
  }

  /** Lists the servers, after their names or the language have changed. */
  update() {
    const { servers } = this.model;
    const wanted = JSON.stringify([servers.map(({ name, address }) => [name, address]), t("bar.server_all"), this.model.options.server]);
    this.root.hidden = servers.length < 2;
    if (this.shown === wanted) return;
    this.shown = wanted;
    const options = (first, except) => [
      h("option", { value: "" }, first),
      ...servers.filter(({ address }) => address !== except).map(({ name, address }) => h("option", { value: address }, `${name}  ${short(address, servers)}`)),
    ];
    this.one.setAttribute("aria-label", t("bar.server"));
    this.other.setAttribute("aria-label", t("bar.server_second"));
    this.one.replaceChildren(...options(t("bar.server_all"), null));
    this.other.replaceChildren(...options(t("bar.server_second"), this.model.options.server));
    this.one.value = this.model.options.server;
    this.other.value = this.second;
    this.other.hidden = this.model.options.server === "";
    this.#label();
  }

  #label() {
    this.fold.textContent = t(this.#folded() ? "bar.unfold" : "bar.fold");
  }

  /** Whether the lanes of all headings are hidden. */
  #folded() {
    const headings = this.picture.list.filter((row) => row.group);
    return headings.length > 0 && headings.every((row) => row.folded);
  }

  #fold() {
    const { collapsed } = this.model.options;
    const folded = this.#folded();
    for (const { list } of this.pictures) {
      for (const { group } of list.filter((row) => row.group)) {
        if (folded) collapsed.delete(group.key);
        else collapsed.add(group.key);
      }
    }
    for (const picture of this.pictures) picture.refilter();
    // The rows are rebuilt with the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => this.#label()));
  }

  /** Shows only the server at this address, with the one at `second` beside it. */
  #show(address, second) {
    this.model.options.server = address;
    this.second = address === "" || second === address ? "" : second;
    if (this.second !== "" && this.pictures.length === 1) this.#open();
    if (this.pictures.length === 2) this.pictures[1].root.hidden = this.second === "";
    this.shown = null;
    this.update();
    this.changed();
  }

  /** The second picture. It shares the view with the first one, so that both show the same time. */
  #open() {
    const model = Object.create(this.model, {
      options: { get: () => ({ ...this.model.options, server: this.second }) },
    });
    const root = h(
      "div",
      { id: "picture-second", class: "picture", tabindex: "0", role: "application", "aria-roledescription": "timeline" },
      h("canvas", { "aria-hidden": "true" }),
      h("div", { class: "scroller" }, h("div", { class: "spacer" })),
      h("div", { class: "tooltip", hidden: true }),
      h("p", { class: "spoken hidden-text", role: "status" }),
    );
    this.picture.root.after(root);
    const picture = new Picture(root, model, this.listeners);
    this.pictures.push(picture);
    picture.relabel();
    picture.start(this.picture.palette);
  }
}

/** The part of an address that differs from the others: only the port, if all hosts are the same. */
function short(address, servers) {
  const hostOf = (text) => text.slice(0, text.lastIndexOf(":"));
  return servers.every((server) => hostOf(server.address) === hostOf(address)) ? address.slice(hostOf(address).length) : address;
}
