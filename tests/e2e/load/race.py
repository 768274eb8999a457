#!/usr/bin/env python3
"""What happens to a request that arrives just as the server closes the idle connection.

    tests/e2e/load/race.py [--times N] [--from MS] [--to MS] [--step MS] [--ties N] [PROFILE ...]

PROFILE is any of node, apache, nginx; without one, all three. The real server and labserve get the same requests:

  sweep   On a new connection, a request is answered. The next is sent FROM to TO ms after the idle time that the
          server is configured with, in steps of STEP ms, N times each.
  ties    The server is stopped (SIGSTOP) before its timer expires. It continues (SIGCONT) when the timer has
          expired and the request is there, so that it finds both at once.

The outcome is a reply; RST without a FIN before it; FIN, then RST for the request; or FIN alone. "Known" counts the
cases in which the FIN had arrived before the request was sent, so that the client could have known.
"""

import collections
import contextlib
import gc
import heapq
import multiprocessing
import pathlib
import select
import signal
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers.peers import Peer
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
# The idle timeout that the servers are configured with, and the interval between connections. Two connections are never
# opened at the same instant, nor so fast that a server with one process per connection must start new processes.
IDLE_S = {"node": 5, "apache": 5, "nginx": 75}
APART_S = {"node": 0.045, "apache": 0.15, "nginx": 0.045}
KINDS = ["served", "RST", "FIN, then RST", "FIN alone"]
# The maximum time for a reply to the second request.
REPLY_S = 1.0


class Client:
    """One connection: sends a request, is idle, and may send another at its time."""

    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(REQUEST)
        got = b""
        while b"\r\n\r\n" not in got or not got.endswith(b"xxx"):
            got += self.socket.recv(65536)
        self.replied = time.perf_counter()
        self.socket.setblocking(False)
        self.known = False

    def ask_again(self):
        with contextlib.suppress(BlockingIOError):
            self.known = self.socket.recv(1, socket.MSG_PEEK) == b""
        self.socket.send(REQUEST)

    def outcome(self):
        """The outcome of the second request. Blocks as long as a reply may take."""
        select.select([self.socket], [], [], REPLY_S)
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return "nothing"
        except ConnectionResetError:
            return "RST"
        if data:
            return "served"
        # The RST for the request arrives after the FIN. The socket reports it as an error.
        time.sleep(0.005)
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return "FIN, then RST" if error else "FIN alone"


def wait_until(moment):
    """Sleeps until 2 ms before the time, then polls the clock."""
    while (left := moment - time.perf_counter()) > 0:
        if left > 0.002:
            time.sleep(left - 0.002)


def idle_ends(address, count, apart_s):
    """How long after its reply each of `count` idle connections is closed, in seconds."""
    poll, clients, after = select.epoll(), {}, []
    next_start = time.perf_counter()
    while len(after) < count:
        opened = len(after) + len(clients)
        wait = next_start - time.perf_counter() if opened < count else 100
        events = poll.poll(max(0, wait))
        now = time.perf_counter()
        for number, _ in events:
            client = clients.pop(number)
            after.append(now - client.replied)
            poll.unregister(number)
            client.socket.close()
        if opened < count and now >= next_start:
            client = Client(address)
            clients[client.socket.fileno()] = client
            poll.register(client.socket, select.EPOLLIN)
            next_start += apart_s
        elif opened == count and not events:
            break
    return after


def sweep(address, idle_s, offsets, apart_s):
    """(offset in s, outcome, whether the client could have known) for each offset."""
    waiting, results = [], []
    ahead = iter(offsets)
    next_start = time.perf_counter()
    more = True
    while more or waiting:
        if waiting and (not more or waiting[0][0] < next_start + 0.01):
            moment, _, client, offset = heapq.heappop(waiting)
            wait_until(moment)
            client.ask_again()
            late = time.perf_counter() - moment
            time.sleep(0.008)
            results.append((offset + late, client.outcome(), client.known))
            client.socket.close()
        elif (offset := next(ahead, None)) is None:
            more = False
        else:
            wait_until(next_start)
            client = Client(address)
            heapq.heappush(waiting, (client.replied + idle_s + offset, len(results) + id(client), client, offset))
            next_start += apart_s
    return results


def ties(server, idle_s, count):
    """The outcomes if the server finds the request and the expired timer at once."""
    clients = [Client(server.address) for _ in range(count)]
    wait_until(clients[0].replied + idle_s - 0.2)
    server.signal(signal.SIGSTOP)
    # Otherwise, the server might notice the request in the moment before it stops.
    time.sleep(0.05)
    try:
        for client in clients:
            client.ask_again()
        wait_until(clients[-1].replied + idle_s + 0.2)
    finally:
        server.signal(signal.SIGCONT)
    time.sleep(0.3)
    return collections.Counter(client.outcome() for client in clients)


def measure(title, server, profile, options):
    """Measures one server and prints the result."""
    idle_s, apart_s = IDLE_S[profile], APART_S[profile]
    steps = round((options.until - options.begin) / options.step) + 1
    offsets = [(n * options.step + options.begin) / 1000 for n in range(steps) for _ in range(options.times)]
    with multiprocessing.Pool(1) as beside:
        idle = beside.apply_async(idle_ends, (server.address, options.idle, apart_s))
        results = sweep(server.address, idle_s, offsets, apart_s)
        # On a busy machine a request can be late. It then belongs to another step, or to none.
        results = [result for result in results if 1000 * result[0] <= options.until + 1]
        late = sorted(1000 * (after - idle_s) for after in idle.get())
    print(
        f"\n{title}: {len(late)} idle connections ended {idle_s} s and {late[0]:.1f} to {late[-1]:.1f} ms after their "
        f"reply (median {statistics.median(late):.1f})"
    )
    kinds = KINDS + sorted({kind for _, kind, _ in results} - set(KINDS))
    rows = collections.defaultdict(collections.Counter)
    for offset, kind, known in results:
        # A row covers half a millisecond, whatever the step is.
        rows[round(2000 * offset) / 2][kind] += 1
        rows[round(2000 * offset) / 2]["known"] += known
    print("| sent, from the deadline | " + " | ".join([*kinds, "known"]) + " |\n" + "|---" * (len(kinds) + 2) + "|")
    for offset in sorted(rows):
        row = rows[offset]
        print(f"| {offset:+.1f} ms | " + " | ".join(str(row[kind]) for kind in [*kinds, "known"]) + " |")
    total = collections.Counter(kind for _, kind, _ in results)
    served = [offset for offset, kind, _ in results if kind == "served"]
    ended = [offset for offset, kind, _ in results if kind != "served"]
    print(
        f"{title}: {dict(total)}; served up to {1000 * max(served, default=0):+.2f} ms, "
        f"not served from {1000 * min(ended, default=0):+.2f} ms on"
    )
    if options.ties:
        print(f"{title}: timer and request at once: {dict(ties(server, idle_s, options.ties))}", flush=True)


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"any of {', '.join(IDLE_S)}")
    parser.add_argument("--times", type=int, default=4, help="how often each step (default 4)")
    parser.add_argument("--step", type=float, default=0.1, help="ms from step to step (default 0.1)")
    parser.add_argument(
        "--from", type=float, default=-2, dest="begin", help="the first step, in ms from the deadline (default -2)"
    )
    parser.add_argument("--to", type=float, default=5, dest="until", help="the last one (default 5)")
    parser.add_argument("--idle", type=int, default=40, help="connections that ask nothing more (default 40)")
    parser.add_argument("--ties", type=int, default=20, help="how many ties (default 20)")
    parser.add_argument("--only", choices=["real", "labserve"], help="only one of the two")
    options = parser.parse_args()
    gc.disable()
    with sites.small() as root:
        for profile in options.profiles or IDLE_S:
            if options.only != "labserve":
                try:
                    with Peer(profile, root) as server:
                        measure(f"the real {profile}", server, profile, options)
                except Missing as missing:
                    cli.skip(missing)
            if options.only != "real":
                with Labserve(options.binary, "--profile", profile, "--root", root, "--log", "text/warn") as server:
                    measure(f"labserve --profile {profile}", server, profile, options)


if __name__ == "__main__":
    main()
