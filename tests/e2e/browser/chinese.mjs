// Finds English text on a page in Chinese, by the rule of tests/suite/chinese.rs and with the same list of names.

import { readFileSync } from "node:fs";

const LIST = new URL("../../data/latin.txt", import.meta.url);
const NAMES = new Set(
  readFileSync(LIST, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .flatMap((line) => line.split(/\s+/)),
);

/** The text that a person reads on the page, without code and heads, and the labels of its controls. */
export function readable(page) {
  return page.evaluate(() => {
    const said = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (!element.checkVisibility() || element.closest("pre, code, script, style, option, select")) continue;
      if (node === element) {
        said.push(...["title", "aria-label", "placeholder"].map((name) => node.getAttribute(name) ?? ""));
      } else {
        said.push(node.data);
      }
    }
    return said;
  });
}

/** The English words of these texts. A word in capitals, or with a digit or a sign in it, is a name, a field or a path. */
export function englishIn(texts) {
  const words = texts.flatMap((text) => text.split(/[^A-Za-z0-9_\-./=@+%$#&*~^\\{}[\]<>]+/).map((word) => [word.replace(/\.+$/, ""), text]));
  return words.filter(([word]) => /^[A-Za-z][a-z]+$/.test(word) && !NAMES.has(word)).map(([word, text]) => `${word} in ${text.trim()}`);
}
