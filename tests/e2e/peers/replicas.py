#!/usr/bin/env python3
"""HAProxy in front of four labserve processes: which one gets the requests, what HAProxy retries, and what is lost.

    tests/e2e/peers/replicas.py [--requests N] [--table]

The four are alike, or one of them ends connections without a response, by FIN or by RST, or all are restarted in turn
under load. Each is tried with HAProxy's defaults and with the lines of docs/load-balancers.md, from where the
configuration is read. `--table` prints the table of that page. The last line counts: `replicas: N passed, M failed`.
"""

import collections
import dataclasses
import pathlib
import re
import shutil
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve, Process, free_port

PAGE = cli.CHECKOUT / "docs/load-balancers.md"
# The lines of the configuration that prevent the losses of the defaults.
CURE = re.compile(r"^ *(?:retries|retry-on|option redispatch).*\n", re.MULTILINE)
COUNT = 4
CLIENTS = 4
# Several of HAProxy's health checks, which come every 100 ms.
SETTLED_S = 0.6
# The ways in which the second replica ends every fifth of its connections.
RESTARTS = "restarted in turn"
FAULTS = {"alike": [], "one ends with FIN": ["end=fin"], "one ends with RST": ["end=reset"], RESTARTS: []}


@dataclasses.dataclass
class Outcome:
    """What a trial showed."""

    # Of the clients: how many requests got each status; 0 is a connection that ended without a response.
    statuses: collections.Counter
    # How many requests each replica got.
    received: list
    # How many connections each replica had.
    connections: list
    retries: int

    @property
    def lost(self):
        return sum(count for status, count in self.statuses.items() if status != 200)


def configuration(run, front, ports, cured):
    """The configuration of the page, for these ports."""
    (text,) = re.findall(r"^```haproxy\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    text = text if cured else CURE.sub("", text)
    for number, port in enumerate([front, *ports]):
        text = text.replace(f"127.0.0.1:{8000 + number}", f"127.0.0.1:{port}")
    path = run / "haproxy.cfg"
    path.write_text(f"global\n  stats socket {run}/admin\n{text}", encoding="utf-8")
    return path


def retries(run):
    """How often HAProxy has repeated a request, or sent it to another replica."""
    with socket.socket(socket.AF_UNIX) as admin:
        admin.connect(f"{run}/admin")
        admin.sendall(b"show stat\n")
        said = b"".join(iter(lambda: admin.recv(1 << 16), b"")).decode()
    names, *rows = (line.split(",") for line in said.splitlines() if line)
    (backend,) = (row for row in rows if row[:2] == ["replicas", "BACKEND"])
    return int(backend[names.index("wretr")] or 0)


class Replicas:
    """Four processes, on ports of their own. A restarted one keeps its port, and adds to its events."""

    def __init__(self, binary, run, rules):
        self.binary, self.run, self.rules = binary, run, rules
        self.ports = [free_port() for _ in range(COUNT)]
        self.running = [self.start(number) for number in range(COUNT)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for replica in self.running:
            replica.kill()

    def start(self, number):
        rules = [word for rule in self.rules for word in ("--rule", f"path=/page every=5 {rule}") if number == 1]
        arguments = ["--profile", "nginx", "--root", self.run / "site", "--port", str(self.ports[number]), *rules]
        events = self.run / f"events-{number}"
        return Labserve(self.binary, *arguments, "--log", "off", "--workers", "1", events=events)

    def restart(self, number):
        """Stops one as an orchestrator does: SIGTERM, and then a new one."""
        self.running[number].signal(signal.SIGTERM)
        self.running[number].popen.wait(20)
        self.running[number] = self.start(number)

    def restart_in_turn(self):
        for number in range(COUNT):
            # The health checks must have seen that the one before is back.
            time.sleep(SETTLED_S)
            self.restart(number)
        time.sleep(SETTLED_S)

    def counted(self):
        """How many requests for the page each one got, and on how many connections."""
        pages = [
            [event for event in replica.events() if event["event"] == "head" and event["target"] == "/page"]
            for replica in self.running
        ]
        return [len(found) for found in pages], [
            len({(event["connection"], event["peer"]) for event in found}) for found in pages
        ]


def ask_all(front, numbers, statuses):
    """A client: a request for each number, one after the other, on a connection that is kept."""
    connection = None
    for _ in numbers:
        try:
            connection = connection or http1.Connection(("127.0.0.1", front), timeout=10)
            status, head, _ = connection.ask("/page")
        except (http1.Broken, OSError):
            status, head = 0, b""
        statuses.append(status)
        if connection and (status != 200 or http1.is_last(head)):
            connection.close()
            connection = None


def trial(binary, what, cured, requests):
    """One row of the table."""
    with sites.public_directory() as run:
        (run / "site").mkdir()
        (run / "site/page").write_text("x" * 1000)
        (run / "site/alive").write_text("alive")
        front = free_port()
        with Replicas(binary, run, FAULTS[what]) as replicas:
            path = configuration(run, front, replicas.ports, cured)
            with Process(["haproxy", "-db", "-f", path], name="haproxy") as haproxy:
                haproxy.wait_until_it_listens(front)
                said, over = [[] for _ in range(CLIENTS)], threading.Event()
                # Under restarts, the clients go on until all replicas are back.
                numbers = range(requests // CLIENTS) if what != RESTARTS else iter(over.is_set, True)
                clients = [threading.Thread(target=ask_all, args=(front, numbers, statuses)) for statuses in said]
                for client in clients:
                    client.start()
                if what == RESTARTS:
                    replicas.restart_in_turn()
                    over.set()
                for client in clients:
                    client.join()
                again = retries(run)
            for replica in replicas.running:
                replica.stop()
            statuses = collections.Counter(status for each in said for status in each)
            return Outcome(statuses, *replicas.counted(), again)


def wrong(what, cured, outcome):
    """Yields each difference from what the page says."""
    if (cured or what == "alike") and outcome.lost:
        yield f"{outcome.lost} requests were lost: {dict(outcome.statuses)}"
    if not cured and FAULTS[what] and not outcome.lost:
        yield "HAProxy's defaults lost no request, so this shows nothing"
    if cured and FAULTS[what] and outcome.retries < outcome.received[1] // 5:
        yield f"{outcome.retries} requests were repeated, and {outcome.received[1] // 5} ended without a response"
    if what == "alike" and max(outcome.received) - min(outcome.received) > sum(outcome.received) // 20:
        yield f"the replicas did not get equal shares: {outcome.received}"
    if min(outcome.received) == 0:
        yield f"a replica got no request: {outcome.received}"


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--requests", type=int, default=800, help="for each trial without restarts (default: 800)")
    parser.add_argument("--table", action="store_true", help="print the table of docs/load-balancers.md")
    options = parser.parse_args()
    if not shutil.which("haproxy"):
        return cli.skip("haproxy is not installed (Debian: haproxy)")
    passed = failed = 0
    for what in FAULTS:
        for cured in (False, True):
            outcome = trial(options.binary, what, cured, options.requests)
            name = f"{what}, {'with the lines' if cured else 'defaults'}"
            shares = " ".join(map(str, outcome.received))
            mistakes = list(wrong(what, cured, outcome))
            if options.table:
                asked = sum(outcome.statuses.values())
                cells = [what, "with" if cured else "without", asked, shares, outcome.retries, outcome.lost]
                print(f"| {' | '.join(map(str, cells))} |", *mistakes, sep="\n", flush=True)
            else:
                said = f"{shares} requests on {outcome.connections} connections"
                counts = f"{outcome.retries} repeated, {outcome.lost} lost"
                sign = "FAILED" if mistakes else "ok"
                print(f"{sign:7} {name}: {said}, {counts}", *mistakes, sep="\n  ", flush=True)
            passed, failed = passed + (not mistakes), failed + bool(mistakes)
    print(f"replicas: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
