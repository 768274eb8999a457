#!/usr/bin/env python3
"""Builds labserve for Windows, with warnings as errors, and tries it under Wine.

    tests/windows.py [--install] [--no-build] [--only WORD]

    --install    install what is missing first (Debian packages; needs root)
    --no-build   try the .exe that is there
    --only       only the checks whose name holds this word

WINDOWS names the directory of windows.sh (default: shared/windows beside the checkout), which installs, builds and runs, PEERS that
of wire.py (default: shared/peers), which asks a server the cases of a corpus.
LABSERVE is the program of this system that the .exe is compared with (default: target/debug/labserve).

What is the same on both systems must be the same byte for byte, line ends aside; what Windows has of its own (named pipes,
short names, sharing, device names) is tried on its own. The fidelity figure is that of the suite, replayed against the
.exe: LABSERVE_PROGRAM tells it which program to start. The last line counts; the exit code is 1 if something failed.
"""
import argparse, concurrent.futures, json, os, pathlib, re, shutil, signal, socket, subprocess, sys, tempfile, time

TESTS = pathlib.Path(__file__).resolve().parent
CHECKOUT = TESTS.parent
sys.path.insert(0, str(TESTS / "windows"))
import escapes

KIT = pathlib.Path(os.environ.get("WINDOWS", CHECKOUT / "../shared/windows")).resolve() / "windows.sh"
PEERS = pathlib.Path(os.environ.get("PEERS", CHECKOUT / "../shared/peers")).resolve()
HOME = CHECKOUT / "target/x86_64-pc-windows-gnu"
EXE = HOME / "debug/labserve.exe"
PROGRAM = HOME / "labserve"     # a script that runs the .exe
HELPER = HOME / "helper.exe"
LINUX = pathlib.Path(os.environ.get("LABSERVE", CHECKOUT / "target/debug/labserve"))
WINE = "/usr/lib/wine/wine64"
ENV = {**os.environ, "WINEPREFIX": str(CHECKOUT / "target/wine"), "WINEDEBUG": "-all", "NO_COLOR": "1"}
PROFILES = ["node", "nginx", "flask", "iis"]
MODIFIED = 1_698_766_276_361_000_000
SECRET = b"SECRET, beside the root\n"
SETTINGS = b"SETTINGS, in the root and not served by who knows what they are\n"

# What of the suite is true of a program under Wine too. Not: what sends Unix signals, or counts descriptors.
SUITE = ["corpus::node::answers", "corpus::nginx::answers", "corpus::flask::answers", "iis::", "capture::", "cli::",
         "events::", "timeline::", "readme::", "reload::a_mistake", "reload::what_needs"]
# Not these either: Wine tells of a client's RST as of its FIN, and Windows has no TCP_INFO as Linux has it.
NOT_HERE = ["events::what_the_client_ends_and_resets_is_told_apart", "timeline::a_connection_is_listed_looked_at_and_ended",
            # A signal ends Wine's process at once; ctrl_c_stops_gracefully has what is a program's own there.
            "timeline::it_stops_while_pages_watch_and_a_log_is_written"]


def build():
    """The .exe, with this package's warnings as errors, and what it is tried with."""
    env = {**ENV, "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_INCREMENTAL": "0"}
    deny = ["-Zwarnings", "--config", 'build.warnings="deny"']
    subprocess.run(["bash", KIT, "build", "--locked", "--bin", "labserve", *deny], cwd=CHECKOUT, env=env, check=True)


def prepare():
    PROGRAM.write_text(f"#!/bin/sh\nexport WINEPREFIX='{ENV['WINEPREFIX']}' WINEDEBUG=-all\nexec {WINE} '{EXE}' \"$@\"\n")
    PROGRAM.chmod(0o755)
    compile_ = ["x86_64-w64-mingw32-gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-o", HELPER, TESTS / "windows/helper.c", "-lws2_32"]
    subprocess.run(compile_, check=True)
    # The kit's own way once: it sets up Wine, and puts beside the .exe what Wine lacks.
    subprocess.run(["bash", KIT, "run", EXE, "--version"], env=ENV, check=True, timeout=120, stderr=subprocess.DEVNULL)


def run(program, *arguments, cwd=None):
    """(exit code, standard output, standard error) of a program run to its end, line ends as on Unix."""
    done = subprocess.run([program, *map(str, arguments)], cwd=cwd, env=ENV, capture_output=True, timeout=120)
    return done.returncode, done.stdout.replace(b"\r\n", b"\n"), done.stderr.replace(b"\r\n", b"\n")


def helper(*arguments):
    done = subprocess.run([WINE, HELPER, *map(str, arguments)], env=ENV, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


class Server:
    """A running server; `said` is what it printed at its start."""

    def __init__(self, *arguments, program=PROGRAM, port=0):
        # A file, not a pipe: nobody has to read it.
        self.out = tempfile.NamedTemporaryFile()
        timeline = [] if "--timeline" in arguments else ["--no-timeline"]
        # Commands come before options; only the lab has several ports.
        command = [program, *map(str, arguments), *timeline, *([] if port is None else ["--port", str(port)])]
        self.process = subprocess.Popen(command, env=ENV, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not (found := re.search(r"http://\S+:(\d+)/", self.log())):
            assert self.process.poll() is None and time.monotonic() < deadline, f"it did not start: {self.log()}"
            time.sleep(0.1)
        self.port = int(found.group(1))

    def log(self):
        return pathlib.Path(self.out.name).read_text(errors="replace")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def get(self, target):
        """(status, body) of a request on a connection of its own."""
        return parse(escapes.ask(("127.0.0.1", self.port), target))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def parse(reply):
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head, "no reply"
    return int(head.split(b" ")[1]), body


def ask_kept(connection, target="/"):
    """The head of a reply on a connection that stays."""
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: lab.test\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(1 << 16) or b"\r\n\r\n"
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head.decode("latin-1")


def same(*arguments, cwd=None):
    ours, theirs = run(PROGRAM, *arguments, cwd=cwd), run(LINUX, *arguments, cwd=cwd)
    assert ours == theirs, f"{arguments}: {ours} instead of {theirs}"
    return ours


# --- the checks: each a function whose name is what it checks -----------------------------------------------------------------

def what_is_printed_is_the_same(place):
    names = [row["name"] for row in json.loads(same("profiles", "--json")[1])]
    assert len(names) > 9, names
    for arguments in [["--version"], ["profiles"], ["profiles", "--compare", "node", "iis"], *(["profiles", name] for name in names)]:
        assert same(*arguments)[0] == 0, arguments
    (place / "server.toml").write_text('profile = "nginx"\nroot = "site"\nport = 8999\n[override.timers]\nidle = "9s"\n')
    code, said, _ = same("check", "server.toml", cwd=place)
    assert code == 0 and b'idle = "9s"' in said, said


def mistakes_are_told_in_the_same_words(place):
    (place / "bad.toml").write_text('extends = "node"\n\n[connection]\npersistant = true\n')
    (place / "conf.toml").write_text('profile = "node"\n[override.timers]\nidle = 5\n')
    for arguments in [["--profile", "nodd"], ["--profile", "./bad.toml"], ["--config", "conf.toml"], ["--set", "timers.idle=soon"],
                      ["--bind", "192.0.2.1", "--port", "0"], ["profiles", "apach"], ["check", "conf.toml"]]:
        code, _, said = same(*arguments, cwd=place)
        assert code == 2 and said.count(b"\n") == 1, (arguments, said)


def explain_says_the_same(place):
    if run(LINUX, "explain", "--help")[0] != 0 or run(PROGRAM, "explain", "--help")[0] != 0:
        return "there is no such command yet"
    captures = sorted(path for path in (TESTS / "data/captures").rglob("*") if re.search(r"\.pcap(ng)?(\.gz)?$", path.name))
    assert captures, "no captures"
    cases = [(form, capture.relative_to(TESTS)) for capture in captures for form in ([], ["--json"])]
    # Wine takes its time to start a program, and none of them waits for another.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: same("explain", *case[0], case[1], cwd=TESTS), cases))
    report = TESTS / "data/captures/report-1.pcapng.gz"
    pages = [place / "linux.html", place / "windows.html"]
    for program, page in zip((LINUX, PROGRAM), pages):
        assert run(program, "explain", report, "--html", page, "--lang", "zh")[0] == 0, page
    assert len({page.read_bytes() for page in pages}) == 1, "another page"
    return f"{len(captures)} captures, as text and as JSON"


def every_option_works_or_says_why_not(place):
    _, said, _ = run(PROGRAM, "--help")
    options = set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", said.decode(), re.M)) - {"help", "version"}
    # These every other check uses.
    tried = {"profile", "root", "port", "config", "timeline", "no-timeline"}

    events = place / "events.jsonl"
    given = {"set": "timers.idle=1s", "bind": "127.0.0.1", "log": "json/debug", "events": events, "workers": 2, "follow-symlinks": None}
    arguments = [word for name, value in given.items() for word in (f"--{name}", value) if word is not None]
    with Server("--profile", "rfc", "--root", place / "site", *arguments) as server, server.connect() as idle:
        ask_kept(idle)
        begun = time.monotonic()
        assert idle.recv(10) == b"" and time.monotonic() - begun > 0.8, "not the idle time that was set"
        assert server.get("/link-out.txt") == (200, SECRET), "the link was not followed"
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(15) == 0
        log = [line for line in server.log().splitlines() if line.startswith("{")]
        assert any(json.loads(line).get("request") == 1 for line in log), log
    told = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert told[0] == "start" and told[-1] == "stop" and told.count("accepted") == 2, told
    tried |= set(given)

    with Server("--bind", "::", "--root", place / "site") as server:
        for address in ["127.0.0.1", "::1"]:
            assert parse(escapes.ask((address, server.port), "/static/style1.css"))[0] == 200, f"--bind :: does not serve {address}"

    code, _, said = run(PROGRAM, "--port", "0", "--no-timeline", "--capture", place / "x.pcapng")
    assert code == 2 and said.count(b"\n") == 1 and b"no dumpcap" in said and b"Wireshark" in said, said
    assert options == tried | {"capture"}, f"not tried: {options ^ (tried | {'capture'})}"


def the_lab_is_served(place):
    """Every profile, each on its own port."""
    names = [row["name"] for row in json.loads(run(PROGRAM, "profiles", "--json")[1])]
    base = 21_000 + os.getpid() % 8_000     # below what systems give to clients
    with Server("lab", "--root", place / "site", "--base-port", base, port=None) as lab:
        ports = dict(re.findall(r"^ +([a-z0-9-]+) +http://127\.0\.0\.1:(\d+)/", lab.log(), re.M))
        assert len(ports) > 9 and set(ports) <= set(names), ports
        for profile, port in ports.items():
            status, _ = parse(escapes.ask(("127.0.0.1", int(port)), "/static/style1.css"))
            assert status == 200, f"{profile}: {status}"
    return f"{len(ports)} profiles"


def the_timeline_is_served(place):
    """Its page; its API is the suite's."""
    with Server("--profile", "node", "--root", place / "site", "--timeline", "127.0.0.1:0") as server:
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/\?token=", server.log()).group(1))
        page = escapes.ask(("127.0.0.1", port), "/", host=f"127.0.0.1:{port}")
        status, body = parse(page)
        assert status == 200 and b"<html" in body.lower(), page[:300]


def a_running_server_is_reloaded_through_a_pipe(place):
    configuration = place / "reload.toml"
    says = lambda seconds: configuration.write_text(f'[override.connection]\nfields.keep = ["Keep-Alive: timeout={seconds}"]\n')
    says(5)
    with Server("--profile", "node", "--root", place / "site", "--config", configuration) as server, server.connect() as kept:
        assert "timeout=5" in ask_kept(kept)
        says(7)
        code, said, wrong = run(PROGRAM, "reload", "--port", server.port)
        assert code == 0 and said.startswith(b"reloaded: "), (code, said, wrong)
        assert "timeout=7" in ask_kept(kept)
        configuration.write_text("[override.connection]\npersistant = true\n")
        code, said, wrong = run(PROGRAM, "reload", "--port", server.port)
        assert code == 2 and b"persistant" in wrong and "timeout=7" in ask_kept(kept), (code, wrong)
        # Many at once: each finds an end of the pipe.
        says(9)
        callers = [subprocess.Popen([PROGRAM, "reload", "--port", str(server.port)], env=ENV, stdout=subprocess.DEVNULL) for _ in range(6)]
        assert [caller.wait(60) for caller in callers] == [0] * 6
    code, _, said = run(PROGRAM, "reload", "--port", server.port)
    assert code == 2 and b"no labserve listens" in said, said


def no_two_servers_share_a_port(place):
    with Server("--root", place / "site") as server:
        code, _, said = run(PROGRAM, "--root", place / "site", "--port", server.port)
        assert code == 2 and b"choose another with --port" in said, said
        stolen = helper("steal", server.port)
        assert stolen.startswith("refused"), stolen


def begin_everything(server):
    """An unused connection, one that rests, and one that is being sent a large file."""
    unused, idle, busy = server.connect(), server.connect(), server.connect()
    ask_kept(idle)
    busy.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    begun = busy.recv(1000)
    return unused, idle, busy, begun


def expect_graceful(unused, idle, busy, begun):
    assert idle.recv(10) == b"" and unused.recv(10) == b"", "not FIN"
    got = bytearray(begun)
    while data := busy.recv(1 << 20):
        got += data
    size = len(got) - got.index(b"\r\n\r\n") - 4
    assert size == 32 << 20, f"a reply was cut short: {size} bytes"


def ctrl_c_stops_gracefully(place):
    with Server("--profile", "nginx", "--root", place / "site") as server:
        connections = begin_everything(server)
        # Wine makes Ctrl-C of SIGINT. Ctrl-Break and a closed console it cannot be brought to: GenerateConsoleCtrlEvent
        # fails where the console is a terminal of Unix.
        server.process.send_signal(signal.SIGINT)
        expect_graceful(*connections)
        assert server.process.wait(15) == 0


def names_are_what_directories_list(place):
    site = place / "site"
    short = helper("short", site / "a-long-name.html").replace("\\", "/").rsplit("/", 1)[-1]
    assert "~" in short, short
    for profile, target, status in [
        ("node", "/a-long-name.html", 200), ("node", f"/{short}", 404), ("iis", f"/{short}", 404), ("node", "/A-LONG-NAME.html", 404),
        ("iis", "/A-LONG-NAME.html", 200), ("node", "/Static/head.jpg", 404), ("iis", "/Static/head.jpg", 200), ("node", "/NUL", 404),
        ("node", "/con.html", 404), ("node", "/index.html.", 404), ("node", "/index.html%20", 404), ("node", "/index.html::$DATA", 404),
        ("node", "/static%5chead.jpg", 404), ("iis", "/static%5chead.jpg", 200),
        ("node", "/%E9%9F%B3%E4%B9%90.txt", 200), ("iis", "/WEB.CONFIG", 404), ("iis", "/web.config%20", 404),
    ]:
        got, _ = servers(place)[profile].get(target)
        assert got == status, f"{profile} {target}: {got}, not {status}"
    # A file has one entity tag and one time, however it is spelt where case does not count; and any profile can be told so.
    with Server("--profile", "node", "--root", site, "--set", "files.ignore_case=true") as node:
        for server in (servers(place)["iis"], node):
            usual, other = (escapes.ask(("127.0.0.1", server.port), target) for target in ["/static/style1.css", "/STATIC/Style1.CSS"])
            assert b"\nETag: " in usual and comparable(usual) == comparable(other), (usual[:400], other[:400])


def a_file_may_be_replaced_while_it_is_sent(place):
    site = place / "site"
    with Server("--profile", "nginx", "--root", site) as server, server.connect() as busy:
        busy.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = bytearray(busy.recv(1000))
        new = place / "new"
        new.write_bytes(b"n" * (1 << 20))
        said = helper("replace", new, site / "large")
        assert said == "", said
        assert server.get("/large") == (200, b"n" * (1 << 20)), "the new one is not served"
        while data := busy.recv(1 << 20):
            got += data
        body = got[got.index(b"\r\n\r\n") + 4:]
        assert body == b"x" * (32 << 20), f"not the old one: {len(body)} bytes"
    (site / "large").write_bytes(b"x" * (32 << 20))


def a_file_that_was_served_may_be_renamed_over(place):
    """Windows lets nobody do that to a file that is open, however it is shared."""
    site = place / "site"
    for name, size in [("small", 1000), ("large-enough-for-the-cache", 100_000)]:
        (site / name).write_bytes(b"o" * size)
    date(site)
    with Server("--profile", "nginx", "--root", site) as server:
        for name in ["small", "large-enough-for-the-cache"]:
            status, old = server.get(f"/{name}")
            assert status == 200 and old == b"o" * len(old), status
            (place / "new").write_bytes(b"n" * 50_000)
            said = helper("over", place / "new", site / name)
            assert said == "", f"{name}: {said}"
            assert server.get(f"/{name}") == (200, b"n" * 50_000), name


def a_file_that_another_program_keeps_for_itself_is_said_to_be_unavailable(place):
    held = place / "site/held.txt"
    held.write_text("held")
    holder = subprocess.Popen([WINE, HELPER, "hold", held], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline().strip() == "held"
        status, _ = servers(place)["nginx"].get("/held.txt")
        assert status == 503, status
    finally:
        holder.stdin.close()
        holder.wait(30)
    assert servers(place)["nginx"].get("/held.txt") == (200, b"held")


def a_files_number_is_its_own(place):
    with Server("--profile", "phpnow", "--root", place / "site") as server:
        # Wine gives Unix's inode for the file's number: what GetFileInformationByHandle tells.
        for name in ["index.html", "a-long-name.html"]:
            reply = escapes.ask(("127.0.0.1", server.port), f"/{name}").decode("latin-1")
            etag = re.search(r'ETag: (?:W/)?"([0-9a-f]+)-', reply)
            inode = os.stat(place / "site" / name).st_ino
            assert etag and int(etag.group(1), 16) in (inode, inode & 0xFFFFFFFF), (etag and etag.group(0), hex(inode))


def comparable(reply):
    """A reply without what differs between any two servers, their time and port, and without the last number of Flask's entity tags:
    a checksum of the file's path, which begins with a drive on Windows."""
    reply = re.sub(rb"\nDate: [^\r]*|127\.0\.0\.1:[0-9]+", b"", reply)
    return re.sub(rb'(\nETag: "[0-9.]+-[0-9]+)-[0-9]+"', rb"\1", reply)


def two_thousand_ways_out_lead_nowhere(place):
    """On both systems, under each of the four profiles; and both answer each the same."""
    secret = place / "secret-long-name.txt"
    path = str(secret).strip("/").split("/")
    short = helper("short", secret).replace("\\", "/").rsplit("/", 1)[-1]
    tried = answered = 0
    for profile in PROFILES:
        secrets = [SECRET] + [SETTINGS] * (profile == "iis")
        with Server("--profile", profile, "--root", place / "site", "--log", "off", program=LINUX) as linux:
            here, there = (escapes.run(("127.0.0.1", server.port), path, short) for server in (linux, servers(place)[profile]))
            for replies in (here, there):
                leaks = [target for target, reply in replies.items() if any(secret in reply for secret in secrets)]
                assert not leaks, f"{profile}: {leaks[:10]}"
                unanswered = [target for target, reply in replies.items() if not reply]
                assert len(unanswered) < 100, f"{profile}: {len(unanswered)} unanswered: {unanswered[:10]}"
            differ = [(target, here[target], there[target]) for target in here if comparable(here[target]) != comparable(there[target])]
            assert not differ, f"{profile}: {len(differ)} are answered otherwise than on Linux: {differ[:5]}"
            assert servers(place)[profile].get("/static/style1.css")[0] == 200, f"{profile}: no longer served"
            tried += len(here)
            answered += sum(map(bool, there.values()))
    return f"{tried} targets on each system, {answered} of them answered"


def iis_answers_the_corpora_as_on_linux(place):
    """No recording says how IIS answers them, so both systems are asked; what is known of it is in the suite."""
    site = place / "recorded/site"
    shutil.copytree(TESTS / "data/site", site)
    (site / "link-in.txt").symlink_to("index.html")
    (site / "link-out.txt").symlink_to("../secret.txt")
    (site / "../secret.txt").write_bytes(SECRET)
    date(site)
    wire = [sys.executable, PEERS / "wire.py", "record"]
    with Server("--profile", "iis", "--root", site, program=LINUX) as linux, Server("--profile", "iis", "--root", site) as windows:
        def record(server, out):
            for corpus, more in [("report", []), ("extended", ["--add"])]:
                of = [f"127.0.0.1:{server.port}", TESTS / f"data/corpus/{corpus}.json", out, "--site", site, "--jobs", "12"]
                subprocess.run([*wire, *of, *more], check=True, capture_output=True)
            return out
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            files = list(pool.map(record, (linux, windows), (place / "linux.json", place / "windows.json")))
        done = subprocess.run([sys.executable, TESTS / "compare.py", PEERS, "iis", *files, "--site", site], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


def the_suite_passes(place):
    """The corpora, the report's captures, and the command line, as on Linux."""
    env = {**ENV, "LABSERVE_PROGRAM": str(PROGRAM), "RUST_BACKTRACE": "0"}
    filters = ["--test-threads", "1", "--nocapture", *SUITE, *(word for name in NOT_HERE for word in ("--skip", name))]
    done = subprocess.run(["cargo", "test", "--test", "suite", "--", *filters], cwd=CHECKOUT, env=env, capture_output=True, text=True)
    said = done.stdout + done.stderr
    figures = re.findall(r"\b\w+: \d+ of \d+ cases identical$", said, re.M)
    result = re.search(r"^test result: .*?(\d+) passed", said, re.M)
    of_iis = re.findall(r"^test iis::", said, re.M)
    assert done.returncode == 0 and len(figures) == 3 and len(of_iis) > 10, said[-6000:]
    return "; ".join([*figures, f"{result.group(1)} tests, {len(of_iis)} of them of iis"])


CHECKS = [what_is_printed_is_the_same, mistakes_are_told_in_the_same_words, explain_says_the_same,
          every_option_works_or_says_why_not, the_lab_is_served, the_timeline_is_served,
          a_running_server_is_reloaded_through_a_pipe, no_two_servers_share_a_port, ctrl_c_stops_gracefully,
          names_are_what_directories_list, a_file_may_be_replaced_while_it_is_sent,
          a_file_that_was_served_may_be_renamed_over,
          a_file_that_another_program_keeps_for_itself_is_said_to_be_unavailable, a_files_number_is_its_own,
          two_thousand_ways_out_lead_nowhere, iis_answers_the_corpora_as_on_linux, the_suite_passes]

RUNNING = {}


def servers(place):
    """A server under Wine for each of the four profiles, started once."""
    for profile in PROFILES:
        if profile not in RUNNING:
            RUNNING[profile] = Server("--profile", profile, "--root", place / "site", "--log", "off")
    return RUNNING


def make_site(place):
    shutil.copytree(TESTS / "data/site", place / "site", ignore=shutil.ignore_patterns("web.config"))
    site = place / "site"
    (place / "secret-long-name.txt").write_bytes(SECRET)
    (site / "link-out.txt").symlink_to("../secret-long-name.txt")
    (site / "a-long-name.html").write_text("a long name")
    (site / "音乐.txt").write_text("music")
    (site / "web.config").write_bytes(SETTINGS)
    (site / "large").write_bytes(b"x" * (32 << 20))
    date(site)


def date(site):
    """Files of long ago, to the millisecond: Windows counts in 100 ns, Linux in 1 ns, and some entity tags show it."""
    for path in site.rglob("*"):
        os.utime(path, ns=(MODIFIED, MODIFIED), follow_symlinks=False)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--install", action="store_true")
    ap.add_argument("--no-build", action="store_true")
    ap.add_argument("--only", default="")
    args = ap.parse_args()
    if not KIT.is_file():
        sys.exit(f"no windows.sh in {KIT.parent}: set WINDOWS to its directory")
    if args.install and not (pathlib.Path("/usr/bin/rustc").exists() and pathlib.Path(WINE).exists()):
        subprocess.run(["bash", KIT, "install"], check=True)
    if not args.no_build:
        build()
    prepare()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        make_site(place)
        try:
            for check in CHECKS:
                title = check.__name__.replace("_", " ")
                if args.only not in title:
                    continue
                begun = time.monotonic()
                try:
                    note = check(place)
                    passed += 1
                    print(f"ok      {title} ({time.monotonic() - begun:.0f} s){': ' + note if note else ''}", flush=True)
                except (AssertionError, OSError, subprocess.SubprocessError, AttributeError) as why:
                    failed += 1
                    print(f"FAILED  {title}: {why}", flush=True)
        finally:
            for server in RUNNING.values():
                server.__exit__()
    print(f"windows: {passed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
