#!/usr/bin/env python3
"""How late idle connections are closed while a thousand others are open.

    tests/e2e/load/timers.py [--connections N] [--others N] [--most MS] [PROFILE ...]

On N connections of every profile, a request is answered; then the idle timer ends each of them. The others keep sending
requests, so that each has a running timer during that time. A timer of more than 6 s is set to 5 s. Fails if more than
one connection in a hundred is ended more than MS (10) too late, or any too early.
"""

import multiprocessing
import pathlib
import select
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve
from e2e.pylib.stats import percentile

# As in the profiles. None stands for a longer timer, which is shortened here.
IDLE_S = {"node": 5.0, "apache": 5.0, "nginx": None, "phpnow": None, "rfc": None}
SHORT_S = 5.0


def keep_open(address, count, started):
    """Keeps `count` connections open: each is asked again every three seconds."""
    connections = [http1.Connection(address) for _ in range(count)]
    for connection in connections:
        connection.ask()
    started.set()
    next_turn = time.perf_counter()
    while True:
        for connection in connections:
            connection.ask()
            # By the clock, so that a busy machine does not make the rounds longer.
            next_turn += 3 / count
            time.sleep(max(0, next_turn - time.perf_counter()))


def lateness_s(address, idle_s, count):
    """How late each of `count` connections is closed, in seconds, and how many of them certainly too early: within the
    idle timeout after the request was sent."""
    poll, waiting, late, early = select.epoll(), {}, [], 0
    for _ in range(count):
        connection = http1.Connection(address)
        asked = time.perf_counter()
        connection.ask()
        waiting[connection.socket.fileno()] = (connection, asked, time.perf_counter())
        poll.register(connection.socket, select.EPOLLIN)
        time.sleep(0.023)
    deadline = time.perf_counter() + idle_s + 5
    while waiting and time.perf_counter() < deadline:
        for number, _ in poll.poll(1):
            now = time.perf_counter()
            connection, asked, replied = waiting.pop(number)
            poll.unregister(number)
            late.append(now - replied - idle_s)
            early += now - asked < idle_s
            connection.close()
    return late + [float("inf")] * len(waiting), early


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"any of {', '.join(IDLE_S)}")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--others", type=int, default=1000)
    parser.add_argument("--most", type=float, default=10, help="ms")
    options = parser.parse_args()
    failures = []
    with sites.small() as root:
        for profile in options.profiles or IDLE_S:
            idle_s = IDLE_S.get(profile) or SHORT_S
            with Labserve(
                options.binary,
                "--profile",
                profile,
                "--root",
                root,
                "--log",
                "text/error",
                "--set",
                f"timers.idle={idle_s:g}s",
                "--set",
                "connection.max_requests=off",
            ) as server:
                started = multiprocessing.Event()
                others = multiprocessing.Process(
                    target=keep_open, args=(server.address, options.others, started), daemon=True
                )
                others.start()
                if not started.wait(60):
                    failures.append(f"{profile}: the others did not get their replies")
                late, early = lateness_s(server.address, idle_s, options.connections)
                late = [1000 * seconds for seconds in late]
                if not others.is_alive():
                    failures.append(f"{profile}: one of the others was ended")
                others.kill()
                others.join()
            p99 = percentile(late, 0.99)
            print(
                f"{profile:8} {len(late)} of {len(late) + options.others} connections: {min(late):.2f} ms to "
                f"{max(late):.2f} ms late, median {statistics.median(late):.2f}, p99 {p99:.2f}",
                flush=True,
            )
            if p99 > options.most or early:
                failures.append(f"{profile}: p99 is {p99:.2f} ms, {early} were too early")
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
