// The settings tab: the server, its profile, its settings, and the log of changes.

import { getProfiles, getToml, resetSettings, setAccepting, changeSettings, setProfile } from "./api.js";
import { mismatch } from "./announced.js";
import { h, save, say } from "./dom.js";
import { t } from "./i18n.js";
import { Setting } from "./setting.js";
import { clock, span } from "./time.js";
import { programWords } from "./words.js";

/** The maximum number of changes in the list. */
const LISTED = 100;

export class SettingsTab {
  /** `model`: {store, servers, mayChange}; `changed(server)` receives the new state of a server, `failed(error)` a refusal. */
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

  /** Rebuilds everything, after a change of language. */
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
      this.root.replaceChildren(h("p", { class: "hint" }, t("settings.none")));
      this.built = null;
      return;
    }
    // Rebuild the controls only if the server, the set of servers or the set of settings has changed.
    const wanted = JSON.stringify([server.number, this.model.servers.map((s) => [s.number, s.name]), server.settings.map((k) => [k.key, k.type])]);
    if (this.built !== wanted) {
      this.built = wanted;
      this.#build(server);
    }
    this.#show(server);
  }

  #build(server) {
    this.settings = new Map(server.settings.map((setting) => [setting.key, new Setting(setting, (key, value) => this.#set(key, value))]));
    const servers = this.model.servers.map((s) => h("option", { value: s.number }, `${s.name}  ${s.address}`));
    this.which = h("select", { id: "settings-server", on: { change: () => this.choose(Number(this.which.value)) } }, ...servers);
    const names = this.profiles.map((p) => p.name);
    if (!names.includes(server.name)) names.unshift(server.name);
    this.profile = h("select", { id: "settings-profile", on: { change: () => this.#replace() } }, ...names.map((name) => h("option", { value: name }, name)));
    this.about = h("p", { class: "about" });
    this.measured = h("p", { class: "about" });
    this.link = h("a", { target: "_blank", rel: "noopener noreferrer" });
    this.accepting = h("input", { type: "checkbox", class: "switch", role: "switch", id: "settings-accepting" });
    this.accepting.addEventListener("change", () => this.#ask(() => setAccepting(server.number, this.accepting.checked)));
    this.resetAll = h("button", { type: "button", on: { click: () => this.#ask(() => resetSettings(server.number)) } }, t("settings.reset_all"));
    const saveToml = async () => save(`${server.name.replace(/[^A-Za-z0-9-]/g, "")}-changed.toml`, "text/plain", await getToml(server.number));
    this.saveToml = h("button", { type: "button", id: "save-toml", on: { click: () => saveToml().catch(this.failed) } }, t("settings.save"));
    this.count = h("span", { class: "count", role: "status" });
    this.error = h("p", { class: "error", role: "alert" });
    this.lie = h("div", { class: "lie", role: "status", hidden: true });
    this.settings.get("timers.idle")?.element.append(this.lie);
    this.changes = h("ol", { class: "changes" });
    this.listed = null;
    this.root.replaceChildren(
      h(
        "div",
        { class: "panel settings" },
        h("div", { class: "setting" }, h("label", { for: "settings-server" }, t("settings.server")), this.which, h("p", { class: "about" }, this.link)),
        h("div", { class: "setting" }, h("label", { for: "settings-profile" }, t("settings.profile")), this.profile, this.about, this.measured),
        h("div", { class: "setting" }, h("label", { for: "settings-accepting" }, t("settings.accepting")), this.accepting),
        h("div", { class: "row" }, this.count, this.resetAll, this.saveToml),
        this.error,
        h("p", { class: "dim" }, t("settings.force")),
        ...this.#groups(server),
        h("section", {}, h("h3", {}, t("settings.changes")), this.changes),
      ),
    );
  }

  #groups(server) {
    const groups = Map.groupBy ? Map.groupBy(server.settings, (k) => k.group) : groupBy(server.settings);
    return [...groups].map(([group, settings]) =>
      h("fieldset", {}, h("legend", {}, t(`settings.group.${group}`)), ...settings.map((k) => this.settings.get(k.key).element)),
    );
  }

  #show(server) {
    const may = this.model.mayChange;
    for (const setting of server.settings) {
      this.settings.get(setting.key).update(setting);
      this.settings.get(setting.key).enable(may);
    }
    this.which.value = String(server.number);
    this.profile.value = server.name;
    for (const control of [this.profile, this.accepting]) control.disabled = !may;
    say(this.about, server.title ?? "");
    say(this.measured, server.measured ? t("settings.measured", { what: server.measured }) : "");
    say(this.link, server.url);
    this.link.href = httpOnly(server.url);
    this.accepting.checked = server.accepting;
    const differs = server.settings.filter((k) => k.differs).length;
    say(this.count, t("settings.differs_n", { n: differs }));
    this.resetAll.disabled = !may || differs === 0;
    this.#showMismatch(server);
    this.list();
  }

  /** Shows that the announced timeout differs from the real one, and offers to change either. */
  #showMismatch(server) {
    const found = mismatch(server);
    this.lie.hidden = found === null;
    const shown = JSON.stringify([found, this.model.mayChange]);
    if (this.lie.dataset.shown === shown) return;
    this.lie.dataset.shown = shown;
    if (found === null) return;
    const button = ({ key, value, line }) => {
      const ask = () => this.#ask(() => changeSettings(server.number, { [key]: value }));
      return h("button", { type: "button", class: "small", disabled: !this.model.mayChange, data: { key }, on: { click: ask } }, t(`settings.make.${key}`, { value: line }));
    };
    const words = found.idle === null ? t("settings.lie_never", { announced: span(found.announced) }) : t("settings.lie", { announced: span(found.announced), idle: span(found.idle) });
    this.lie.replaceChildren(h("p", {}, words), ...found.changes.map(button));
  }

  /** Lists the changes, newest first. */
  list() {
    const { store } = this.model;
    const changes = store.program.filter((p) => p.line.event !== "start").slice(-LISTED);
    const newest = changes.at(-1) ?? null;
    if (!this.changes || (this.listed === newest && this.changes.firstChild)) return;
    this.listed = newest;
    const items = changes.reverse().map(({ at, line }) =>
      h("li", { data: { event: line.event, what: line.what ?? "" } }, h("time", {}, clock(at, store.origin ?? 0, 1000)), ` ${programWords(line)}`),
    );
    this.changes.replaceChildren(...(items.length > 0 ? items : [h("li", { class: "dim" }, t("settings.changes_none"))]));
  }

  #set(key, value) {
    const setting = this.settings.get(key);
    setting.refuse("");
    this.#ask(
      () => changeSettings(this.server.number, { [key]: value }),
      (error) => {
        if (error.key !== key && error.key !== null) return false;
        setting.refuse(error.message);
        return error.status === 422;
      },
      (server) => {
        const now = server.settings.find((k) => k.key === key);
        if (now) setting.update(now, true);
      },
    );
  }

  #replace() {
    for (const setting of this.settings.values()) setting.refuse("");
    this.#ask(() => setProfile(this.server.number, this.profile.value));
  }

  /** Sends a change and shows the result. `own(error)` returns whether a control has shown the refusal itself. */
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

function groupBy(settings) {
  const groups = new Map();
  for (const setting of settings) groups.set(setting.group, [...(groups.get(setting.group) ?? []), setting]);
  return groups;
}

/** The URL if it is http or https. Anything else, such as `javascript:`, must not become a link. */
export function httpOnly(url) {
  return /^https?:\/\//.test(url ?? "") ? url : "about:blank";
}
