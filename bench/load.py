"""Load and its cost: wrk in turns against several servers, resting connections, the first answer. Knows no goal."""
import re
import resource
import socket
import statistics
import subprocess
import time


def wrk(server, path, seconds, connections=64, headers=(), cpus="1", script=None, threads=1):
    """One run: requests a second, CPU microseconds a request, bytes a second, and what went wrong."""
    argv = ["taskset", "-c", cpus, "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
    for header in headers:
        argv += ["-H", header]
    if script:
        argv += ["-s", str(script)]
    before = server.cpu()
    out = subprocess.run([*argv, f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True).stdout
    used = server.cpu() - before
    requests, elapsed = re.search(r"(\d+) requests in ([\d.]+)s", out).groups()
    bad = [found.group(0) for found in (re.search(r"Non-2xx or 3xx.*", out), re.search(r"Socket errors.*", out)) if found]
    count = max(1, int(requests))
    return {"rate": count / float(elapsed), "cpu": 1e6 * used / count, "bad": "; ".join(bad)}


def in_turns(servers, path, seconds, rounds, **how):
    """Every server in turn, so that a drift of the machine hits all alike. The median of each figure, by server."""
    runs = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            # A path that differs from server to server is asked for by name.
            runs[server.name].append(wrk(server, path(server) if callable(path) else path, seconds,
                                         **{k: v(server) if callable(v) else v for k, v in how.items()}))
    return {name: {"rate": statistics.median(r["rate"] for r in done), "cpu": statistics.median(r["cpu"] for r in done),
                   "bad": next((r["bad"] for r in done if r["bad"]), "")} for name, done in runs.items()}


def get(sock, path, headers=()):
    """One GET on an open connection: the reply's head as text. Reads the body by its length."""
    ask(sock, path, headers)
    return answer(sock)


def ask(sock, path, headers=()):
    lines = "".join(f"{header}\r\n" for header in headers)
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode())


def answer(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            break
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    missing = int(length.group(1)) - len(body) if length and b" 304 " not in head[:16] else 0
    while missing > 0:
        missing -= len(sock.recv(65536)) or missing
    return head.decode("latin-1")


def connect(server, source="127.0.0.1"):
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the port is chosen with the peer in mind
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", server.port))
    return sock


def rest(server, count, path, at_once, per_address=20_000):
    """Opens `count` connections, so many at once, asks once on each, and leaves them open."""
    sockets = []
    while len(sockets) < count:
        numbers = range(len(sockets), min(count, len(sockets) + at_once))
        batch = [connect(server, f"127.0.0.{2 + number // per_address}") for number in numbers]
        for sock in batch:
            ask(sock, path)
        for sock in batch:
            answer(sock)
        sockets += batch
    return sockets


def closed(sockets):
    """How many of them the server has ended, or sent something to."""
    return len(sockets) - sum(is_silent(sock) for sock in sockets)


def is_silent(sock):
    try:
        sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def latency(server, path, count=300):
    """The median time, in microseconds, of a new connection's first request."""
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        with connect(server) as sock:
            get(sock, path)
        times.append(time.perf_counter() - begun)
    return 1e6 * statistics.median(times)


def first_answer(argv, port, path, times=15):
    """The median time, in milliseconds, from a program's start to its first answer."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        process = subprocess.Popen(list(map(str, argv)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as sock:
                    get(sock, path)
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{argv[0]} ended with {process.returncode}") from None
        taken.append(1e3 * (time.perf_counter() - begun))
        process.terminate()
        process.wait()
    return statistics.median(taken)


def files_can_be_open(count):
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] > count + 100
