// The theme (system, light or dark), and the pens' palette, which is read from the style sheet.

/** The colour roles of the pens. Each is a custom property `--ROLE` in style.css. */
const ROLES = [
  "bg", "gutter", "axis", "group", "edge", "grid", "selected", "hover", "focus", "dim", "plain", "strong", "now", "event",
  "wire", "hatch", "track", "announced", "real", "wait", "s1", "s2", "s3", "s4", "s5", "mark", "onblock", "onbright", "server", "client",
];

export const THEMES = ["auto", "light", "dark"];

/** A remembered preference, if the browser stores any and it is one of `values`. */
export function remembered(name, values, otherwise) {
  try {
    const value = localStorage.getItem(`labserve.${name}`);
    return values.includes(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`labserve.${name}`, value);
  } catch {
    // Storage may be disabled, as in private windows. The preference then lasts as long as the page.
  }
}

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

/** The current colours. The custom properties hold one colour for each theme; only a computed style resolves them to one. */
export function palette() {
  const probe = document.createElement("i");
  document.documentElement.append(probe);
  const colours = ROLES.map((role) => {
    probe.style.color = `var(--${role})`;
    return [role, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours);
}

/** Calls `changed` whenever the system's theme changes. */
export function watchTheme(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
