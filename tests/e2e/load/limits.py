#!/usr/bin/env python3
"""max_connections and min_rate under many clients.

    tests/e2e/load/limits.py [--clients N]

Of N clients (300) with `max_connections = 100`, 100 are served, and the others get 503 and FIN. When some of the first
leave, others are served. With `min_rate`, all clients that stall a large reply are ended in time. An ordinary client is
served meanwhile, and the descriptors of the others are freed.
"""

import collections
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve

MOST = 100


def too_many(start, profile, clients, failures):
    with start(profile, "--set", f"connection.max_connections={MOST}") as server:
        connections, got = [], collections.Counter()
        for _ in range(clients):
            connection = http1.Connection(server.address)
            connections.append(connection)
            if len(connections) <= MOST:
                got[connection.ask()[0]] += 1
            else:
                # A refused client gets its reply before it has sent a request.
                got[connection.reply()[0]] += 1
                got[connection.end()] += 1
        print(f"{profile}: {clients} clients, at most {MOST}: {dict(got)}")
        if got != {200: MOST, 503: clients - MOST, http1.CLOSED: clients - MOST}:
            failures.append(f"{profile}: {dict(got)}")
        again = sum(connection.ask()[0] == 200 for connection in connections[:MOST])
        for connection in connections[: MOST // 2]:
            connection.close()
        deadline, late = time.monotonic() + 5, 0
        while time.monotonic() < deadline and late < MOST // 2:
            connection = http1.Connection(server.address)
            try:
                connections.append(connection)
                late += connection.ask()[0] == 200
            except http1.Broken:
                pass
        print(f"{profile}: {again} of the first are served again; {late} new ones after {MOST // 2} have left")
        if again != MOST or late != MOST // 2:
            failures.append(f"{profile}: {again} of the first, {late} of the later are served")


def stalled(start, profile, clients, failures):
    with start(
        profile,
        "--set",
        "connection.max_requests=off",
        "--set",
        "writes.min_rate=100000",
        "--set",
        "writes.min_rate_after=2s",
        "--set",
        'close.slow_reader="rst"',
    ) as server:
        ordinary = http1.Connection(server.address)
        ordinary.ask()
        # In addition to its clients, the server keeps a few files open.
        before = server.descriptors()
        stalling = []
        for _ in range(clients):
            connection = http1.Connection(server.address)
            connection.send(http1.request("/large"))
            stalling.append(connection)
        time.sleep(1)
        begun, held = time.monotonic(), server.descriptors()
        while server.descriptors() > before + 10 and time.monotonic() < begun + 10:
            ordinary.ask()
            time.sleep(0.01)
        took = 1 + time.monotonic() - begun
        left = server.descriptors()
        print(f"{profile}: {clients} readers that stall hold {held} descriptors; {left} are left after {took:.1f} s")
        if held < clients or left > before + 10 or not 1.5 <= took <= 4:
            failures.append(f"{profile}: {held} descriptors, {left} after {took:.1f} s")


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--clients", type=int, default=300)
    options = parser.parse_args()
    failures = []
    with sites.small(large=b"x" * (16 << 20)) as root:

        def start(profile, *settings):
            return Labserve(options.binary, "--profile", profile, "--root", root, "--log", "text/error", *settings)

        for profile in ("node", "nginx", "apache"):
            too_many(start, profile, options.clients, failures)
            stalled(start, profile, options.clients, failures)
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
