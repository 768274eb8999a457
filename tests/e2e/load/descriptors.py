#!/usr/bin/env python3
"""labserve without free descriptors: it does not crash or spin, and serves again as soon as some are free.

    tests/e2e/load/descriptors.py [--limit N] [--seconds N]

The server may have N (64) descriptors. The soft limit is half of that, so it has to raise the limit
itself. Then more clients come than it can accept. Accepted clients are served, files included; the others wait.
Meanwhile the server uses under 5 % of a CPU. When some clients leave, the next are served.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve

# The maximum time for an ordinary reply here.
PATIENCE_S = 3.0


def is_served(connection):
    """Whether a connection gets a reply."""
    try:
        return connection.ask("/index.html")[0] == 200
    except http1.Broken:
        return False


def accepted_clients_are_served(accepted, failures):
    served = sum(is_served(client) for client in accepted)
    print(f"{served} of the first {len(accepted)} clients are served meanwhile")
    if served < len(accepted):
        failures.append(f"{len(accepted) - served} of the first {len(accepted)} clients are not served")
    # Each file that is not open yet needs a descriptor.
    statuses = {accepted[0].ask(f"/file-{n}")[0] for n in range(50)}
    print(f"50 other files, one after the other: {sorted(statuses)}")
    if statuses != {200}:
        failures.append(f"50 other files were answered with {sorted(statuses)}")


def waiting_clients_are_served_in_the_end(server, clients, failures):
    waiting = clients[-1]
    waiting.socket.settimeout(0.3)
    if is_served(waiting):
        failures.append("the last client is served, so descriptors were not used up")
    for client in clients[:-1]:
        client.close()
    begun = time.perf_counter()
    waiting.socket.settimeout(PATIENCE_S)
    try:
        resumed = waiting.reply()[0] == 200
    except http1.Broken as broken:
        resumed = False
        failures.append(f"the client that waited: {broken}")
    print(f"a client that waited is served {1000 * (time.perf_counter() - begun):.0f} ms after others left")
    if not (resumed and is_served(http1.Connection(server.address, timeout=PATIENCE_S))):
        failures.append("it does not serve again")


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--limit", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--profile", default="nginx")
    options = parser.parse_args()
    failures = []
    files = {f"file-{n}": b"content " * 4000 for n in range(200)}
    with (
        sites.small(**files) as root,
        Labserve(
            options.binary,
            "--profile",
            options.profile,
            "--root",
            root,
            "--log",
            "text/warn",
            descriptors=(options.limit // 2, options.limit),
        ) as server,
    ):
        with http1.Connection(server.address) as first:
            if not is_served(first):
                raise SystemExit("it does not serve at all")
        base = server.descriptors()
        if server.descriptor_limits() != (options.limit, options.limit):
            failures.append(f"its limits are {server.descriptor_limits()}")
        clients = [http1.Connection(server.address, timeout=PATIENCE_S) for _ in range(2 * options.limit)]
        time.sleep(1)
        print(f"{base} descriptors without a client, {server.descriptors()} with {len(clients)}, limit {options.limit}")
        cpu = server.cpu_s()
        time.sleep(options.seconds)
        cpu = (server.cpu_s() - cpu) / options.seconds
        print(f"CPU while none are left: {100 * cpu:.1f} %")
        if cpu >= 0.05:
            failures.append(f"it uses {100 * cpu:.1f} % of a CPU")
        accepted_clients_are_served(clients[:10], failures)
        waiting_clients_are_served_in_the_end(server, clients, failures)
        if not server.is_running():
            failures.append("it has ended")
        lines = server.log().splitlines()
        print(f"{len(lines)} lines in its log" + (f", the first: {lines[0]}" if lines else ""))
        if len(lines) > 10:
            failures.append(f"it filled its log with {len(lines)} lines")
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
