#!/usr/bin/env python3
"""Compares what `labserve explain` says of generated conversations with what happened, and its flags with tshark's.

    tests/e2e/capture/truth.py [--count N] [--seed N] [--keep DIR]

Each conversation is played over a model of TCP with losses, delays, stalls and ends of many kinds, and is captured
whole, from one side, from its middle on, up to its middle, with one hole or several, to a snap length, twice, or in
another order (`conversations.py`).
Everything that explain says must be true, however little was captured. If a conversation was captured completely,
explain must report everything. The analysis flags of all frames are compared with tshark's. The last line counts: `N
passed, M failed`.
"""

import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture import analysis_flags
from e2e.capture.conversations import CLIENT, FIN, MS, SERVER, Conversation, pcap
from e2e.capture.happened import Truth, fins, reasons, truths
from e2e.capture.packets import BEGIN_NS
from e2e.pylib import cli

SIDES = {"client": CLIENT, "server": SERVER}
# Number of conversations in one file whose flags are compared.
BATCH = 100


def named(number, exchange):
    """A short name for an exchange."""
    return f"exchange {number + 1} ({exchange.line})"


def exchanges(truth, connection, say):
    """Checks every reported exchange: its request was sent, the response belongs to it, lengths and times are right."""
    talk, seen = truth.talk, set()
    for shown in connection["exchanges"]:
        request, response = shown["request"], shown["response"]
        index = index_of(request, response)
        if index == "late":
            if response:
                say("the late request got a response")
            continue
        if index is None:
            if truth.whole:
                say(f"exchange without a number: {shown['number']}")
            continue
        if shown["unpaired"] and response and not request:
            # `explain` does not claim which exchange it belongs to.
            continue
        if index >= len(talk.exchanges) or index in seen:
            say(f"exchange {index} is said twice or did not happen")
            continue
        seen.add(index)
        exchange, (asked, answered) = talk.exchanges[index], truth.spans[index]
        name = named(index, exchange)
        for message, span, side in ((request, asked, CLIENT), (response, answered, SERVER)):
            if message:
                lengths(truth, name, exchange, message, span, side, say)
        if request and response:
            number = number_of(response)
            if number is not None and number != index:
                say(f"{name}: its response is that of {number}")
            times(truth, name, shown, asked, answered, say)
        elif request and not shown["response_lost"] and connection["completeness"]["both_sides"]:
            # The claim is that nothing came.
            came = truth.shown(SERVER, answered[0]) is not None
            say(f"{name}: it had a response") if came else None
        if shown["pipelined"] and not exchange.pipelined:
            say(f"{name}: not pipelined")
        # When a request was sent whose first frame was lost before the capture point, no capture shows.
        is_shown = truth.is_first(CLIENT, asked[0])
        if truth.whole and is_shown and request and response and exchange.pipelined != shown["pipelined"]:
            say(f"{name}: pipelined is {shown['pipelined']}")
        if (
            truth.whole
            and truth.sent(SERVER, answered[1] - 1) is not None
            and talk.end not in ("cut-short", "rst-in-response")
        ):
            complete = response and response["shortfall"] is None
            if not complete:
                say(f"{name}: its response is complete, and is said to be {response and response['shortfall']}")
    if truth.whole:
        want = {n for n, span in enumerate(truth.spans) if truth.sent(CLIENT, span[0][1] - 1) is not None}
        if want - seen:
            say(f"exchanges {sorted(want - seen)} are not said")


def index_of(request, response):
    """The number of an exchange by its request, or else by its response."""
    if request and request["head"] and request["head"][0].count(" ") == 2:
        target = request["head"][0].split(" ")[1][1:]
        return target if target == "late" else int(target) if target.isdigit() else None
    return number_of(response) if response else None


def number_of(response):
    for line in response["head"]:
        name, _, value = line.partition(": ")
        if name == "X-Number" and value.isdigit() and (response["head_complete"] or len(response["head"]) > 2):
            return int(value)
    return None


def lengths(truth, name, exchange, message, span, side, say):
    total = message["head_bytes"] + message["body_bytes"]
    what = f"{name}, {('request', 'response')[side]}"
    is_measured = message["shortfall"] is None and message["body_end"] != "unknown"
    # If the body ends with the connection, it is not known whether bytes are missing at its end.
    is_open = exchange.form == "close" and side == SERVER and not truth.whole
    if is_measured and not is_open and total != span[1] - span[0]:
        say(f"{what}: {total} bytes, not {span[1] - span[0]}")
    if message["shortfall"] in ("cut-short", "reset") and side == SERVER:
        end = truth.talk.end
        if not (exchange.cut or end in ("rst-in-response", "late-request") or truth.sent(SERVER, span[1] - 1) is None):
            say(f"{what}: not {message['shortfall']}")
    if truth.whole and (message["seq"] != span[0] % 2**32):
        say(f"{what}: begins at {message['seq']}, not {span[0]}")


def times(truth, name, shown, asked, answered, say):
    """Checks the times between request and response. If a segment was sent several times, the first captured copy
    counts."""
    begun, ended = truth.shown(SERVER, answered[0]), truth.complete(CLIENT, asked)
    if begun is not None and ended is not None and shown["first_byte_ns"] is not None:
        unseen = shown["request"]["unseen_bytes"] or shown["response"]["unseen_bytes"]
        if not unseen and shown["first_byte_ns"] != (begun - ended) * 1000 and truth.talk.lens != "snap":
            say(f"{name}: first byte after {shown['first_byte_ns']} ns, not {(begun - ended) * 1000}")
    think = truth.talk.exchanges[index_of(shown["request"], shown["response"])].think
    for part in (shown["timing"] or {"parts": []})["parts"]:
        # The time that the server spent, plus at most some round trips and a lost segment.
        too_long = part["on"] == "server-think" and part["ns"] // 1000 > think + 2 * truth.talk.rtt + 45 * MS
        if too_long and not any(f.why in ("rto", "fast", "recovery", "probe") for f in truth.all):
            say(f"{name}: the server thought {part['ns'] // 1000} us, not {think}")


def connection_facts(truth, connection, say):
    """Checks the statements about the connection as a whole."""
    talk, end = truth.talk, connection["end"]
    shown = any(frame.length for frame in truth.frames.values())
    if connection["usage"] == "unused" and (truth.data() if end["teardown"] != "still-open" else shown):
        say("called never used")
    shows_opening = not truth.is_only_syn and talk.lens not in ("ends", "part")
    if connection["usage"] == "not-opened" and talk.opening == "open" and shows_opening:
        say("called not opened")
    outcome = connection["handshake"]["outcome"]
    right = {"open": ("complete", "unfinished", "not-captured", "capture-ends"), "refused": ("refused", "capture-ends")}
    partly = talk.lens in ("client", "server", "midway", "hole", "sparse", "part")
    if outcome not in right.get(talk.opening, ("unanswered", "capture-ends")) and not partly:
        say(f"handshake {outcome}, and it was {talk.opening}")
    if outcome in ("refused", "unanswered") and talk.opening == "open" and shows_opening:
        say(f"handshake {outcome}")
    first = truth.first_end()
    if end["by"] and talk.opening == "open" and SIDES[end["by"]] != first:
        say(f"ended by {end['by']}")
    # If nothing but the SYN was captured, nothing shows that it was answered.
    unanswered = {"not-opened"} if truth.is_only_syn else set()
    if end["reason"] not in {"unknown", *reasons(talk), *unanswered}:
        say(f"reason {end['reason']} for {talk.end}")
    # If the first FIN of a side was lost before the capture point, the capture does not show who closed first.
    heard = {f.side: f.why for f in reversed(truth.all) if f.flags & FIN}
    is_known = end["by"] or all(why == "new" for why in heard.values())
    if truth.whole and is_known and first is not None and SIDES.get(end["by"]) != first:
        say(f"ended by {end['by']}, and it was {first}")
    crossed = crossing(truth)
    if end["teardown"] == "simultaneous" and not crossed:
        say("called simultaneous")
    if truth.whole and crossed and talk.faults == "none" and end["teardown"] != "simultaneous":
        say(f"simultaneous, and called {end['teardown']}")
    if end["teardown"] in ("four-frames", "three-frames", "both-fins") and fins(truth) < 2:
        say(f"called {end['teardown']}")
    if truth.whole and end["teardown"] in ("half-closed", "still-open") and fins(truth) == 2:
        say(f"called {end['teardown']}")
    again(truth, connection, say)
    measured(truth, connection, say)


def measured(truth, connection, say):
    """Checks that no round trip is shorter than the path, that no ACK counts as delayed if the endpoint delays none,
    and that a throughput is the number of bytes divided by their time."""
    talk = truth.talk
    for trips in connection["round_trips"]:
        sender = SIDES[trips["by"]]
        # If the first copy of a segment is missing, the capture does not show that the later one is a copy.
        if truth.has_firsts(sender) and trips["shortest_ns"] < 2 * talk.path.legs[sender][1] * 1000:
            say(f"round trip of {trips['shortest_ns']} ns")
        if trips["delayed_acks"] and not talk.ends[1 - sender].delays_acks:
            say(f"the {('server', 'client')[sender]} delayed {trips['delayed_acks']} ACKs")
    for shown in connection["exchanges"]:
        index = index_of(shown["request"], shown["response"])
        if not isinstance(index, int) or not truth.whole:
            continue
        for message, span, side in zip((shown["request"], shown["response"]), truth.spans[index], (CLIENT, SERVER)):
            took = (truth.complete(side, span) or 0) - (truth.shown(side, span[0]) or 0)
            if message and message["bits_per_second"]:
                rate = (span[1] - span[0]) * 8 * 10**6 / took if took > 0 else 0
                if abs(message["bits_per_second"] - rate) > rate / 100:
                    say(f"{named(index, talk.exchanges[index])}: {message['bits_per_second']} bit/s, not {rate:.0f}")


def crossing(truth):
    """Whether each side sent its FIN before it had received the other's."""
    first = {f.side: f for f in reversed(truth.all) if f.flags & FIN}
    if len(first) < 2:
        return False
    return all(first[side].ack <= first[1 - side].at + first[1 - side].length for side in (CLIENT, SERVER))


def again(truth, connection, say):
    """Checks that every reported retransmission was one, and has the reported cause."""
    causes = {
        "timeout": {"rto", "recovery", "probe"},
        "duplicate-acks": {"fast", "recovery"},
        "other": {"rto", "fast", "recovery", "probe"},
        "needless": {"rto", "fast", "recovery", "probe"},
    }
    for seen in connection["retransmissions"]:
        frame = truth.frames[seen["frame"]]
        # Like tshark, explain takes a segment that comes late, after duplicate ACKs, for a retransmission.
        if frame.why not in causes[seen["cause"]] and truth.talk.faults not in ("again", "late"):
            say(f"frame {seen['frame']}: sent again for {seen['cause']}, and it was {frame.why}")


def findings(truth, capture, say):
    """Checks that every finding is true, and that those of a complete capture are complete."""
    got = collections.Counter(finding["kind"] for finding in capture["findings"])
    allowed, due = truths(truth)
    for kind in got.keys() - allowed:
        say(f"finding {kind}")
    if truth.whole:
        for kind in due - got.keys():
            say(f"no finding {kind}")


def explained(binary, file):
    command = [binary, "explain", file, "--json", "--port", "80"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def judge(binary, seed, folder):
    """The faults that explain makes with one conversation."""
    talk = Conversation(seed)
    file = pathlib.Path(folder, f"{seed}.pcap")
    file.write_bytes(pcap(talk.packets(), talk.snap))
    capture, faults, truth = explained(binary, file), [], Truth(talk)
    say = faults.append
    if len(capture["connections"]) != (1 if talk.frames else 0):
        say(f"{len(capture['connections'])} connections")
    for connection in capture["connections"]:
        exchanges(truth, connection, say)
        connection_facts(truth, connection, say)
    findings(truth, capture, say)
    return talk, faults


def is_tshark_wrong(theirs, mine, talk, frame):
    """Whether tshark is wrong about a frame, as the truth shows: it takes a segment that was overtaken for a fast
    retransmission, a byte that was captured as a probe of the window for one that was not, the first frame of a side
    for a keep-alive probe, or a window that was not captured for a full one. If one side alone was captured, it takes
    the second of two empty probes in a row for a duplicate ACK, and then misses a byte before the next segment."""
    if theirs - mine == {"fast-retransmission"} and mine - theirs == {"out-of-order"}:
        return frame.why == "new"
    before = [f for f in talk.frames if f.side != frame.side and f.us < frame.us]
    own = [f for f in talk.frames if f.side == frame.side and f.us < frame.us]
    if not before and own and own[-1].why in ("probe", "keep-alive") and not own[-1].length:
        if theirs - mine == {"duplicate-ack"} and mine - theirs == {"keep-alive"}:
            return frame.why in ("probe", "keep-alive")
        if theirs - mine == {"gap"} and not mine - theirs:
            return frame.at == own[-1].at + 1
    if theirs - mine == {"keep-alive"} and not mine - theirs:
        return not own
    if theirs - mine == {"window-full"} and not mine - theirs:
        return not before
    if theirs - mine == {"acked-unseen"} and not mine - theirs:
        return any(f.why == "probe" and f.at + f.length == frame.ack for f in before)
    return False


def flags(binary, seeds, folder):
    """Where tshark and explain differ about the frames of some conversations, which are in one file."""
    listed = []
    for at, seed in enumerate(seeds):
        talk = Conversation(seed)
        # tshark also judges the copies of frames that were recorded twice.
        if talk.lens == "twice" or talk.snap < 1000:
            continue
        frames = [frame for _, frame in talk.listed()]
        own = [(ns, data) for ns, data in talk.packets(BEGIN_NS + at * 3_000_000) if data[9] == 6]
        listed += [(ns, data, talk, frame) for (ns, data), frame in zip(own, frames)]
    listed.sort(key=lambda packet: packet[0])
    file = pathlib.Path(folder, f"batch-{seeds[0]}.pcap")
    file.write_bytes(pcap([packet[:2] for packet in listed]))
    whose = {number: packet[2:] for number, packet in enumerate(listed, 1)}
    theirs = analysis_flags.of_tshark(analysis_flags.tshark(file, analysis_flags.FIELDS))
    mine = analysis_flags.of_explain(explained(binary, file)["connections"])
    found = analysis_flags.differences(theirs, mine, lambda number, *said: is_tshark_wrong(*said, *whose[number]))
    return [f"seed {whose[number][0].seed} in {file.name}, {text}" for number, text in found]


def all_flags(binary, seeds, folder):
    groups = [seeds[at : at + BATCH] for at in range(0, len(seeds), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [line for lines in pool.map(lambda group: flags(binary, group, folder), groups) for line in lines]


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many conversations (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--keep", metavar="DIR", help="leave the captures there")
    options = parser.parse_args()
    failed, kinds = 0, collections.Counter()
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folder = options.keep or scratch
        pathlib.Path(folder).mkdir(exist_ok=True)
        seeds = range(options.seed, options.seed + options.count)
        for talk, faults in pool.map(lambda seed: judge(options.binary, seed, folder), seeds):
            failed += bool(faults)
            for fault in faults:
                kinds["".join("#" if c.isdigit() else c for c in fault)] += 1
            if faults and failed <= 40:
                how = f"{talk.end}, {talk.opening}, {talk.faults}, captured {talk.lens}"
                print(f"seed {talk.seed} ({how})", *faults[:6], sep="\n  ")
        wrong = all_flags(options.binary, seeds, folder)
        print(*wrong[:40], sep="\n")
    for kind, count in kinds.most_common(25):
        print(f"{count:6} {kind}")
    print(f"{len(wrong)} flags differ from tshark's")
    print(f"truth: {options.count - failed} passed, {failed + len(wrong)} failed")
    return failed + len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
