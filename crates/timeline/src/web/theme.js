// The theme: the system's, light or dark; and the palette that the pens draw with, read from the style sheet.

/** Roles of the pens; each has a custom property `--ROLE` in style.css. */
const ROLES = [
  "bg", "gutter", "axis", "group", "edge", "grid", "selected", "hover", "focus", "dim", "plain", "strong", "now", "event",
  "wire", "hatch", "track", "announced", "real", "wait", "s1", "s2", "s3", "s4", "s5", "mark", "onblock", "server", "client",
];

export const THEMES = ["auto", "light", "dark"];

/** What was chosen before, if the browser keeps such things. */
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
    // Private windows keep nothing.
  }
}

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

/** The colours in force. Only a colour that an element has is a single one: a custom property is one for each theme. */
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

/** Calls `changed` when the system's theme changes. */
export function watchTheme(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
