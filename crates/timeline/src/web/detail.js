// The detail tab: shows the selected connection or exchange.

import { ConnectionPanel } from "./connection.js";
import { h } from "./dom.js";
import { exchangePanel, signature } from "./exchange.js";
import { t } from "./i18n.js";

export class Detail {
  /** `go(selection)` changes the selection; `failed(error)` shows a refusal. */
  constructor(root, model, { go, failed }) {
    Object.assign(this, { root, model, go, failed });
    this.show(null);
  }

  show(selection) {
    this.selection = selection;
    this.panel = null;
    this.signature = null;
    this.update(true);
    this.root.parentElement.scrollTop = 0;
  }

  /** Updates what is shown; `anew` rebuilds it even if it looks unchanged. */
  update(anew = false) {
    const { selection, model } = this;
    const connection = model.store.connections.get(selection?.id);
    const { exchange } = selection ?? {};
    if (!connection) {
      if (anew || this.panel !== "none") this.root.replaceChildren(h("p", { class: "hint" }, t(selection ? "detail.gone" : "detail.none")));
      this.panel = "none";
    } else if (exchange) {
      if (this.signature === signature(exchange)) return;
      this.signature = signature(exchange);
      this.root.replaceChildren(exchangePanel(connection, exchange, this.go));
      this.panel = "exchange";
    } else if (this.panel instanceof ConnectionPanel) this.panel.update();
    else {
      this.panel = new ConnectionPanel(connection, model, { go: this.go, failed: this.failed });
      this.root.replaceChildren(this.panel.element);
    }
  }
}
