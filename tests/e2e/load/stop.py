#!/usr/bin/env python3
"""Graceful stops under load: every reply is complete.

    tests/e2e/load/stop.py [--stops N] [--profile NAME]

N times (20) labserve is started, put under load by wrk (where that is installed) and by clients that know what a whole
reply is, and told to stop (SIGTERM). Each client then gets every reply that had begun completely. Requests that had not
may find the connection ended. Once more, a client that reads a large file slowly gets all of it within the grace period
of five seconds. The exit code of labserve is 0 each time.
"""

import collections
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, http1, sites
from e2e.pylib.process import Labserve

# The length of each file; index.html is not checked.
SIZES = {"/index.html": None, "/medium": 100_000, "/large": 4_000_000}


def keep_asking(address, targets, count, errors):
    """Asks for `targets` in turn, every third time with two requests at once, until the connection ends."""
    connection = None
    try:
        connection = http1.Connection(address)
        turn = 0
        while True:
            target = targets[turn % len(targets)]
            turn += 1
            at_once = 2 if turn % 3 == 0 else 1
            connection.send(http1.request(target) * at_once)
            for _ in range(at_once):
                status, _, body = connection.reply()
                if status != 200 or (SIZES[target] or len(body)) != len(body):
                    errors.append(f"{target}: {status} with {len(body)} bytes")
                count["replies"] += 1
    except http1.Broken as broken:
        count["cut short" if broken.part else f"ended between replies ({broken.how})"] += 1
        if broken.part:
            errors.append(f"a reply was cut short: {broken}")
    except OSError:
        count["not accepted"] += 1
    finally:
        if connection:
            connection.close()


def exit_code(server, errors):
    """The exit code of a server that was asked to stop."""
    try:
        code = server.popen.wait(8)
    except subprocess.TimeoutExpired:
        errors.append("it did not stop within 8 s")
        return None
    if code != 0:
        errors.append(f"exit code {code}")
    return code


def one_stop(start, wrk, count, errors):
    with start("--set", "connection.max_requests=off") as server:
        targets = list(SIZES)
        clients = [
            threading.Thread(
                target=keep_asking, args=(server.address, targets[n % 3 :] + targets[: n % 3], count, errors)
            )
            for n in range(12)
        ]
        for client in clients:
            client.start()
        load = wrk and subprocess.Popen(
            [wrk, "-t1", "-c32", "-d2s", f"http://127.0.0.1:{server.port}/index.html"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.7)
        server.signal(signal.SIGTERM)
        exit_code(server, errors)
        for client in clients:
            client.join(15)
        if load:
            load.kill()
            load.wait()


def slow_reader(start, size, errors):
    """A client that takes about three seconds to read a file that fits into no socket buffer."""
    with start() as server:
        connection = http1.Connection(server.address)
        connection.send(http1.request("/slow"))
        got, begun, stopped = 0, time.monotonic(), False
        while data := connection.socket.recv(262144):
            got += len(data)
            if not stopped:
                server.signal(signal.SIGTERM)
                stopped = True
            # At a rate at which the whole file takes three seconds.
            time.sleep(max(0, begun + 3 * got / size - time.monotonic()))
        took = time.monotonic() - begun
        code = exit_code(server, errors)
        print(f"a slow reader got {got} bytes in {took:.1f} s after SIGTERM; exit code {code}")
        if got < size:
            errors.append(f"the slow reader got {got} of {size} bytes")


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--profile", default="nginx")
    options = parser.parse_args()
    wrk = shutil.which("wrk")
    if not wrk:
        print("wrk is not installed: only the other clients")
    count, errors, slow = collections.Counter(), [], 48 << 20
    with sites.small(medium=b"m" * SIZES["/medium"], large=b"l" * SIZES["/large"], slow=b"s" * slow) as root:

        def start(*settings):
            return Labserve(
                options.binary, "--profile", options.profile, "--root", root, "--log", "text/error", *settings
            )

        for _ in range(options.stops):
            one_stop(start, wrk, count, errors)
        slow_reader(start, slow, errors)
    print(f"{options.profile}: {options.stops} stops{' under wrk' if wrk else ''}: {dict(count)}")
    return cli.verdict(errors[:10])


if __name__ == "__main__":
    sys.exit(main())
