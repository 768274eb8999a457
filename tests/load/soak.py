#!/usr/bin/env python3
"""Mixed traffic on all profiles at once, for a long time: memory stays flat, no descriptor leaks, nothing panics.

    tests/load/soak.py [--seconds N] [--settle N] [--rate N] [--base-port N]

Runs `labserve lab` and N seconds (600) of traffic against every profile: kept connections, short ones, ranges, conditions,
pages that are not there, heads that are refused, bodies, half-sent heads, replies that are given up in the middle,
resets, connections that are never used. Memory is sampled each second; its median over the last tenth of the time may be
5 % above its median over the tenth behind the first SETTLE seconds (60), no more. When all clients are gone and the idle
timers that the profiles have are over, as many sockets are open as before; the files in its caches are bounded by these.
"""
import argparse
import multiprocessing
import random
import statistics
import sys
import time

import http1
import lab

FILES = {"medium": b"m" * 60_000, "large": b"l" * 3_000_000, **{f"page-{n}": b"page %d " % n * 200 for n in range(40)}}
# What memory may grow by, beside 5 %: the heap of a small process moves in steps of this size.
STEP_KIB = 256


def kept(address, dice):
    with http1.Connection(address) as connection:
        for _ in range(dice.randint(2, 40)):
            _, head, _ = connection.ask(f"/page-{dice.randrange(40)}")
            if (http1.field(head, b"connection") or b"").lower() == b"close":
                return


def short(address, dice):
    with http1.Connection(address) as connection:
        connection.ask("/medium", "Connection: close\r\n")
        connection.end()


def ranges(address, dice):
    first = dice.randrange(50_000)
    with http1.Connection(address) as connection:
        connection.ask("/medium", f"Range: bytes={first}-{first + 999}\r\nConnection: close\r\n")


def parts(address, dice):
    with http1.Connection(address) as connection:
        connection.ask("/medium", "Range: bytes=0-9,100-199,-5\r\nConnection: close\r\n")


def condition(address, dice):
    with http1.Connection(address) as connection:
        connection.ask("/index.html", "If-Modified-Since: Fri, 31 Dec 2099 23:59:59 GMT\r\nConnection: close\r\n")


def missing(address, dice):
    with http1.Connection(address) as connection:
        connection.ask(f"/no/such/file-{dice.randrange(1 << 30)}", "Connection: close\r\n")


def refused(address, dice):
    with http1.Connection(address, timeout=1) as connection:
        connection.send(dice.choice([b"garbage\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n X\r\n\r\n",
                                     b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"]))
        connection.end()


def body(address, dice):
    size = dice.choice([5, 5000, 100_000])
    with http1.Connection(address, timeout=1) as connection:
        connection.send(f"POST /index.html HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode() + b"b" * size)
        connection.end()


def half_head(address, dice):
    with http1.Connection(address) as connection:
        connection.send(b"GET /index.html HTTP/1.1\r\nHost: a\r\nX: " + b"x" * dice.randrange(6000))
        time.sleep(dice.random() / 5)


def given_up(address, dice):
    connection = http1.Connection(address)
    connection.send(http1.request("/large"))
    connection.socket.recv(1000)
    connection.reset() if dice.random() < 0.5 else connection.socket.close()


def reset(address, dice):
    connection = http1.Connection(address)
    connection.ask("/index.html")
    connection.reset()


def unused(address, dice):
    with http1.Connection(address):
        time.sleep(dice.random() / 10)


ACTS = [kept] * 6 + [short, ranges, parts, condition, missing, refused, body, half_head, given_up, reset, unused]


def client(addresses, seconds, rate, seed, done):
    """One client process: acts at random until the time is over, at most `rate` acts a second. Counts them in `done`."""
    dice = random.Random(seed)
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        try:
            dice.choice(ACTS)(dice.choice(addresses), dice)
        except (http1.Broken, OSError):
            # Many of these are meant to fail; whether the server lives is seen from its process.
            with done.get_lock():
                done[1] += 1
        with done.get_lock():
            done[0] += 1
            behind = begun + done[0] / rate - time.monotonic()
        if behind > 0:
            time.sleep(min(behind, 0.5))


def sample(server, seconds, samples):
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        samples.append((time.monotonic() - begun, server.memory_kib(), server.sockets()))
        time.sleep(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--settle", type=float, default=60)
    parser.add_argument("--rate", type=float, default=400, help="acts a second (default 400)")
    parser.add_argument("--base-port", type=int, default=27100)
    options = parser.parse_args()
    failures, samples = [], []
    with lab.site(**FILES) as root, lab.labserve("lab", "--base-port", options.base_port, "--root", root, "--log", "text/error",
                                                 soft=4096) as server:
        for address in server.addresses:
            short(address, random)
        time.sleep(1)
        before = server.sockets()
        done = multiprocessing.Array("q", 2)
        clients = [multiprocessing.Process(target=client, daemon=True,
                                           args=(server.addresses, options.seconds, options.rate, seed, done))
                   for seed in range(8)]
        for process in clients:
            process.start()
        sample(server, options.seconds, samples)
        for process in clients:
            process.join(30)
        window = max(3, options.seconds / 10)
        settled = [kib for at, kib, _ in samples if options.settle <= at < options.settle + window]
        last = [kib for at, kib, _ in samples if at >= options.seconds - window]
        early, late = statistics.median(settled), statistics.median(last)
        # Closed by their clients, all connections end soon; open files stay in the caches.
        deadline = time.monotonic() + 40
        while (after := server.sockets()) > before and time.monotonic() < deadline:
            time.sleep(0.5)
        at_rest = server.memory_kib()
        if server.popen.poll() is not None:
            failures.append("it has ended")
        server.log.seek(0)
        log = server.log.read().decode()
    print(f"{len(server.addresses)} profiles, {options.seconds:.0f} s, {done[0]} acts ({done[0] / options.seconds:.0f} a second, "
          f"{done[1]} of them ended by the server or by time)")
    marks = [samples[min(len(samples) - 1, int(part * (len(samples) - 1)))] for part in (0, .1, .25, .5, .75, 1)]
    print("memory: " + ", ".join(f"{kib} KiB at {at:.0f} s" for at, kib, _ in marks) + f"; {at_rest} KiB at rest")
    print(f"median {early:.0f} KiB from {options.settle:.0f} s on, {late:.0f} KiB at the end: {100 * (late / early - 1):+.1f} %")
    print(f"sockets: {before} before, at most {max(d for _, _, d in samples)}, {after} afterwards")
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
    return lab.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
