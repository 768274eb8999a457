#!/usr/bin/env python3
"""A thousand idle clients of the timeline do not block the served ports.

    tests/e2e/load/seats.py [--clients N] [--limit N]

The server may have N (512) descriptors. N (1000) clients without a token connect to its timeline and send nothing. The
timeline admits an eighth of that number, and at most 128: the other connections are closed. Meanwhile new clients of
the served port are served at once, and the timeline's page still comes.
"""

import contextlib
import pathlib
import resource
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve

# How long an ordinary response may take here. Before the limit existed, it took 30 s.
PATIENCE_S = 5.0


def is_answered(address, path):
    try:
        with http1.Connection(address, timeout=PATIENCE_S) as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n".encode())
            return client.reply()[0] == 200
    except (http1.Broken, OSError):
        return False


def connect(address, count):
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.settimeout(PATIENCE_S)
        with contextlib.suppress(OSError):
            client.connect(address)
        clients.append(client)
    return clients


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--limit", type=int, default=512)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, options.clients + 200), hard))
    failures = []
    with (
        sites.small() as root,
        Labserve(
            options.binary,
            *("--profile", "nginx", "--root", root, "--timeline", "127.0.0.1:0", "--log", "text/warn"),
            descriptors=(options.limit, options.limit),
        ) as server,
    ):
        before = server.descriptors()
        idle = connect(server.timeline, options.clients)
        begun = time.perf_counter()
        served = sum(is_answered(server.address, "/index.html") for _ in range(20))
        took = time.perf_counter() - begun
        page = is_answered(server.timeline, "/")
        more = server.descriptors() - before
        most = min(128, options.limit // 8)
        print(f"{len(idle)} idle clients of the timeline hold {more} descriptors; {most} seats")
        print(f"{served} of 20 new clients of the served port are served, in {1000 * took:.0f} ms; the page: {page}")
        if served < 20:
            failures.append(f"{20 - served} of 20 clients of the served port are not served")
        if not page:
            failures.append("the timeline's page does not come")
        # The served connections may still be closing, and files stay open.
        if more > most + 30:
            failures.append(f"{more} more descriptors than without clients")
        for client in idle:
            client.close()
        log = [line for line in server.log().splitlines() if "running as root" not in line]
        if log:
            failures.append(f"its log: {log}")
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
