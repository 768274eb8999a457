// Raw clients for timeline_page.mjs: each opens one connection and ends it in a different way, or lets the server end
// it.
//
// Knows sockets. Must not know what a server should reply, or the timeline.

import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Waits until `probe` returns something true, and returns it. */
export async function until(what, probe, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await wait(50);
  }
}

/** Sends bytes on a new socket. Resolves after a head, or the end, to `{socket, port, text, error, ended}`. */
export function talk(port, bytes, { keep = false } = {}) {
  return new Promise((done, refuse) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: keep === "half" }, () => bytes && socket.write(bytes, "latin1"));
    const said = { socket, text: "", error: null, ended: false };
    socket.setEncoding("latin1");
    socket.on("data", (text) => (said.text += text));
    socket.on("error", (error) => {
      said.error = error;
      if (!said.port) refuse(error);
    });
    socket.on("close", () => (said.ended = true));
    socket.on("connect", async () => {
      said.port = String(socket.localPort);
      if (bytes) await until("an answer", () => said.text.includes("\r\n\r\n") || said.ended).catch(refuse);
      if (!keep) socket.destroy();
      done(said);
    });
  });
}

/** One GET. Resolves to its status and fields. */
export function fetchHead(url) {
  return new Promise((done, refuse) => {
    get(url, { agent: false }, (reply) => {
      reply.resume();
      reply.on("end", () => done({ status: reply.statusCode, fields: reply.headers }));
    }).on("error", refuse);
  });
}

const ASK = "GET /static/style1.css HTTP/1.1\r\nHost: a\r\n\r\n";
/** Opens a connection and sends nothing. */
const open = (port) => talk(port, null, { keep: true });
const asked = (port, bytes = ASK) => talk(port, bytes, { keep: true });
/** Waits for the server to end the connection, at most that long. */
const ended = (said, seconds = 3) => until("the server's end", () => said.ended || said.socket.readableEnded, seconds).catch(() => {});

/** The ways to end a connection: the name of each, and what a client does on a port. */
export const ENDINGS = [
  ["FIN between requests", async (port) => {
    const said = await asked(port);
    await wait(250);
    said.socket.end();
    await ended(said);
  }],
  ["RST between requests", async (port) => {
    const said = await asked(port);
    await wait(250);
    said.socket.resetAndDestroy();
  }],
  ["half-closed after its request", async (port) => {
    const { socket, ...said } = await talk(port, null, { keep: "half" });
    socket.end(ASK, "latin1");
    await wait(400);
    socket.destroy();
    return said;
  }],
  ["never used, FIN", async (port) => {
    const said = await open(port);
    await wait(200);
    said.socket.end();
    await ended(said);
  }],
  ["never used, RST", async (port) => {
    const said = await open(port);
    await wait(200);
    said.socket.resetAndDestroy();
  }],
  ["FIN in the middle of a head", async (port) => {
    const said = await open(port);
    said.socket.write("GET / HTTP/1.1\r\nHos");
    await wait(200);
    said.socket.end();
    await ended(said);
  }],
  ["RST in the middle of a head", async (port) => {
    const said = await open(port);
    said.socket.write("GET / HTTP/1.1\r\nHos");
    await wait(200);
    said.socket.resetAndDestroy();
  }],
  ["a head in three parts, then silence", async (port) => {
    const said = await open(port);
    for (const part of ["GET /static/style1.css HT", "TP/1.1\r\nHo", "st: a\r\n\r\n"]) {
      said.socket.write(part);
      await wait(80);
    }
    await wait(300);
    said.socket.write(ASK);
    await wait(300);
    said.socket.end();
    await ended(said);
  }],
  ["asked for close", async (port) => ended(await asked(port, ASK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")))],
  ["HTTP/1.0", async (port) => ended(await asked(port, ASK.replace("1.1", "1.0")))],
  ["a refused request", async (port) => {
    const said = await asked(port, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
    await ended(said);
    said.socket.destroy();
  }],
  ["a refused request, and much after it", async (port) => {
    const said = await asked(port, `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n${"x".repeat(300_000)}`);
    await ended(said);
    said.socket.destroy();
  }],
  ["three requests at once", async (port) => {
    const said = await asked(port, ["/", "/static/style1.css", "/nothing"].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    await wait(300);
    said.socket.end();
    await ended(said);
  }],
  ["a body in parts", async (port) => {
    const said = await open(port);
    said.socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    await wait(100);
    said.socket.write("world");
    await wait(300);
    said.socket.end();
    await ended(said);
  }],
  ["HEAD, a range and a condition", async (port) => {
    const said = await asked(port, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await wait(30);
    said.socket.write("GET /static/head.jpg HTTP/1.1\r\nHost: a\r\nRange: bytes=10-19, 30-39\r\n\r\n");
    await wait(30);
    said.socket.write("GET / HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Tue, 31 Oct 2034 15:31:16 GMT\r\n\r\n");
    await wait(200);
    said.socket.end();
    await ended(said);
  }],
  ["RST in the middle of a reply", async (port) => {
    const said = await open(port);
    said.socket.pause();
    said.socket.write("GET /static/BGM.wav HTTP/1.1\r\nHost: a\r\n\r\n");
    await wait(50);
    said.socket.resetAndDestroy();
  }],
];
