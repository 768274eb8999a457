#!/usr/bin/env python3
"""What the timeline costs the server whose connections it shows.

    tests/load/timeline.py [--seconds N] [--rounds N] [--leeway N] [--part pace|full]

pace: CPU of labserve at 1,000 exchanges a second with a page open, less that without: at most 2 % of one processor.
full: wrk at full rate, rounds with a page and without by turns: throughput with one at least 97 % of that without (the
median of pairs: others may use the machine), no more memory than the ring's bound and what waits for it, and the
page's own requests answered within 100 ms.
The "page" is a reader of the stream of events that throws it away: what a browser draws is the browser's.
"""
import argparse
import http.client
import json
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
# Lines on their way to the ring, and what the allocator keeps of them.
BESIDE_RING_KIB = 24 << 10


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


def wrk(address, seconds):
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "http://%s:%d/index.html" % address],
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
            time.sleep(0.5)
            while load.is_alive():
                for path in ("/", "/api/v1/state", "/api/v1/connections"):
                    begun = time.monotonic()
                    get(server.timeline, path)
                    times.append(time.monotonic() - begun)
                time.sleep(0.1)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=6, help="of each round")
    parser.add_argument("--rounds", type=int, default=6, help="with a page, and as many without")
    parser.add_argument("--leeway", type=float, default=1, help="allow so many times as much: for a machine with other work")
    parser.add_argument("--part", choices=["pace", "full"], help="one of the two alone")
    options = parser.parse_args()
    failures = []
    with lab.site() as root:
        if options.part != "full":
            pace(options, root, failures)
        if options.part != "pace":
            full(options, root, failures)
    return lab.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
