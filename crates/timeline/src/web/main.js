// The page: creates the parts and connects them with each other and the server.

import * as api from "./api.js";
import { bindDrop, CaptureTab } from "./capture.js";
import { Detail } from "./detail.js";
import { h, save, say } from "./dom.js";
import { fileName, harOf, svg } from "./export.js";
import { choose, language, LANGUAGES, learn, setLanguage, t, translate } from "./i18n.js";
import { later, quietly } from "./later.js";
import catalogue from "./locale.js";
import { Past } from "./past.js";
import { httpOnly, SettingsTab } from "./settings.js";
import { Picture } from "./picture.js";
import { ServerBar } from "./servers.js";
import { forgetToken, takeFromAddress, token } from "./session.js";
import { bindSplit } from "./split.js";
import { Store } from "./store.js";
import { ConnectionTable } from "./table.js";
import { tabs } from "./tabs.js";
import { palette, remember, remembered, setTheme, THEMES, watchTheme } from "./theme.js";
import { fromNanoseconds, readInstant } from "./time.js";
import { tokenForm } from "./token.js";
import { View } from "./view.js";

/** How often the dock is updated (ms). */
const DOCK_EVERY = 250;
/** How long (ms) the first view follows arriving events: past events arrive in batches. */
const LOOK_FOR = 1000;
/** Reading the past starts when no lines have arrived for this long (ms), so that the first picture does not wait for it. */
const PAST_AFTER = 100;
/** The maximum time (ms) before reading the past starts, and the time before a retry if reading has failed. */
const PAST_WITHIN = 1000;

/** The scales of the axis, in the form in which the preference is stored. */
const SCALES = ["compressed", "true"];

learn(catalogue);
takeFromAddress();

const $ = (selector) => document.querySelector(selector);

/** The state that the parts share. */
const model = {
  store: new Store(),
  view: new View(),
  options: { text: "", openOnly: false, server: "", trueScale: remembered("scale", SCALES, "compressed") === "true", collapsed: new Set() },
  servers: [],
  mayChange: false,
  version: "",
  clock: { whole: Date.now(), fraction: 0, at: performance.now() },
  /** The current time on the server's clock, in ms since the store's origin. */
  now() {
    const { whole, fraction, at } = model.clock;
    const origin = model.store.origin ?? whole;
    return Math.max(whole - origin + fraction + performance.now() - at, model.store.latest);
  },
  unusedAfter(local) {
    return fromNanoseconds(model.servers.find((s) => s.address === local)?.unused_ns);
  },
};

/**
 * `connected`: the server has answered. `known`: its state has arrived. `old`: the tab had a token of an earlier run.
 * `looking`: until when new events determine the first view. `earlier`: how many earlier lines are being read.
 */
const page = { connected: false, known: false, old: false, away: false, full: false, stopped: false, reading: true, looking: Infinity, earlier: 0 };
const past = new Past(model.store, parsed);
const go = (selection) => {
  picture.select(selection, { reveal: true });
  dock.open("detail");
};
const listeners = {
  chosen: (selection) => {
    for (const each of servers.pictures) Object.assign(each, { selected: selection, dirty: true });
    detail.show(selection);
    if (selection) capture.follow(selection.id);
  },
  opened: (_, focus) => dock.open("detail", focus),
  paused: () => showStatus(),
};
const picture = new Picture($("#picture"), model, listeners);
const servers = new ServerBar($("#servers"), model, picture, { listeners, changed: refiltered });
const detail = new Detail($("#detail"), model, { go, failed });
const table = new ConnectionTable($("#list"), model, go);
const settings = new SettingsTab($("#settings"), model, { changed: tookServer, failed });
const capture = new CaptureTab($("#capture"), model, {
  select: (id) => picture.select({ id, exchange: null }, { reveal: true }),
  opened: () => dock.open("capture"),
  failed,
});
const dock = tabs($("#dock"), { connections: () => table.update(), detail: () => detail.update(), settings: () => settings.update() });

// The server.

async function learnState() {
  try {
    const state = await api.getState();
    const instant = readInstant(state.time);
    if (instant) model.clock = { ...instant, at: performance.now() };
    model.servers = state.servers;
    tookAccess(state.may_change);
    model.version = state.labserve;
    page.reading = page.known = true;
    model.store.learnServers(state.servers);
    showServers();
    await reconcile();
  } catch (error) {
    failed(error);
  }
}

/** Fetches the open connections: the server may have dropped events about them. */
async function reconcile() {
  const asked = performance.now();
  try {
    const list = await api.getConnections();
    model.store.reconcile(list, model.now() - (performance.now() - asked));
  } catch (error) {
    failed(error);
  }
}

function tookServer(server) {
  model.servers = model.servers.map((s) => (s.number === server.number ? server : s));
  model.store.learnServers(model.servers);
  showServers();
}

/** Checks whether the token is valid. An invalid token is forgotten, so that it is not sent again. */
function tookAccess(mayChange) {
  model.mayChange = mayChange;
  if (mayChange) page.old = false;
  else if (token() !== "") {
    page.old = true;
    forgetToken();
  }
}

function failed(error) {
  if (error.status === 401 && error.code === "no_token") {
    tookAccess(false);
    // If even the state is refused, reading requires the token too.
    if (model.servers.length === 0) page.reading = false;
    showToken();
  }
}

/** Called with new lines: reads the past once they have all arrived. */
let whenQuiet = () => {};

const reopen = api.follow({
  begin(run, id, earlier) {
    if (run !== model.store.run) newRun(run);
    if (earlier === 0) return;
    page.earlier = earlier;
    past.hold();
    whenQuiet = quietly(() => readPast(run, id, earlier), PAST_AFTER, PAST_WITHIN);
    whenQuiet();
  },
  lines(run, texts) {
    if (run !== model.store.run) newRun(run);
    for (const text of texts) takeLine(text);
    whenQuiet();
    if (performance.now() < page.looking && model.store.connections.size > 0) firstLook();
  },
  open() {
    Object.assign(page, { connected: true, away: false, full: false, stopped: false });
    learnState();
    if (settings.profiles.length === 0) settings.learnProfiles();
    showStatus();
  },
  away(full) {
    Object.assign(page, { away: true, full });
    showStatus();
  },
});

/** Reads the lines before the event `id` while the page shows those after it. */
async function readPast(run, id, earlier) {
  if (run !== model.store.run) return;
  page.earlier = earlier;
  showStatus();
  try {
    await past.load(api.linesBefore(id), (by, axis) => {
      model.view.shift(by, axis, model.store.axis);
      for (const each of servers.pictures) each.refilter();
      reconcile();
    });
    page.earlier = 0;
  } catch (error) {
    failed(error);
    setTimeout(() => readPast(run, id, earlier), PAST_WITHIN);
  }
  showStatus();
}

function newRun(run) {
  past.stop();
  whenQuiet = () => {};
  page.earlier = 0;
  model.store.reset(run);
  model.store.learnServers(model.servers);
  page.looking = Infinity;
  picture.select(null);
}

/** The event of a line; null if it is not JSON. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function takeLine(text) {
  const line = parsed(text);
  if (line === null) return;
  model.store.apply(line, text.length);
  past.note(line, text.length);
  if (line.event === "change" || line.event === "reload") refreshSoon();
  if (line.event === "dropped") reconcileSoon();
  if (line.event === "stop") page.stopped = true;
}

const refreshSoon = later(learnState, 100);
const reconcileSoon = later(reconcile, 1500);

/** Sets the initial view to recent activity. */
function firstLook() {
  page.looking = Math.min(page.looking, performance.now() + LOOK_FOR);
  if (!model.view.live) return;
  picture.look();
}

// What is shown beside the picture.

function showStatus() {
  const { live } = model.view;
  const following = live ? "live" : "paused";
  const state = page.stopped ? "stopped" : page.full ? "full" : page.away ? "away" : page.connected ? following : "connecting";
  document.body.dataset.state = state;
  const words = t(`status.${state}`);
  say($("#status"), page.earlier > 0 ? t("status.earlier", { status: words, lines: page.earlier }) : words);
  const pause = $("#pause");
  say(pause, t(live ? "bar.pause" : "bar.live"));
  pause.setAttribute("aria-pressed", String(!live));
}

function showLost() {
  const { lost } = model.store;
  $("#lost").hidden = lost === 0;
  say($("#lost summary"), t("status.lost", { lines: lost }));
}

function showServers() {
  const links = model.servers.map((s) =>
    h("li", {}, h("a", { href: httpOnly(s.url), target: "_blank", rel: "noopener noreferrer" }, s.url), h("span", { class: "dim" }, ` ${s.name}: ${s.title ?? ""}`)),
  );
  $("#empty-servers").replaceChildren(...links);
  say($("#empty-do"), t(links.length > 0 ? "picture.empty.do" : "picture.empty.none"));
  settings.update();
  servers.update();
  showToken();
}

function showToken() {
  const holder = $("#token");
  const wanted = !page.reading ? "read" : model.mayChange || model.servers.length === 0 ? "" : "change";
  const key = `${wanted} ${page.old} ${language()}`;
  if (holder.dataset.shown === key) return;
  holder.dataset.shown = key;
  const taken = () => {
    learnState();
    if (settings.profiles.length === 0) settings.learnProfiles();
    if (!page.reading) reopen();
  };
  holder.replaceChildren(...(wanted === "" ? [] : [tokenForm({ reading: wanted === "read", old: page.old }, taken)]));
  // Every tab shows that its token is old.
  (wanted === "read" || page.old ? $("#stage") : $("#settings-tab")).prepend(holder);
}

let seen = -1;
setInterval(() => {
  const { store, options } = model;
  const none = store.connections.size === 0;
  $("#empty").hidden = !none || !page.reading || !page.known;
  $("#nothing").hidden = none || picture.list.length > 0 || !(options.text || options.openOnly || options.server);
  showLost();
  // Idle times grow without events, so the detail is always updated.
  if (dock.current() === "detail") detail.update();
  if (seen === store.version) return;
  seen = store.version;
  if (dock.current() === "connections") table.update();
  if (dock.current() === "settings") settings.list();
}, DOCK_EVERY);

// The bar.

$("#pause").addEventListener("click", () => picture.setLive(!model.view.live));
$("#closer").addEventListener("click", () => picture.zoom(1 / 1.6));
$("#wider").addEventListener("click", () => picture.zoom(1.6));
$("#all").addEventListener("click", () => picture.fit());
$("#filter").addEventListener("input", (event) => {
  model.options.text = event.target.value;
  refiltered();
});
$("#open-only").addEventListener("change", (event) => {
  model.options.openOnly = event.target.checked;
  refiltered();
});

$("#true-scale").checked = model.options.trueScale;
$("#true-scale").addEventListener("change", (event) => {
  model.options.trueScale = event.target.checked;
  remember("scale", event.target.checked ? "true" : "compressed");
  if (model.view.live) firstLook();
  else picture.fit();
});

function refiltered() {
  for (const each of servers.pictures) each.refilter();
  table.update();
  // The newest of the connections that match is at the top.
  $("#connections-tab").scrollTop = 0;
}

const exported = () => ({ ...model, list: picture.list, now: model.now(), palette: palette(), title: t("title") });
$("#export-svg").addEventListener("click", () => save(fileName(model.store, model.view, "svg"), "image/svg+xml", svg(exported())));
$("#export-har").addEventListener("click", () => save(fileName(model.store, model.view, "har"), "application/json", harOf(exported())));
$("#export-log").addEventListener("click", async () => {
  try {
    save(fileName(model.store, model.view, "jsonl"), "application/x-ndjson", await api.getLog());
  } catch (error) {
    failed(error);
  }
});
for (const item of document.querySelectorAll("#export [role=menuitem], #export a, #export button")) {
  item.addEventListener("click", () => ($("#export").open = false));
}
document.addEventListener("click", (event) => {
  if (!$("#export").contains(event.target)) $("#export").open = false;
});
$("#help-open").addEventListener("click", () => $("#help").showModal());
$("#help-close").addEventListener("click", () => $("#help").close());

bindSplit($("#split"), $("main"));
bindDrop($("#drop"), (file) => capture.take(file));

// On wide screens the legend is open from the start.
$("#legend").open = matchMedia("(min-width: 901px)").matches;

// Language and theme.

function speak(chosen) {
  setLanguage(chosen);
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : chosen;
  document.title = t("title");
  translate(document);
  $("#language").value = chosen;
  for (const each of servers.pictures) each.relabel();
  table.relabel();
  detail.show(detail.selection);
  settings.relabel();
  capture.relabel();
  showStatus();
  showServers();
}

const recolour = () => {
  for (const each of servers.pictures) each.recolour(palette());
};
$("#language").addEventListener("change", (event) => {
  remember("language", event.target.value);
  speak(event.target.value);
});
$("#theme").value = remembered("theme", THEMES, "auto");
$("#theme").addEventListener("change", (event) => {
  remember("theme", event.target.value);
  setTheme(event.target.value);
  recolour();
});
setTheme($("#theme").value);
watchTheme(recolour);
speak(remembered("language", LANGUAGES, choose(navigator.languages ?? [navigator.language])));
picture.start(palette());
