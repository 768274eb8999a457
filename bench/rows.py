"""The rows of the table: what each compares, and the goal that its figure is held against."""
import functools
import os
import pathlib
import re
import shutil
import statistics
import tempfile
import time

import load
import servers
from servers import labserve, peer, running

SMALL, MEDIUM, LARGE = "/static/style1.css", "/static/head.jpg", "/static/BGM.wav"
PROFILES = ["node", "django", "apache", "phpnow", "nginx", "iis", "iis-keepalive", "flask-keepalive", "rfc"]
ROWS = {}


def row(name, about):
    def keep(measure):
        ROWS[name] = (about, measure)
        return measure
    return keep


class Line:
    """One line of the table: a figure, what it is, and the most (or, with `least`, the least) that it should be."""

    def __init__(self, what, figure, unit, goal=None, least=False, note=""):
        self.what, self.figure, self.unit, self.goal, self.least, self.note = what, figure, unit, goal, least, note

    def reached(self):
        if self.goal is None:
            return ""
        return "yes" if (self.figure >= self.goal if self.least else self.figure <= self.goal) else "NO"


def compare(options, path, others, goals, profile="nginx", rate_goal=None, **how):
    """The profile in turn with other servers: a line each, with the ratio of the CPU cost to theirs."""
    with running(functools.partial(labserve, profile, options.site),
                 *(functools.partial(peer, other, options.site) for other in others)) as started:
        result = load.in_turns(started, path, options.seconds, options.rounds, **how)
    own, *_ = result.values()
    yield Line(f"labserve {profile}", own["cpu"], "us/request", note=f"{own['rate']:.0f}/s {own['bad']}")
    for other in others:
        it = result[other]
        yield Line(other, it["cpu"], "us/request", note=f"{it['rate']:.0f}/s {it['bad']}")
        yield Line(f"labserve {profile} / {other}", own["cpu"] / max(it["cpu"], 1e-9), "of its CPU", goals.get(other))
        if rate_goal and other in goals:
            yield Line(f"labserve {profile} / {other}", own["rate"] / it["rate"], "of its rate", rate_goal, least=True)


@row("small", "666-byte file, 64 connections kept")
def small(options):
    return compare(options, SMALL, ["nginx", "static-web-server"], {"nginx": 0.60})


@row("medium", "28,936-byte file")
def medium(options):
    return compare(options, MEDIUM, ["nginx", "static-web-server"], {"nginx": 0.75})


@row("large", "142,130-byte file")
def large(options):
    return compare(options, LARGE, ["nginx", "static-web-server"], {"nginx": 1.0})


@row("huge", "1 GiB file, one connection: CPU a GB")
def huge(options):
    with tempfile.TemporaryDirectory(prefix="bench-") as site:
        os.chmod(site, 0o755)
        with open(f"{site}/huge", "wb") as file:
            file.truncate(1 << 30)
        shown = {}
        with running(lambda: labserve("nginx", site), lambda: labserve("node", site), lambda: peer("nginx", site)) as started:
            for _ in range(max(2, options.rounds)):
                for server in started:
                    shown.setdefault(server.name, []).append(download(server, "/huge"))
    best = {name: min(times) for name, times in shown.items()}
    for name, used in best.items():
        yield Line(name, used, "ms/GB", note="")
    yield Line("labserve nginx / nginx", best["labserve nginx"] / best["nginx"], "of its CPU", 1.0)


def download(server, path):
    """Milliseconds of CPU that the server needs for a GB."""
    os.sched_setaffinity(0, {1})
    before, buffer, got = server.cpu(), bytearray(1 << 20), 0
    for _ in range(2):
        with load.connect(server) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            while count := sock.recv_into(buffer):
                got += count
    os.sched_setaffinity(0, {0, 1})
    return 1e3 * (server.cpu() - before) / (got / 1e9)


@row("not-modified", "304 answers")
def not_modified(options):
    def headers(server):
        with load.connect(server) as sock:
            head = load.get(sock, SMALL)
        tag, date = (re.search(rf"(?i){name}: (.*)\r", head) for name in ("etag", "last-modified"))
        return ([f"If-None-Match: {tag.group(1)}"] if tag else []) + ([f"If-Modified-Since: {date.group(1)}"] if date else [])
    return compare(options, SMALL, ["nginx"], {"nginx": 0.55}, headers=headers)


@row("profiles", "666-byte file: every profile that keeps connections against the best of them")
def profiles(options):
    with running(*(functools.partial(labserve, profile, options.site) for profile in PROFILES)) as started:
        result = load.in_turns(started, SMALL, max(1, options.seconds // 2), options.rounds)
    best = min(it["cpu"] for it in result.values())
    for name, it in result.items():
        yield Line(name, it["cpu"], "us/request", note=f"{it['rate']:.0f}/s {it['bad']}")
        yield Line(f"{name} / best", it["cpu"] / best, "of its CPU", 1.25)


@row("node", "666-byte file, against the original")
def node(options):
    return compare(options, SMALL, ["node"], {"node": 1 / 25}, profile="node")


@row("django", "666-byte file, against the original")
def django(options):
    return compare(options, SMALL, ["django"], {"django": 1 / 30}, profile="django")


@row("flask", "666-byte file, against the original")
def flask(options):
    return compare(options, SMALL, ["flask"], {"flask": 1 / 15}, profile="flask")


@row("apache", "666-byte file, against the original")
def apache(options):
    return compare(options, SMALL, ["apache"], {"apache": 1 / 4}, profile="apache")


@row("close", "one connection a request (Connection: close)")
def close(options):
    return compare(options, SMALL, ["nginx"], {"nginx": 1.0}, rate_goal=1.0, headers=["Connection: close"])


def resting(options, count, starts, at_once=1):
    for start in starts:
        with running(start) as (server,):
            load.latency(server, SMALL, 50)
            empty, before = server.private_memory(), load.latency(server, SMALL)
            sockets = load.rest(server, count, SMALL, at_once)
            time.sleep(0.5)
            full, after = server.private_memory(), load.latency(server, SMALL)
            closed = load.closed(sockets)
            if closed:
                raise RuntimeError(f"{server.name} has ended {closed} of {count} connections")
            for sock in sockets:
                sock.close()
        yield server.name, (full - empty) / count, full, before, after


@row("resting-10k", "10,000 connections at rest after one request each")
def resting_10k(options):
    starts = [lambda: labserve("nginx", options.site), lambda: labserve("django", options.site), lambda: peer("nginx", options.site)]
    for name, each, full, _, _ in resting(options, 10_000, starts):
        goal = 1.3 if name.startswith("labserve") else None
        yield Line(name, each / 1024, "KiB each", goal, note=f"{full / 2**20:.1f} MiB in all")


@row("resting-100k", "100,000 connections at rest, from several loopback addresses")
def resting_100k(options):
    if not load.files_can_be_open(100_000):
        raise servers.Missing("100,000 open files: raise the hard limit, or run it by bench/uml")
    # Opening so many can take longer than nginx lets one rest.
    patient = lambda: labserve("nginx", options.site, settings=['timers.idle.after="never"'])
    for name, each, full, before, after in resting(options, 100_000, [patient], at_once=200):
        yield Line(name, full / 2**20, "MiB in all", 150, note=f"{each / 1024:.2f} KiB each")
        yield Line("a new connection's request", after / before, "of the time before", 1.5,
                   note=f"{before:.0f} us before, {after:.0f} us with them")


@row("cores", "two cores against one, each shared with the same part of the client")
def cores(options):
    # The client needs the server's cores: on one as on two it has half of each.
    with running(lambda: labserve("nginx", options.site, name="one core"),
                 lambda: labserve("nginx", options.site, cpus="0,1", workers=2, name="two cores")) as (one, two):
        results = [(load.wrk(one, SMALL, options.seconds, cpus="0"),
                    load.wrk(two, SMALL, options.seconds, connections=128, cpus="0,1", threads=2))
                   for _ in range(options.rounds)]
    single, double = ({what: statistics.median(pair[i][what] for pair in results) for what in ("cpu", "rate")}
                      for i in (0, 1))
    yield Line("one core", single["cpu"], "us/request", note=f"{single['rate']:.0f}/s")
    yield Line("two cores", double["cpu"], "us/request", note=f"{double['rate']:.0f}/s")
    yield Line("two cores can do, by CPU", 2 * single["cpu"] / double["cpu"], "times one", 1.7, least=True)
    yield Line("two cores do, by rate", double["rate"] / single["rate"], "times one", 1.7, least=True)


@row("start", "start to first answer")
def start(options):
    port = servers.free_port()
    argv = [servers.LABSERVE, "--profile", "nginx", "--root", options.site, "--port", port]
    yield Line("labserve", load.first_answer(argv, port, SMALL), "ms", 15)


@row("site", "a directory of 100,000 files, and 10,000 distinct files in turn, against the single file")
def site(options):
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        os.chmod(directory, 0o755)
        content = (options.site / SMALL[1:]).read_bytes()
        (pathlib.Path(directory) / "many").mkdir()
        for number in range(100_000):
            path = pathlib.Path(directory) / "many" / f"f{number}.css"
            path.write_bytes(content)
            os.utime(path, (1_700_000_000, 1_700_000_000))
        shutil.copytree(options.site / "static", pathlib.Path(directory) / "static")
        time.sleep(3)  # a file that changed just now is not cached
        def script(files):
            """wrk asking for so many files in turn: composing a request takes it longer than repeating one, whichever it is."""
            path = pathlib.Path(directory) / f"turn-{files}.lua"
            path.write_text(f"local n = 0\nrequest = function()\n  n = (n + 1) % {files}\n"
                            "  return wrk.format('GET', '/many/f' .. n .. '.css')\nend\n")
            return path

        with running(lambda: labserve("nginx", directory), lambda: peer("nginx", directory)) as started:
            single = load.in_turns(started, SMALL, options.seconds, options.rounds)
            among = load.in_turns(started, "/many/f99999.css", options.seconds, options.rounds)
            one = load.in_turns(started, "/", options.seconds, options.rounds, script=script(1))
            turns = load.in_turns(started, "/", options.seconds, options.rounds, script=script(10_000))
    for name in single:
        goal = 1.3 if name.startswith("labserve") else None
        yield Line(f"{name}, single file", single[name]["cpu"], "us/request")
        yield Line(f"{name}, among 100,000", among[name]["cpu"] / single[name]["cpu"], "of the single file", goal)
        yield Line(f"{name}, single file, composed", one[name]["cpu"], "us/request")
        yield Line(f"{name}, 10,000 in turn", turns[name]["cpu"] / one[name]["cpu"], "of the single file", goal,
                   note=f"{turns[name]['cpu']:.1f} us/request {turns[name]['bad']}")
