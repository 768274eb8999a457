#!/usr/bin/env python3
"""The cost of the timeline for the server whose connections it shows.

    tests/e2e/load/timeline.py [--seconds N] [--rounds N] [--leeway N] [--part pace|full|browser]

pace     CPU of labserve at 1,000 exchanges a second with a page open, less that without: at most 2 % of a processor.
full     wrk at full rate, in turn with a page and without: throughput with a page is at least 97 % of that without (the
         median of pairs, since others may use the machine), no more memory is used than the ring's bound and what waits
         for it, and the timeline's own requests are answered within 100 ms.
browser  As full, with the page itself in headless Chromium. labserve has processor 0 to itself. wrk has the other one,
         and the browser gets what wrk leaves of it. A processor with a busy neighbour is slower, whatever keeps that
         one busy, so without a page something else does. What is judged is the part of a processor that the page costs
         the workers: that much of a full processor is lost, whatever it serves. The requests lost are printed. How well
         the page runs is measured in one more round, in which wrk and the browser share their processor as usual.

In the first two, the "page" is a reader that discards the event stream.
"""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites, wrk
from e2e.pylib.process import Labserve

RATE = 1000
MOST_CPU = 0.02
MOST_LOST = 0.03
MOST_WAIT_S = 0.1
# Runs a command only with the CPU time that other programs leave.
IDLE_CLASS = ["chrt", "--idle", "0"]
# Lines on their way to the ring, and the memory that the allocator keeps for them.
BESIDE_RING_KIB = 24 << 10
# Walks through memory, like a program that draws.
BUSY = "memory = bytearray(8 << 20)\nwhile True:\n    for at in range(0, len(memory), 64): memory[at] = 1"


class Busy:
    """Keeps a processor busy."""

    def __init__(self, processor, prefix=()):
        self.command = [*pinned(processor), *prefix, sys.executable, "-c", BUSY]

    def __enter__(self):
        self.process = subprocess.Popen(self.command)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Browser:
    """The page in headless Chromium, run by timeline_watch.mjs. `said` are its reports, one a second."""

    def __init__(self, address, idle_class=False):
        script = pathlib.Path(__file__).resolve().parents[1] / "browser/timeline_watch.mjs"
        self.process = subprocess.Popen(
            [*pinned(1), *IDLE_CLASS * idle_class, "node", script, "{}:{}".format(*address)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.idle_class, self.said = idle_class, []

    def __enter__(self):
        if self.process.stdout.readline() != "open\n":
            raise SystemExit("the page did not open in Chromium")
        if self.idle_class:
            give_way(descendants(self.process.pid))
        threading.Thread(target=lambda: self.said.extend(map(json.loads, self.process.stdout)), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            # In the idle class it might not run at all.
            for pid in [self.process.pid, *descendants(self.process.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()


class Reader:
    """Reads the event stream and discards it."""

    def __init__(self, address):
        self.process = subprocess.Popen(
            ["curl", "-sN", "--max-time", "600", "http://{}:{}/api/v1/events".format(*address)],
            stdout=subprocess.DEVNULL,
        )

    def __enter__(self):
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def give_way(pids):
    """Gives the sessions of these processes the smallest share of a CPU. All sessions have equal shares, whatever the
    priorities of their processes (sched(7), the autogroup feature)."""
    done = {autogroup("self")}
    for pid in pids:
        if (group := autogroup(pid)) not in done:
            done.add(group)
            pathlib.Path(f"/proc/{pid}/autogroup").write_text("19")
            time.sleep(0.2)  # the kernel refuses more than ten a second


def autogroup(pid):
    """The kernel's name for the session of a process; for a process that has ended, that of this process."""
    try:
        return pathlib.Path(f"/proc/{pid}/autogroup").read_text().partition(" ")[0]
    except OSError:
        return autogroup("self") if pid != "self" else ""


def descendants(pid):
    """The processes that a process has started, and their descendants."""
    children = collections.defaultdict(list)
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children[parent].append(int(stat.parent.name))
    found = list(children[pid])
    for child in found:
        found += children[child]
    return found


def pinned(processor):
    """The command that runs another one on this CPU only, if there are two."""
    return ["taskset", "-c", str(processor)] if (os.cpu_count() or 1) > 1 else []


def cpu_by_thread(pid):
    """Seconds of CPU used so far, by the names of the threads."""
    used = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name, fields = (task / "comm").read_text().strip(), (task / "schedstat").read_text().split()
        used[name] += int(fields[0]) / 1e9
    return used


def get(address, path):
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    if reply.status != 200:
        raise SystemExit(f"{path}: {reply.status}")
    return body


def ask_api(address, seconds):
    """Asks the API every 200 ms. Returns how long each reply took, in seconds."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for path in ("/", "/api/v1/state", "/api/v1/connections"):
            begun = time.monotonic()
            get(address, path)
            times.append(time.monotonic() - begun)
        time.sleep(0.2)
    return times


def paced(address, rate, seconds):
    """Sends requests at this rate on ten connections in turn. Returns the number of requests."""
    connections = [http1.Connection(address) for _ in range(10)]
    begun, asked = time.monotonic(), 0
    while (now := time.monotonic()) < begun + seconds:
        if asked < (now - begun) * rate:
            connections[asked % 10].ask("/index.html")
            asked += 1
        else:
            time.sleep(0.0005)
    for connection in connections:
        connection.close()
    return asked


def start(options, root, *more):
    return Labserve(
        options.binary,
        "--profile",
        "apache",
        "--root",
        root,
        "--log",
        "off",
        "--timeline",
        "127.0.0.1:0",
        "--set",
        "connection.max_requests=off",
        *more,
    )


def rate_of(server, options, prefix=()):
    """Requests a second under wrk."""
    return wrk.run(server.port, "/index.html", options.seconds, 32, prefix=prefix)[1]


def pace(options, root, failures):
    def cost():
        time.sleep(1)
        before = server.cpu_s()
        asked = paced(server.address, RATE, options.seconds)
        if asked < 0.95 * RATE * options.seconds:
            failures.append(f"the load was only {asked / options.seconds:.0f} a second")
        return (server.cpu_s() - before) / options.seconds

    with start(options, root) as server:
        alone = cost()
    with start(options, root) as server, Reader(server.timeline):
        watched = cost()
    more = watched - alone
    print(
        f"{RATE} exchanges a second: {100 * alone:.1f} % of a processor, {100 * watched:.1f} % with a page; "
        f"the page: {100 * more:.1f} %"
    )
    if more > MOST_CPU * options.leeway:
        failures.append(f"a page costs {100 * more:.1f} % at {RATE} exchanges a second")


def full(options, root, failures):
    with start(options, root, "--workers", 1) as server:
        for _ in range(2):
            rate_of(server, options)
        before, alone, watched = server.anonymous_kib(), [], []
        for _ in range(options.rounds):
            alone.append(rate_of(server, options))
            with Reader(server.timeline):
                watched.append(rate_of(server, options))
        # Not during the rounds: the query costs CPU time too.
        with Reader(server.timeline):
            load = threading.Thread(target=rate_of, args=(server, options))
            load.start()
            times = ask_api(server.timeline, options.seconds)
            load.join()
        check_memory(server, before, options, failures)
    # A disturbance makes a round slower, never faster. Each round is compared with the one next to it.
    lost = statistics.median(1 - with_page / without for without, with_page in zip(alone, watched))
    print(
        f"without a page {[round(rate) for rate in alone]}, with one {[round(rate) for rate in watched]} "
        f"requests a second: {100 * lost:+.1f} % lost"
    )
    print(
        f"{len(times)} replies of the API under load: median {1000 * statistics.median(times):.1f} ms, "
        f"slowest {1000 * max(times):.1f} ms"
    )
    if lost > MOST_LOST * options.leeway:
        failures.append(f"a page costs {100 * lost:.1f} % of the throughput")
    if max(times) > MOST_WAIT_S * options.leeway:
        failures.append(f"the API took {1000 * max(times):.0f} ms to answer")


def check_memory(server, before_kib, options, failures):
    ring = json.loads(get(server.timeline, "/api/v1/state"))["ring"]
    grown = server.anonymous_kib() - before_kib
    print(f"the ring holds {ring['bytes'] >> 10} of {ring['limit'] >> 10} KiB; {grown} KiB more memory in use")
    if ring["bytes"] > ring["limit"] or grown > (ring["limit"] >> 10) + BESIDE_RING_KIB:
        failures.append(f"{grown} KiB more memory in use")


def browser(options, root, failures):
    with start(options, root, "--workers", 1) as server:
        if pinned(0):
            subprocess.run(["taskset", "-acp", "0", str(server.pid)], check=True, stdout=subprocess.DEVNULL)

        def load():
            """Requests a second, microseconds of the workers' CPU for each, and the timeline's part of a processor."""
            before = cpu_by_thread(server.pid)
            rate = rate_of(server, options, pinned(1))
            used = {name: used - before[name] for name, used in cpu_by_thread(server.pid).items()}
            own = used.pop("timeline", 0)
            return rate, 1e6 * sum(used.values()) / (rate * options.seconds), own / options.seconds

        load()
        before, rounds, drawn_beside = server.anonymous_kib(), [], []
        with Busy(0):
            for _ in range(options.rounds):
                with Busy(1, IDLE_CLASS):
                    alone = load()
                with Browser(server.timeline, idle_class=True) as page:
                    begun = len(page.said)
                    rounds.append((alone, load()))
                    drawn_beside += [report["frames"] for report in page.said[begun:]]
        with Browser(server.timeline) as page:
            time.sleep(1)
            begun, busy = len(page.said), threading.Thread(target=load)
            busy.start()
            times = ask_api(server.timeline, options.seconds)
            busy.join()
            time.sleep(1)
            reports = page.said[begun:]
        check_memory(server, before, options, failures)
    lost = statistics.median(1 - watched[0] / alone[0] for alone, watched in rounds)
    dearer = statistics.median((watched[1] - alone[1]) * watched[0] / 1e6 for alone, watched in rounds)
    for alone, watched in rounds:
        print(
            f"without a page {alone[0]:.0f} requests a second, {alone[1]:.2f} us of CPU each; with one "
            f"{watched[0]:.0f} and {watched[1]:.2f} us, and {100 * watched[2]:.1f} % of a processor for the timeline"
        )
    print(
        f"median: the page costs the workers {100 * dearer:.1f} % of a processor, {100 * lost:+.1f} % of the requests "
        f"lost, beside a page that drew {statistics.mean(drawn_beside or [0]):.0f} frames a second of what wrk left"
    )
    frames, slowest = [report["frames"] for report in reports], [report["slowest_ms"] for report in reports]
    print(
        f"{len(times)} replies of the API: median {1000 * statistics.median(times):.1f} ms, "
        f"slowest {1000 * max(times):.1f} ms; the page answered within {max(slowest, default=0):.0f} ms "
        f"and drew {min(frames, default=0):.0f} to {max(frames, default=0):.0f} frames a second"
    )
    if dearer > MOST_LOST * options.leeway:
        failures.append(f"a page costs the workers {100 * dearer:.1f} % of a processor")
    if statistics.quantiles(times, n=20)[-1] > MOST_WAIT_S * options.leeway:
        failures.append(f"the API took {1000 * max(times):.0f} ms to answer")
    if not frames or statistics.median(frames) < 5:
        failures.append(f"the page stood still: {frames} frames a second")


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--seconds", type=int, default=6, help="of each round")
    parser.add_argument("--rounds", type=int, default=6, help="with a page, and as many without")
    parser.add_argument("--leeway", type=float, default=1, help="a factor for all limits, on a machine with other work")
    parser.add_argument("--part", choices=["pace", "full", "browser"], help="only one of the three")
    options = parser.parse_args()
    failures = []
    with sites.small() as root:
        for name, part in (("pace", pace), ("full", full), ("browser", browser)):
            if options.part in (None, name):
                part(options, root, failures)
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
