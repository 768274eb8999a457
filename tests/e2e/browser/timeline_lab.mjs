// Shared by the tests of the timeline's page: their options, the tools that they install, `labserve lab` as a process,
// dumpcap, and the controls of the page.
//
// Knows processes and the page's elements. Must not know what is tested.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { until } from "./timeline_clients.mjs";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(HERE, "../../..");
export const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    binary: { type: "string", default: process.env.LABSERVE_PROGRAM ?? join(ROOT, "target/release/labserve") },
    artefacts: { type: "string", default: join(ROOT, "target/artefacts") },
    "base-port": { type: "string", default: "26300" },
  },
});
export const WORK = join(ROOT, "target/timeline-page");
export const TIMELINE = Number(options["base-port"]) + 90;
export const LOG = join(WORK, "events.jsonl");
/** The log of the program when it is started again. */
export const SECOND_LOG = join(WORK, "events-again.jsonl");
export const CAPTURE = join(WORK, "capture.pcapng");
export const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** The number of checks that passed and failed, and of statements of the page that were compared. */
export const tally = { passed: 0, failed: 0, claimed: 0 };

/** Runs a check, and counts it as passed or failed. */
export async function check(name, action) {
  try {
    await action();
    tally.passed += 1;
    console.log(`ok: ${name}`);
  } catch (why) {
    tally.failed += 1;
    console.log(`FAILED: ${name}: ${why.stack ?? why}`);
  }
}

// Tools.

function install(command, ...argv) {
  const done = spawnSync(command, argv, { encoding: "utf8", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  if (done.status !== 0) throw new Error(`${command} ${argv.join(" ")}: ${done.stderr ?? done.error}`);
}

export function browserPath() {
  const found = () => ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (!found()) {
    install("apt-get", "update", "-qq");
    install("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium");
  }
  return found();
}

/** A package from npm, of a major version, installed into target/ if it is not there. */
export function npm(name, version) {
  // Looked up as a file: Node remembers a package that it did not find.
  if (!existsSync(join(WORK, "node_modules", name))) {
    if (!existsSync(join(WORK, "package.json"))) writeFileSync(join(WORK, "package.json"), '{"private":true}\n');
    install("npm", "install", "--prefix", WORK, "--no-audit", "--no-fund", "--save", `${name}@${version}`);
  }
  return createRequire(join(WORK, "package.json"))(name);
}

export const playwright = () => npm("playwright-core", 1).chromium;

// The server.

/** dumpcap on the ports of the servers, without that of the timeline. */
export class Capture {
  static async start() {
    if (spawnSync("dumpcap", ["-v"]).error) install("apt-get", "install", "-y", "-qq", "--no-install-recommends", "tshark");
    const ports = `tcp portrange ${options["base-port"]}-${TIMELINE - 1}`;
    const capture = new Capture();
    capture.process = spawn("dumpcap", ["-q", "-i", "lo", "-B", "16", "-f", ports, "-w", CAPTURE], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    capture.process.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    capture.ended = new Promise((done) => capture.process.on("exit", done));
    await until("dumpcap to capture", () => /^File:/m.test(said) || capture.process.exitCode !== null);
    if (capture.process.exitCode !== null) throw new Error(`dumpcap: ${said}`);
    await wait(300);
    return capture;
  }

  async stop() {
    await wait(1000);
    this.process.kill("SIGINT");
    await this.ended;
  }
}

/** `labserve lab` over the demo site, with an event log and a timeline. `ports` are by profile. */
export class Lab {
  static async start(log = LOG) {
    writeFileSync(log, "");
    const lab = new Lab();
    lab.process = spawn(
      resolve(options.binary),
      ["lab", "--root", join(ROOT, "static"), "--base-port", options["base-port"], "--events", log, "--timeline", `127.0.0.1:${TIMELINE}`],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    lab.ports = {};
    lab.said = "";
    lab.process.stdout.setEncoding("utf8").on("data", (text) => (lab.said += text));
    lab.ended = new Promise((done) => lab.process.on("exit", done));
    const url = await until("the start lines", () => {
      for (const [, name, port] of lab.said.matchAll(/^\s+(\S+)\s+http:\/\/127\.0\.0\.1:(\d+)\/(?!\?)/gm)) lab.ports[name] = Number(port);
      return lab.ports.node && lab.said.match(/http:\S+\?token=(\S+)/);
    });
    [lab.timeline, lab.token] = url;
    return lab;
  }

  site(name) {
    return `http://127.0.0.1:${this.ports[name]}/`;
  }

  /** Stops it gracefully. Returns its exit code. */
  async stop() {
    this.process.kill("SIGTERM");
    const code = await Promise.race([this.ended, wait(15_000, "still running after 15 s", { ref: false })]);
    this.process.kill("SIGKILL");
    await this.ended;
    return code;
  }
}

// The page.

/** The rows of the table, each as an object of its data. */
export const rows = (page) => page.$$eval("table.connections tbody tr", (list) => list.map((row) => ({ ...row.dataset, port: row.querySelector("button").textContent, text: row.textContent })));
export const rowOf = async (page, port) => (await rows(page)).find((row) => row.port === port);
export const tab = (page, name) => page.click(`#tab-${name}`);

export async function openConnection(page, port) {
  await tab(page, "connections");
  await until(`port ${port} in the table`, () => rowOf(page, port));
  await page.locator("table.connections tbody tr button", { hasText: port }).first().click();
  await page.waitForSelector(".panel.connection");
}

export async function openExchange(page, port, request) {
  await openConnection(page, port);
  await page.locator(".rung[data-event=reply] button").nth(request - 1).click();
  await page.waitForSelector(`.panel.exchange[data-request="${request}"]`);
}

export async function download(page, action) {
  const [file] = await Promise.all([page.waitForEvent("download"), action()]);
  return readFileSync(await file.path(), "utf8");
}
