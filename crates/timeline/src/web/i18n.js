// The language: looks sentences up in the catalogue, fills in their placeholders, and writes them into marked elements.

export const LANGUAGES = ["en", "zh"];
/** The sentences of each language by their ids. They come from the server, see `learn`. */
let catalogue = Object.fromEntries(LANGUAGES.map((tag) => [tag, {}]));
let current = LANGUAGES[0];

/** Sets the sentences, which the server sends as `locale.js`. */
export function learn(sentences) {
  catalogue = sentences;
}

/** The language that best matches the user's preferences. */
export function choose(preferences) {
  for (const wanted of preferences) {
    const found = LANGUAGES.find((language) => (wanted ?? "").toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return LANGUAGES[0];
}

export function setLanguage(language) {
  current = LANGUAGES.includes(language) ? language : LANGUAGES[0];
}

export function language() {
  return current;
}

/** Whether the catalogue has this sentence. */
export function has(id) {
  return Object.hasOwn(catalogue[current], id);
}

/** A sentence with its placeholders filled in; the id itself if there is no such sentence. */
export function t(id, places = {}) {
  const sentence = has(id) ? catalogue[current][id] : id;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in places ? String(places[name]) : whole));
}

/** Writes sentences into the elements below `root` that are marked: `data-t` the text, `data-t-NAME` the attribute NAME. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const name of ["label", "title", "placeholder"]) {
    const attribute = name === "label" ? "aria-label" : name;
    for (const element of root.querySelectorAll(`[data-t-${name}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${name}`)));
    }
  }
}
