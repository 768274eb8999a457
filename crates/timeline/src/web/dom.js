// Creates and fills elements without parsing markup, so that text from the network cannot become markup.

/** Creates an element. `props`: attributes, `on: {event: listener}`, `data: {name: value}`. False and null are skipped. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets the text of an element only if it differs, so that selected text stays selected. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Offers a text as a download. */
export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A button that copies a text and shows whether that worked. */
export function copyButton(t, text) {
  const button = h("button", { type: "button", class: "small" }, t("exchange.copy"));
  button.addEventListener("click", async () => {
    let done = "exchange.copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      done = "exchange.copy_failed";
    }
    button.textContent = t(done);
    setTimeout(() => (button.textContent = t("exchange.copy")), 1500);
  });
  return button;
}
