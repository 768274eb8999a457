#!/usr/bin/env python3
"""Builds labserve for Windows, with warnings as errors, and tries it under Wine.

    tests/e2e/windows/windows.py [--install] [--no-build] [--only WORD]

What is the same on both systems must be identical byte for byte, line ends aside: the .exe is compared with the program
of this system (--binary). What Windows has of its own (named pipes, short names, sharing, device names) is tried on its
own. The fidelity figure is that of the Rust suite, replayed against the .exe: LABSERVE_PROGRAM tells it which program
to start. The last line counts; the exit code is 1 if something failed.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import compare
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, NotStarted, free_port
from e2e.windows import escapes

HERE = pathlib.Path(__file__).resolve().parent
KIT = HERE / "windows.sh"
HOME = cli.TARGET / "x86_64-pc-windows-gnu"
EXE = HOME / "debug/labserve.exe"
# A script that runs the .exe.
PROGRAM = HOME / "labserve"
HELPER = HOME / "helper.exe"
WINE = "/usr/lib/wine/wine64"
ENV = {**os.environ, "WINEPREFIX": str(cli.TARGET / "wine"), "WINEDEBUG": "-all", "NO_COLOR": "1"}
PROFILES = ["node", "nginx", "flask", "iis"]
CAPTURES = cli.DATA / "captures"
SECRET = b"SECRET, beside the root\n"
SETTINGS = b"SETTINGS, in the root, which iis does not serve\n"
# No fewer than there are profiles.
PORTS = 40

# The tests of the suite that hold for a program under Wine too: none that sends Unix signals, or counts descriptors.
SUITE = [
    "corpus::node::answers",
    "corpus::nginx::answers",
    "corpus::flask::answers",
    "iis::",
    "capture::",
    "cli::",
    "events::",
    "timeline::",
    "readme::",
    "reload::a_mistake",
    "reload::what_needs",
]
# Nor these: Wine reports a client's RST as its FIN, and Windows has no counterpart of TCP_INFO.
NOT_HERE = [
    "events::a_client_fin_and_a_client_reset_are_told_apart",
    "timeline::state::a_connection_is_listed_shown_and_closed",
    # A signal ends Wine's process at once. ctrl_c_stops_gracefully tries what a program can do there.
    "timeline::stream::at_shutdown_readers_and_the_log_get_all_events",
]


def build():
    """The .exe, with this package's warnings as errors, and what it is tried with."""
    env = {**ENV, "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_INCREMENTAL": "0"}
    deny = ["-Zwarnings", "--config", 'build.warnings="deny"']
    subprocess.run([KIT, "build", "--locked", "--bin", "labserve", *deny], cwd=cli.CHECKOUT, env=env, check=True)


def prepare():
    PROGRAM.write_text(
        f"#!/bin/sh\nexport WINEPREFIX='{ENV['WINEPREFIX']}' WINEDEBUG=-all\nexec {WINE} '{EXE}' \"$@\"\n"
    )
    PROGRAM.chmod(0o755)
    compile_ = [
        "x86_64-w64-mingw32-gcc",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O1",
        "-o",
        HELPER,
        HERE / "helper.c",
        "-lws2_32",
    ]
    subprocess.run(compile_, check=True)
    # Run by the kit once: it sets up Wine, and puts what Wine lacks beside the .exe.
    subprocess.run([KIT, "run", EXE, "--version"], env=ENV, check=True, timeout=120, stderr=subprocess.DEVNULL)


def short_name(path):
    """The 8.3 name of a file."""
    return helper("short", path).replace("\\", "/").rsplit("/", 1)[-1]


def run(program, *arguments, cwd=None):
    """(exit code, standard output, standard error) of a program that ends by itself, line ends as on Unix."""
    done = subprocess.run([program, *map(str, arguments)], cwd=cwd, env=ENV, capture_output=True, timeout=120)
    return done.returncode, done.stdout.replace(b"\r\n", b"\n"), done.stderr.replace(b"\r\n", b"\n")


def helper(*arguments):
    """What helper.c prints."""
    done = subprocess.run([WINE, HELPER, *map(str, arguments)], env=ENV, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


class Server(Labserve):
    """labserve under Wine, or another program."""

    def __init__(self, *arguments, program=PROGRAM):
        # Wine starts slowly, and makes Ctrl-C of SIGINT for a process of the session that it was started in.
        super().__init__(program, *arguments, env=ENV, patience_s=60, new_session=False)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, target):
        """The reply to a request on a connection of its own, as bytes."""
        return escapes.ask(("127.0.0.1", self.port), target)

    def get(self, target):
        """(status, body) of that reply."""
        return parse(self.ask(target))


class Trial:
    """What the checks work with: a directory `place` with the site in it, the program of this system, and servers."""

    def __init__(self, place, linux):
        self.place, self.linux, self.site = place, linux, place / "site"
        self.secret = place / "secret-long-name.txt"
        self.running = {}

    def __enter__(self):
        shutil.copytree(cli.DATA / "site", self.site)
        self.secret.write_bytes(SECRET)
        (self.site / "link-out.txt").symlink_to(f"../{self.secret.name}")
        (self.site / "a-long-name.html").write_text("a long name")
        (self.site / "音乐.txt").write_text("music")
        (self.site / "web.config").write_bytes(SETTINGS)
        (self.site / "large").write_bytes(b"x" * (32 << 20))
        # Long ago, to the millisecond: Windows counts in 100 ns, Linux in 1 ns, and some entity tags show it.
        sites.date(self.site)
        return self

    def __exit__(self, *_):
        for server in self.running.values():
            server.kill()

    def server(self, profile):
        """A server under Wine, started once for each profile."""
        if profile not in self.running:
            self.running[profile] = Server("--profile", profile, "--root", self.site, "--log", "off")
        return self.running[profile]

    def same(self, *arguments, cwd=None):
        """Runs both programs. Returns what both print."""
        ours, theirs = run(PROGRAM, *arguments, cwd=cwd), run(self.linux, *arguments, cwd=cwd)
        assert ours == theirs, f"{arguments}: {ours} instead of {theirs}"
        return ours


def parse(reply):
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head, "no reply"
    return int(head.split(b" ")[1]), body


def ask_kept(connection, target="/"):
    """The head of a reply on a persistent connection."""
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: lab.test\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(1 << 16) or b"\r\n\r\n"
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head.decode("latin-1")


# The checks: each is a function whose name says what it checks. It may return a note.


def what_is_printed_is_the_same(trial):
    names = [row["name"] for row in json.loads(trial.same("profiles", "--json")[1])]
    assert len(names) > 9, names
    for arguments in [
        ["--version"],
        ["profiles"],
        ["profiles", "--compare", "node", "iis"],
        *(["profiles", name] for name in names),
    ]:
        assert trial.same(*arguments)[0] == 0, arguments
    (trial.place / "server.toml").write_text(
        'profile = "nginx"\nroot = "site"\nport = 8999\n[override.timers]\nidle = "9s"\n'
    )
    code, said, _ = trial.same("check", "server.toml", cwd=trial.place)
    assert code == 0 and b'idle = "9s"' in said, said


def mistakes_are_told_in_the_same_words(trial):
    (trial.place / "bad.toml").write_text('extends = "node"\n\n[connection]\npersistant = true\n')
    (trial.place / "conf.toml").write_text('profile = "node"\n[override.timers]\nidle = 5\n')
    for arguments in [
        ["--profile", "nodd"],
        ["--profile", "./bad.toml"],
        ["--config", "conf.toml"],
        ["--set", "timers.idle=soon"],
        ["--bind", "192.0.2.1", "--port", "0"],
        ["profiles", "apach"],
        ["check", "conf.toml"],
    ]:
        code, _, said = trial.same(*arguments, cwd=trial.place)
        assert code == 2 and said.count(b"\n") == 1, (arguments, said)


def explain_says_the_same(trial):
    captures = sorted(path.name for path in CAPTURES.iterdir() if re.search(r"\.pcap(ng)?(\.gz)?$", path.name))
    assert captures, "no captures"
    cases = [(form, capture) for capture in captures for form in ([], ["--json"])]
    # Wine takes its time to start a program, and the cases do not depend on each other.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: trial.same("explain", *case[0], case[1], cwd=CAPTURES), cases))
    pages = {trial.linux: trial.place / "linux.html", PROGRAM: trial.place / "windows.html"}
    for program, page in pages.items():
        assert run(program, "explain", CAPTURES / "report-1.pcapng.gz", "--html", page, "--lang", "zh")[0] == 0, page
    assert len({page.read_bytes() for page in pages.values()}) == 1, "another page"
    return f"{len(captures)} captures, as text and as JSON"


def every_option_works_or_says_why_not(trial):
    _, said, _ = run(PROGRAM, "--help")
    options = set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", said.decode(), re.MULTILINE)) - {"help", "version"}
    # Other checks use these.
    tried = {"profile", "root", "port", "config", "timeline", "no-timeline"}

    events = trial.place / "events.jsonl"
    given = {
        "set": "timers.idle=1s",
        "bind": "127.0.0.1",
        "log": "json/debug",
        "events": events,
        "workers": 2,
        "follow-symlinks": None,
    }
    arguments = [word for name, value in given.items() for word in (f"--{name}", value) if word is not None]
    with Server("--profile", "rfc", "--root", trial.site, *arguments) as server, server.connect() as idle:
        ask_kept(idle)
        begun = time.monotonic()
        assert idle.recv(10) == b"" and time.monotonic() - begun > 0.8, "not the idle time that was set"
        assert server.get("/link-out.txt") == (200, SECRET), "the link was not followed"
        server.signal(signal.SIGINT)
        assert server.popen.wait(15) == 0
        log = [line for line in server.log().splitlines() if line.startswith("{")]
        assert any(json.loads(line).get("request") == 1 for line in log), log
    told = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert told[0] == "start" and told[-1] == "stop" and told.count("accepted") == 2, told
    tried |= set(given)

    with Server("--bind", "::", "--root", trial.site) as server:
        for address in ["127.0.0.1", "::1"]:
            assert parse(escapes.ask((address, server.port), "/static/style1.css"))[0] == 200, (
                f"--bind :: does not serve {address}"
            )

    code, _, said = run(PROGRAM, "--port", "0", "--no-timeline", "--capture", trial.place / "x.pcapng")
    assert code == 2 and said.count(b"\n") == 1 and b"dumpcap is not installed" in said and b"Wireshark" in said, said
    assert options == tried | {"capture"}, f"not tried: {options ^ (tried | {'capture'})}"


def the_lab_is_served(trial):
    """Every profile, each on its own port."""
    names = [row["name"] for row in json.loads(run(PROGRAM, "profiles", "--json")[1])]
    with Server("lab", "--root", trial.site, "--base-port", free_port(PORTS)) as lab:
        assert len(lab.ports) > 9 and set(lab.ports) <= set(names), lab.ports
        for profile, port in lab.ports.items():
            status, _ = parse(escapes.ask(("127.0.0.1", port), "/static/style1.css"))
            assert status == 200, f"{profile}: {status}"
    return f"{len(lab.ports)} profiles"


def the_timeline_is_served(trial):
    """The page. The suite tries the API."""
    with Server("--profile", "node", "--root", trial.site, "--timeline", "127.0.0.1:0") as server:
        host, port = server.timeline
        page = escapes.ask((host, port), "/", host=f"{host}:{port}")
        status, body = parse(page)
        assert status == 200 and b"<html" in body.lower(), page[:300]


def a_running_server_is_reloaded_through_a_pipe(trial):
    configuration = trial.place / "reload.toml"

    def announce(seconds):
        configuration.write_text(f'[override.connection]\nfields.keep = ["Keep-Alive: timeout={seconds}"]\n')

    announce(5)
    with (
        Server("--profile", "node", "--root", trial.site, "--config", configuration) as server,
        server.connect() as kept,
    ):
        assert "timeout=5" in ask_kept(kept)
        announce(7)
        code, said, wrong = run(PROGRAM, "reload", "--port", server.port)
        assert code == 0 and said.startswith(b"reloaded: "), (code, said, wrong)
        assert "timeout=7" in ask_kept(kept)
        configuration.write_text("[override.connection]\npersistant = true\n")
        code, said, wrong = run(PROGRAM, "reload", "--port", server.port)
        assert code == 2 and b"persistant" in wrong and "timeout=7" in ask_kept(kept), (code, wrong)
        # Many at once: each gets an end of the pipe.
        announce(9)
        callers = [
            subprocess.Popen([PROGRAM, "reload", "--port", str(server.port)], env=ENV, stdout=subprocess.DEVNULL)
            for _ in range(6)
        ]
        assert [caller.wait(60) for caller in callers] == [0] * 6
    code, _, said = run(PROGRAM, "reload", "--port", server.port)
    assert code == 2 and b"no labserve is listening" in said, said


def no_two_servers_share_a_port(trial):
    with Server("--root", trial.site) as server:
        code, _, said = run(PROGRAM, "--root", trial.site, "--port", server.port)
        assert code == 2 and b"choose another with --port" in said, said
        stolen = helper("steal", server.port)
        assert stolen.startswith("refused"), stolen


def begin_everything(server):
    """An unused connection, an idle one, and one on which a large file is being sent; and what has come of the file."""
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


def ctrl_c_stops_gracefully(trial):
    with Server("--profile", "nginx", "--root", trial.site) as server:
        connections = begin_everything(server)
        # Wine makes Ctrl-C of SIGINT. Ctrl-Break and a closed console cannot be tried: GenerateConsoleCtrlEvent fails
        # where the console is a terminal of Unix.
        server.signal(signal.SIGINT)
        expect_graceful(*connections)
        assert server.popen.wait(15) == 0


def names_are_what_directories_list(trial):
    short = short_name(trial.site / "a-long-name.html")
    assert "~" in short, short
    for profile, target, status in [
        ("node", "/a-long-name.html", 200),
        ("node", f"/{short}", 404),
        ("iis", f"/{short}", 404),
        ("node", "/A-LONG-NAME.html", 404),
        ("iis", "/A-LONG-NAME.html", 200),
        ("node", "/Static/head.jpg", 404),
        ("iis", "/Static/head.jpg", 200),
        ("node", "/NUL", 404),
        ("node", "/con.html", 404),
        ("node", "/index.html.", 404),
        ("node", "/index.html%20", 404),
        ("node", "/index.html::$DATA", 404),
        ("node", "/static%5chead.jpg", 404),
        ("iis", "/static%5chead.jpg", 200),
        ("node", "/%E9%9F%B3%E4%B9%90.txt", 200),
        ("iis", "/WEB.CONFIG", 404),
        ("iis", "/web.config%20", 404),
    ]:
        got, _ = trial.server(profile).get(target)
        assert got == status, f"{profile} {target}: {got}, not {status}"
    # Where case is ignored, a file has one entity tag and one time, however its name is spelt. Any profile can be set
    # so.
    with Server("--profile", "node", "--root", trial.site, "--set", "files.ignore_case=true") as node:
        for server in (trial.server("iis"), node):
            usual, other = (server.ask(target) for target in ["/static/style1.css", "/STATIC/Style1.CSS"])
            assert b"\nETag: " in usual and comparable(usual) == comparable(other), (usual[:400], other[:400])


def a_file_may_be_replaced_while_it_is_sent(trial):
    with Server("--profile", "nginx", "--root", trial.site) as server, server.connect() as busy:
        busy.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = bytearray(busy.recv(1000))
        new = trial.place / "new"
        new.write_bytes(b"n" * (1 << 20))
        said = helper("replace", new, trial.site / "large")
        assert said == "", said
        assert server.get("/large") == (200, b"n" * (1 << 20)), "the new one is not served"
        while data := busy.recv(1 << 20):
            got += data
        body = got[got.index(b"\r\n\r\n") + 4 :]
        assert body == b"x" * (32 << 20), f"not the old one: {len(body)} bytes"
    (trial.site / "large").write_bytes(b"x" * (32 << 20))


def a_file_that_was_served_may_be_renamed_over(trial):
    """Windows refuses that for a file that is open, however it is shared."""
    for name, size in [("small", 1000), ("large-enough-for-the-cache", 100_000)]:
        (trial.site / name).write_bytes(b"o" * size)
    sites.date(trial.site)
    with Server("--profile", "nginx", "--root", trial.site) as server:
        for name in ["small", "large-enough-for-the-cache"]:
            status, old = server.get(f"/{name}")
            assert status == 200 and old == b"o" * len(old), status
            (trial.place / "new").write_bytes(b"n" * 50_000)
            said = helper("over", trial.place / "new", trial.site / name)
            assert said == "", f"{name}: {said}"
            assert server.get(f"/{name}") == (200, b"n" * 50_000), name


def a_file_that_another_program_does_not_share_is_a_503(trial):
    held = trial.site / "held.txt"
    held.write_text("held")
    holder = subprocess.Popen(
        [WINE, HELPER, "hold", held], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline().strip() == "held"
        status, _ = trial.server("nginx").get("/held.txt")
        assert status == 503, status
    finally:
        holder.stdin.close()
        holder.wait(30)
    assert trial.server("nginx").get("/held.txt") == (200, b"held")


def a_files_number_is_its_own(trial):
    with Server("--profile", "phpnow", "--root", trial.site) as server:
        # Wine's GetFileInformationByHandle gives the inode as the file's number.
        for name in ["index.html", "a-long-name.html"]:
            etag = re.search(r'ETag: (?:W/)?"([0-9a-f]+)-', server.ask(f"/{name}").decode("latin-1"))
            inode = os.stat(trial.site / name).st_ino
            assert etag and int(etag.group(1), 16) in (inode, inode & 0xFFFFFFFF), (etag and etag.group(0), hex(inode))


def comparable(reply):
    """A reply without what differs between any two servers (time and port), and without the last number of Flask's
    entity tags: a checksum of the file's path, which begins with a drive on Windows."""
    reply = re.sub(rb"\nDate: [^\r]*|127\.0\.0\.1:[0-9]+", b"", reply)
    return re.sub(rb'(\nETag: "[0-9.]+-[0-9]+)-[0-9]+"', rb"\1", reply)


def two_thousand_ways_out_lead_nowhere(trial):
    """On both systems, under each of the four profiles. Both give the same reply to each."""
    path, short = str(trial.secret).strip("/").split("/"), short_name(trial.secret)
    tried = answered = 0
    for profile in PROFILES:
        secrets = [SECRET] + [SETTINGS] * (profile == "iis")
        with Server("--profile", profile, "--root", trial.site, "--log", "off", program=trial.linux) as linux:
            here, there = (
                escapes.run(("127.0.0.1", server.port), path, short) for server in (linux, trial.server(profile))
            )
            for replies in (here, there):
                leaks = [target for target, reply in replies.items() if any(secret in reply for secret in secrets)]
                assert not leaks, f"{profile}: {leaks[:10]}"
                unanswered = [target for target, reply in replies.items() if not reply]
                assert len(unanswered) < 100, f"{profile}: {len(unanswered)} unanswered: {unanswered[:10]}"
            differ = [
                (target, here[target], there[target])
                for target in here
                if comparable(here[target]) != comparable(there[target])
            ]
            assert not differ, f"{profile}: {len(differ)} replies differ from those on Linux: {differ[:5]}"
            assert trial.server(profile).get("/static/style1.css")[0] == 200, f"{profile}: no longer served"
            tried += len(here)
            answered += sum(map(bool, there.values()))
    return f"{tried} targets on each system, {answered} of them answered"


def iis_answers_the_corpora_as_on_linux(trial):
    """There is no recording of IIS, so both systems are asked. What is known of IIS is in the suite."""
    site = sites.recorded(trial.place / "recorded", SECRET)
    with (
        Server("--profile", "iis", "--root", site, program=trial.linux) as linux,
        Server("--profile", "iis", "--root", site) as windows,
    ):
        result = compare.Comparison("iis", *compare.record_both(linux, windows, site), site)
    assert not result.unexpected, "\n".join([*result.lines, result.figure])
    return result.figure


def the_suite_passes(trial):
    """The corpora, the report's captures, and the command line, as on Linux."""
    env = {**ENV, "LABSERVE_PROGRAM": str(PROGRAM), "RUST_BACKTRACE": "0"}
    filters = ["--test-threads", "1", "--nocapture", *SUITE, *(word for name in NOT_HERE for word in ("--skip", name))]
    done = subprocess.run(
        ["cargo", "test", "--test", "suite", "--", *filters], cwd=cli.CHECKOUT, env=env, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    figures = re.findall(r"\b\w+: \d+ of \d+ cases identical$", said, re.MULTILINE)
    result = re.search(r"^test result: .*?(\d+) passed", said, re.MULTILINE)
    of_iis = re.findall(r"^test iis::", said, re.MULTILINE)
    assert done.returncode == 0 and len(figures) == 3 and len(of_iis) > 10, said[-6000:]
    return "; ".join([*figures, f"{result.group(1)} tests, {len(of_iis)} of them of iis"])


CHECKS = [
    what_is_printed_is_the_same,
    mistakes_are_told_in_the_same_words,
    explain_says_the_same,
    every_option_works_or_says_why_not,
    the_lab_is_served,
    the_timeline_is_served,
    a_running_server_is_reloaded_through_a_pipe,
    no_two_servers_share_a_port,
    ctrl_c_stops_gracefully,
    names_are_what_directories_list,
    a_file_may_be_replaced_while_it_is_sent,
    a_file_that_was_served_may_be_renamed_over,
    a_file_that_another_program_does_not_share_is_a_503,
    a_files_number_is_its_own,
    two_thousand_ways_out_lead_nowhere,
    iis_answers_the_corpora_as_on_linux,
    the_suite_passes,
]


def main():
    parser = cli.parser(__doc__)
    parser.add_argument(
        "--install", action="store_true", help="install what is missing first (Debian packages; needs root)"
    )
    parser.add_argument("--no-build", action="store_true", help="try the .exe that is there")
    parser.add_argument("--only", default="", metavar="WORD", help="only checks whose name has this word")
    options = parser.parse_args()
    if options.install and not (pathlib.Path("/usr/bin/rustc").exists() and pathlib.Path(WINE).exists()):
        subprocess.run([KIT, "install"], check=True)
    if not options.no_build:
        build()
    prepare()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name, Trial(pathlib.Path(name), options.binary) as trial:
        for check in CHECKS:
            title = check.__name__.replace("_", " ")
            if options.only not in title:
                continue
            begun = time.monotonic()
            try:
                note = check(trial)
                passed += 1
                print(f"ok      {title} ({time.monotonic() - begun:.0f} s){': ' + note if note else ''}", flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError, AttributeError, NotStarted) as why:
                failed += 1
                print(f"FAILED  {title}: {why}", flush=True)
    print(f"windows: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
