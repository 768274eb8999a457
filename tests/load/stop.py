#!/usr/bin/env python3
"""Graceful stops under load: no reply is cut short.

    tests/load/stop.py [--stops N] [--profile NAME]

N times (20) labserve is started, put under load by wrk (where that is installed) and by clients of our own that know what
a whole reply is, and told to stop (SIGTERM). Each client then has all of every reply that had begun; requests that had
not may find the connection ended. Once more a client that reads a large file slowly gets all of it within the grace of
five seconds. The exit code of labserve is 0 each time.
"""
import argparse
import collections
import shutil
import signal
import subprocess
import sys
import threading
import time

import http1
import lab

SIZES = {"/index.html": None, "/medium": 100_000, "/large": 4_000_000}


def keep_asking(address, targets, count, errors):
    """Asks for `targets` in turn, two requests ahead every third time, until the connection ends between two replies."""
    connection = None
    try:
        connection = http1.Connection(address)
        turn = 0
        while True:
            target = targets[turn % len(targets)]
            turn += 1
            ahead = 2 if turn % 3 == 0 else 1
            connection.send(http1.request(target) * ahead)
            for _ in range(ahead):
                status, _, body = connection.reply()
                if status != 200 or (SIZES[target] or len(body)) != len(body):
                    errors.append(f"{target}: {status} with {len(body)} bytes")
                count["replies"] += 1
    except http1.Broken as broken:
        count[f"ended between replies ({broken.how})" if not broken.part else "cut short"] += 1
        if broken.part:
            errors.append(f"a reply was cut short: {broken}")
    except OSError:
        count["not accepted"] += 1
    finally:
        if connection:
            connection.socket.close()


def one_stop(root, profile, wrk, count, errors):
    with lab.labserve("--profile", profile, "--port", 0, "--root", root, "--log", "text/error",
                      "--set", "connection.max_requests=0") as server:
        targets = list(SIZES)
        clients = [threading.Thread(target=keep_asking, args=(server.address, targets[n % 3:] + targets[:n % 3], count, errors))
                   for n in range(12)]
        for client in clients:
            client.start()
        load = wrk and subprocess.Popen([wrk, "-t1", "-c32", "-d2s", "http://%s:%d/index.html" % server.address],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.7)
        server.popen.send_signal(signal.SIGTERM)
        try:
            code = server.popen.wait(8)
            if code != 0:
                errors.append(f"exit code {code}")
        except subprocess.TimeoutExpired:
            errors.append("it did not stop within 8 s")
        for client in clients:
            client.join(15)
        if load:
            load.kill()
            load.wait()


def slow_reader(root, profile, errors):
    """A client that takes about three seconds for a file that no socket buffer holds."""
    size = (root / "slow").stat().st_size
    with lab.labserve("--profile", profile, "--port", 0, "--root", root, "--log", "text/error") as server:
        connection = http1.Connection(server.address)
        connection.send(http1.request("/slow"))
        got, begun, stopped = 0, time.monotonic(), False
        while True:
            data = connection.socket.recv(262144)
            if not data:
                break
            got += len(data)
            if not stopped:
                server.popen.send_signal(signal.SIGTERM)
                stopped = True
            # As fast as would take three seconds for all of it.
            time.sleep(max(0, begun + 3 * got / size - time.monotonic()))
        took = time.monotonic() - begun
        code = server.popen.wait(8)
        print(f"a slow reader got {got} bytes in {took:.1f} s after SIGTERM; exit code {code}")
        if got < size or code != 0:
            errors.append(f"the slow reader got {got} of {size} bytes, exit code {code}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--profile", default="nginx")
    options = parser.parse_args()
    wrk = shutil.which("wrk")
    if not wrk:
        print("wrk is not installed: only our own clients")
    count, errors = collections.Counter(), []
    files = {"medium": b"m" * SIZES["/medium"], "large": b"l" * SIZES["/large"], "slow": b"s" * (48 << 20)}
    with lab.site(**files) as root:
        for _ in range(options.stops):
            one_stop(root, options.profile, wrk, count, errors)
        slow_reader(root, options.profile, errors)
    print(f"{options.profile}: {options.stops} stops{' under wrk' if wrk else ''}: {dict(count)}")
    return lab.verdict(errors[:10])


if __name__ == "__main__":
    sys.exit(main())
