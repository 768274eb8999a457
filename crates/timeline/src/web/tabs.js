// Tabs according to the ARIA authoring practices: arrow keys move between tabs, and only the selected one is in the tab order.

/** `shown`: a function for each tab name, called when that tab opens. Returns functions to open a tab and to name the open one. */
export function tabs(root, shown) {
  const all = [...root.querySelectorAll("[role=tab]")];
  const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
  const select = (tab) => {
    for (const other of all) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      panel(other).hidden = !chosen;
    }
    shown[tab.dataset.tab]?.();
  };
  all.forEach((tab, i) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = all[(to + all.length) % all.length];
      select(next);
      next.focus();
    });
  });
  return {
    open(name, focus = false) {
      const tab = all.find((other) => other.dataset.tab === name);
      if (tab.getAttribute("aria-selected") !== "true") select(tab);
      if (focus) panel(tab).focus();
    },
    current: () => all.find((tab) => tab.getAttribute("aria-selected") === "true").dataset.tab,
  };
}
