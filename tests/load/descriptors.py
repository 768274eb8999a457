#!/usr/bin/env python3
"""labserve with no descriptors left: no crash, no spin, and it serves again as soon as there are some.

    tests/load/descriptors.py [--limit N] [--seconds N]

The server may have N (64) descriptors, not one more; the soft limit is half of that, so it has to raise it itself. Then
there are more clients than it can accept. Those that were accepted are served, files included; the others wait. The
server uses under 5 % of a CPU meanwhile. When some leave, the next are served.
"""
import argparse
import sys
import time

import http1
import lab

# How long an ordinary answer may take here.
PATIENCE_S = 3.0


def is_served(connection):
    """Whether a connection is answered."""
    try:
        return connection.ask("/index.html")[0] == 200
    except http1.Broken:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--profile", default="nginx")
    options = parser.parse_args()
    failures = []
    files = {f"file-{n}": b"content " * 4000 for n in range(200)}
    with lab.site(**files) as root, lab.labserve("--profile", options.profile, "--port", 0, "--root", root, "--log", "text/warn",
                                                 soft=options.limit // 2, hard=options.limit) as server:
        with http1.Connection(server.address) as first:
            if not is_served(first):
                raise SystemExit("it does not serve at all")
        base = server.descriptors()
        if server.limit() != (options.limit, options.limit):
            failures.append(f"its limits are {server.limit()}")
        clients = [http1.Connection(server.address, timeout=PATIENCE_S) for _ in range(2 * options.limit)]
        time.sleep(1)
        print(f"{base} descriptors without a client, {server.descriptors()} with {len(clients)}, limit {options.limit}")
        cpu = server.cpu_s()
        time.sleep(options.seconds)
        cpu = (server.cpu_s() - cpu) / options.seconds
        print(f"CPU while none are left: {100 * cpu:.1f} %")
        if cpu >= 0.05:
            failures.append(f"it uses {100 * cpu:.1f} % of a CPU")
        accepted = clients[:10]
        served = sum(is_served(c) for c in accepted)
        print(f"{served} of the first 10 clients are served meanwhile")
        if served < 10:
            failures.append(f"{10 - served} of the first 10 clients are not served")
        # Files that are not open yet need a descriptor each.
        answers = [accepted[0].ask(f"/file-{n}")[0] for n in range(50)]
        print(f"50 other files, one after the other: {sorted(set(answers))}")
        if set(answers) != {200}:
            failures.append(f"50 other files were answered with {sorted(set(answers))}")
        waiting = clients[-1]
        waiting.socket.settimeout(0.3)
        if is_served(waiting):
            failures.append("the last client is served, so descriptors were not used up")
        for client in clients[:-1]:
            client.socket.close()
        begun = time.perf_counter()
        waiting.socket.settimeout(PATIENCE_S)
        try:
            resumed = waiting.reply()[0] == 200
        except http1.Broken as broken:
            resumed = False
            failures.append(f"the client that waited: {broken}")
        print(f"a client that waited is served {1000 * (time.perf_counter() - begun):.0f} ms after others left")
        fresh = http1.Connection(server.address, timeout=PATIENCE_S)
        if not (resumed and is_served(fresh)):
            failures.append("it does not serve again")
        if server.popen.poll() is not None:
            failures.append("it has ended")
        server.log.seek(0)
        lines = server.log.read().decode().splitlines()
        print(f"{len(lines)} lines in its log" + (f", the first: {lines[0]}" if lines else ""))
        if len(lines) > 10:
            failures.append(f"it filled its log with {len(lines)} lines")
    return lab.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
