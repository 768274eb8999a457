"""The rows of the table: what each compares, and the goal of its figure."""

import functools
import os
import pathlib
import shutil
import statistics
import tempfile
import time

import load
from e2e.pylib import http1
from e2e.pylib.process import Missing, free_port
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
    """One line of the table: a figure or none, what it is, and its limit: a maximum, or with `least` a minimum."""

    def __init__(self, what, figure, unit="", goal=None, least=False, note=""):
        self.what, self.figure, self.unit, self.goal, self.least, self.note = what, figure, unit, goal, least, note

    def reached(self):
        if self.goal is None:
            return ""
        return "yes" if (self.figure >= self.goal if self.least else self.figure <= self.goal) else "NO"


def given(options):
    """Measures servers that are running already, in turn, on the given paths. Ratios are relative to the first one."""
    for path in options.path or [SMALL, MEDIUM, LARGE]:
        result = load.in_turns(options.server, path, options.seconds, options.rounds)
        first = result[options.server[0].name]
        for name, it in result.items():
            yield Line(f"{name} {path}", it["cpu"], "us/request", note=f"{it['rate']:.0f}/s {it['bad']}")
            yield Line(
                "",
                it["cpu"] / max(first["cpu"], 1e-9),
                "of the first's CPU",
                note=f"{it['rate'] / first['rate']:.2f} of its rate",
            )


def left_out(started):
    """A line for each server that could not be started."""
    for why in started.left_out:
        yield Line("left out:", None, note=why)


def compare(options, path, others, goals, profile="nginx", rate_goal=None, **how):
    """Measures the profile and the other installed servers in turn: a line each, with the ratio of the CPU cost to
    theirs."""
    with running(
        functools.partial(labserve, options.binary, profile, options.site),
        *(functools.partial(peer, other, options.site) for other in others),
    ) as started:
        yield from left_out(started)
        result = load.in_turns(started, path, options.seconds, options.rounds, **how)
    own, *_ = result.values()
    others = [other for other in others if other in result]
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
        used = {}
        with running(
            lambda: labserve(options.binary, "nginx", site),
            lambda: labserve(options.binary, "node", site),
            lambda: peer("nginx", site),
        ) as started:
            yield from left_out(started)
            # The client runs on CPU 1, as wrk does in the other rows.
            os.sched_setaffinity(0, {1})
            try:
                for _ in range(max(2, options.rounds)):
                    for server in started:
                        used.setdefault(server.name, []).append(load.download_ms(server, "/huge"))
            finally:
                os.sched_setaffinity(0, range(os.cpu_count()))
    best = {name: min(times) for name, times in used.items()}
    for name, ms in best.items():
        yield Line(name, ms, "ms/GB")
    if "nginx" in best:
        yield Line("labserve nginx / nginx", best["labserve nginx"] / best["nginx"], "of its CPU", 1.0)


@row("not-modified", "304 answers")
def not_modified(options):
    def headers(server):
        with http1.Connection(server.address) as connection:
            _, head, _ = connection.ask(SMALL)
        values = {"If-None-Match": http1.field(head, b"etag"), "If-Modified-Since": http1.field(head, b"last-modified")}
        return [f"{name}: {value.decode()}" for name, value in values.items() if value]

    return compare(options, SMALL, ["nginx"], {"nginx": 0.55}, headers=headers)


@row("profiles", "666-byte file: every profile that keeps connections against the best of them")
def profiles(options):
    with running(
        *(functools.partial(labserve, options.binary, profile, options.site) for profile in PROFILES)
    ) as started:
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


def idle(count, starts, at_once=1):
    """(name, bytes for each connection, bytes in total, latency without and with them in us) for servers with idle
    connections."""
    for start in starts:
        with running(start) as (server,):
            load.latency_us(server, SMALL, 50)
            empty, before = server.private_bytes(), load.latency_us(server, SMALL)
            connections = load.open_idle(server, count, SMALL, at_once)
            time.sleep(0.5)
            full, after = server.private_bytes(), load.latency_us(server, SMALL)
            ended = sum(not connection.is_silent() for connection in connections)
            if ended:
                raise RuntimeError(f"{server.name} has ended {ended} of {count} connections")
            for connection in connections:
                connection.close()
        yield server.name, (full - empty) / count, full, before, after


@row("idle-10k", "10,000 connections that are idle after one request each")
def idle_10k(options):
    starts = [
        lambda: labserve(options.binary, "nginx", options.site),
        lambda: labserve(options.binary, "django", options.site),
        lambda: peer("nginx", options.site),
    ]
    for start in starts:
        try:
            for name, each, full, _, _ in idle(10_000, [start]):
                goal = 1.3 if name.startswith("labserve") else None
                yield Line(name, each / 1024, "KiB each", goal, note=f"{full / 2**20:.1f} MiB in all")
        except Missing as why:
            yield Line("left out:", None, note=str(why))


@row("idle-100k", "100,000 idle connections, from several loopback addresses")
def idle_100k(options):
    if not load.files_can_be_open(100_000):
        raise Missing("100,000 open files: raise the hard limit, or run it with bench/uml")

    def patient():
        # Opening that many connections can take longer than the idle timeout of the profile.
        return labserve(options.binary, "nginx", options.site, settings=['timers.idle.after="off"'])

    for name, each, full, before, after in idle(100_000, [patient], at_once=200):
        yield Line(name, full / 2**20, "MiB in all", 150, note=f"{each / 1024:.2f} KiB each")
        yield Line(
            "a new connection's request",
            after / before,
            "of the time before",
            1.5,
            note=f"{before:.0f} us before, {after:.0f} us with them",
        )


@row("cores", "two cores against one, with the same share of the client on each")
def cores(options):
    # The client runs on the server's cores. With one core or two, it gets half of each.
    with running(
        lambda: labserve(options.binary, "nginx", options.site, name="one core"),
        lambda: labserve(options.binary, "nginx", options.site, cpus="0,1", workers=2, name="two cores"),
    ) as (one, two):
        results = [
            (
                load.once(one, SMALL, options.seconds, cpus="0"),
                load.once(two, SMALL, options.seconds, connections=128, cpus="0,1", threads=2),
            )
            for _ in range(options.rounds)
        ]
    single, double = (
        {what: statistics.median(pair[i][what] for pair in results) for what in ("cpu", "rate")} for i in (0, 1)
    )
    yield Line("one core", single["cpu"], "us/request", note=f"{single['rate']:.0f}/s")
    yield Line("two cores", double["cpu"], "us/request", note=f"{double['rate']:.0f}/s")
    yield Line("two cores can do, by CPU", 2 * single["cpu"] / double["cpu"], "times one", 1.7, least=True)
    yield Line("two cores do, by rate", double["rate"] / single["rate"], "times one", 1.7, least=True)


@row("start", "start to first reply")
def start(options):
    port = free_port()
    argv = [options.binary, "--profile", "nginx", "--root", options.site, "--port", port]
    yield Line("labserve", load.first_reply_ms(argv, port, SMALL), "ms", 15)


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
        time.sleep(3)  # a file that has just changed is not cached

        def script(files):
            """A script with which wrk requests that many files in turn. Composing a request takes wrk longer than
            repeating one."""
            path = pathlib.Path(directory) / f"turn-{files}.lua"
            path.write_text(
                f"local n = 0\nrequest = function()\n  n = (n + 1) % {files}\n"
                "  return wrk.format('GET', '/many/f' .. n .. '.css')\nend\n"
            )
            return path

        with running(lambda: labserve(options.binary, "nginx", directory), lambda: peer("nginx", directory)) as started:
            yield from left_out(started)
            single = load.in_turns(started, SMALL, options.seconds, options.rounds)
            among = load.in_turns(started, "/many/f99999.css", options.seconds, options.rounds)
            one = load.in_turns(started, "/", options.seconds, options.rounds, script=script(1))
            turns = load.in_turns(started, "/", options.seconds, options.rounds, script=script(10_000))
    for name in single:
        goal = 1.3 if name.startswith("labserve") else None
        yield Line(f"{name}, single file", single[name]["cpu"], "us/request")
        yield Line(f"{name}, among 100,000", among[name]["cpu"] / single[name]["cpu"], "of the single file", goal)
        yield Line(f"{name}, single file, composed", one[name]["cpu"], "us/request")
        yield Line(
            f"{name}, 10,000 in turn",
            turns[name]["cpu"] / one[name]["cpu"],
            "of the single file",
            goal,
            note=f"{turns[name]['cpu']:.1f} us/request {turns[name]['bad']}",
        )
