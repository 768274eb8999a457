#!/usr/bin/env python3
"""max_connections and min_rate under many clients.

    tests/load/limits.py [--clients N]

Of N clients (300) with `max_connections = 100`, 100 are served, the others are told 503 and ended with FIN, and when the
first leave there is room again. Of clients that stall a large reply with `min_rate`, all are ended in its time, an
ordinary client is served meanwhile, and their descriptors and memory are given back.
"""
import argparse
import collections
import sys
import time

import http1
import lab

MOST = 100


def too_many(root, profile, clients, failures):
    with lab.labserve("--profile", profile, "--port", 0, "--root", root, "--log", "text/error",
                      "--set", f"connection.max_connections={MOST}") as server:
        connections, met = [], collections.Counter()
        for _ in range(clients):
            connection = http1.Connection(server.address)
            connections.append(connection)
            if len(connections) <= MOST:
                met[connection.ask()[0]] += 1
            else:
                # What is refused is told so before it has asked.
                met[connection.reply()[0]] += 1
                met[connection.end()] += 1
        print(f"{profile}: {clients} clients, at most {MOST}: {dict(met)}")
        if met != {200: MOST, 503: clients - MOST, http1.CLOSED: clients - MOST}:
            failures.append(f"{profile}: {dict(met)}")
        again = sum(connection.ask()[0] == 200 for connection in connections[:MOST])
        for connection in connections[:MOST // 2]:
            connection.socket.close()
        deadline, late = time.monotonic() + 5, 0
        while time.monotonic() < deadline and late < MOST // 2:
            connection = http1.Connection(server.address)
            try:
                connections.append(connection)
                late += connection.ask()[0] == 200
            except http1.Broken:
                pass
        print(f"{profile}: {again} of the first are served again; {late} of those who came when {MOST // 2} had left")
        if again != MOST or late != MOST // 2:
            failures.append(f"{profile}: {again} of the first, {late} of the later are served")


def stalled(root, profile, clients, failures):
    with lab.labserve("--profile", profile, "--port", 0, "--root", root, "--log", "text/error",
                      "--set", "connection.max_requests=0", "--set", "writes.min_rate=100000", "--set", "writes.min_rate_after=2s",
                      "--set", "close.slow_reader=\"rst\"") as server:
        ordinary = http1.Connection(server.address)
        ordinary.ask()
        # The others come to the files that are open without a client.
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=300)
    options = parser.parse_args()
    failures = []
    with lab.site(large=b"x" * (16 << 20)) as root:
        for profile in ("node", "nginx", "apache"):
            too_many(root, profile, options.clients, failures)
            stalled(root, profile, options.clients, failures)
    return lab.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
