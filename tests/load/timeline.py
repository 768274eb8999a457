#!/usr/bin/env python3
"""What the timeline costs the server whose connections it shows.

    tests/load/timeline.py [--seconds N] [--rounds N] [--leeway N] [--part pace|full|browser]

pace: CPU of labserve at 1,000 exchanges a second with a page open, less that without: at most 2 % of one processor.
full: wrk at full rate, rounds with a page and without by turns: throughput with one at least 97 % of that without (the
median of pairs: others may use the machine), no more memory than the ring's bound and what waits for it, and the
page's own requests answered within 100 ms.
  In these two the "page" is a reader of the stream of events that throws it away.
browser: as full, with the page itself in headless Chromium. labserve has processor 0 to itself; wrk has the other, and the browser
gets what wrk leaves of that. A processor with a busy neighbour is slower, whatever keeps that busy, so something else does where
no page is open. What a page costs the workers is a part of their processor, whatever they serve: so much is lost of a full one, and
that is judged; the requests lost are told. How the page fares is told of a round in which wrk and the browser share their processor as usual.
"""
import argparse
import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

import http1
import lab

RATE = 1000
CPU = 0.02
LOST = 0.03
ANSWER = 0.1
# What makes a command run with what others leave of a processor.
LEFTOVER = ["chrt", "--idle", "0"]
# Lines on their way to the ring, and what the allocator keeps of them.
BESIDE_RING_KIB = 24 << 10


# Walks through memory, as a program that draws does.
BUSY = "memory = bytearray(8 << 20)\nwhile True:\n    for at in range(0, len(memory), 64): memory[at] = 1"


class Busy:
    """Keeps a processor busy."""

    def __init__(self, processor, how=()):
        self.command = [*pinned(processor), *how, sys.executable, "-c", BUSY]

    def __enter__(self):
        self.process = subprocess.Popen(self.command)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Browser:
    """The page in headless Chromium, by timeline_page.mjs; what it says of itself, line by line."""

    def __init__(self, address, leftover=False):
        script = pathlib.Path(__file__).with_name("timeline_page.mjs")
        self.process = subprocess.Popen([*pinned(1), *LEFTOVER * leftover, "node", script, "%s:%d" % address],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.leftover, self.said = leftover, []

    def __enter__(self):
        if self.process.stdout.readline() != "open\n":
            raise SystemExit("the page did not open in Chromium")
        if self.leftover:
            stand_back(descendants(self.process.pid))
        threading.Thread(target=lambda: self.said.extend(map(json.loads, self.process.stdout)), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


def stand_back(pids):
    """Gives the sessions of these processes the least part of a processor: all sessions have equal parts, whatever the
    priorities of their processes (sched(7), the autogroup feature)."""
    done = {autogroup("self")}
    for pid in pids:
        if (group := autogroup(pid)) not in done:
            done.add(group)
            pathlib.Path(f"/proc/{pid}/autogroup").write_text("19")
            time.sleep(0.2)  # one after the other: the kernel refuses more than ten a second


def autogroup(pid):
    """What the kernel calls the session of a process; empty where it has no such groups."""
    try:
        return pathlib.Path(f"/proc/{pid}/autogroup").read_text().partition(" ")[0]
    except OSError:
        return autogroup("self") if pid != "self" else ""


def descendants(pid):
    """The processes that a process has started, and those that they have."""
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
    """What makes a command run on this processor alone, where there are two."""
    return ["taskset", "-c", str(processor)] if (os.cpu_count() or 1) > 1 else []


class Page:
    """Reads the stream of events, like an open page."""

    def __init__(self, address):
        self.process = subprocess.Popen(["curl", "-sN", "--max-time", "600", "http://%s:%d/api/v1/events" % address],
                                        stdout=subprocess.DEVNULL)

    def __enter__(self):
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def get(address, path):
    connection = http.client.HTTPConnection(*address, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return body


def paced(address, rate, seconds):
    """Asks at this rate on ten connections by turns; how often it did."""
    connections = [http1.Connection(address) for _ in range(10)]
    begun, asked = time.monotonic(), 0
    while (now := time.monotonic()) < begun + seconds:
        if asked < (now - begun) * rate:
            connections[asked % 10].ask("/index.html")
            asked += 1
        else:
            time.sleep(0.0005)
    for connection in connections:
        connection.socket.close()
    return asked


def pace(options, root, failures):
    cost = {}
    for watched in (False, True):
        with lab.labserve("--profile", "apache", "--port", 0, "--root", root, "--log", "off", "--timeline", "127.0.0.1:0",
                          "--set", "connection.max_requests=0") as server:
            page = Page(server.timeline) if watched else None
            time.sleep(1)
            before = server.cpu_s()
            asked = paced(server.address, RATE, options.seconds)
            cost[watched] = (server.cpu_s() - before) / options.seconds
            print(f"{asked / options.seconds:.0f} exchanges a second, {'a' if watched else 'no'} page open: "
                  f"{100 * cost[watched]:.1f} % of one processor")
            if asked < 0.95 * RATE * options.seconds:
                failures.append(f"the load came to {asked / options.seconds:.0f} a second only")
            if page:
                page.__exit__()
    more = cost[True] - cost[False]
    print(f"the page: {100 * more:.1f} %")
    if more > CPU * options.leeway:
        failures.append(f"a page costs {100 * more:.1f} % at {RATE} exchanges a second")


def wrk(address, seconds, prefix=()):
    out = subprocess.run([*prefix, "wrk", "-t1", "-c32", f"-d{seconds}s", "http://%s:%d/index.html" % address],
                         capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1))


def full(options, root, failures):
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed (Debian: wrk)")
    with lab.labserve("--profile", "apache", "--port", 0, "--root", root, "--log", "off", "--timeline", "127.0.0.1:0",
                      "--set", "connection.max_requests=0", "--workers", 1) as server:
        for _ in range(2):
            wrk(server.address, 2)
        before = server.memory_kib()
        rates, times = {False: [], True: []}, []
        for number in range(2 * options.rounds):
            watched = number % 2 == 1
            if not watched:
                rates[watched].append(wrk(server.address, options.seconds))
                continue
            with Page(server.timeline):
                rates[watched].append(wrk(server.address, options.seconds))
        # Apart from the rounds: asking costs, too.
        with Page(server.timeline):
            load = threading.Thread(target=wrk, args=(server.address, options.seconds))
            load.start()
            ask_while(server.timeline, options.seconds, times)
            load.join()
        ring = json.loads(get(server.timeline, "/api/v1/state"))["ring"]
        grown = server.memory_kib() - before
    # What disturbs a round makes it slower, never faster; each is held against its neighbour.
    lost = statistics.median(1 - watched / alone for alone, watched in zip(rates[False], rates[True]))
    print(f"without a page {[round(r) for r in rates[False]]}, with one {[round(r) for r in rates[True]]} requests a second: "
          f"{100 * lost:+.1f} % lost")
    print(f"{len(times)} answers of the page under load: median {1000 * statistics.median(times):.1f} ms, "
          f"slowest {1000 * max(times):.1f} ms")
    print(f"the ring holds {ring['bytes'] >> 10} of {ring['limit'] >> 10} KiB; {grown} KiB more memory in use")
    if lost > LOST * options.leeway:
        failures.append(f"a page costs {100 * lost:.1f} % of the throughput")
    if max(times) > ANSWER * options.leeway:
        failures.append(f"the page took {1000 * max(times):.0f} ms to answer")
    if ring["bytes"] > ring["limit"] or grown > (ring["limit"] >> 10) + BESIDE_RING_KIB:
        failures.append(f"{grown} KiB more memory in use")


def browser(options, root, failures):
    with lab.labserve("--profile", "apache", "--port", 0, "--root", root, "--log", "off", "--timeline", "127.0.0.1:0",
                      "--set", "connection.max_requests=0", "--workers", 1) as server:
        if pinned(0):
            subprocess.run(["taskset", "-acp", "0", str(server.pid)], check=True, stdout=subprocess.DEVNULL)

        def load():
            """Requests a second, microseconds of the workers' CPU for each, and the timeline's part of a processor."""
            before = cpu_by_thread(server.pid)
            rate = wrk(server.address, options.seconds, pinned(1))
            used = {name: used - before[name] for name, used in cpu_by_thread(server.pid).items()}
            own = used.pop("timeline", 0)
            return rate, 1e6 * sum(used.values()) / (rate * options.seconds), own / options.seconds

        load()
        before, rounds, leftover, times = server.memory_kib(), [], [], []
        with Busy(0):
            for _ in range(options.rounds):
                with Busy(1, LEFTOVER):
                    alone = load()
                with Browser(server.timeline, leftover=True) as page:
                    begun = len(page.said)
                    rounds.append((alone, load()))
                    leftover += [line["frames"] for line in page.said[begun:]]
        with Browser(server.timeline) as page:
            time.sleep(1)
            begun = len(page.said)
            asking = threading.Thread(target=ask_while, args=(server.timeline, options.seconds, times))
            asking.start()
            load()
            asking.join()
            time.sleep(1)
            said = page.said[begun:]
        ring = json.loads(get(server.timeline, "/api/v1/state"))["ring"]
        grown = server.memory_kib() - before
    lost = statistics.median(1 - watched[0] / alone[0] for alone, watched in rounds)
    dearer = statistics.median((watched[1] - alone[1]) * watched[0] / 1e6 for alone, watched in rounds)
    for alone, watched in rounds:
        print(f"without a page {alone[0]:.0f} requests a second, {alone[1]:.2f} us of CPU each; with one {watched[0]:.0f} "
              f"and {watched[1]:.2f} us, and {100 * watched[2]:.1f} % of a processor for the timeline's thread")
    print(f"median: the page costs the workers {100 * dearer:.1f} % of a processor, {100 * lost:+.1f} % of the requests lost, beside a page that drew {statistics.mean(leftover or [0]):.0f} frames a second of what wrk left")
    frames, slowest = [line["frames"] for line in said], [line["slowest_ms"] for line in said]
    print(f"{len(times)} answers of the API: median {1000 * statistics.median(times):.1f} ms, slowest {1000 * max(times):.1f} ms; "
          f"the page drew {min(frames, default=0):.0f} to {max(frames, default=0):.0f} frames a second and answered within {max(slowest, default=0):.0f} ms")
    print(f"the ring holds {ring['bytes'] >> 10} of {ring['limit'] >> 10} KiB; {grown} KiB more memory in use")
    if dearer > LOST * options.leeway:
        failures.append(f"a page costs the workers {100 * dearer:.1f} % of a processor")
    if statistics.quantiles(times, n=20)[-1] > ANSWER * options.leeway:
        failures.append(f"the API took {1000 * max(times):.0f} ms to answer")
    if not frames or statistics.median(frames) < 5:
        failures.append(f"the page stood still: {frames} frames a second")
    if ring["bytes"] > ring["limit"] or grown > (ring["limit"] >> 10) + BESIDE_RING_KIB:
        failures.append(f"{grown} KiB more memory in use")


def cpu_by_thread(pid):
    """Seconds of CPU used so far, by the names of the threads."""
    used = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name, fields = (task / "comm").read_text().strip(), (task / "schedstat").read_text().split()
        used[name] += int(fields[0]) / 1e9
    return used


def ask_while(address, seconds, times):
    """Asks the API now and then for so long; how long each answer took."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in ("/", "/api/v1/state", "/api/v1/connections"):
            begun = time.monotonic()
            get(address, path)
            times.append(time.monotonic() - begun)
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=6, help="of each round")
    parser.add_argument("--rounds", type=int, default=6, help="with a page, and as many without")
    parser.add_argument("--leeway", type=float, default=1, help="allow so many times as much: for a machine with other work")
    parser.add_argument("--part", choices=["pace", "full", "browser"], help="one of the three alone")
    options = parser.parse_args()
    failures = []
    with lab.site() as root:
        for name, part in (("pace", pace), ("full", full), ("browser", browser)):
            if options.part in (None, name):
                part(options, root, failures)
    return lab.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
