#!/usr/bin/env python3
"""Mixed traffic on all profiles at once, for a long time: memory stays flat, no descriptor leaks, nothing panics.

    tests/e2e/load/soak.py [--seconds N] [--settle N] [--rate N]

Runs `labserve lab` and N seconds (600) of traffic on every profile: kept connections, short ones, ranges, conditions,
missing pages, refused heads, bodies, half-sent heads, replies that the client gives up, resets, connections that are
never used. Memory is sampled every second. Its median over the last tenth of the time may be 5 % above its median over
a tenth from SETTLE seconds (60) on. When all clients are gone and the idle timers of the profiles are over, as many
sockets are open as before. Open files are bounded by the caches.
"""

import multiprocessing
import pathlib
import random
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve, free_port

FILES = {"medium": b"m" * 60_000, "large": b"l" * 3_000_000, **{f"page-{n}": b"page %d " % n * 200 for n in range(40)}}
# How much memory may grow in addition to the 5 %: the heap of a small process grows in steps of this size.
STEP_KIB = 256
# At least the number of profiles.
PORTS = 40


def kept(address, rng):
    with http1.Connection(address) as connection:
        for _ in range(rng.randint(2, 40)):
            _, head, _ = connection.ask(f"/page-{rng.randrange(40)}")
            if http1.is_last(head):
                return


def short(address, rng):
    with http1.Connection(address) as connection:
        connection.ask("/medium", "Connection: close\r\n")
        connection.end()


def one_range(address, rng):
    first = rng.randrange(50_000)
    ask_once(address, "/medium", f"Range: bytes={first}-{first + 999}\r\n")


def three_ranges(address, rng):
    ask_once(address, "/medium", "Range: bytes=0-9,100-199,-5\r\n")


def condition(address, rng):
    ask_once(address, "/index.html", "If-Modified-Since: Fri, 31 Dec 2099 23:59:59 GMT\r\n")


def missing(address, rng):
    ask_once(address, f"/no/such/file-{rng.randrange(1 << 30)}", "")


def ask_once(address, target, fields):
    with http1.Connection(address) as connection:
        connection.ask(target, fields + "Connection: close\r\n")


def refused(address, rng):
    with http1.Connection(address, timeout=1) as connection:
        connection.send(
            rng.choice(
                [
                    b"garbage\r\n\r\n",
                    b"GET /\x00 HTTP/1.1\r\n\r\n",
                    b"GET / HTTP/1.1\r\n X\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
                ]
            )
        )
        connection.end()


def body(address, rng):
    size = rng.choice([5, 5000, 100_000])
    with http1.Connection(address, timeout=1) as connection:
        connection.send(
            f"POST /index.html HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode() + b"b" * size
        )
        connection.end()


def half_a_head(address, rng):
    with http1.Connection(address) as connection:
        connection.send(b"GET /index.html HTTP/1.1\r\nHost: a\r\nX: " + b"x" * rng.randrange(6000))
        time.sleep(rng.random() / 5)


def given_up(address, rng):
    connection = http1.Connection(address)
    connection.send(http1.request("/large"))
    connection.socket.recv(1000)
    if rng.random() < 0.5:
        connection.reset()
    else:
        connection.close()


def reset(address, rng):
    connection = http1.Connection(address)
    connection.ask("/index.html")
    connection.reset()


def unused(address, rng):
    with http1.Connection(address):
        time.sleep(rng.random() / 10)


ACTS = [kept] * 6 + [
    short,
    one_range,
    three_ranges,
    condition,
    missing,
    refused,
    body,
    half_a_head,
    given_up,
    reset,
    unused,
]


def client(addresses, seconds, rate, seed, done):
    """One client process: acts at random until the time is over, at most `rate` acts a second for all clients. `done`
    counts the acts of all, and how many of them failed."""
    rng = random.Random(seed)
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        try:
            rng.choice(ACTS)(rng.choice(addresses), rng)
        except (http1.Broken, OSError):
            # Many of these acts are meant to fail. The process shows whether the server is alive.
            with done.get_lock():
                done[1] += 1
        with done.get_lock():
            done[0] += 1
            early = begun + done[0] / rate - time.monotonic()
        if early > 0:
            time.sleep(min(early, 0.5))


def sample(server, seconds):
    """(time, memory in KiB, sockets) for each second."""
    begun, samples = time.monotonic(), []
    while time.monotonic() < begun + seconds:
        samples.append((time.monotonic() - begun, server.anonymous_kib(), server.sockets()))
        time.sleep(1)
    return samples


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--settle", type=float, default=60)
    parser.add_argument("--rate", type=float, default=400, help="acts a second (default 400)")
    options = parser.parse_args()
    failures = []
    with (
        sites.small(**FILES) as root,
        Labserve(
            options.binary,
            "lab",
            "--base-port",
            free_port(PORTS),
            "--root",
            root,
            "--log",
            "text/error",
            descriptors=(4096, None),
        ) as server,
    ):
        for address in server.addresses:
            short(address, random)
        time.sleep(1)
        before = server.sockets()
        done = multiprocessing.Array("q", 2)
        clients = [
            multiprocessing.Process(
                target=client, daemon=True, args=(server.addresses, options.seconds, options.rate, seed, done)
            )
            for seed in range(8)
        ]
        for process in clients:
            process.start()
        samples = sample(server, options.seconds)
        for process in clients:
            process.join(30)
        window = max(3, options.seconds / 10)
        early = statistics.median(kib for at, kib, _ in samples if options.settle <= at < options.settle + window)
        late = statistics.median(kib for at, kib, _ in samples if at >= options.seconds - window)
        # The clients have closed their connections, which end soon. Open files stay in the caches.
        deadline = time.monotonic() + 40
        while (after := server.sockets()) > before and time.monotonic() < deadline:
            time.sleep(0.5)
        at_rest = server.anonymous_kib()
        if not server.is_running():
            failures.append("it has ended")
        log = server.log()
    print(
        f"{len(server.addresses)} profiles, {options.seconds:.0f} s, "
        f"{done[0]} acts ({done[0] / options.seconds:.0f} a second, "
        f"{done[1]} of them ended by the server or by time)"
    )
    marks = [samples[min(len(samples) - 1, int(part * (len(samples) - 1)))] for part in (0, 0.1, 0.25, 0.5, 0.75, 1)]
    print(
        "memory: " + ", ".join(f"{kib} KiB at {at:.0f} s" for at, kib, _ in marks) + f"; {at_rest} KiB without clients"
    )
    print(
        f"median {early:.0f} KiB from {options.settle:.0f} s on, "
        f"{late:.0f} KiB at the end: {100 * (late / early - 1):+.1f} %"
    )
    print(f"sockets: {before} before, at most {max(count for _, _, count in samples)}, {after} afterwards")
    if late > 1.05 * early + STEP_KIB:
        failures.append(f"memory grew from {early:.0f} to {late:.0f} KiB")
    if after > before:
        failures.append(f"{after - before} sockets more than before")
    for word in ("panic", "error"):
        lines = [line for line in log.splitlines() if word in line.lower()]
        if lines:
            failures.append(f"its log has {len(lines)} lines with {word!r}: {lines[0]}")
    if done[0] < options.seconds:
        failures.append(f"only {done[0]} acts")
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
