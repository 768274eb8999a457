// The tab of the knobs: which server, its profile, its switches, and what was changed.

import { getProfiles, resetKnobs, setAccepting, setKnobs, setProfile, tomlAddress } from "./api.js";
import { h, say } from "./dom.js";
import { t } from "./i18n.js";
import { Knob } from "./knob.js";
import { clock } from "./time.js";
import { programWords } from "./words.js";

/** How many changes are listed. */
const LISTED = 100;

export class Knobs {
  /** `model`: {store, servers, mayChange}; `changed(server)` takes what the server answers; `failed(error)` the rest. */
  constructor(root, model, { changed, failed }) {
    Object.assign(this, { root, model, changed, failed });
    this.number = 0;
    this.profiles = [];
    this.built = null;
  }

  get server() {
    const { servers } = this.model;
    return servers.find((s) => s.number === this.number) ?? servers[0];
  }

  /** Shows this server. */
  choose(number) {
    this.number = number;
    this.update();
  }

  /** Makes everything anew, in the page's language. */
  relabel() {
    this.built = null;
    this.update();
  }

  async learnProfiles() {
    try {
      this.profiles = await getProfiles();
      this.relabel();
    } catch (error) {
      this.failed(error);
    }
  }

  update() {
    const { server } = this;
    if (!server) {
      this.root.replaceChildren(h("p", { class: "hint" }, t("knobs.none")));
      this.built = null;
      return;
    }
    // Another server, or another set of servers, or other knobs: other controls.
    const wanted = JSON.stringify([server.number, this.model.servers.map((s) => [s.number, s.name]), server.knobs.map((k) => [k.key, k.type])]);
    if (this.built !== wanted) {
      this.built = wanted;
      this.#build(server);
    }
    this.#show(server);
  }

  #build(server) {
    this.knobs = new Map(server.knobs.map((knob) => [knob.key, new Knob(knob, (key, value) => this.#turn(key, value))]));
    const servers = this.model.servers.map((s) => h("option", { value: s.number }, `${s.name}  ${s.address}`));
    this.which = h("select", { id: "knobs-server", on: { change: () => this.choose(Number(this.which.value)) } }, ...servers);
    const names = this.profiles.map((p) => p.name);
    if (!names.includes(server.name)) names.unshift(server.name);
    this.profile = h("select", { id: "knobs-profile", on: { change: () => this.#replace() } }, ...names.map((name) => h("option", { value: name }, name)));
    this.about = h("p", { class: "about" });
    this.link = h("a", { target: "_blank", rel: "noopener noreferrer" });
    this.accepting = h("input", { type: "checkbox", class: "switch", role: "switch", id: "knobs-accepting" });
    this.accepting.addEventListener("change", () => this.#ask(() => setAccepting(server.number, this.accepting.checked)));
    this.resetAll = h("button", { type: "button", on: { click: () => this.#ask(() => resetKnobs(server.number)) } }, t("knobs.reset.all"));
    this.saveLink = h("a", { class: "button", download: "", id: "save-toml" }, t("knobs.save"));
    this.count = h("span", { class: "count", role: "status" });
    this.error = h("p", { class: "error", role: "alert" });
    this.changes = h("ol", { class: "changes" });
    this.listed = null;
    this.root.replaceChildren(
      h(
        "div",
        { class: "panel knobs" },
        h("div", { class: "knob" }, h("label", { for: "knobs-server" }, t("knobs.server")), this.which, h("p", { class: "about" }, this.link)),
        h("div", { class: "knob" }, h("label", { for: "knobs-profile" }, t("knobs.profile")), this.profile, this.about),
        h("div", { class: "knob" }, h("label", { for: "knobs-accepting" }, t("knobs.accepting")), this.accepting),
        h("div", { class: "row" }, this.count, this.resetAll, this.saveLink),
        this.error,
        h("p", { class: "dim" }, t("knobs.force")),
        ...this.#groups(server),
        h("section", {}, h("h3", {}, t("knobs.changes")), this.changes),
      ),
    );
  }

  #groups(server) {
    const groups = Map.groupBy ? Map.groupBy(server.knobs, (k) => k.group) : groupBy(server.knobs);
    return [...groups].map(([group, knobs]) =>
      h("fieldset", {}, h("legend", {}, t(`knobs.group.${group}`)), ...knobs.map((k) => this.knobs.get(k.key).element)),
    );
  }

  #show(server) {
    const may = this.model.mayChange;
    for (const knob of server.knobs) {
      this.knobs.get(knob.key).update(knob);
      this.knobs.get(knob.key).enable(may);
    }
    this.which.value = String(server.number);
    this.profile.value = server.name;
    for (const control of [this.profile, this.accepting, this.resetAll]) control.disabled = !may;
    say(this.about, server.title ?? "");
    this.about.title = server.measured ? t("knobs.measured", { what: server.measured }) : "";
    say(this.link, server.url);
    this.link.href = httpOnly(server.url);
    this.accepting.checked = server.accepting;
    const differs = server.knobs.filter((k) => k.differs).length;
    say(this.count, t("knobs.differs.n", { n: differs }));
    this.saveLink.href = tomlAddress(server.number);
    this.list();
  }

  /** The list of what was changed, the newest first. */
  list() {
    const { store } = this.model;
    const told = store.program.filter((p) => p.line.event !== "start").slice(-LISTED);
    const newest = told.at(-1) ?? null;
    if (!this.changes || (this.listed === newest && this.changes.firstChild)) return;
    this.listed = newest;
    const items = told.reverse().map(({ at, line }) =>
      h("li", { data: { event: line.event, what: line.what ?? "" } }, h("time", {}, clock(at, store.origin ?? 0, 1000)), ` ${programWords(line)}`),
    );
    this.changes.replaceChildren(...(items.length > 0 ? items : [h("li", { class: "dim" }, t("knobs.changes.none"))]));
  }

  #turn(key, value) {
    const knob = this.knobs.get(key);
    knob.refuse("");
    this.#ask(
      () => setKnobs(this.server.number, { [key]: value }),
      (error) => {
        if (error.key !== key && error.key !== null) return false;
        knob.refuse(error.message);
        return error.status === 422;
      },
      (server) => {
        const now = server.knobs.find((k) => k.key === key);
        if (now) knob.update(now, true);
      },
    );
  }

  #replace() {
    for (const knob of this.knobs.values()) knob.refuse("");
    this.#ask(() => setProfile(this.server.number, this.profile.value));
  }

  /** Asks the server for a change, and shows what comes of it. `own(error)`: whether a control showed the refusal. */
  async #ask(request, own = () => false, done = () => {}) {
    say(this.error, "");
    try {
      const server = await request();
      this.changed(server);
      done(server);
    } catch (error) {
      if (!own(error)) {
        say(this.error, error.code === "network" ? t("error.network") : error.message);
        this.failed(error);
        this.update();
      }
    }
  }
}

function groupBy(knobs) {
  const groups = new Map();
  for (const knob of knobs) groups.set(knob.group, [...(groups.get(knob.group) ?? []), knob]);
  return groups;
}

/** An address that a link may have. */
export function httpOnly(url) {
  return /^https?:\/\//.test(url ?? "") ? url : "about:blank";
}
