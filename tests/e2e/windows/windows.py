#!/usr/bin/env python3
"""Builds labserve for Windows, with warnings as errors, and tries it under Wine.

    tests/e2e/windows/windows.py [--install] [--no-build] [--only WORD] [--runs N]

Output that both systems share must be identical byte for byte, except for line ends: the .exe is compared with the
program of this system (--binary). Features of Windows (named pipes, short names, sharing, device names) are tested
separately. The fidelity figure is that of the Rust suite, replayed against the .exe: LABSERVE_PROGRAM tells it which
program to start. The last line counts; the exit code is 1 if something failed.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import compare
from e2e.pylib import cli, sites, trials
from e2e.pylib.process import free_port
from e2e.windows import escapes, files, package
from e2e.windows.wine import (
    ENV,
    KIT,
    PROGRAM,
    SECRET,
    WINE,
    Server,
    Trial,
    ask_kept,
    build,
    helper,
    one_wineserver,
    parse,
    prepare,
    run,
)

CAPTURES = cli.DATA / "captures"
# At least the number of profiles.
PORTS = 40

# The tests of the suite that also apply to a program under Wine: none of them sends Unix signals or counts descriptors.
CORPORA = ["corpus::node::answers", "corpus::nginx::answers", "corpus::flask::answers"]
OF_IIS = ["iis::"]
OF_THE_PROGRAM = ["capture::", "cli::", "events::", "timeline::", "readme::", "reload::a_mistake", "reload::what_needs"]
# These do not apply: Wine reports a client's RST as its FIN, and Windows has no counterpart of TCP_INFO.
NOT_HERE = [
    "events::a_client_fin_and_a_client_reset_are_told_apart",
    "timeline::state::a_connection_is_listed_shown_and_closed",
    # A signal ends Wine's process at once. ctrl_c_stops_gracefully tests what a program can do there.
    "timeline::stream::at_shutdown_readers_and_the_log_get_all_events",
]


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
    # Wine is slow to start a program, and the cases are independent.
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

    with Server("--sandbox", "--root", trial.site) as server:
        assert server.get("/static/style1.css")[0] == 200
        assert "not sandboxed: this system has no Landlock" in server.log(), server.log()
    tried.add("sandbox")

    with Server("--listen", f"127.0.0.1:{free_port()}", "node", trial.site) as server:
        assert server.get("/static/style1.css")[0] == 200
    tried.add("listen")
    _, said, _ = run(PROGRAM, "profiles", "--lang", "zh")
    assert "模仿" in said.decode(), said
    tried.add("lang")
    # There is no browser here; the suite tries it on Linux.
    tried.add("open")

    # How other programs start it. Its standard input has ended, so it ends at once with its parent.
    token = "0123456789abcdef0123456789abcdef"
    given = {"ready": "json", "summary": "json", "rule": "path=/ status=503", "token": token, "for": "1s"}
    arguments = [word for name, value in given.items() for word in (f"--{name}", value)]
    begun = time.monotonic()
    code, said, _ = run(PROGRAM, "--port", "0", "--timeline", f"127.0.0.1:{free_port()}", "--log", "off", *arguments)
    ready, summary = map(json.loads, said.splitlines())
    assert code == 0 and ready["token"] == token and summary["connections"]["count"] == 0, said
    assert time.monotonic() - begun >= 1, "it ended too early"
    code, said, _ = run(PROGRAM, "--port", "0", "--no-timeline", "--log", "off", "--ready", "json", "--with-parent")
    assert code == 0 and json.loads(said)["event"] == "ready", said
    tried |= {*given, "with-parent"}

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
    """An unused connection, an idle one, and one on which a large file is being sent, with the bytes that have arrived
    of it."""
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
        # Wine turns SIGINT into Ctrl-C. Ctrl-Break and a closed console cannot be tested: GenerateConsoleCtrlEvent
        # fails if the console is a Unix terminal.
        server.signal(signal.SIGINT)
        expect_graceful(*connections)
        assert server.popen.wait(15) == 0


def iis_answers_the_corpora_as_on_linux(trial):
    """IIS was not recorded, so the two systems are compared with each other. What is known about IIS is tested by the
    suite."""
    site = sites.recorded(trial.place / "recorded", SECRET)
    with (
        Server("--profile", "iis", "--root", site, program=trial.linux) as linux,
        Server("--profile", "iis", "--root", site) as windows,
    ):
        result = compare.Comparison("iis", *compare.record_both(linux, windows, site), site)
    assert not result.unexpected, "\n".join([*result.lines, result.figure])
    return result.figure


def the_recorded_corpora_are_answered(trial):
    said = suite(CORPORA)
    figures = re.findall(r"\b\w+: \d+ of \d+ cases identical$", said, re.MULTILINE)
    assert len(figures) == len(CORPORA), said[-6000:]
    return "; ".join(figures)


def the_suite_finds_iis_as_documented(trial):
    return counted(suite(OF_IIS), 10)


def the_suite_passes_as_on_linux(trial):
    """The report's captures, the command line, the event log and the timeline."""
    return counted(suite(OF_THE_PROGRAM), 40)


def suite(names):
    """What the tests of the suite that begin with these names say, with the .exe as labserve. All must pass."""
    env = {**ENV, "LABSERVE_PROGRAM": str(PROGRAM), "RUST_BACKTRACE": "0"}
    filters = ["--test-threads", "1", "--nocapture", *names, *(word for name in NOT_HERE for word in ("--skip", name))]
    done = subprocess.run(
        ["cargo", "test", "--test", "suite", "--", *filters], cwd=cli.CHECKOUT, env=env, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


def counted(said, least):
    """How many tests passed. Fewer than `least` mean that their names have changed."""
    count = int(re.search(r"^test result: .*?(\d+) passed", said, re.MULTILINE).group(1))
    assert count >= least, said[-6000:]
    return f"{count} tests"


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
    files.names_are_what_directories_list,
    files.a_file_may_be_replaced_while_it_is_sent,
    files.a_file_that_was_served_may_be_renamed_over,
    files.a_file_that_another_program_does_not_share_is_a_503,
    files.a_files_number_is_its_own,
    files.two_thousand_ways_out_lead_nowhere,
    package.the_archive_is_unpacked_and_started,
    iis_answers_the_corpora_as_on_linux,
    the_recorded_corpora_are_answered,
    the_suite_finds_iis_as_documented,
    the_suite_passes_as_on_linux,
]


def main():
    parser = cli.parser(__doc__)
    parser.add_argument(
        "--install", action="store_true", help="install what is missing first (Debian packages; needs root)"
    )
    parser.add_argument("--no-build", action="store_true", help="try the .exe that is there")
    trials.add_options(parser)
    options = parser.parse_args()
    if options.install and not (pathlib.Path("/usr/bin/rustc").exists() and pathlib.Path(WINE).exists()):
        subprocess.run([KIT, "install"], check=True)
    if not options.no_build:
        build()
    prepare()
    # The order matters: the directory is deleted after all programs under Wine have ended.
    with (
        tempfile.TemporaryDirectory() as name,
        one_wineserver(),
        Trial(pathlib.Path(name), options.binary) as trial,
    ):
        passed, failed = trials.run_all(CHECKS, options, lambda: contextlib.nullcontext([trial]))
    print(f"windows: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
