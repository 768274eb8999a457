#!/usr/bin/env python3
"""Clients that use up resources, against a server with a limit of 64 MiB: it survives, and serves others meanwhile.

    tests/e2e/load/bombs.py [--mib N] [--seconds N] [--profiles NAME ...]

The server runs in a memory cgroup of N (64) MiB, where the kernel kills it if it takes more (root is needed to make
one). Each bomb lasts N (3) seconds: pipelined requests whose responses are never read, endless uploads, heads that
never end, large files that are never read, and as many idle connections as descriptors allow, up to 10,000. During
each, a new client is served within 5 s. At the end, the server must still be the same process. The idle connections get
a separate server. Needs a release build: an unoptimized one is too slow for this load.
"""

import contextlib
import os
import pathlib
import re
import resource
import selectors
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve

# How long a new client may wait for its response meanwhile.
PATIENCE_S = 5.0
LARGE = 8 << 20


class Cgroup:
    """A memory cgroup with a limit, of version 1 or 2. It is removed when its `with` block ends."""

    def __init__(self, mebibytes):
        first = pathlib.Path("/sys/fs/cgroup/memory")
        self.is_first = first.is_dir()
        self.path = (first if self.is_first else first.parent) / f"labserve-bombs-{os.getpid()}"
        self.path.mkdir()
        try:
            name = "memory.limit_in_bytes" if self.is_first else "memory.max"
            (self.path / name).write_text(str(mebibytes << 20))
        except OSError:
            self.path.rmdir()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.path.rmdir()
                return
            time.sleep(0.05)

    def prefix(self):
        """The command that runs another one in it."""
        return ["sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"]

    def most_mib(self):
        """The highest usage in MiB, page cache included; None if the kernel does not report it."""
        with contextlib.suppress(OSError):
            name = "memory.max_usage_in_bytes" if self.is_first else "memory.peak"
            return int((self.path / name).read_text()) / 2**20
        return None

    def kills(self):
        """How many processes the kernel has killed because of the limit."""
        name = "memory.oom_control" if self.is_first else "memory.events"
        found = re.search(r"^oom_kill (\d+)", (self.path / name).read_text(), re.MULTILINE)
        return int(found.group(1)) if found else 0


def head(method, path, fields=""):
    return f"{method} {path} HTTP/1.1\r\nHost: lab.test\r\n{fields}\r\n".encode()


# For each: what a client sends first, what it sends repeatedly, and the number of clients.
BOMBS = {
    "pipelines unread": (b"", head("GET", "/page") * 200, 300),
    "uploads": (head("POST", "/page", "Content-Length: 1000000000\r\n"), b"u" * 65536, 500),
    "uploads in chunks": (
        head("POST", "/page", "Transfer-Encoding: chunked\r\n"),
        b"400\r\n" + b"u" * 1024 + b"\r\n",
        500,
    ),
    "endless heads": (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"h" * 16384, 500),
    "endless fields": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n" * 1000, 500),
    "slow readers": (head("GET", "/large"), b"", 300),
}


class Client:
    """A client that sends as long as the server accepts data, and reads nothing."""

    def __init__(self, address, first):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.socket.connect(address)
        self.due = first

    def send(self, again):
        """Sends what it can. False if the connection has ended."""
        try:
            self.due = self.due or again
            self.due = self.due[self.socket.send(self.due) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True


def explode(address, first, again, count, seconds):
    """Runs a bomb. Returns how long new clients waited to be served meanwhile, in seconds; None for a client that was
    not."""
    took = []
    selector = selectors.DefaultSelector()
    clients = [Client(address, first) for _ in range(count)]
    for client in clients:
        selector.register(client.socket, selectors.EVENT_WRITE, client)
    begun = time.monotonic()
    next_probe = begun + seconds / 3
    while time.monotonic() < begun + seconds:
        for key, _ in selector.select(timeout=0.05):
            client = key.data
            done = not client.send(again) or not (client.due or again)
            if done:
                selector.unregister(client.socket)
        if time.monotonic() >= next_probe:
            took.append(probe(address))
            next_probe = time.monotonic() + seconds / 3
    took.append(probe(address))
    selector.close()
    for client in clients:
        client.socket.close()
    return took


def probe(address):
    begun = time.monotonic()
    try:
        with http1.Connection(address, timeout=PATIENCE_S) as client:
            return time.monotonic() - begun if client.ask("/page")[0] == 200 else None
    except (http1.Broken, OSError):
        return None


def connect_many(address, count):
    """Opens idle connections after a request each. Returns them."""
    clients = []
    with contextlib.suppress(OSError, http1.Broken):
        for _ in range(count):
            client = http1.Connection(address, timeout=PATIENCE_S)
            clients.append(client)
            client.ask("/page")
    return clients


def serving(options, profile, root, cgroup):
    """A server in a cgroup."""
    arguments = ("--profile", profile, "--root", root, "--log", "text/error", "--timeline", "127.0.0.1:0")
    return Labserve(options.binary, *arguments, prefix=cgroup.prefix())


def rest(profile, server, cgroup, most):
    """Opens `most` idle connections at a time. Returns what failed."""
    clients = connect_many(server.address, most)
    took = probe(server.address)
    print(f"{profile:8} {len(clients)} idle connections; a new client: {took and round(1000 * took)} ms", flush=True)
    for client in clients:
        client.close()
    if not server.is_running() or cgroup.kills():
        return [f"{profile}: {most} idle connections: it is killed"]
    if took is None or len(clients) < most:
        return [f"{profile}: {len(clients)} of {most} idle connections; then a new client: {took}"]
    return []


def attack(options, profile, root, most):
    """Lets all bombs explode under a profile. Returns what failed."""
    failures = []
    with Cgroup(options.mib) as cgroup, serving(options, profile, root, cgroup) as server:
        failures += rest(profile, server, cgroup, most)
    # On a separate server: sockets count in the cgroup too, and 10,000 of them take a while to disappear.
    with Cgroup(options.mib) as cgroup, serving(options, profile, root, cgroup) as server:
        for name, (first, again, count) in BOMBS.items():
            took = explode(server.address, first, again, count, options.seconds)
            slowest = "not served" if None in took else f"{1000 * max(took):.0f} ms"
            most_mib = cgroup.most_mib()
            used = "" if most_mib is None else f", {most_mib:.0f} MiB used at most"
            print(f"{profile:8} {name:18} {count} clients; a new client: {slowest}{used}", flush=True)
            if not server.is_running() or cgroup.kills():
                return [f"{profile}: {name}: it is killed"]
            if None in took:
                failures.append(f"{profile}: {name}: a new client is not served")
        if server.log():
            failures.append(f"{profile}: its log: {server.log()[:500]}")
    return failures


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--profiles", nargs="+", default=["node", "nginx"], metavar="NAME")
    options = parser.parse_args()
    try:
        with Cgroup(options.mib):
            pass
    except OSError as error:
        return cli.skip(f"bombs: no memory cgroup can be made here: {error}")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # The server has the same limit, and keeps a reserve.
    most = min(10_000, hard - 1000)
    failures = []
    with sites.small(page=b"page " * 200, large=b"l" * LARGE) as root:
        for profile in options.profiles:
            failures += attack(options, profile, root, most)
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
