#!/usr/bin/env python3
"""Does `labserve explain` read out of a capture what labserve itself wrote into its event log?

    tests/agree.py [--binary target/release/labserve] [--profiles NAME,...] [--slow]

Under every profile the scenes of tests/captures/remake.py are played against labserve with --events, under dumpcap. Then,
for every connection: is it in both; does every reply have the same status and the same bytes; is it the same side that
ended it, and for a reason that fits? With --slow every case of both corpora that ends a connection is played too, of all
profiles at once: timers of up to 130 s, about four minutes in all. The last line counts: `N passed, M failed`. Without dumpcap, or the right to
capture, nothing is checked, and that is an error.
"""

import argparse, calendar, collections, concurrent.futures, datetime, json, pathlib, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "captures"))
import remake

# For each reason of the log, the reasons that a capture can show. The log knows the server's mind, the capture only the wire.
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
    # Where nobody had asked for the body with 100 Continue, a client that ends instead of sending it is done.
    "client_fin_in_body": {"in-exchange", "client-done"},
    "client_fin": {"client-done", "client-sent-all", "request-said-close", "in-exchange"},
    "client_reset": {"in-exchange", "reset-while-idle", "unused", "client-done"},
    "shutdown": None,
}
# An empty line begins a request for a server, and nothing for whoever reads a capture: what comes behind it, or does not,
# is a rest there. So is what follows a final response to a request whose body nobody asked for with 100 Continue.
RESTS = {"unused", "idle-as-announced", "idle-unannounced", "client-done"}
EMPTY_LINES = {"line_timeout", "client_fin_in_head", "bad_request"}
# Argued differences, counted and not failed:
#   who: the log says whose decision it was, the capture whose FIN or RST came first. Where the client's came before the server
#     closed, as the frame's time and the log's show, both are right; so are the reasons of a client that is done. It counts
#     as before too if the two crossed each other, or the server's FIN waits behind data that the client does not read.
#   bare: a reply without a head, to what is no request, is no HTTP/1.x; explain says so and calls it no response.
CROSSING_NS = 20_000_000
CLIENT_DONE = {"client-done", "client-sent-all", "in-exchange", "request-said-close", "reset-while-idle"}


def nanoseconds(time):
    """Of an RFC 3339 time in UTC with nanoseconds."""
    seconds, fraction = time.removesuffix("Z").split(".")
    return calendar.timegm(datetime.datetime.fromisoformat(seconds).timetuple()) * 10**9 + int(fraction)


class Server:
    def __init__(self, binary, profile, port, site, events):
        self.process = subprocess.Popen([binary, "--profile", profile, "--root", site, "--port", str(port), "--log", "text/off", "--events", events],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(15)


def by_turn(connections):
    """By the client's address, and by how many more came from it: a port may be used again. Counted from the last, because
    the log may have begun before the capture."""
    turns, found = collections.Counter(), {}
    for address, connection in reversed(connections):
        found[address, turns[address]] = connection
        turns[address] += 1
    return found


def logged(events):
    """Of each connection the replies, and the first `close`."""
    connections = collections.defaultdict(lambda: {"peer": None, "replies": [], "close": None})
    for line in events.read_text().splitlines():
        event = json.loads(line)
        if "peer" not in event:
            continue
        connection = connections[event["connection"]]
        connection["peer"] = event["peer"]
        if event["event"] == "reply":
            connection["replies"].append(event)
        elif event["event"] == "close" and not connection["close"]:
            connection["close"] = event
    return by_turn([(connections[number]["peer"], connections[number]) for number in sorted(connections)])


def holds_empty_lines(shown):
    """Whether the client sent bytes that are neither a request nor something else."""
    requests = [exchange["request"] for exchange in shown["exchanges"] if exchange["request"]]
    said = sum(request["head_bytes"] + request["body_bytes"] for request in requests)
    return shown["client_sent"]["bytes"] > said and shown["use"] != "other" and not any(note["kind"] == "not-http" for note in shown["notes"])


def is_unasked(shown):
    """Whether the last request waits for a 100 Continue in vain."""
    last = shown["exchanges"][-1]
    return not last["request"]["body_bytes"] and not last["interim"] and any(line.lower() == "expect: 100-continue" for line in last["request"]["head"])


def waits_behind_data(end, responses):
    """Whether the server's FIN came with the last bytes of its last response."""
    fins = [fin["frame"] for fin in (end["first_fin"], end["second_fin"]) if fin and fin["by"] == "server"]
    return bool(responses) and responses[-1]["frames"]["last"] in fins


def differences(log, shown, argued):
    """What the log and the capture say differently of one connection."""
    replies, close = log["replies"], log["close"]
    responses = [exchange["response"] for exchange in shown["exchanges"] if exchange["response"]]
    broken = any(reset["class"] in ("aborts-data", "refuses-late-data") for reset in shown["end"]["resets"])
    bare = [reply for reply in replies if reply["head_bytes"] == 0]
    if bare and len(responses) == len(replies) - len(bare):
        replies = [reply for reply in replies if reply["head_bytes"]]
        argued["bare"] += len(bare)
    # What was handed to the system need not have left it, if the client broke off.
    if len(responses) != len(replies) and not (broken and len(responses) < len(replies)):
        yield f"{len(replies)} replies, and {len(responses)} responses in the capture"
    for reply, response in zip(replies, responses):
        line = response["head"][0] if response["head"] else ""
        status = int(line.split()[1]) if line else None
        seen = (status, response["head_bytes"], response["body_bytes"])
        told = (reply["status"] if line else None, reply["head_bytes"], reply["body_bytes"])
        if seen != told and not (broken and seen[0] == told[0] and seen[2] <= told[2]):
            yield f"reply {reply['request']}: {told}, and {seen} in the capture"
    if not close:
        return
    end, allowed = shown["end"], REASONS[close["reason"]]
    first = min((e for e in (end["first_fin"], *end["resets"]) if e), key=lambda e: e["frame"], default=None)
    if end["by"] != close["who"]:
        crossed = first and (first["ns"] < nanoseconds(close["time"]) + CROSSING_NS or waits_behind_data(end, responses))
        if not (crossed and end["by"] == first["by"] == "client"):
            yield f"ended by the {close['who']} ({close['reason']}), and by the {end['by']} in the capture"
        argued["who"] += 1
        allowed = CLIENT_DONE
    if bare and len(responses) < len(log["replies"]):
        allowed = allowed | {"unknown", "in-exchange", "no-request"}
    elif close["reason"] in EMPTY_LINES and holds_empty_lines(shown) or close["reason"] == "body_timeout" and is_unasked(shown):
        allowed = allowed | RESTS
    elif close["reason"] == "client_fin_in_head" and shown["use"] == "other":
        allowed = {"unknown"}
    if allowed is not None and end["reason"] not in allowed:
        yield f"ended for {close['reason']}, and for {end['reason']} in the capture"


def check(binary, profile, number, site, work, argued, slow):
    port = 26101 + number
    events = work / f"{profile}.jsonl"
    server = Server(binary, profile, port, site, events)
    remake.wait_for(port)
    time.sleep(0.2)
    file = work / f"{profile}.pcapng"
    recorder = remake.Recorder(port, file)
    try:
        remake.page(port, 6.5)
        remake.endings(port)
        remake.uploads(port)
        remake.ends(port)
        if slow:
            remake.side_by_side(lambda case: remake.is_slow(case) or remake.is_quick_ending(case))(port)
    finally:
        server.stop()
        recorder.stop()
    done = subprocess.run([binary, "explain", file, "--json", "--port", str(port)], capture_output=True, text=True, check=True)
    shown = by_turn([(connection["client"], connection) for connection in json.loads(done.stdout)["connections"]])
    log = logged(events)
    # The first connection of all only asked whether the server was there, before the capture began.
    found = []
    for client in sorted(shown.keys() | log.keys()):
        if client not in log:
            found.append(f"{client[0]}: only in the capture")
        elif client in shown:
            found.extend(f"{client[0]} (stream {shown[client]['stream']}): {difference}" for difference in differences(log[client], shown[client], argued))
    exchanges = sum(len(connection["exchanges"]) for connection in shown.values())
    return len(shown), exchanges, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(HERE.parent / "target/release/labserve"))
    parser.add_argument("--profiles", default=",".join(remake.PROFILES))
    parser.add_argument("--slow", action="store_true", help="the ends that take minutes too")
    arguments = parser.parse_args()
    passed = failed = 0
    argued = collections.Counter()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        site = work / "site"
        site.mkdir()
        remake.make_site(site)
        profiles = arguments.profiles.split(",")
        with concurrent.futures.ThreadPoolExecutor(len(profiles) if arguments.slow else 1) as pool:
            checks = [pool.submit(check, arguments.binary, profile, number, site, work, argued, arguments.slow) for number, profile in enumerate(profiles)]
            for profile, done in zip(profiles, checks):
                connections, exchanges, found = done.result()
                ok = not found and connections > 10
                passed, failed = passed + ok, failed + (not ok)
                print(f"{profile}: {connections} connections, {exchanges} exchanges", *found, sep="\n  ", flush=True)
    print(f"agree: {passed} passed, {failed} failed; argued: {dict(argued)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
