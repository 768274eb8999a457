#!/usr/bin/env python3
"""Makes the captures in tests/data/captures again, on the loopback interface.

    tests/e2e/capture/remake.py [--out DIR] [--only SUBSTRING] [--jobs N]
    tests/e2e/capture/remake.py --only=-slow     the ends that take a minute and more: about three minutes in all

Each is one scene: a server (labserve under a profile, or a real one), a client (raw sockets, curl, Chromium, Firefox),
and dumpcap on the server's port. The site has the names, sizes and dates of the demo site, and zeros for pictures and
sounds, so that a capture compresses to a few kilobytes. Needs dumpcap and the right to capture. Scenes whose client or
server is not installed are SKIPPED. The cases of the corpora are played by peers/wire.py.

What explain is expected to say of each is in tests/data/captures/expected. `LABSERVE_BLESS=1 cargo test explain` writes
that again, for you to read.
"""

import concurrent.futures
import contextlib
import gzip
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import compare, wire
from e2e.peers.peers import Peer
from e2e.pylib import chromium, cli, sites
from e2e.pylib.process import Labserve, Missing, free_port

HTML, CSS, JPEG, WAV, FAVICON = "/", "/static/style1.css", "/static/head.jpg", "/static/BGM.wav", "/favicon.ico"


class Client:
    """A raw client: sends requests of given sizes, and reads what comes back."""

    def __init__(self, port, abort=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.port = port
        if abort:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def send(self, text):
        self.socket.sendall(text.encode("latin-1"))

    def get(self, path, extra="", size=None, version="1.1"):
        head = f"GET {path} HTTP/{version}\r\nHost: 127.0.0.1:{self.port}\r\n{extra}Accept: */*\r\n"
        if size:
            filler = size - len(head) - len("Cookie: lab=\r\n\r\n")
            head += f"Cookie: lab={'x' * filler}\r\n"
        self.send(head + "\r\n")
        return self.response(path)

    def head_bytes(self):
        got = b""
        while b"\r\n\r\n" not in got:
            data = self.socket.recv(65536)
            if not data:
                return got, b""
            got += data
        head, _, body = got.partition(b"\r\n\r\n")
        return head, body

    def response(self, path=""):
        head, body = self.head_bytes()
        fields = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        want = int(fields["content-length"]) if "content-length" in fields else None
        if head.split(b" ")[1:2] == [b"304"]:
            want = 0
        while want is None or len(body) < want:
            data = self.socket.recv(65536)
            if not data:
                break
            body += data
        time.sleep(0.01)
        return head, body

    def wait_for_end(self, seconds):
        """Waits for the server to end the connection. Returns whether it did."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()


def report_1(port):
    """A page load on one connection, nothing cached, and a second connection that is never used."""
    used = Client(port)
    time.sleep(0.02)
    unused = Client(port)
    for path, extra, size in [
        (HTML, "", 534),
        (CSS, "", 470),
        (JPEG, "", 475),
        (WAV, "Range: bytes=0-\r\n", 547),
        (FAVICON, "", 471),
    ]:
        used.get(path, extra, size)
    used.wait_for_end(8)
    used.close()
    time.sleep(0.2)
    unused.close()


def report_2(port):
    """Everything cached; the client keeps its side of the connection for a while."""
    client = Client(port)
    for path, etag in [(HTML, "2aa"), (CSS, "29a"), (JPEG, "7108"), (WAV, "22b32")]:
        client.get(
            path, f'If-None-Match: W/"{etag}-18b865c4709"\r\nIf-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n'
        )
    client.wait_for_end(8)
    time.sleep(3)
    client.close()


def report_3(port):
    """Two connections in use at the same time."""
    first, second = Client(port), Client(port)
    first.get(HTML)
    second.send(f"GET {JPEG} HTTP/1.1\r\nHost: a\r\n\r\n")
    first.get(CSS)
    second.response()
    second.get(WAV, "Range: bytes=0-\r\n")
    first.wait_for_end(8)
    second.wait_for_end(8)
    first.close()
    second.close()


def report_4(port):
    """Nothing is announced, and nobody closes until the browser is closed."""
    used, unused = Client(port), Client(port)
    for path in [HTML, CSS, JPEG, WAV, FAVICON]:
        used.get(path)
    time.sleep(6)
    used.close()
    unused.close()


def page(port, seconds=6.0):
    """A page load on as few connections as the server allows, and then silence."""
    client = Client(port)
    for path, extra in [(HTML, ""), (CSS, ""), (JPEG, ""), (WAV, "Range: bytes=0-\r\n"), (FAVICON, "")]:
        keep = "Connection: keep-alive\r\n"
        try:
            head, _ = client.get(path, keep + extra)
        except (ConnectionError, IndexError):
            head = b""
        if not head:
            client = Client(port)
            head, _ = client.get(path, keep + extra)
        if b"connection: close" in head.lower():
            client.wait_for_end(3)
            client.close()
            client = Client(port)
    again = "If-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n"
    try:
        client.get(CSS, "Connection: keep-alive\r\n" + again)
    except (ConnectionError, IndexError):
        pass
    client.wait_for_end(seconds)
    client.close()


def curl(port):
    """Runs of curl: two files on one connection, HEAD, a range, HTTP/1.0, and a 404."""
    url = f"http://127.0.0.1:{port}"
    for arguments in [
        [url + CSS, url + JPEG],
        ["-I", url + CSS],
        ["-r", "100-199", url + JPEG],
        ["--http1.0", url + HTML],
        ["-H", "Connection: close", url + CSS],
        [url + FAVICON],
    ]:
        subprocess.run(["curl", "-sS", "-o", os.devnull, "-o", os.devnull, *arguments], check=True, timeout=20)


def endings(port):
    """Ends that only a raw client brings about."""
    client = Client(port)  # half-closed after its request
    client.send(f"GET {CSS} HTTP/1.1\r\nHost: a\r\n\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    client.wait_for_end(3)
    client.close()
    client = Client(port, abort=True)  # reset in the middle of a response
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send(f"GET {WAV} HTTP/1.1\r\nHost: a\r\n\r\n")
    client.socket.recv(1000)
    client.close()
    client = Client(port, abort=True)  # reset while idle
    client.get(CSS)
    time.sleep(0.3)
    client.close()
    client = Client(port)  # in the middle of a head
    client.send("GET / HTTP/1.1\r\nHos")
    time.sleep(0.2)
    client.close()
    client = Client(port)  # never used
    time.sleep(0.2)
    client.close()
    client = Client(port)  # asks for close
    client.get(CSS, "Connection: close\r\n")
    client.wait_for_end(3)
    client.close()
    client = Client(port)  # HTTP/1.0
    client.get(CSS, version="1.0")
    client.wait_for_end(3)
    client.close()
    client = Client(port)  # a head that is refused
    client.send("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
    client.response()
    client.wait_for_end(3)
    client.close()
    client = Client(port)  # pipelined
    client.send("".join(f"GET {p} HTTP/1.1\r\nHost: a\r\n\r\n" for p in (HTML, CSS, FAVICON)))
    for _ in range(3):
        client.wait_for_end(0.3)
    client.close()
    time.sleep(0.2)


def race(port):
    """Data after the server's idle close, on a profile whose idle time is short."""
    client = Client(port)
    client.get(CSS)
    client.wait_for_end(3)
    try:
        client.send(f"GET {CSS} HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        client.socket.recv(100)
    except OSError:
        pass
    client.close()


def refused(port):
    """A port that nobody listens on."""
    for _ in range(2):
        with contextlib.suppress(ConnectionRefusedError):
            Client(port)


def uploads(port):
    """Bodies of requests: by length, in chunks, asked for with 100-continue, and not read to their end."""
    client = Client(port)
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    client.response()
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    client.wait_for_end(0.5)
    client.close()
    client = Client(port)
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    client.wait_for_end(0.5)
    try:
        client.send("hello")
        client.wait_for_end(0.5)
    except OSError:
        pass
    client.close()


def corpus(choose):
    """The cases of both corpora for which `choose` is true, the report's first."""
    return [case for case in compare.corpus() if choose(case)]


def is_slow(case):
    return bool(case.get("slow"))


def is_quick_ending(case):
    """Whether a case is about an end, waits for one or causes one, within seconds."""
    return not is_slow(case) and (
        case["name"].startswith("end-") or any({"end", "shut"} & step.keys() for step in case["steps"])
    )


def play(port, case):
    """Plays one case. An error is an end like any other."""
    with contextlib.suppress(OSError):
        wire.run_case("127.0.0.1", port, case)


def replay(choose):
    """A client that plays cases of the corpora one after the other."""

    def client(port):
        for case in corpus(choose):
            play(port, case)

    return client


def side_by_side(choose):
    """A client that plays cases of the corpora at once. They begin one after the other: the nth stream is the nth
    case."""

    def client(port):
        cases = corpus(choose)
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            for case in cases:
                pool.submit(play, port, case)
                time.sleep(PACE)

    return client


# Seconds from the begin of one case to the next. Enough for a server that forks a process for each.
PACE = 0.2


def load_in_chromium(port):
    """Headless Chromium loads the page twice, with one cache."""
    with tempfile.TemporaryDirectory() as home:
        for _ in range(2):
            subprocess.run(
                [
                    chromium.path(),
                    *chromium.FLAGS,
                    f"--user-data-dir={home}/profile",
                    "--timeout=4000",
                    f"--screenshot={home}/page.png",
                    f"http://127.0.0.1:{port}/",
                ],
                capture_output=True,
                timeout=60,
            )


def load_in_firefox(port):
    """Headless Firefox loads the page once."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--profile", home, f"http://127.0.0.1:{port}/"],
            env={**os.environ, "HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(14)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


PROFILES = [
    "node",
    "node20",
    "flask",
    "flask-keepalive",
    "django",
    "apache",
    "phpnow",
    "nginx",
    "iis",
    "iis-keepalive",
    "rfc",
]
ENDS = [
    "end-client-fin-after",
    "end-client-fin-with",
    "end-client-fin-partial",
    "end-client-fin-pipeline",
    "end-bad-then-fin",
    "http10-ka",
    "pipeline-bad",
    "416-then-ok",
    "expect-100",
    "split-head",
]
ends, slow, quick_endings = (
    replay(lambda case: case["name"] in ENDS),
    side_by_side(is_slow),
    side_by_side(is_quick_ending),
)
REAL = ["node", "nginx", "apache", "flask", "django"]

# Name, server, client. A server is a profile with settings, the name of a real one, or nobody.
SCENES = [
    ("report-1", ["node"], report_1),
    ("report-2", ["node"], report_2),
    ("report-3", ["node"], report_3),
    ("report-4", ["iis"], report_4),
    *[(f"profile-{name}", [name], page) for name in PROFILES],
    *[(f"real-{name}", name, page) for name in REAL],
    ("real-nginx-curl", "nginx", curl),
    ("real-apache-ends", "apache", endings),
    ("curl-rfc", ["rfc"], curl),
    ("ends-node", ["node"], endings),
    ("ends-apache", ["apache"], endings),
    ("ends-iis", ["iis"], endings),
    ("ends-flask", ["flask"], endings),
    ("race-node", ["node", "--set", "timers.idle=400ms"], race),
    ("uploads-nginx", ["nginx"], uploads),
    ("refused", None, refused),
    *[(f"corpus-{name}", [name], ends) for name in ["node", "django", "nginx"]],
    *[(f"profile-{name}-slow", [name], slow) for name in PROFILES],
    *[(f"real-{name}-slow", name, slow) for name in REAL],
    ("real-nginx-endings", "nginx", quick_endings),
    ("chromium-node", ["node"], load_in_chromium),
    ("chromium-flask", ["flask"], load_in_chromium),
    ("firefox-node", ["node"], load_in_firefox),
]
TOOLS = {load_in_chromium: "chromium", load_in_firefox: "firefox-esr", curl: "curl"}


class Recorder:
    """dumpcap on a port, for as long as its `with` block runs."""

    def __init__(self, port, file):
        self.process = subprocess.Popen(
            ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", file], stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if line.startswith("File:"):
                break
        # It says so before it captures.
        time.sleep(0.3)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        time.sleep(1.0)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


@contextlib.contextmanager
def port_of(server, binary, site):
    """Starts a scene's server. Its port."""
    if server is None:
        yield free_port()
    elif isinstance(server, str):
        with Peer(server, site) as peer:
            yield peer.port
    else:
        with Labserve(binary, "--profile", *server, "--root", site, "--log", "off") as labserve:
            yield labserve.port


def run(scene, options, site, work):
    """Plays a scene and writes its capture. Returns a line about it."""
    name, server, client = scene
    tool = TOOLS.get(client)
    if tool and not shutil.which(tool):
        return f"SKIPPED: {name}: {tool} is not installed"
    file = work / f"{name}.pcapng"
    try:
        with port_of(server, options.binary, site) as port:
            time.sleep(0.1)
            with Recorder(port, file):
                client(port)
    except Missing as missing:
        return f"SKIPPED: {name}: {missing}"
    target = options.out / f"{name}.pcapng.gz"
    target.write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    return f"{name}: {file.stat().st_size} bytes, {target.stat().st_size} compressed"


def play_all(scenes, jobs, options, site, work):
    """Plays scenes, `jobs` at a time."""
    with concurrent.futures.ThreadPoolExecutor(max(1, jobs)) as pool:
        for line in pool.map(lambda scene: run(scene, options, site, work), scenes):
            print(line, flush=True)


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=cli.DATA / "captures")
    parser.add_argument("--only", default="", metavar="SUBSTRING")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    scenes = [scene for scene in SCENES if options.only in scene[0]]
    with sites.public_directory() as work:
        site = sites.without_content(work)
        # The slow ones do little but wait, and their times should be true: all at once, after the others.
        play_all([scene for scene in scenes if scene[2] is not slow], options.jobs, options, site, work)
        play_all([scene for scene in scenes if scene[2] is slow], len(scenes), options, site, work)


if __name__ == "__main__":
    main()
