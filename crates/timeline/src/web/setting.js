// One setting: the control for its type, the profile's value, and a reset button.

import { h, say } from "./dom.js";
import { has, t } from "./i18n.js";
import { valueWords } from "./words.js";

/** A text about a setting; for an unknown setting, the English text from the server. */
function about(id, own) {
  return has(id) ? t(id) : own;
}

export class Setting {
  /** `change(key, value)` sends a change to the server; null resets it to the profile's value. */
  constructor(setting, change) {
    this.key = setting.key;
    const id = `setting-${setting.key}`;
    const send = (value) => change(setting.key, value);
    this.control = CONTROLS[setting.type]?.(send, setting) ?? text(send);
    this.control.input.id = id;
    this.control.input.setAttribute("aria-describedby", `${id}-about ${id}-error`);
    const name = about(`setting.${setting.key}.label`, setting.label ?? setting.key);
    const meaning = about(`setting.${setting.key}.about`, setting.meaning);
    this.own = h("span", { class: "own" });
    this.reset = h("button", { type: "button", class: "small", "aria-label": t("settings.reset_one", { what: name }), on: { click: () => send(null) } }, t("settings.reset"));
    this.error = h("p", { class: "error", role: "alert", id: `${id}-error` });
    this.mark = h("span", { class: "differs" });
    const { example } = setting;
    const takesText = setting.type !== "bool" && setting.type !== "choice";
    this.element = h(
      "div",
      { class: "setting", data: { setting: setting.key } },
      h("label", { for: id }, name, this.mark),
      this.control.input,
      h("p", { class: "about", id: `${id}-about` }, example && takesText ? t("settings.example", { about: meaning, example }) : meaning),
      h("div", { class: "back" }, this.own, this.reset),
      this.error,
    );
    this.update(setting);
  }

  /** Shows the current value, unless the user is typing in the control. `force` overwrites the control anyway. */
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

  /** Enables or disables the control. */
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
    return text(send, (value) => (value === "" ? null : /^\d+$/.test(value) ? Number(value) : value));
  },
  lines(send) {
    const input = h("textarea", { rows: "2", spellcheck: "false", placeholder: t("settings.lines") });
    input.addEventListener("change", () => send(input.value.split("\n").map((line) => line.trim()).filter(Boolean)));
    return { input, show: (value) => (input.value = (value ?? []).join("\n")) };
  },
  // An empty value leaves the field out, like `off`. If the profile does not send the field, that is the profile's value.
  field: (send, setting) => text(send, (value) => (value !== "" ? value : setting.profile === null ? null : "off")),
};
