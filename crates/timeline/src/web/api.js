// The client of the REST API, and the event stream, which reconnects by itself.

const BASE = "api/v1";

/** A refusal by the server: its code, its message, and the key of the setting that caused it. */
export class Refused extends Error {
  constructor(status, { code, message, key } = {}) {
    super(message ?? `HTTP ${status}`);
    Object.assign(this, { status, code: code ?? "unknown", key: key ?? null });
  }
}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`${BASE}/${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Refused(0, { code: "network" });
  }
  const text = await response.text();
  let value = null;
  try {
    value = text === "" ? null : JSON.parse(text);
  } catch {
    value = null;
  }
  if (!response.ok) throw new Refused(response.status, value?.error);
  return value;
}

const server = (number) => `servers/${Number(number)}`;

export const getState = () => call("GET", "state");
export const getProfiles = async () => (await call("GET", "profiles")).profiles;
export const getConnections = async () => (await call("GET", "connections")).connections;
export const getConnection = (id) => call("GET", `connections/${Number(id)}`);
export const closeConnection = (id, how) => call("DELETE", `connections/${Number(id)}?how=${how === "rst" ? "rst" : "fin"}`);
export const setProfile = (number, profile) => call("PUT", `${server(number)}/profile`, { profile });
export const changeSettings = (number, changes) => call("PATCH", `${server(number)}/settings`, changes);
export const resetSettings = (number) => call("DELETE", `${server(number)}/settings`);
export const setAccepting = (number, accepting) => call("PUT", `${server(number)}/accepting`, { accepting });
export const useToken = (token) => call("POST", "session", { token });
export const tomlAddress = (number) => `${BASE}/${server(number)}/toml`;
export const logAddress = `${BASE}/events.jsonl`;

/** How long to wait (ms) before reopening a stream that the browser has given up. */
const AGAIN = 1000;

/**
 * Follows the events. Calls `lines(run, texts)` with new lines, `open()` when the stream is connected, and `away(full)`
 * when it is not; `full` means that the server has too many readers already. Returns a function that reconnects at once,
 * for use after the token was entered.
 */
export function follow({ lines, open, away }) {
  let source = null;
  let last = "";
  let timer = null;
  const connect = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`${BASE}/events${last ? `?since=${encodeURIComponent(last)}` : ""}`);
    source.addEventListener("open", open);
    source.addEventListener("lines", (message) => {
      last = message.lastEventId || last;
      lines(last.slice(0, last.lastIndexOf("-")), message.data.split("\n"));
    });
    source.addEventListener("error", async () => {
      const refused = source.readyState === EventSource.CLOSED;
      if (refused) timer = setTimeout(connect, AGAIN);
      // EventSource does not reveal the status. If the server answers other requests, it refused the stream: too many readers.
      const full = refused && (await getState().then(() => true, () => false));
      if (source.readyState !== EventSource.OPEN) away(full);
    });
  };
  connect();
  return connect;
}
