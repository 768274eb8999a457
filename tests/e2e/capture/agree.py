#!/usr/bin/env python3
"""Checks that `labserve explain` finds in a capture what labserve wrote to its event log.

    tests/e2e/capture/agree.py [--profiles NAME,...] [--slow]
    tests/e2e/capture/agree.py --capture FILE --events FILE [--page FILE]

Under every profile, the clients of scenes.py talk to labserve with --events, while dumpcap captures. For every
connection the script compares: whether both have it, whether it was used, the request, status and bytes of every reply,
the length of every idle period, and who closed it, how and why. Under two profiles a run with rules is played too, and
its --summary json is compared in the same way (ruled.py). --slow also plays every case of both corpora that ends a
connection, for all profiles at once: timers of up to 130 s, about four minutes in total. The last line counts: `N
passed, M failed`. Without dumpcap, or the permission to capture, nothing is checked, and that is an error.

With --capture nothing is played. The given capture and log are compared, and with --page also what the timeline's page
shows of the same connections (tests/e2e/browser/timeline_page.mjs writes that file, in the terms of the log).
"""

import collections
import concurrent.futures
import itertools
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture import claims, remake, ruled, scenes
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve

# The profiles under which a run with rules is played.
RULED = {"nginx", "node"}
# How many profiles are played at a time. Their clients mostly wait.
AT_ONCE = 3


def by_turn(connections):
    """Connections by the client's address and the number of later connections from that address, because a port may be
    reused. They are counted from the end, because the log may have started before the capture."""
    turns, found = collections.Counter(), {}
    for address, connection in reversed(connections):
        found[address, turns[address]] = connection
        turns[address] += 1
    return found


def logged(events):
    """The summary of each connection in the log."""
    connections = collections.defaultdict(list)
    for line in events.read_text().splitlines():
        event = json.loads(line)
        if "peer" in event:
            connections[event["connection"]].append(event)
    return by_turn(
        [((lines[0]["local"], lines[0]["peer"]), summarized(lines)) for _, lines in sorted(connections.items())]
    )


def summarized(lines):
    """The summary of one connection from its lines in the log."""
    last, close = lines[-1], next((line for line in lines if line["event"] == "close"), None)
    heads = {line["request"]: line for line in lines if line["event"] == "head"}
    replies = [{**line, "asked": heads.get(line["request"])} for line in lines if line["event"] == "reply"]
    idle_periods, answered, sent = [], 0, None
    for line, following in itertools.pairwise(lines):
        if line["event"] == "reply":
            answered, sent = answered + 1, line["time"]
        if line["event"] == "idle":
            ns = following["since_accept_ns"] - line["since_accept_ns"]
            idle_periods.append({"after": answered, "ns": ns, "within_ns": 0, "sent": sent})
    return {
        "connection": last["connection"],
        "replies": replies,
        "idle_periods": idle_periods,
        "unused": last["received"] == 0,
        "received": last["received"],
        "sent": last["sent"],
        # The log may know only at the end whose FIN was first.
        "end": close and {**close, "who": last.get("who", close["who"]), "how": how(lines, {**close, **last})},
    }


def how(lines, close):
    """Whether FIN or RST came first. With the style `close` the system sends RST if bytes from the client are
    unread."""
    if close["who"] == "client":
        return next(
            (line["event"].removeprefix("client-") for line in lines if line["event"] in ("client-fin", "reset")), "fin"
        ).replace("reset", "rst")
    return "rst" if close["style"] == "rst" or lines[-1].get("unread") else "fin"


def paged(file, log):
    """What the page shows about each connection. The page shows no time of day, so the times of the server's close, and
    of the replies before its idle periods, are taken from the log."""
    ends = {connection: log[connection]["end"] for connection in log}
    pages = by_turn(
        [
            ((claim["local"], claim["peer"]), claim)
            for claim in sorted(json.loads(file.read_text()), key=lambda claim: claim["connection"])
        ]
    )
    for connection, claim in pages.items():
        if claim["end"] and ends.get(connection):
            claim["end"]["time"] = ends[connection]["time"]
        logged = log[connection]["idle_periods"] if connection in log else []
        sent = {period["after"]: period["sent"] for period in logged}
        for period in claim["idle_periods"]:
            period["sent"] = sent.get(period["after"])
    return pages


def differences(sources, shown, argued):
    """The number of claims, and a text for each claim that the capture contradicts."""
    count, found = 0, []
    for connection in sorted(shown.keys() | set().union(*sources.values())):
        (local, peer), _ = connection
        for name, source in sources.items():
            count += 1
            if connection not in source:
                if connection in shown:
                    found.append(f"{peer} -> {local}: in the capture, and not {name}")
            elif connection not in shown:
                found.append(f"{peer} -> {local}: {name}, and not in the capture")
            else:
                for what, said, seen, agrees in claims.compared(source[connection], shown[connection], argued):
                    count += 1
                    if not (said == seen if agrees is None else agrees):
                        stream = shown[connection]["stream"]
                        found.append(
                            f"{peer} -> {local} (stream {stream}), {what}: {said} {name}, {seen} in the capture"
                        )
    return count, found


def explained(binary, capture, *ports):
    arguments = [word for port in ports for word in ("--port", str(port))]
    done = subprocess.run(
        [binary, "explain", capture, "--json", *arguments], capture_output=True, text=True, check=True
    )
    return by_turn(
        [
            ((connection["server"], connection["client"]), connection)
            for connection in json.loads(done.stdout)["connections"]
        ]
    )


def check(binary, profile, site, work, argued, slow):
    """(connections, exchanges, claims, differences) for a profile."""
    file = work / f"{profile}.pcapng"
    with Labserve(
        binary, "--profile", profile, "--root", site, "--log", "off", events=work / f"{profile}.jsonl"
    ) as server:
        port = server.port
        with remake.Recorder(port, file):
            scenes.page(port, 6.5)
            scenes.endings(port)
            scenes.uploads(port)
            scenes.ends(port)
            if slow:
                scenes.side_by_side(lambda case: scenes.is_slow(case) or scenes.is_quick_ending(case))(port)
            server.stop()
    shown = explained(binary, file, port)
    count, found = differences({"in the log": logged(work / f"{profile}.jsonl")}, shown, argued)
    exchanges = sum(len(connection["exchanges"]) for connection in shown.values())
    return len(shown), exchanges, count, found


def check_rules(binary, profile, site, work):
    """(connections, claims, differences) of the summary of a run with rules."""
    file = work / f"{profile}-rules.pcapng"
    port, summary = ruled.play(binary, profile, site, file)
    shown = {client: connection for ((_, client), _), connection in explained(binary, file, port).items()}
    return len(shown), *ruled.compared(summary, shown)


def compare_files(options):
    """Compares a capture with a log, and with a page if there is one, of the same run. Returns whether something
    differs."""
    log = logged(options.events)
    sources = {"in the log": log}
    if options.page:
        sources["on the page"] = paged(options.page, log)
    shown = explained(options.binary, options.capture, *sorted({local.rsplit(":", 1)[1] for (local, _), _ in log}))
    argued = collections.Counter()
    count, found = differences(sources, shown, argued)
    print(*found, sep="\n")
    print(
        f"agree: {count - len(found)} passed, {len(found)} failed: claims about {len(shown)} connections; "
        f"argued: {dict(argued)}"
    )
    return bool(found) or not shown


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--profiles", default=",".join(remake.PROFILES))
    parser.add_argument("--capture", type=pathlib.Path, help="compare this one")
    parser.add_argument("--events", type=pathlib.Path, help="with this event log")
    parser.add_argument("--page", type=pathlib.Path, help="and with what the timeline's page showed")
    parser.add_argument("--slow", action="store_true", help="the ends that take minutes too")
    options = parser.parse_args()
    if options.capture:
        return compare_files(options)
    passed = failed = compared = 0
    argued = collections.Counter()
    profiles = options.profiles.split(",")
    with sites.public_directory() as work:
        site = sites.without_content(work)
        with concurrent.futures.ThreadPoolExecutor(len(profiles) if options.slow else AT_ONCE) as pool:
            checks = [
                pool.submit(check, options.binary, profile, site, work, argued, options.slow) for profile in profiles
            ]
            for profile, done in zip(profiles, checks):
                connections, exchanges, count, found = done.result()
                ok = not found and connections > 10
                passed, failed = passed + ok, failed + (not ok)
                compared += count
                print(
                    f"{profile}: {connections} connections, {exchanges} exchanges, {count} claims",
                    *found,
                    sep="\n  ",
                    flush=True,
                )
        for profile in RULED & set(profiles):
            connections, count, found = check_rules(options.binary, profile, site, work)
            ok = not found and connections == len(ruled.TALKS)
            passed, failed, compared = passed + ok, failed + (not ok), compared + count
            print(f"{profile} with rules: {connections} connections, {count} claims", *found, sep="\n  ", flush=True)
    print(f"agree: {passed} passed, {failed} failed; {compared} claims; argued: {dict(argued)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
