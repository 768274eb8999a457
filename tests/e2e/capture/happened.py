"""The truth about a generated conversation: who ended it, why, and which findings hold.

It does not know the output of `explain`.
"""

from e2e.capture.conversations import CLIENT, FIN, MS, RST, SERVER, SYN, S

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
    """What happened, as far as this capture of the conversation can show it."""

    def __init__(self, talk):
        self.talk = talk
        self.frames = {number: frame for number, (_, frame) in enumerate(talk.listed(), 1)}
        self.all = talk.all
        self.spans, at = [], [1, 1]
        for exchange in talk.exchanges:
            ends = [at[0] + len(exchange.request), at[1] + len(exchange.response)]
            self.spans.append(((at[0], ends[0]), (at[1], ends[1])))
            at = ends
        # In this case, nothing shows that it was answered.
        self.is_only_syn = all(f.side == CLIENT and f.flags & SYN for f in self.frames.values())
        self.whole = talk.lens in ("whole", "twice", "swapped") and talk.opening == "open"

    def sent(self, side, position):
        """When the byte at a position first passed the capture point; None if it never did."""
        times = [f.us for f in self.all if f.side == side and f.at <= position < f.at + f.length]
        return min(times, default=None)

    def shown(self, side, position):
        """The same for the frames of the file. A byte that probes a window of 0 and is refused only counts when it is
        sent again."""
        carriers = [f for f in self.frames.values() if f.side == side and f.at <= position < f.at + f.length]
        taken = [f for f in carriers if f.why != "probe"]
        return min((f.us for f in taken or carriers), default=None)

    def is_first(self, side, position):
        """Whether the frame that first carried the byte at a position passed the capture point."""
        carriers = [f for f in self.all if f.side == side and f.at <= position < f.at + f.length]
        return bool(carriers) and carriers[0].why == "new"

    def has_firsts(self, side):
        """Whether the file has the first copy of every segment in it that a side sent."""
        first = {}
        for frame in self.all:
            if frame.side == side and (frame.length or frame.flags & FIN):
                first.setdefault(frame.at, frame)
        kept = {id(frame) for frame in self.frames.values()}
        return all(id(first[f.at]) in kept for f in self.frames.values() if f.side == side and f.at in first)

    def complete(self, side, span):
        """When the capture first held all bytes of a span; None if it lacks some."""
        left = [span]
        for frame in sorted((f for f in self.frames.values() if f.side == side and f.length), key=lambda f: f.us):
            begin, end = frame.at, frame.at + frame.length
            left = [(a, b) for x, y in left for a, b in ((x, min(y, begin)), (max(x, end), y)) if a < b]
            if not left:
                return frame.us
        return None

    def first_end(self):
        """The side whose FIN or RST first passed the capture point."""
        return next((f.side for f in self.all if f.flags & (FIN | RST)), None)

    def data(self):
        return any(f.length for f in self.all)


def reasons(talk):
    if talk.opening != "open":
        return {"not-opened"}
    allowed = set(REASONS[talk.end])
    if not talk.exchanges:
        allowed = {"unused"}
    # A response may announce a close that the other side, or a timer, then carries out. The server's timer starts at
    # its last write, whose bytes may still be on their way.
    if talk.end in ("server-idle", "late-request", "server-rst"):
        allowed |= {"after-response"}
    # The server closes after its last response, even if the client's FIN is still on its way.
    if talk.end == "client-early":
        closed = next((f for f in talk.all if f.side == SERVER and f.flags & FIN), None)
        if closed and closed.ack <= len(talk.ends[CLIENT].stream) + 1:
            allowed |= {"after-response"}
    if talk.late_pipelined:
        allowed |= {"in-exchange"}
    if had_all(talk):
        allowed |= {"reset-while-idle"}
    if talk.end == "server-rst" and talk.ends[SERVER].una <= len(talk.ends[SERVER].stream):
        allowed |= {"in-exchange"}
    return allowed


def had_all(talk):
    """Whether a client that aborts a response had received all of it when its program read the first bytes."""
    return talk.end == "rst-in-response" and talk.ends[CLIENT].got > sum(len(e.response) for e in talk.exchanges)


def fins(truth):
    return len({f.side for f in truth.all if f.flags & FIN})


def truths(truth):
    """The kinds of findings that are true, and those that must be found in a complete capture."""
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
    for exchange, (asked, _) in zip(talk.exchanges, truth.spans):
        if exchange.pipelined:
            # If the first frame of a request was lost before the capture point, no capture shows when the request was
            # sent.
            (due if truth.is_first(CLIENT, asked[0]) else true).add("pipelined")
    true |= {"pipelined"} if talk.late_pipelined else set()
    true |= {"sent-in-pieces" for e in done if len(e.parts) > 1}
    announced = talk.announced and talk.announced * S
    if talk.end in ("server-idle", "late-request", "server-rst") and talk.exchanges:
        if not announced:
            true.add("timed-out-unannounced")
        else:
            near = abs(talk.idle - announced) < 600 * MS
            true |= {"timed-out-as-announced"} if near else {"timed-out-otherwise", "timed-out-as-announced"}
    if talk.end == "simultaneous" and talk.exchanges:
        true |= {"timed-out-unannounced", "timed-out-otherwise", "timed-out-as-announced"}
    ends = [f for f in truth.frames.values() if f.flags & (FIN | RST)]
    if (
        talk.lens in ("ends", "part")
        or not ends
        or truth.first_end() is None
        or talk.end not in ("server-idle", "late-request", "server-rst")
    ):
        true |= {"announced-not-enforced" if announced else "silent-and-open", "kept-without-time"}
    first = {f.side: f.us for f in reversed(truth.all) if f.flags & FIN}
    if len(first) == 2 and abs(first[0] - first[1]) > 990 * MS:
        true.add("long-half-closed")
    server = talk.ends[SERVER]
    broken_off = talk.end == "server-rst" and server.una <= len(server.stream)
    if broken_off or talk.end in ("cut-short", "rst-in-response", "late-request"):
        true.add("cut-short")
    if talk.end == "late-request":
        true |= {"lost-race", "resets-late-data", "resets-no-connection"}
    if any(f.flags & RST for f in truth.all):
        true |= resets(truth)
    # Without the frames of the server, a refused SYN looks like an unanswered one.
    unseen = all(frame.side == CLIENT for frame in truth.frames.values())
    silent = talk.opening == "unanswered" or (talk.opening == "refused" and unseen) or truth.is_only_syn
    true |= {"not-opened"} if silent else set()
    whys = {f.why for f in truth.all}
    if whys & {"rto", "fast", "recovery"}:
        true |= {"retransmissions", "slow-retransmission", "slow-syn"}
    if talk.faults in ("again", "late"):
        true |= {"retransmissions"}
    true |= {"zero-windows"} if any(not f.window and not f.flags & (SYN | RST) for f in truth.all) else set()
    true |= {"keep-alive-probes"} if "keep-alive" in whys else set()
    # The frame that opens the window may be captured and then lost on its way to the sender, whose probe then looks
    # like a keep-alive probe.
    true |= {"keep-alive-probes"} if "probe" in whys and talk.faults == "loss" else set()
    true |= slow(truth)
    return true | due, due


def resets(truth):
    kinds = {
        "client-rst": {"resets-idle", "resets-answer-fin"},
        "server-rst": {"resets-idle", "resets-answer-fin", "resets-abort"},
        "rst-in-response": {"resets-abort", "resets-late-data", "resets-no-connection", "resets-answer-fin"},
        "late-request": {"resets-late-data", "resets-no-connection"},
    }
    if truth.talk.opening != "open":
        return {"resets-refused"}
    found = set(kinds.get(truth.talk.end, set()))
    if had_all(truth.talk):
        found.add("resets-idle")
    if fins(truth) == 2:
        found.add("resets-harmless")
    return found


def slow(truth):
    """Where the time went, according to what the programs did and what the endpoints waited for."""
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
            # A capture does not show whether the window or Nagle's algorithm held a small last segment back.
            true |= {"slow-window"} if cause == "nagle" and ended - begun >= 30 * MS else set()
        # If the ACK with the window of 0 was lost after the capture point, the capture does not show that.
        true |= {"slow-zero-window"} if longest_zero_window(truth, side) >= 80 * MS else set()
    return true


def longest_zero_window(truth, side):
    """The longest time in microseconds for which a side announced a window of 0."""
    since, longest = None, 0
    for frame in sorted(truth.all, key=lambda frame: frame.us):
        if frame.side != side or frame.flags & (SYN | RST):
            continue
        if frame.window:
            longest = max(longest, frame.us - since) if since is not None else longest
            since = None
        elif since is None:
            since = frame.us
    return longest
