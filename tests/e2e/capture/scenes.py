"""The clients whose captures are made: page loads, curl, browsers, unusual ends, and the cases of the corpora.

A scene is a function of a server's port. It knows what a client does, not which server it talks to or who captures it.
"""

import concurrent.futures
import contextlib
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time

from e2e.peers import compare, wire
from e2e.pylib import chromium

HTML, CSS, JPEG, WAV, FAVICON = "/", "/static/style1.css", "/static/head.jpg", "/static/BGM.wav", "/favicon.ico"


class Client:
    """A raw client: sends requests of given sizes and reads the responses."""

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
    """Everything is cached. The client keeps its side of the connection open for a while."""
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
    """Nothing is announced, and neither side closes until the browser does."""
    used, unused = Client(port), Client(port)
    for path in [HTML, CSS, JPEG, WAV, FAVICON]:
        used.get(path)
    time.sleep(6)
    used.close()
    unused.close()


def page(port, seconds=6.0):
    """A page load on as few connections as the server allows, then silence."""
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
    """Endings that need a raw client."""
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
    """Data after the server's idle close, on a profile with a short idle timeout."""
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
    """A port on which nothing listens."""
    for _ in range(2):
        with contextlib.suppress(ConnectionRefusedError):
            Client(port)


def uploads(port):
    """Request bodies: by length, in chunks, with 100-continue, and not read completely."""
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
    """The cases of both corpora for which `choose` is true, those of the report first."""
    return [case for case in compare.corpus() if choose(case)]


def is_slow(case):
    return bool(case.get("slow"))


def is_quick_ending(case):
    """Whether a case concerns an ending, waits for one or causes one, and takes seconds only."""
    return not is_slow(case) and (
        case["name"].startswith("end-") or any({"end", "shut"} & step.keys() for step in case["steps"])
    )


def play(port, case):
    """Plays one case. An error counts as an ending."""
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


# Seconds between the starts of two cases: enough for a server that forks a process for each connection.
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
