// The form for the token from the server's start line.

import { useToken } from "./api.js";
import { h, say } from "./dom.js";
import { t } from "./i18n.js";

/** `reading`: whether the token is needed even for reading. `taken()` is called once the server has accepted it. */
export function tokenForm(reading, taken) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const error = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { class: "token" },
    h("p", {}, t(reading ? "token.read" : "token.need")),
    h("label", {}, h("span", {}, t("token.label")), input),
    h("button", { type: "submit" }, t("token.use")),
    error,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(error, "");
    try {
      await useToken(input.value.trim());
      taken();
    } catch (refused) {
      say(error, refused.code === "network" ? t("error.network") : refused.message);
    }
  });
  return form;
}
