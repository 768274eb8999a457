#!/usr/bin/env python3
"""Thousands of clients send a request head byte by byte. How does this affect an ordinary client?

    tests/e2e/load/slow.py [--slow N] [--seconds N] [--profile NAME] [--factor N]

An ordinary client asks for a page again and again on one connection: first alone, then while N clients (10,000) have
sent half a head and send one more byte every second, each at its own time. Fails if the ordinary client's 99th
percentile is more than FACTOR (2) times what it was alone, if a half-read head costs 12 KiB or more of the server's
memory, or if a slow client is ended before its time.
"""

import multiprocessing
import pathlib
import select
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve
from e2e.pylib.stats import percentile

# A source address has about 28,000 ports. With several addresses, ports in TIME_WAIT are not a problem.
SOURCES = [f"127.0.0.{n}" for n in range(2, 10)]
HALF_A_HEAD = b"GET /index.html HTTP/1.1\r\nHost: lab.test\r\nUser-Agent: slow\r\nX-Drip: "


def drip(address, count, started, finish, ended):
    """Opens the slow connections and sends on them until `finish`. Counts in `ended` how many the server has ended."""
    sockets = []
    for n in range(count):
        connection = http1.Connection(address, source=SOURCES[n % len(SOURCES)])
        connection.send(HALF_A_HEAD)
        connection.socket.setblocking(False)
        sockets.append(connection.socket)
    started.set()
    begun, sent = time.perf_counter(), 0
    while not finish.is_set():
        due = int((time.perf_counter() - begun) * count)
        while sent < due:
            try:
                sockets[sent % count].send(b"a")
            except OSError:
                pass
            sent += 1
        time.sleep(0.001)
    poll = select.epoll()
    for socket in sockets:
        poll.register(socket, select.EPOLLIN)
    ended.value = len(poll.poll(0, count))


def ask_for(address, seconds):
    """How long each of an ordinary client's requests took, in seconds."""
    took, deadline = [], time.perf_counter() + seconds
    connection = http1.Connection(address)
    while (begun := time.perf_counter()) < deadline:
        status, head, _ = connection.ask()
        took.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"the ordinary client got {status}")
        if http1.is_last(head):
            connection.close()
            connection = http1.Connection(address)
        time.sleep(0.002)
    return took


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--slow", type=int, default=10000)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--profile", default="nginx")
    parser.add_argument(
        "--factor", type=float, default=2, help="what p99 may be, as a multiple of what it is alone (default 2)"
    )
    options = parser.parse_args()
    failures = []
    with (
        sites.small() as root,
        Labserve(options.binary, "--profile", options.profile, "--root", root, "--log", "text/error") as server,
    ):
        ask_for(server.address, 1)
        before = server.anonymous_kib()
        alone = ask_for(server.address, options.seconds)
        started, finish, ended = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Value("i", -1)
        slow = multiprocessing.Process(
            target=drip, daemon=True, args=(server.address, options.slow, started, finish, ended)
        )
        slow.start()
        begun = time.perf_counter()
        if not started.wait(60):
            raise SystemExit("the slow clients could not connect")
        print(f"{options.slow} slow clients connected in {time.perf_counter() - begun:.1f} s", flush=True)
        time.sleep(1)
        cpu, begun = server.cpu_s(), time.perf_counter()
        beside = ask_for(server.address, options.seconds)
        cpu = (server.cpu_s() - cpu) / (time.perf_counter() - begun)
        each = (server.anonymous_kib() - before) / options.slow
        held = server.descriptors()
        finish.set()
        slow.join(20)
    p50, p99 = (1e6 * percentile(alone, part) for part in (0.5, 0.99))
    q50, q99 = (1e6 * percentile(beside, part) for part in (0.5, 0.99))
    print(
        f"{options.profile}: alone p50 {p50:.0f} us, p99 {p99:.0f} us; beside {options.slow} slow ones p50 {q50:.0f}, "
        f"p99 {q99:.0f} us; {each:.2f} KiB for each half-read head; CPU {100 * cpu:.0f} %; {held} descriptors"
    )
    if q99 > options.factor * p99:
        failures.append(f"p99 is {q99:.0f} us, alone it is {p99:.0f} us")
    if each >= 12:
        failures.append(f"{each:.2f} KiB for each half-read head")
    if ended.value != 0 or held < options.slow:
        failures.append(f"{ended.value} slow connections were ended, {held} descriptors are open")
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
