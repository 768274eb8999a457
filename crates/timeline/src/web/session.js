// The token of this tab: taken from the page's address, kept in the tab's session storage, sent in Authorization.
//
// It is not a cookie, because browsers send a host's cookies to all its ports (RFC 6265, section 8.5): the served ports
// would receive it, and requests would differ from those of a browser without this page.

const KEY = "labserve.token";

/** The token, for a browser without storage. It lasts until the page is left. */
let held = "";

export function token() {
  try {
    return sessionStorage.getItem(KEY) ?? held;
  } catch {
    return held;
  }
}

export function keepToken(text) {
  held = text;
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // `held` is enough until the page is left.
  }
}

export function forgetToken() {
  held = "";
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was stored.
  }
}

/** The token in the query of an address, and the address without it. */
export function splitAddress(text) {
  const address = new URL(text);
  const found = address.searchParams.get("token");
  address.searchParams.delete("token");
  return { token: found, address: address.href };
}

/** Removes the token from the page's address, so that it is neither in the history of the tab nor in a copied address. */
export function takeFromAddress() {
  const { token: found, address } = splitAddress(location.href);
  if (found === null) return;
  if (found !== "") keepToken(found);
  history.replaceState(null, "", address);
}
