#!/usr/bin/env python3
"""Does `labserve explain` read out of a capture what labserve itself wrote into its event log?

    tests/e2e/capture/agree.py [--profiles NAME,...] [--slow]
    tests/e2e/capture/agree.py --capture FILE --events FILE [--page FILE]

Under every profile the scenes of remake.py are played against labserve with --events, under dumpcap. Then, for every
connection: is it in both? Was it used? Does every reply answer the same request, with the same status and bytes? Is
each idle period as long? Was it ended by the same side, in the same way, and for a reason that fits? With --slow every
case of both corpora that ends a connection is played too, for all profiles at once: timers of up to 130 s, about four
minutes in all. The last line counts: `N passed, M failed`. Without dumpcap, or the right to capture, nothing is
checked, and that is an error.

With --capture nothing is played: that capture and that log are compared, and with --page what the timeline's page shows
of the same connections (tests/e2e/browser/timeline_page.mjs writes it, in the terms of the log) as well.
"""

import calendar
import collections
import concurrent.futures
import datetime
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import itertools

from e2e.capture import remake
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve

# For each reason of the log, the reasons that a capture can show. The log knows what the server decided, the capture
# only what was on the wire.
CLOSE_SAID = {"response-said-close", "request-said-close", "body-ends-with-close", "error-response", "http10"}
REASONS = {
    "unused": {"unused", "error-response"},
    "line_timeout": {"in-exchange", "error-response"},
    "head_timeout": {"in-exchange", "error-response"},
    "body_timeout": {"in-exchange", "error-response"},
    "idle": {"idle-as-announced", "idle-unannounced"},
    "request_said_close": {"request-said-close", "error-response"},
    "http10": {"http10", "response-said-close", "body-ends-with-close", "error-response"},
    "not_persistent": CLOSE_SAID | {"after-response"},
    "max_requests": CLOSE_SAID | {"after-response"},
    "response": CLOSE_SAID | {"after-response"},
    "bad_request": CLOSE_SAID | {"after-response", "in-exchange", "no-request"},
    "body_unread": CLOSE_SAID | {"after-response", "in-exchange"},
    "continue_unsent": CLOSE_SAID | {"after-response", "in-exchange"},
    "request_dropped": {"client-sent-all"},
    "client_fin_unused": {"unused"},
    "client_fin_in_head": {"in-exchange"},
    # A client that closes instead of sending a body that no 100 Continue asked for is done.
    "client_fin_in_body": {"in-exchange", "client-done"},
    # A client that closes first after a response that announced the close does so because of it.
    "client_fin": CLOSE_SAID | {"client-done", "client-sent-all", "in-exchange"},
    "client_reset": CLOSE_SAID | {"in-exchange", "reset-while-idle", "unused", "client-done"},
    # Somebody asked for it through the API, at any moment.
    "asked": {"idle-as-announced", "idle-unannounced", "after-response", "in-exchange", "unused", "reset-while-idle"},
    "shutdown": None,
}
# An empty line begins a request for a server, and is nothing for a reader of a capture, who sees an idle period after
# it. The same holds after a final response to a request whose body no 100 Continue asked for.
IDLE = {"unused", "idle-as-announced", "idle-unannounced", "client-done"}
EMPTY_LINES = {"line_timeout", "client_fin_in_head", "bad_request"}
# Differences with a known reason, counted and not failed:
#   who    The log has whose decision it was, the capture whose FIN or RST came first. If the client's came before the
#          server closed, by the times of frame and log, both are right; so are the reasons of a client that is done.
#          The two may also have crossed each other, or the server's FIN waits for data that the client does not read.
#   late   Bytes that the client sent after the server's close are in the capture, and the server never read them. What
#          the server had handed to the system need not have left it, if the client reset the connection.
#   held   The log's idle period begins when the reply is handed to the system. Its last bytes leave later if Nagle's
#          algorithm waits for the client, or the client's window is closed; so does the FIN after them. The client's
#          RST may come before.
#   begun  The log's idle period ends when a head is complete, or a timer ends the wait for it; on the wire it ends with
#          the first byte of the head.
#   unsent After a reply that came before the body of its request the server waits for that body; the wire is silent.
#   bare   A reply without a head, to something that is not a request, is not HTTP/1.x. Explain calls it no response.
CROSSING_NS = 20_000_000
# How much longer or shorter an idle period may be by the log: the system sends when it can, and others use the machine.
IDLE_NS = 25_000_000
# If the last byte of a reply left this much later than its first, the network held it.
SMALL_NS = 20_000_000
# Explain calls nothing shorter an idle period.
SHORTEST_IDLE_NS = 100_000_000
CLIENT_DONE = CLOSE_SAID | {"client-done", "client-sent-all", "in-exchange", "reset-while-idle"}


def nanoseconds(time):
    """Since 1970, from an RFC 3339 time in UTC with nanoseconds."""
    seconds, fraction = time.removesuffix("Z").split(".")
    return calendar.timegm(datetime.datetime.fromisoformat(seconds).timetuple()) * 10**9 + int(fraction)


def by_turn(connections):
    """Connections by the client's address and by how many more came from it, since a port may be used again. Counted
    from the last one, because the log may have begun before the capture."""
    turns, found = collections.Counter(), {}
    for address, connection in reversed(connections):
        found[address, turns[address]] = connection
        turns[address] += 1
    return found


def logged(events):
    """What the log has of each connection."""
    connections = collections.defaultdict(list)
    for line in events.read_text().splitlines():
        event = json.loads(line)
        if "peer" in event:
            connections[event["connection"]].append(event)
    return by_turn([((lines[0]["local"], lines[0]["peer"]), told(lines)) for _, lines in sorted(connections.items())])


def told(lines):
    """What the lines of one connection's log say about it."""
    last, close = lines[-1], next((line for line in lines if line["event"] == "close"), None)
    heads = {line["request"]: line for line in lines if line["event"] == "head"}
    replies = [{**line, "asked": heads.get(line["request"])} for line in lines if line["event"] == "reply"]
    rests, answered = [], 0
    for line, following in itertools.pairwise(lines):
        answered += line["event"] == "reply"
        if line["event"] == "idle":
            rests.append(
                {"after": answered, "ns": following["since_accept_ns"] - line["since_accept_ns"], "within_ns": 0}
            )
    return {
        "connection": last["connection"],
        "replies": replies,
        "rests": rests,
        "unused": last["received"] == 0,
        "received": last["received"],
        "sent": last["sent"],
        "end": close and {**close, "how": how(lines, close)},
    }


def how(lines, close):
    """Whether FIN or RST came first. With style `close` the system sends RST if bytes of the client are left unread."""
    if close["who"] == "client":
        return next(
            (line["event"].removeprefix("client-") for line in lines if line["event"] in ("client-fin", "reset")), "fin"
        ).replace("reset", "rst")
    return "rst" if close["style"] == "rst" or lines[-1].get("unread") else "fin"


def paged(file, log):
    """What the page has of each connection. When the server began to close is not on the page: it is taken from the
    log."""
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
    return pages


def holds_empty_lines(shown):
    """Whether the client sent bytes that are not part of a request, and not of another protocol either."""
    requests = [exchange["request"] for exchange in shown["exchanges"] if exchange["request"]]
    said = sum(request["head_bytes"] + request["body_bytes"] for request in requests)
    return (
        shown["client_sent"]["bytes"] > said
        and shown["use"] != "other"
        and not any(note["kind"] == "not-http" for note in shown["notes"])
    )


def waits_for_continue(shown):
    """Whether the last request waits for a 100 Continue that never comes."""
    last = shown["exchanges"][-1]
    return (
        not last["request"]["body_bytes"]
        and not last["interim"]
        and any(line.lower() == "expect: 100-continue" for line in last["request"]["head"])
    )


def waits_for_data(end, responses):
    """Whether the server's FIN came with the last bytes of its last response."""
    fins = [fin["frame"] for fin in (end["first_fin"], end["second_fin"]) if fin and fin["by"] == "server"]
    return bool(responses) and responses[-1]["frames"]["last"] in fins


def compared(told, shown, argued):
    """Each claim about a connection: (what it is about, what is logged, what the capture shows, whether they agree).
    None for the last means that they have to be equal."""
    exchanges = [exchange for exchange in shown["exchanges"] if exchange["response"]]
    broken = any(reset["class"] in ("aborts-data", "refuses-late-data") for reset in shown["end"]["resets"])
    replies = told["replies"]
    bare = [reply for reply in replies if reply["head_bytes"] == 0]
    if bare and len(exchanges) == len(replies) - len(bare):
        replies = [reply for reply in replies if reply["head_bytes"]]
        argued["bare"] += len(bare)
    yield (
        "use",
        "unused" if told["unused"] else "used",
        "unused" if shown["client_sent"]["bytes"] == 0 else "used",
        None,
    )
    # What was handed to the system need not have left it, if the client reset the connection.
    yield "replies", len(replies), len(exchanges), (broken and len(exchanges) < len(replies)) or None
    for reply, exchange in zip(replies, exchanges):
        yield from answered(reply, exchange, broken)
    yield from traffic(told, shown, broken, argued)
    requests = {exchange["number"]: exchange["request"] for exchange in shown["exchanges"]}
    yield from idle_periods(told["rests"], shown["rests"], requests, exchanges, argued)
    if "announced_s" in told:
        yield (
            "announced idle time",
            told["announced_s"],
            shown["rests"][-1]["announced_s"] if shown["rests"] else None,
            None,
        )
    if told["end"]:
        yield from ended(told, shown, exchanges, bare, broken and shown["server_sent"]["bytes"] < told["sent"], argued)


def answered(reply, exchange, broken):
    response, request = exchange["response"], exchange["request"]
    line = response["head"][0] if response["head"] else ""
    status = int(line.split()[1]) if line else None
    seen = (status, response["head_bytes"], response["body_bytes"])
    said = (reply["status"] if line else None, reply["head_bytes"], reply["body_bytes"])
    yield f"reply {reply['request']}", said, seen, (broken and seen[0] == said[0] and seen[2] <= said[2]) or None
    asked = reply["asked"]
    # The capture may not hold the end of a head that was refused before it was complete.
    if asked and request and request["head"] and request["head_complete"] and asked["head_bytes"]:
        if "method" in asked:
            line, words = request["head"][0], (asked["method"], asked["target"])
            yield (
                f"request {reply['request']}",
                words,
                line,
                bool(re.fullmatch(r"\s*".join(map(re.escape, words)) + r"(\s+HTTP/[0-9.]+)?\s*", line)),
            )
        # Of HTTP/0.9 the server reads one line. To explain, an empty line after it is the end of a head.
        if asked.get("version") != "0.9":
            yield f"head of request {reply['request']}", asked["head_bytes"], request["head_bytes"], None
        if "raw" in asked:
            yield f"lines of request {reply['request']}", asked["raw"], request["head"], None
    if "raw" in reply:
        yield f"lines of reply {reply['request']}", reply["raw"], response["head"], None


def traffic(told, shown, broken, argued):
    for way, claim, side in (("received", told["received"], "client_sent"), ("sent", told["sent"], "server_sent")):
        seen = shown[side]["bytes"]
        late = claim != seen and (broken and seen < claim if way == "sent" else bool(told["end"]) and seen > claim)
        argued["late"] += late
        yield way, claim, seen, late or None


def is_unsent(request):
    """Whether a body was announced and never begun."""
    return bool(request and request["content_length"] and not request["body_bytes"])


def left_within(exchange):
    """The time from the request's last byte to the response's last; without a request, from the response's first."""
    request, response = exchange["request"], exchange["response"]
    return response["ended_ns"] - (min(request["ended_ns"], response["begun_ns"]) if request else response["begun_ns"])


def came_within(request):
    """How long a request took to arrive. The log cannot tell if it never was complete: it has no line then."""
    if not request:
        return 0
    return request["ended_ns"] - request["begun_ns"] if request["head_complete"] else float("inf")


def idle_periods(told, shown, requests, exchanges, argued):
    """Idle periods after a reply. Each one in the capture must be in the log, and as long. Each long one in the log
    must be in the capture."""
    waiting = {exchange["number"] for exchange in exchanges if is_unsent(exchange["request"])}
    left = {exchange["number"]: left_within(exchange) for exchange in exchanges}
    # On a busy machine the server sees a request late, but before its reply's first byte.
    seen_late = {exchange["number"] - 1: max(exchange["first_byte_ns"] or 0, 0) for exchange in exchanges}
    shown = {rest["after"]: rest["ns"] for rest in shown if rest["after"] and rest["ended_by"] != "capture-ends"}
    told = {rest["after"]: rest for rest in told}
    for after in sorted(told.keys() | shown.keys()):
        rest, seen, claim = told.get(after), shown.get(after), f"idle period after {after}"
        sending, late = left.get(after, 0), seen_late.get(after, 0)
        if seen is None:
            held = sending > SMALL_NS
            argued["held"] += held
            yield claim, rest["ns"], None, rest["ns"] < max(SHORTEST_IDLE_NS, held * sending) + IDLE_NS + late
        elif rest is None and after in waiting:
            argued["unsent"] += 1
        else:
            longer = (rest["ns"] if rest else 0) - seen
            held = longer > IDLE_NS and sending > SMALL_NS
            argued["held"] += held
            begun = came_within(requests.get(after + 1))
            argued["begun"] += begun > IDLE_NS and longer > IDLE_NS
            longer -= min(longer, begun) if longer > 0 else 0
            rounding = rest["within_ns"] if rest else 0
            leeway = IDLE_NS + rounding
            yield claim, rest and rest["ns"], seen, -leeway <= longer <= leeway + held * sending + late


def ended(told, shown, exchanges, bare, held, argued):
    close, end, responses = told["end"], shown["end"], [exchange["response"] for exchange in exchanges]
    allowed = REASONS[close["reason"]]
    first = min((e for e in (end["first_fin"], *end["resets"]) if e), key=lambda e: e["frame"], default=None)
    crossed = None
    if end["by"] != close["who"]:
        waits = bool(first) and (
            first["ns"] < nanoseconds(close["time"]) + CROSSING_NS or waits_for_data(end, responses)
        )
        crossed = bool(first and end["by"] == first["by"] == "client" and (held or waits))
        argued["held"] += held
        argued["who"] += 1
        allowed = CLIENT_DONE
    yield "ended by", close["who"], end["by"], crossed
    seen = first and ("fin" if first is end["first_fin"] else "rst")
    yield "ended with", close["how"], seen, crossed
    if bare and len(responses) < len(told["replies"]):
        allowed = allowed | {"unknown", "in-exchange", "no-request"}
    elif (close["reason"] in EMPTY_LINES and holds_empty_lines(shown)) or (
        close["reason"] == "body_timeout" and waits_for_continue(shown)
    ):
        allowed = allowed | IDLE
    elif close["reason"] == "client_fin_in_head" and shown["use"] == "other":
        allowed = {"unknown"}
    if allowed is not None:
        yield "ended for", close["reason"], end["reason"], end["reason"] in allowed


def differences(sources, shown, argued):
    """How many claims there are, and those with which the capture does not agree, in words."""
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
                for what, said, seen, agrees in compared(source[connection], shown[connection], argued):
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
    """(connections, exchanges, claims, differences) of a profile."""
    file = work / f"{profile}.pcapng"
    with Labserve(
        binary, "--profile", profile, "--root", site, "--log", "off", events=work / f"{profile}.jsonl"
    ) as server:
        port = server.port
        with remake.Recorder(port, file):
            remake.page(port, 6.5)
            remake.endings(port)
            remake.uploads(port)
            remake.ends(port)
            if slow:
                remake.side_by_side(lambda case: remake.is_slow(case) or remake.is_quick_ending(case))(port)
            server.stop()
    shown = explained(binary, file, port)
    count, found = differences({"in the log": logged(work / f"{profile}.jsonl")}, shown, argued)
    exchanges = sum(len(connection["exchanges"]) for connection in shown.values())
    return len(shown), exchanges, count, found


def compare_files(options):
    """Compares a capture with a log, and a page, of the same run. Returns whether something differs."""
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
    passed = failed = claims = 0
    argued = collections.Counter()
    profiles = options.profiles.split(",")
    with sites.public_directory() as work:
        site = sites.without_content(work)
        with concurrent.futures.ThreadPoolExecutor(len(profiles) if options.slow else 1) as pool:
            checks = [
                pool.submit(check, options.binary, profile, site, work, argued, options.slow) for profile in profiles
            ]
            for profile, done in zip(profiles, checks):
                connections, exchanges, count, found = done.result()
                ok = not found and connections > 10
                passed, failed = passed + ok, failed + (not ok)
                claims += count
                print(
                    f"{profile}: {connections} connections, {exchanges} exchanges, {count} claims",
                    *found,
                    sep="\n  ",
                    flush=True,
                )
    print(f"agree: {passed} passed, {failed} failed; {claims} claims; argued: {dict(argued)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
