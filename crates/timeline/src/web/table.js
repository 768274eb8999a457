// The connections as a table: the same data as the picture, for screen readers and the keyboard.

import { h, say } from "./dom.js";
import { t } from "./i18n.js";
import { matches } from "./lanes.js";
import { ending, requests } from "./store.js";
import { stateWords } from "./words.js";

/** How many rows are shown at first; "show more" adds five times as many. */
const PAGE = 100;
/** How many statuses a row shows, and how many its data attribute lists. */
const NAMED = 12;
const LISTED = 64;

export class ConnectionTable {
  constructor(root, model, go) {
    Object.assign(this, { root, model, go, most: PAGE });
    this.relabel();
  }

  /** Rebuilds the table, after a change of language. */
  relabel() {
    this.rows = new Map();
    this.caption = h("caption", {});
    this.body = h("tbody", {});
    const heads = ["table.port", "table.server", "table.requests", "table.state"].map((key) => h("th", { scope: "col" }, t(key)));
    this.more = h("button", { type: "button", on: { click: () => this.#more() } }, t("table.more"));
    this.root.replaceChildren(
      h("table", { class: "connections", id: "connections" }, this.caption, h("thead", {}, h("tr", {}, ...heads)), this.body),
      this.more,
    );
    this.update();
  }

  #more() {
    this.most += PAGE * 5;
    this.update();
  }

  update() {
    const { store, options } = this.model;
    const fitting = [...store.connections.values()].filter((c) => matches(c, options.text, options.openOnly, options.server)).reverse();
    const shown = fitting.slice(0, this.most);
    say(this.caption, t("table.caption", { shown: shown.length, all: fitting.length }));
    this.more.hidden = shown.length === fitting.length;
    const kept = new Set(shown.map((c) => c.id));
    for (const [id, row] of this.rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    let place = this.body.firstElementChild;
    for (const connection of shown) {
      const row = this.#row(connection);
      if (row.element === place) place = place.nextElementSibling;
      else this.body.insertBefore(row.element, place);
    }
  }

  #row(connection) {
    let row = this.rows.get(connection.id);
    if (!row) {
      row = new Row(connection, this.go);
      this.rows.set(connection.id, row);
    }
    row.update();
    return row;
  }
}

class Row {
  constructor(connection, go) {
    this.connection = connection;
    const open = () => go({ id: connection.id, exchange: null });
    this.server = h("td", {});
    this.requests = h("td", {});
    this.state = h("td", {});
    const port = h("button", { type: "button", class: "link", on: { click: open } }, connection.port);
    this.element = h(
      "tr",
      { data: { connection: connection.id, peer: connection.peer } },
      h("th", { scope: "row" }, port),
      this.server,
      this.requests,
      this.state,
    );
  }

  update() {
    const { connection, element } = this;
    if (this.version === connection.version) return;
    this.version = connection.version;
    const statuses = connection.exchanges.slice(0, LISTED).map((e) => String(e.reply?.status ?? "…"));
    const named = statuses.length > NAMED ? [...statuses.slice(0, NAMED), "…"] : statuses;
    say(this.requests, named.length > 0 ? `${requests(connection)}: ${named.join(" ")}` : String(requests(connection)));
    say(this.server, connection.server);
    say(this.state, stateWords(connection));
    const end = ending(connection);
    Object.assign(element.dataset, {
      server: connection.server,
      requests: requests(connection),
      statuses: statuses.join(" "),
      who: end?.who ?? "",
      how: end?.how ?? "",
      style: end?.style ?? "",
      reason: end?.reason ?? "",
      ended: connection.end ? "yes" : "no",
    });
  }
}
