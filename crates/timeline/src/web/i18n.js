// Messages in the chosen language: looks them up, fills placeholders, and writes them into marked elements.

import { MESSAGES } from "./messages.js";

export const LANGUAGES = ["en", "zh"];
let column = 0;

/** The first supported language among the preferences; English if none is. */
export function choose(preferences) {
  for (const wanted of preferences) {
    const found = LANGUAGES.find((language) => (wanted ?? "").toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "en";
}

export function setLanguage(language) {
  column = Math.max(0, LANGUAGES.indexOf(language));
}

export function language() {
  return LANGUAGES[column];
}

/** Whether there is a message with this key. */
export function has(key) {
  return Object.hasOwn(MESSAGES, key);
}

/** A message with its `{placeholders}` filled. */
export function t(key, places = {}) {
  const message = MESSAGES[key]?.[column] ?? key;
  return message.replace(/\{(\w+)\}/g, (whole, name) => (name in places ? String(places[name]) : whole));
}

/** Writes messages into marked elements below `root`: `data-t` names the text, `data-t-NAME` the attribute NAME. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const name of ["label", "title", "placeholder"]) {
    const attribute = name === "label" ? "aria-label" : name;
    for (const element of root.querySelectorAll(`[data-t-${name}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${name}`)));
    }
  }
}
