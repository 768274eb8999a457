#!/usr/bin/env python3
"""Makes the captures of this folder anew, on the loopback interface.

    tests/data/captures/remake.py [--binary target/release/labserve] [--out tests/data/captures] [--only SUBSTRING]
    tests/data/captures/remake.py --only=-slow       the ends that take a minute and more: about three minutes in all

Each is one scene: a server (labserve under a profile, or a real one), a client (raw sockets, curl, Chromium, Firefox), and
dumpcap on the server's port. The site has the demo site's names, sizes and dates, and zeros for content, so that a capture
compresses to a few kilobytes. Needs dumpcap and the right to capture; scenes whose client or server is not installed are
skipped, and said so. The real servers are started by peers.py (PEERS, default ../shared/peers; PEERS_HOME has their
programs); the corpus' cases are replayed by wire.py of the same folder.

What explain is expected to say of each stands in expected/; `LABSERVE_BLESS=1 cargo test explain` writes it anew, to be read.
"""

import argparse, concurrent.futures, gzip, json, os, pathlib, shutil, signal, socket, struct, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent.parent
PEERS = pathlib.Path(os.environ.get("PEERS", REPO.parent / "shared/peers"))
MTIME_NS = 1698766276361000000   # 2023-10-31 15:31:16.361 UTC
HTML, CSS, JPEG, WAV, FAVICON = "/", "/static/style1.css", "/static/head.jpg", "/static/BGM.wav", "/favicon.ico"


def make_site(into):
    """The demo site's names, sizes and dates, and beside it what the corpus asks for; pictures and sounds are zeros."""
    for source in (REPO / "static", REPO / "tests/data/site"):
        for path in source.rglob("*"):
            copy = into / path.relative_to(source)
            if path.is_dir() or copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            zeros = path.suffix in (".jpg", ".wav")
            copy.write_bytes(bytes(path.stat().st_size) if zeros else path.read_bytes())
    for path in [into, *into.rglob("*")]:
        os.utime(path, ns=(MTIME_NS, MTIME_NS))


class Client:
    """A raw client: requests of given sizes, and what comes back."""

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
        """Waits for the server's FIN; whether it came."""
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
    """The report's capture 1: one connection, nothing cached, and a second one that is never used."""
    used = Client(port)
    time.sleep(0.02)
    unused = Client(port)
    for path, extra, size in [(HTML, "", 534), (CSS, "", 470), (JPEG, "", 475), (WAV, "Range: bytes=0-\r\n", 547), (FAVICON, "", 471)]:
        used.get(path, extra, size)
    used.wait_for_end(8)
    used.close()
    time.sleep(0.2)
    unused.close()


def report_2(port):
    """Everything cached; the client keeps its side of the connection for a while."""
    client = Client(port)
    for path, etag in [(HTML, "2aa"), (CSS, "29a"), (JPEG, "7108"), (WAV, "22b32")]:
        client.get(path, f'If-None-Match: W/"{etag}-18b865c4709"\r\nIf-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n')
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
    """No announcement, and nobody closes until the browser is closed; the unused connection is reset then."""
    used, unused = Client(port), Client(port)
    for path in [HTML, CSS, JPEG, WAV, FAVICON]:
        used.get(path)
    time.sleep(6)
    used.close()
    unused.close()


def page(port, seconds=6.0):
    """A page load on as few connections as the server allows, and then rest."""
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
    again = 'If-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n'
    try:
        client.get(CSS, "Connection: keep-alive\r\n" + again)
    except (ConnectionError, IndexError):
        pass
    client.wait_for_end(seconds)
    client.close()


def curl(port):
    """curl: two files on one connection, HEAD, a range, HTTP/1.0, and a 404."""
    url = f"http://127.0.0.1:{port}"
    for arguments in [
        [url + CSS, url + JPEG], ["-I", url + CSS], ["-r", "100-199", url + JPEG], ["--http1.0", url + HTML],
        ["-H", "Connection: close", url + CSS], [url + FAVICON],
    ]:
        subprocess.run(["curl", "-sS", "-o", os.devnull, "-o", os.devnull, *arguments], check=True, timeout=20)


def endings(port):
    """Ends that only a raw client brings about."""
    client = Client(port)                           # half-closed behind its request
    client.send(f"GET {CSS} HTTP/1.1\r\nHost: a\r\n\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    client.wait_for_end(3)
    client.close()
    client = Client(port, abort=True)               # reset in the middle of a response
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send(f"GET {WAV} HTTP/1.1\r\nHost: a\r\n\r\n")
    client.socket.recv(1000)
    client.close()
    client = Client(port, abort=True)               # reset while idle
    client.get(CSS)
    time.sleep(0.3)
    client.close()
    client = Client(port)                           # in the middle of a head
    client.send("GET / HTTP/1.1\r\nHos")
    time.sleep(0.2)
    client.close()
    client = Client(port)                           # never used
    time.sleep(0.2)
    client.close()
    client = Client(port)                           # asks for close
    client.get(CSS, "Connection: close\r\n")
    client.wait_for_end(3)
    client.close()
    client = Client(port)                           # HTTP/1.0
    client.get(CSS, version="1.0")
    client.wait_for_end(3)
    client.close()
    client = Client(port)                           # a request that is none
    client.send("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
    client.response()
    client.wait_for_end(3)
    client.close()
    client = Client(port)                           # pipelined
    client.send("".join(f"GET {p} HTTP/1.1\r\nHost: a\r\n\r\n" for p in (HTML, CSS, FAVICON)))
    for _ in range(3):
        client.wait_for_end(0.3)
    client.close()
    time.sleep(0.2)


def race(port):
    """A request that crosses the server's idle close, on a profile whose time is short; and data behind the close."""
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


def refused(_):
    """A port that nobody listens on."""
    for _ in range(2):
        try:
            Client(REFUSED_PORT)
        except ConnectionRefusedError:
            pass


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


REFUSED_PORT = 26999


def corpus(choose):
    """The cases of both corpora that `choose` says yes to; the report's come first."""
    cases = [case for name in ("report", "extended") for case in json.loads((REPO / f"tests/data/corpus/{name}.json").read_text())]
    return [case for case in cases if choose(case)]


def is_slow(case):
    return bool(case.get("slow"))


def is_quick_ending(case):
    """Whether a case is about an end, waits for one or brings one about, and that takes seconds."""
    return not is_slow(case) and (case["name"].startswith("end-") or any({"end", "shut"} & step.keys() for step in case["steps"]))


def play(port, case):
    """One case, by wire.py's own client."""
    try:
        import_peers()
        wire.run_case("127.0.0.1", port, case)
    except OSError:
        pass                                        # an end like any other


def replay(choose):
    """Cases of the corpus, one after the other."""
    def client(port):
        for case in corpus(choose):
            play(port, case)
    return client


def side_by_side(choose):
    """Cases of the corpus, all under way at once. They begin one after the other: the nth stream is the nth case."""
    def client(port):
        cases = corpus(choose)
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            for case in cases:
                pool.submit(play, port, case)
                time.sleep(PACE)
    return client


# Seconds from one case's beginning to the next one's: a server that forks has a process for each by then.
PACE = 0.2


def chromium(port):
    """Headless Chromium loads the page twice, with one cache."""
    with tempfile.TemporaryDirectory() as home:
        for _ in range(2):
            subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                            f"--user-data-dir={home}/profile", "--timeout=4000", f"--screenshot={home}/page.png", f"http://127.0.0.1:{port}/"],
                           capture_output=True, timeout=60)


def firefox(port):
    """Headless Firefox loads the page once."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(["firefox-esr", "--headless", "--no-remote", "--profile", home, f"http://127.0.0.1:{port}/"],
                                   env={**os.environ, "HOME": home}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(14)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


PROFILES = ["node", "node20", "flask", "flask-keepalive", "django", "apache", "phpnow", "nginx", "iis", "iis-keepalive", "rfc"]
ENDS = ["end-client-fin-after", "end-client-fin-with", "end-client-fin-partial", "end-client-fin-pipeline", "end-bad-then-fin", "http10-ka",
        "pipeline-bad", "416-then-ok", "expect-100", "split-head"]
ends, slow, quick_endings = replay(lambda case: case["name"] in ENDS), side_by_side(is_slow), side_by_side(is_quick_ending)
REAL = ["node", "nginx", "apache", "flask", "django"]

# Name, server, client. A server is a profile, with settings, or a real one.
SCENES = [
    ("report-1", ["node"], report_1),
    ("report-2", ["node"], report_2),
    ("report-3", ["node"], report_3),
    ("report-4", ["iis"], report_4),
    *[(f"profile-{name}", [name], page) for name in PROFILES],
    *[(f"real-{name}", f"peer:{name}", page) for name in REAL],
    ("real-nginx-curl", "peer:nginx", curl),
    ("real-apache-ends", "peer:apache", endings),
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
    *[(f"real-{name}-slow", f"peer:{name}", slow) for name in REAL],
    ("real-nginx-endings", "peer:nginx", quick_endings),
    ("chromium-node", ["node"], chromium),
    ("chromium-flask", ["flask"], chromium),
    ("firefox-node", ["node"], firefox),
]
NEEDS = {chromium: "chromium", firefox: "firefox-esr", curl: "curl"}


class Recorder:
    """dumpcap on a port."""

    def __init__(self, port, file):
        self.file = file
        self.process = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", file], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("File:"):
                break
        time.sleep(0.3)

    def stop(self):
        time.sleep(1.0)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


def wait_for(port):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def free_port(number):
    return 26001 + number


def run(scene, number, binary, site, out, work):
    name, server, client = scene
    tool = NEEDS.get(client)
    if tool and not shutil.which(tool):
        return f"{name}: SKIPPED, no {tool}"
    process = None
    if isinstance(server, list):
        port = free_port(number)
        process = subprocess.Popen([binary, "--profile", *server, "--root", site, "--port", str(port), "--log", "text/off"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(port)
    elif server:
        import_peers()
        port = peers.PORTS[server.removeprefix("peer:")]
        wait_for(port)
    else:
        port = REFUSED_PORT
    file = work / f"{name}.pcapng"
    time.sleep(0.1)
    recorder = Recorder(port, file)
    try:
        client(port)
    finally:
        recorder.stop()
        if process:
            process.terminate()
            process.wait(10)
    target = out / f"{name}.pcapng.gz"
    target.write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    return f"{name}: {file.stat().st_size} bytes, {target.stat().st_size} compressed"


def import_peers():
    global peers, wire
    sys.path.insert(0, str(PEERS))
    import peers, wire


def play_all(scenes, jobs, arguments, site, work):
    """Scenes, so many at a time. A real server has one port for all of its own: those go one after the other."""
    queues = {}
    for number, scene in scenes:
        queues.setdefault(scene[1] if isinstance(scene[1], str) else number, []).append((number, scene))
    def work_off(queue):
        for number, scene in queue:
            print(run(scene, number, arguments.binary, site, arguments.out, work), flush=True)
    with concurrent.futures.ThreadPoolExecutor(max(1, jobs)) as pool:
        for done in [pool.submit(work_off, queue) for queue in queues.values()]:
            done.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(REPO / "target/release/labserve"))
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=4)
    arguments = parser.parse_args()
    scenes = [(number, scene) for number, scene in enumerate(SCENES) if arguments.only in scene[0]]
    real = sorted({scene[1].removeprefix("peer:") for _, scene in scenes if isinstance(scene[1], str)})
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        os.chmod(work, 0o755)
        site = work / "site"
        site.mkdir()
        make_site(site)
        if real:
            subprocess.run([sys.executable, PEERS / "peers.py", "up", *real, "--site", site], check=True)
        try:
            # The slow ones do little but wait, and their times should be true: all at once, behind the others.
            play_all([s for s in scenes if s[1][2] is not slow], arguments.jobs, arguments, site, work)
            play_all([s for s in scenes if s[1][2] is slow], len(scenes), arguments, site, work)
        finally:
            if real:
                subprocess.run([sys.executable, PEERS / "peers.py", "down"], check=True)


if __name__ == "__main__":
    main()
