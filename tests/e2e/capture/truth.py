#!/usr/bin/env python3
"""Compares what `labserve explain` says of generated conversations with what happened, and its flags with tshark's.

    tests/e2e/capture/truth.py [--count N] [--seed N] [--keep DIR]

Each conversation is played over a model of TCP with losses, delays, stalls and ends of many kinds, and is captured
whole, from one side, from its middle on, with a hole, to a snap length, twice, or in another order (`conversations.py`).
What explain says must be true, however little was captured; of a conversation that was captured whole it must say all.
The analysis flags of all frames are compared with tshark's. The last line counts: `N passed, M failed`.
"""

import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture import marks
from e2e.capture.conversations import ACK, CLIENT, FIN, MS, RST, SERVER, SYN, Conversation, pcap
from e2e.pylib import cli

SIDES = {"client": CLIENT, "server": SERVER}
# Why a connection ended, for each end. `unknown` is always allowed: it claims nothing.
SAID_CLOSE = {"response-said-close", "body-ends-with-close"}
REASONS = {
    "server-idle": {"idle-as-announced", "idle-unannounced"},
    "late-request": {"idle-as-announced", "idle-unannounced"},
    "response-close": SAID_CLOSE,
    "body-to-close": SAID_CLOSE,
    "client": {"client-done"},
    "client-early": {"client-sent-all", "client-done"},
    "simultaneous": {"client-done", "idle-as-announced", "idle-unannounced", "after-response"},
    "client-rst": {"reset-while-idle", "client-done"},
    "server-rst": {"idle-as-announced", "idle-unannounced", "after-response"},
    "rst-in-response": {"in-exchange"},
    "cut-short": {"in-exchange"},
    "open": set(),
}


class Truth:
    """What happened, as far as a capture of this conversation could show it."""

    def __init__(self, talk):
        self.talk = talk
        frames = [frame for frame in talk.frames for _ in range(2 if talk.lens == "twice" else 1)]
        self.frames = dict(enumerate(frames, 1))
        self.all = talk.all
        self.spans, at = [], [1, 1]
        for exchange in talk.exchanges:
            ends = [at[0] + len(exchange.request), at[1] + len(exchange.response)]
            self.spans.append(((at[0], ends[0]), (at[1], ends[1])))
            at = ends
        self.whole = talk.lens in ("whole", "twice", "swapped") and talk.opening == "open"

    def sent(self, side, position):
        """When the byte at a position first passed the capture point; None if it never did."""
        times = [f.us for f in self.all if f.side == side and f.at <= position < f.at + f.length]
        return min(times, default=None)

    def shown(self, side, position):
        """The same for the frames of the file."""
        times = [f.us for f in self.frames.values() if f.side == side and f.at <= position < f.at + f.length]
        return min(times, default=None)

    def first_end(self):
        """The side whose FIN or RST first passed the capture point."""
        return next((f.side for f in self.all if f.flags & (FIN | RST)), None)

    def data(self):
        return any(f.length for f in self.all)


def named(number, exchange):
    """What is said of an exchange, in short."""
    return f"exchange {number + 1} ({exchange.line})"


def exchanges(truth, connection, say):
    """Every exchange that is said: a request that was sent, its own response, lengths and times as they were."""
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
            if truth.shown(SERVER, answered[0]) is not None:
                say(f"{name}: it had a response")
        if shown["pipelined"] and not exchange.pipelined:
            say(f"{name}: not pipelined")
        if truth.whole and request and response and exchange.pipelined != shown["pipelined"]:
            say(f"{name}: pipelined is {shown['pipelined']}")
        if truth.whole and truth.sent(SERVER, answered[1] - 1) is not None and not exchange.cut:
            complete = response and response["shortfall"] is None
            if not complete:
                say(f"{name}: its response is complete, and is said to be {response and response['shortfall']}")
    if truth.whole:
        want = {n for n, span in enumerate(truth.spans) if truth.sent(CLIENT, span[0][1] - 1) is not None}
        if want - seen:
            say(f"exchanges {sorted(want - seen)} are not said")


def index_of(request, response):
    """The number of an exchange by what was asked, or else by what was answered."""
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
    if message["shortfall"] is None and message["body_end"] not in ("unknown",):
        if total != span[1] - span[0] and not (exchange.form == "close" and side == SERVER and not truth.whole):
            say(f"{what}: {total} bytes, not {span[1] - span[0]}")
    if message["shortfall"] in ("cut-short", "reset") and side == SERVER:
        end = truth.talk.end
        if not (exchange.cut or end in ("rst-in-response", "late-request") or truth.sent(SERVER, span[1] - 1) is None):
            say(f"{what}: not {message['shortfall']}")
    if truth.whole and (message["seq"] != span[0] % 2**32):
        say(f"{what}: begins at {message['seq']}, not {span[0]}")


def times(truth, name, shown, asked, answered, say):
    """Times between request and response. Of what was sent several times, the first that was captured counts."""
    begun, ended = truth.shown(SERVER, answered[0]), truth.shown(CLIENT, asked[1] - 1)
    if begun is not None and ended is not None and shown["first_byte_ns"] is not None:
        unseen = shown["request"]["unseen_bytes"] or shown["response"]["unseen_bytes"]
        if not unseen and shown["first_byte_ns"] != (begun - ended) * 1000 and truth.talk.lens != "snap":
            say(f"{name}: first byte after {shown['first_byte_ns']} ns, not {(begun - ended) * 1000}")
    think = truth.talk.exchanges[index_of(shown["request"], shown["response"])].think
    for part in (shown["timing"] or {"parts": []})["parts"]:
        # What the server spent, and at most some round trips and a lost segment more.
        if part["on"] == "server-think" and part["ns"] // 1000 > think + 2 * truth.talk.rtt + 45 * MS:
            if not any(f.why in ("rto", "fast", "recovery", "probe") for f in truth.all):
                say(f"{name}: the server thought {part['ns'] // 1000} us, not {think}")


def connection_facts(truth, connection, say):
    """What is said about the connection as a whole."""
    talk, end = truth.talk, connection["end"]
    if connection["use"] == "unused" and truth.data():
        say("called never used")
    if connection["use"] == "not-opened" and talk.opening == "open":
        say("called not opened")
    outcome = connection["handshake"]["outcome"]
    right = {"open": ("complete", "unfinished", "not-captured", "capture-ends"), "refused": ("refused", "capture-ends")}
    if outcome not in right.get(talk.opening, ("unanswered", "capture-ends")) and talk.lens not in ("client", "server"):
        say(f"handshake {outcome}, and it was {talk.opening}")
    if outcome in ("refused", "unanswered") and talk.opening == "open":
        say(f"handshake {outcome}")
    first = truth.first_end()
    if end["by"] and talk.opening == "open" and SIDES[end["by"]] != first:
        say(f"ended by {end['by']}")
    if end["reason"] not in {"unknown", *reasons(talk)}:
        say(f"reason {end['reason']} for {talk.end}")
    if truth.whole and first is not None and SIDES.get(end["by"]) != first:
        say(f"ended by {end['by']}, and it was {first}")
    crossed = crossing(truth)
    if end["goodbye"] == "simultaneous" and not crossed:
        say("called simultaneous")
    if truth.whole and crossed and talk.faults == "none" and end["goodbye"] != "simultaneous":
        say(f"simultaneous, and called {end['goodbye']}")
    if end["goodbye"] in ("four-frames", "three-frames", "both-fins") and fins(truth) < 2:
        say(f"called {end['goodbye']}")
    if truth.whole and end["goodbye"] in ("half-closed", "still-open") and fins(truth) == 2:
        say(f"called {end['goodbye']}")
    again(truth, connection, say)


def reasons(talk):
    if talk.opening != "open":
        return {"not-opened"}
    allowed = set(REASONS[talk.end])
    if not talk.exchanges:
        allowed = {"unused"}
    # A response may announce the close that another side, or a timer, carries out.
    if talk.end in ("server-idle", "late-request", "server-rst") and talk.idle < 100 * MS:
        allowed |= {"after-response"}
    return allowed


def fins(truth):
    return len({f.side for f in truth.all if f.flags & FIN})


def crossing(truth):
    """Whether each side sent its FIN before it had received the other's."""
    first = {f.side: f for f in reversed(truth.all) if f.flags & FIN}
    if len(first) < 2:
        return False
    return all(first[side].ack <= first[1 - side].at + first[1 - side].length for side in (CLIENT, SERVER))


def again(truth, connection, say):
    """Every retransmission was one, and has the cause that is said."""
    causes = {
        "timeout": {"rto", "recovery", "probe"},
        "duplicate-acks": {"fast", "recovery"},
        "other": {"rto", "fast", "recovery", "probe"},
        "needless": {"rto", "fast", "recovery", "probe"},
    }
    for seen in connection["retransmissions"]:
        frame = truth.frames[seen["frame"]]
        if frame.why not in causes[seen["cause"]] and truth.talk.faults != "again":
            say(f"frame {seen['frame']}: sent again for {seen['cause']}, and it was {frame.why}")


def findings(truth, capture, say):
    """Every finding is true; those of a whole capture are complete."""
    got = collections.Counter(finding["kind"] for finding in capture["findings"])
    allowed, due = truths(truth)
    for kind in got.keys() - allowed:
        say(f"finding {kind}")
    if truth.whole:
        for kind in due - got.keys():
            say(f"no finding {kind}")


def truths(truth):
    """The kinds of findings that are true, and those that a whole capture must give."""
    talk, true, due = truth.talk, set(), set()
    done = [e for e, span in zip(talk.exchanges, truth.spans) if truth.sent(SERVER, span[1][0]) is not None]
    if len(done) > 1:
        due.add("one-connection-kept")
    due |= {"client-errors" for e in done if e.status == 404} | {"server-errors" for e in done if e.status == 503}
    fresh = [e for e in done if e.status == 304]
    due |= {"ranges" for e in done if e.ranged}
    if fresh:
        true |= {"all-not-modified", "some-not-modified"}
        due.add("all-not-modified" if len(fresh) == len(done) > 1 else "some-not-modified")
    if any(e.pipelined for e in talk.exchanges):
        due.add("pipelined")
    true |= {"sent-in-pieces" for e in done if len(e.parts) > 1}
    announced = talk.announced and talk.announced * S_US
    if talk.end in ("server-idle", "late-request", "server-rst") and talk.exchanges:
        if not announced:
            true.add("timed-out-unannounced")
        else:
            near = abs(talk.idle - announced) < 600 * MS
            true |= {"timed-out-as-announced"} if near else {"timed-out-otherwise", "timed-out-as-announced"}
    if talk.end not in ("server-idle", "late-request", "server-rst"):
        true |= {"announced-not-enforced" if announced else "silent-and-open", "kept-without-time"}
    first = {f.side: f.us for f in reversed(truth.all) if f.flags & FIN}
    if len(first) == 2 and abs(first[0] - first[1]) > 990 * MS:
        true.add("long-half-closed")
    if talk.end in ("cut-short", "rst-in-response", "late-request"):
        true.add("cut-short")
    if talk.end == "late-request":
        true |= {"lost-race", "resets-late-data", "resets-no-connection"}
    if any(f.flags & RST for f in truth.all):
        true |= resets(truth)
    true |= {"not-opened"} if talk.opening == "unanswered" else set()
    whys = {f.why for f in truth.all}
    if whys & {"rto", "fast", "recovery"}:
        true |= {"retransmissions", "slow-retransmission", "slow-syn"}
    if talk.faults == "again":
        true |= {"retransmissions"}
    true |= {"zero-windows"} if any(not f.window and not f.flags & (SYN | RST) for f in truth.all) else set()
    true |= {"keep-alive-probes"} if "keep-alive" in whys else set()
    true |= slow(truth)
    return true | due, due


S_US = 1_000_000


def resets(truth):
    kinds = {
        "client-rst": {"resets-idle", "resets-answer-fin"},
        "server-rst": {"resets-idle", "resets-answer-fin"},
        "rst-in-response": {"resets-abort", "resets-late-data", "resets-no-connection", "resets-answer-fin"},
        "late-request": {"resets-late-data", "resets-no-connection"},
    }
    if truth.talk.opening != "open":
        return {"resets-refused"}
    found = set(kinds.get(truth.talk.end, set()))
    if fins(truth) == 2:
        found.add("resets-harmless")
    return found


def slow(truth):
    """Where the time went, from what the programs did and what the endpoints waited for."""
    talk, true = truth.talk, set()
    true |= {"slow-server" for e in talk.exchanges if e.think > 400 * MS}
    true |= {"slow-server-pause" for e in talk.exchanges if e.pause * len(e.parts) > 400 * MS}
    true |= {"slow-response" for e in talk.exchanges if e.pause * len(e.parts) > 400 * MS}
    true |= {"slow-client"} if talk.wait > 900 * MS else set()
    true |= {"slow-round-trip"} if talk.rtt > 80 * MS else set()
    true |= {"slow-head-of-line"} if any(e.pipelined for e in talk.exchanges) else set()
    for side in (CLIENT, SERVER):
        for cause, begun, ended in talk.ends[side].stalls:
            least = {"window": 30 * MS, "zero": 80 * MS, "nagle": 25 * MS}[cause]
            kind = {"window": "slow-window", "zero": "slow-zero-window", "nagle": "slow-delayed-ack"}[cause]
            true |= {kind} if ended - begun >= least else set()
    return true


def judge(binary, seed, folder):
    """The faults that explain makes with one conversation."""
    talk = Conversation(seed)
    file = pathlib.Path(folder, f"{seed}.pcap")
    file.write_bytes(pcap(talk.packets(), talk.snap))
    done = subprocess.run([binary, "explain", file, "--json", "--port", "80"], capture_output=True, text=True)
    if done.returncode:
        return talk, [f"explain failed: {done.stderr[-300:]}"]
    capture, faults, truth = json.loads(done.stdout), [], Truth(talk)
    say = faults.append
    if len(capture["connections"]) != (1 if talk.frames else 0):
        say(f"{len(capture['connections'])} connections")
    for connection in capture["connections"]:
        exchanges(truth, connection, say)
        connection_facts(truth, connection, say)
    findings(truth, capture, say)
    return talk, faults


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
        wrong = marks.compare(options.binary, seeds, folder)
        print(*wrong[:40], sep="\n")
    for kind, count in kinds.most_common(25):
        print(f"{count:6} {kind}")
    print(f"truth: {options.count - failed} passed, {failed + len(wrong)} failed; {len(wrong)} flags differ from tshark's")
    return failed + len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
