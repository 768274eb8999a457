// The form for the token from the server's start line.

import { isToken } from "./api.js";
import { h, say } from "./dom.js";
import { t } from "./i18n.js";
import { keepToken } from "./session.js";

/**
 * `reading`: whether the token is needed even for reading. `old`: whether the page has a token that is not valid, for
 * example after a restart of the server. `taken()` is called once the server has accepted a token.
 */
export function tokenForm({ reading, old }, taken) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const error = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { class: "token" },
    old ? h("p", { class: "old", role: "status" }, t("token.old")) : null,
    h("p", {}, t(reading ? "token.read" : "token.need")),
    h("label", {}, h("span", {}, t("token.label")), input),
    h("button", { type: "submit" }, t("token.use")),
    error,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(error, "");
    try {
      const text = input.value.trim();
      if (!(await isToken(text))) return say(error, t("token.wrong"));
      keepToken(text);
      taken();
    } catch (refused) {
      say(error, refused.code === "network" ? t("error.network") : refused.message);
    }
  });
  return form;
}
