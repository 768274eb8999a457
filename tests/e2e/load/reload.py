#!/usr/bin/env python3
"""SIGHUP under load: new requests get the new configuration, no connection is dropped, a mistake changes nothing.

    tests/e2e/load/reload.py [--reloads N]

Clients ask again and again on connections that they never close. Meanwhile server.toml is rewritten N times (20), each
time with another `Keep-Alive: timeout`; every second time a version with a mistake follows. Once a reload is done,
every request that is sent gets the new value. No reply is cut short, and no connection ends.
"""

import pathlib
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve

# The maximum time for a reload under this load.
PATIENCE_S = 3.0
CLIENTS = 16


def configuration(value):
    return f'[override.connection]\nfields.keep = ["Connection: keep-alive", "Keep-Alive: timeout={value}"]\n'


class Client(threading.Thread):
    """Sends requests on one connection until `finish` is called. `last` is the time of the last request and its
    value."""

    def __init__(self, address, failures):
        super().__init__(daemon=True)
        self.connection = http1.Connection(address)
        self.failures, self.replies, self.last, self.finish = failures, 0, (0.0, None), False

    def run(self):
        try:
            while not self.finish:
                asked = time.monotonic()
                status, head, _ = self.connection.ask("/medium" if self.replies % 7 == 0 else "/")
                value = http1.field(head, b"keep-alive")
                if status != 200 or value is None:
                    self.failures.append(f"a reply with {status} and Keep-Alive: {value}")
                    return
                self.replies, self.last = self.replies + 1, (asked, value)
        except http1.Broken as broken:
            self.failures.append(f"a connection was dropped: {broken}")


def all_have(clients, value, since):
    """Whether the last reply of every client, to a request sent after `since`, has this value."""
    return all(client.last[0] > since and client.last[1] == f"timeout={value}".encode() for client in clients)


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--reloads", type=int, default=20)
    options = parser.parse_args()
    failures, slowest = [], 0.0
    with tempfile.TemporaryDirectory() as name, sites.small(medium=b"m" * 100_000) as root:
        file = pathlib.Path(name) / "server.toml"
        file.write_text(configuration(1))
        with Labserve(
            options.binary, "--profile", "node", "--root", root, "--log", "text/error", "--config", file
        ) as server:
            clients = [Client(server.address, failures) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for value in range(2, options.reloads + 2):
                file.write_text(configuration(value))
                begun = time.monotonic()
                server.signal(signal.SIGHUP)
                while not all_have(clients, value, begun) and time.monotonic() < begun + PATIENCE_S:
                    time.sleep(0.002)
                slowest = max(slowest, time.monotonic() - begun)
                # From now on, no client may get an older value.
                time.sleep(0.1)
                if not all_have(clients, value, begun):
                    failures.append(f"not everybody got timeout={value} within {PATIENCE_S} s")
                if value % 2 == 0:
                    file.write_text("[override.connection]\npersistant = true\n" + configuration(99).split("\n", 1)[1])
                    server.signal(signal.SIGHUP)
                    time.sleep(0.3)
                    if not all_have(clients, value, begun):
                        failures.append(f"a configuration with a mistake changed what is served (after {value})")
            for client in clients:
                client.finish = True
            for client in clients:
                client.join(10)
            reported = server.log().count("persistant")
    replies = sum(client.replies for client in clients)
    print(
        f"{options.reloads} reloads under {CLIENTS} clients, {replies} replies; the slowest held for all after "
        f"{1000 * slowest:.0f} ms; {reported} mistakes were reported"
    )
    if reported < options.reloads // 2:
        failures.append(f"only {reported} of {options.reloads // 2} mistakes were reported")
    return cli.verdict(failures[:10])


if __name__ == "__main__":
    sys.exit(main())
