// One setting: a control for each type, what the profile itself says, and a way back.

import { h, say } from "./dom.js";
import { has, language, t } from "./i18n.js";
import { valueWords } from "./words.js";

/** A text about a setting: the server's own in English, the table's in other languages. */
function told(key, own) {
  return language() !== "en" && has(key) ? t(key) : own;
}

export class Setting {
  /** `change(key, value)` asks the server; null means the profile's own. */
  constructor(setting, change) {
    this.key = setting.key;
    const id = `setting-${setting.key}`;
    const send = (value) => change(setting.key, value);
    this.control = CONTROLS[setting.type]?.(send, setting) ?? text(send);
    this.control.input.id = id;
    this.control.input.setAttribute("aria-describedby", `${id}-about ${id}-error`);
    const name = told(`setting.${setting.key}`, setting.label ?? setting.key);
    const meaning = told(`setting.${setting.key}.about`, setting.meaning);
    this.own = h("span", { class: "own" });
    this.reset = h("button", { type: "button", class: "small", "aria-label": t("settings.reset.one", { what: name }), on: { click: () => send(null) } }, t("settings.reset"));
    this.error = h("p", { class: "error", role: "alert", id: `${id}-error` });
    this.mark = h("span", { class: "differs" });
    const example = setting.example && setting.type !== "bool" && setting.type !== "choice" ? t("settings.example", { example: setting.example }) : "";
    this.element = h(
      "div",
      { class: "setting", data: { setting: setting.key } },
      h("label", { for: id }, name, this.mark),
      this.control.input,
      h("p", { class: "about", id: `${id}-about` }, [meaning, example].filter(Boolean).join(" ")),
      h("div", { class: "back" }, this.own, this.reset),
      this.error,
    );
    this.update(setting);
  }

  /** Shows what is in force; what somebody is typing stays. */
  update(setting, force = false) {
    if (force || document.activeElement !== this.control.input) this.control.show(setting.value);
    this.element.classList.toggle("changed", setting.differs);
    say(this.mark, setting.differs ? t("settings.differs") : "");
    say(this.own, setting.differs ? t("settings.own", { value: valueWords(setting.profile) }) : "");
    this.reset.hidden = !setting.differs;
  }

  refuse(message) {
    say(this.error, message);
    this.control.input.setAttribute("aria-invalid", message ? "true" : "false");
  }

  /** Whether it can be turned. */
  enable(enabled) {
    this.control.input.disabled = !enabled;
    this.reset.disabled = !enabled;
  }
}

function text(send, read = (value) => value) {
  const input = h("input", { type: "text", spellcheck: "false", autocomplete: "off" });
  input.addEventListener("change", () => send(read(input.value)));
  return { input, show: (value) => (input.value = value ?? "") };
}

const CONTROLS = {
  bool(send) {
    const input = h("input", { type: "checkbox", class: "switch", role: "switch" });
    input.addEventListener("change", () => send(input.checked));
    return { input, show: (value) => (input.checked = value === true) };
  },
  choice(send, setting) {
    const input = h("select", {}, ...(setting.options ?? []).map((option) => h("option", { value: option }, option)));
    input.addEventListener("change", () => send(input.value));
    return { input, show: (value) => (input.value = value) };
  },
  count(send) {
    const input = h("input", { type: "number", min: "0", step: "1" });
    input.addEventListener("change", () => send(input.value === "" ? null : Number(input.value)));
    return { input, show: (value) => (input.value = value) };
  },
  lines(send) {
    const input = h("textarea", { rows: "2", spellcheck: "false", placeholder: t("settings.lines") });
    input.addEventListener("change", () => send(input.value.split("\n").map((line) => line.trim()).filter(Boolean)));
    return { input, show: (value) => (input.value = (value ?? []).join("\n")) };
  },
  // An empty field is left out; where the profile has none, that is its own.
  field: (send, setting) => text(send, (value) => (value === "" && setting.profile === null ? null : value)),
};
