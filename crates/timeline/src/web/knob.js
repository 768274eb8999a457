// One knob: a control for each type, what the profile itself says, and a way back.

import { h, say } from "./dom.js";
import { has, language, t } from "./i18n.js";
import { valueWords } from "./words.js";

/** A text about a knob: the server's own in English, the table's in other languages. */
function told(key, own) {
  return language() !== "en" && has(key) ? t(key) : own;
}

export class Knob {
  /** `change(key, value)` asks the server; null means the profile's own. */
  constructor(knob, change) {
    this.key = knob.key;
    const id = `knob-${knob.key}`;
    const send = (value) => change(knob.key, value);
    this.control = CONTROLS[knob.type]?.(send, knob) ?? text(send);
    this.control.input.id = id;
    this.control.input.setAttribute("aria-describedby", `${id}-about ${id}-error`);
    const name = told(`knob.${knob.key}`, knob.label ?? knob.key);
    const meaning = told(`knob.${knob.key}.about`, knob.meaning);
    this.own = h("span", { class: "own" });
    this.reset = h("button", { type: "button", class: "small", "aria-label": t("knobs.reset.one", { what: name }), on: { click: () => send(null) } }, t("knobs.reset"));
    this.error = h("p", { class: "error", role: "alert", id: `${id}-error` });
    this.mark = h("span", { class: "differs" });
    const example = knob.example && knob.type !== "bool" && knob.type !== "choice" ? t("knobs.example", { example: knob.example }) : "";
    this.element = h(
      "div",
      { class: "knob", data: { knob: knob.key } },
      h("label", { for: id }, name, this.mark),
      this.control.input,
      h("p", { class: "about", id: `${id}-about` }, [meaning, example].filter(Boolean).join(" ")),
      h("div", { class: "back" }, this.own, this.reset),
      this.error,
    );
    this.update(knob);
  }

  /** Shows what is in force; what somebody is typing stays. */
  update(knob, force = false) {
    if (force || document.activeElement !== this.control.input) this.control.show(knob.value);
    this.element.classList.toggle("changed", knob.differs);
    say(this.mark, knob.differs ? t("knobs.differs") : "");
    say(this.own, knob.differs ? t("knobs.own", { value: valueWords(knob.profile) }) : "");
    this.reset.hidden = !knob.differs;
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
  choice(send, knob) {
    const input = h("select", {}, ...(knob.options ?? []).map((option) => h("option", { value: option }, option)));
    input.addEventListener("change", () => send(input.value));
    return { input, show: (value) => (input.value = value) };
  },
  count(send) {
    const input = h("input", { type: "number", min: "0", step: "1" });
    input.addEventListener("change", () => send(input.value === "" ? null : Number(input.value)));
    return { input, show: (value) => (input.value = value) };
  },
  lines(send) {
    const input = h("textarea", { rows: "2", spellcheck: "false", placeholder: t("knobs.lines") });
    input.addEventListener("change", () => send(input.value.split("\n").map((line) => line.trim()).filter(Boolean)));
    return { input, show: (value) => (input.value = (value ?? []).join("\n")) };
  },
  // An empty field is left out; where the profile has none, that is its own.
  field: (send, knob) => text(send, (value) => (value === "" && knob.profile === null ? null : value)),
};
