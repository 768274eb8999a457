#!/usr/bin/env python3
"""SIGHUP under load: the new configuration holds for new requests, no connection is dropped, a mistake changes nothing.

    tests/load/reload.py [--reloads N]

Clients ask again and again on connections that they never give up. Meanwhile server.toml is written anew, N times (20),
with another `Keep-Alive: timeout`; every second time in between with a mistake. Once a reload is through, every request
that is sent gets the new value. The reply to none is cut short, and no connection ends.
"""
import argparse
import pathlib
import signal
import sys
import tempfile
import threading
import time

import http1
import lab

# How long a reload may take under this load.
PATIENCE_S = 3.0
CLIENTS = 16


def says(value):
    return f'[override.connection]\nfields.keep = ["Connection: keep-alive", "Keep-Alive: timeout={value}"]\n'


class Client(threading.Thread):
    """Asks on one connection until it is told to finish. `last` is the value of its last reply, with when it asked."""

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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reloads", type=int, default=20)
    options = parser.parse_args()
    failures, slowest = [], 0.0
    with tempfile.TemporaryDirectory() as name, lab.site(medium=b"m" * 100_000) as root:
        file = pathlib.Path(name) / "server.toml"
        file.write_text(says(1))
        with lab.labserve("--profile", "node", "--port", 0, "--root", root, "--log", "text/error", "--config", file) as server:
            clients = [Client(server.address, failures) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for value in range(2, options.reloads + 2):
                file.write_text(says(value))
                begun = time.monotonic()
                server.popen.send_signal(signal.SIGHUP)
                while not all_have(clients, value, begun) and time.monotonic() < begun + PATIENCE_S:
                    time.sleep(0.002)
                slowest = max(slowest, time.monotonic() - begun)
                # From now on nobody may see an older one.
                time.sleep(0.1)
                if not all_have(clients, value, begun):
                    failures.append(f"timeout={value} is not said by all within {PATIENCE_S} s")
                if value % 2 == 0:
                    file.write_text('[override.connection]\npersistant = true\n' + says(99).split("\n", 1)[1])
                    server.popen.send_signal(signal.SIGHUP)
                    time.sleep(0.3)
                    if not all_have(clients, value, begun):
                        failures.append(f"a configuration with a mistake changed what is served (after {value})")
            for client in clients:
                client.finish = True
            for client in clients:
                client.join(10)
            server.log.seek(0)
            refused = server.log.read().decode().count("persistant")
    replies = sum(client.replies for client in clients)
    print(f"{options.reloads} reloads under {CLIENTS} clients, {replies} replies; the slowest held for all after "
          f"{1000 * slowest:.0f} ms; {refused} mistakes were told")
    if refused < options.reloads // 2:
        failures.append(f"only {refused} of {options.reloads // 2} mistakes were told")
    return lab.verdict(failures[:10])


if __name__ == "__main__":
    sys.exit(main())
