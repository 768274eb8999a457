// The client of the REST API, and the event stream, which reconnects by itself.

import { token } from "./session.js";
import { EventParser } from "./sse.js";

const BASE = "api/v1";

/** A refusal by the server: its code, its message, and the key of the setting that caused it. */
export class Refused extends Error {
  constructor(status, { code, message, key } = {}) {
    super(message ?? `HTTP ${status}`);
    Object.assign(this, { status, code: code ?? "unknown", key: key ?? null });
  }
}

/** The fields that authorize a request: with the token, with `other` instead of it, or none. */
function credentials(other = token()) {
  return other === "" ? {} : { Authorization: `Bearer ${other}` };
}

/** The refusal in a response. */
async function refusal(response) {
  const value = await response.json().catch(() => null);
  return new Refused(response.status, value?.error);
}

/** Sends a request and returns its response. Throws `Refused` if no response arrives, or if its status is not a success. */
async function send(method, path, { body, file, tried, signal } = {}) {
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(`${BASE}/${path}`, {
      method,
      headers: { ...credentials(tried), ...type },
      body: body === undefined ? file : JSON.stringify(body),
      cache: "no-store",
      signal,
    });
  } catch {
    throw new Refused(0, { code: "network" });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function call(method, path, body) {
  const text = await (await send(method, path, { body })).text();
  return text === "" ? null : JSON.parse(text);
}

const server = (number) => `servers/${Number(number)}`;

export const getState = () => call("GET", "state");
export const getProfiles = async () => (await call("GET", "profiles")).profiles;
export const getConnections = async () => (await call("GET", "connections")).connections;
export const getConnection = (id) => call("GET", `connections/${Number(id)}`);
export const closeConnection = (id, how) => call("DELETE", `connections/${Number(id)}?how=${how === "rst" ? "rst" : "fin"}`);
export const getHeld = async () => (await call("GET", "rules")).held;
export const release = (name) => call("POST", `release/${encodeURIComponent(name)}`);
export const setProfile = (number, profile) => call("PUT", `${server(number)}/profile`, { profile });
export const changeSettings = (number, changes) => call("PATCH", `${server(number)}/settings`, changes);
export const resetSettings = (number) => call("DELETE", `${server(number)}/settings`);
export const setAccepting = (number, accepting) => call("PUT", `${server(number)}/accepting`, { accepting });
export const getToml = async (number) => (await send("GET", `${server(number)}/toml`)).text();
export const explain = async (file, lang) => (await send("POST", `explain?${new URLSearchParams({ name: file.name, lang })}`, { file })).json();
export const getLog = async () => (await send("GET", "events.jsonl")).text();

/** The lines before the event with this id, in pieces: arrays of lines. */
export async function* linesBefore(id, signal) {
  const response = await send("GET", `events.jsonl?${new URLSearchParams({ until: id })}`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    yield lines;
  }
}

/** Whether the server accepts `tried` as its token. */
export async function isToken(tried) {
  try {
    return (await (await send("GET", "state", { tried })).json()).may_change;
  } catch (error) {
    if (error.status === 401) return false;
    throw error;
  }
}

/** How long to wait (ms) before reopening a stream that has ended. */
const AGAIN = 1000;

/** How many past lines a page loads first. It draws them, and only then fetches the lines before them. */
const LAST = 2000;

/** How long (ms) a stream may be silent. The server sends something every 15 s. */
const SILENCE = 40_000;

/**
 * Follows the events, from the last past ones on. Calls `begin(run, id, earlier)` at first: `earlier` is how many lines
 * there are before the event `id`. Calls `lines(run, texts)` with new lines, `open()` when the stream is connected, and
 * `away(full)` when it is not; `full` means that the server has too many readers already. Returns a function that
 * reconnects at once, for use after the token was entered.
 */
export function follow({ begin, lines, open, away }) {
  let last = "";
  let timer = null;
  let abort = new AbortController();

  const read = async (signal, stop) => {
    const from = new URLSearchParams(last ? { since: last } : { last: LAST });
    const response = await fetch(`${BASE}/events?${from}`, { headers: credentials(), cache: "no-store", signal });
    if (!response.ok) throw await refusal(response);
    open();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const silent = setTimeout(stop, SILENCE);
      const { value, done } = await reader.read().finally(() => clearTimeout(silent));
      if (done) return;
      for (const event of parser.push(value)) {
        last = event.id || last;
        const run = last.slice(0, last.lastIndexOf("-"));
        if (event.type === "begin") begin(run, last, JSON.parse(event.data).earlier);
        if (event.type === "lines") lines(run, event.data.split("\n"));
      }
    }
  };

  const connect = async () => {
    clearTimeout(timer);
    abort.abort();
    const mine = new AbortController();
    abort = mine;
    let full = false;
    try {
      await read(mine.signal, () => mine.abort());
    } catch (error) {
      full = error.code === "too_many_readers";
    }
    // A later call has replaced this stream.
    if (abort !== mine) return;
    away(full);
    timer = setTimeout(connect, AGAIN);
  };
  connect();
  return connect;
}
