"""Load and its cost: wrk against several servers in turn, idle connections, the first reply. Does not know the
goals."""

import resource
import socket
import statistics
import subprocess
import time

from e2e.pylib import http1, wrk
from e2e.pylib.process import Missing
from servers import pinned

# Idle connections from one loopback address: fewer than it has ports.
PER_ADDRESS = 20_000


def once(server, path, seconds, connections=64, headers=(), cpus="1", script=None, threads=1):
    """One run of wrk: requests per second, CPU microseconds per request, and errors."""
    before = server.cpu_s()
    count, rate, bad = wrk.run(server.port, path, seconds, connections, threads, headers, script, pinned(cpus))
    return {"rate": rate, "cpu": 1e6 * (server.cpu_s() - before) / max(1, count), "bad": bad}


def in_turns(servers, path, seconds, rounds, **how):
    """Measures the servers in turn, so that a drift of the machine affects all of them. Returns the median of each
    figure, by server."""
    runs = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            # A figure that differs between servers is a function of the server.
            arguments = {key: value(server) if callable(value) else value for key, value in how.items()}
            runs[server.name].append(once(server, path, seconds, **arguments))
    return {
        name: {
            "rate": statistics.median(run["rate"] for run in done),
            "cpu": statistics.median(run["cpu"] for run in done),
            "bad": next((run["bad"] for run in done if run["bad"]), ""),
        }
        for name, done in runs.items()
    }


def open_idle(server, count, path, at_once):
    """Opens `count` connections, `at_once` at a time, asks once on each, and leaves them open."""
    connections = []
    while len(connections) < count:
        numbers = range(len(connections), min(count, len(connections) + at_once))
        batch = [http1.Connection(server.address, source=f"127.0.0.{2 + number // PER_ADDRESS}") for number in numbers]
        for connection in batch:
            connection.send(http1.request(path))
        for connection in batch:
            connection.reply()
        connections += batch
    return connections


def latency_us(server, path, count=300):
    """The median time, in microseconds, of a new connection's first request."""
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        with http1.Connection(server.address) as connection:
            connection.ask(path)
        times.append(time.perf_counter() - begun)
    return 1e6 * statistics.median(times)


def first_reply_ms(argv, port, path, times=15):
    """The median time, in milliseconds, from a program's start to its first reply."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        process = subprocess.Popen(list(map(str, argv)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                with http1.Connection(("127.0.0.1", port)) as connection:
                    connection.ask(path)
                break
            except (OSError, http1.Broken):
                if process.poll() is not None:
                    raise Missing(f"{argv[0]} ended with {process.returncode}") from None
        taken.append(1e3 * (time.perf_counter() - begun))
        process.terminate()
        process.wait()
    return statistics.median(taken)


def download_ms(server, path, times=2):
    """Milliseconds of CPU that the server needs for a GB of a large file."""
    before, buffer, got = server.cpu_s(), bytearray(1 << 20), 0
    for _ in range(times):
        with socket.create_connection(server.address) as connection:
            connection.sendall(http1.request(path, "Connection: close\r\n"))
            while count := connection.recv_into(buffer):
                got += count
    return 1e3 * (server.cpu_s() - before) / (got / 1e9)


def files_can_be_open(count):
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] > count + 100
