"""A model of two TCP endpoints and the path between them, in virtual time, with a capture point on the path.

It knows TCP: segments, acknowledgements, windows, timers, and what a path does to segments. It records why each segment
was sent and what happened to it. It does not know HTTP, or what a reader of the capture should say.

Times are integers in microseconds. Positions count the bytes of one direction: 0 is the SYN, the first byte is at 1.
"""

import heapq

from e2e.capture.packets import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN

SYN_RTO, DELAYED_ACK, PERSIST = 1_000_000, 40_000, 250_000


class Clock:
    """A queue of events, in order of time."""

    def __init__(self):
        self.now, self.queue, self.count = 0, [], 0

    def after(self, delay, call):
        self.count += 1
        heapq.heappush(self.queue, (self.now + delay, self.count, call))

    def run(self, until):
        while self.queue and self.queue[0][0] <= until:
            self.now, _, call = heapq.heappop(self.queue)
            call()
        self.now = until


class Seen:
    """A segment as the capture point sees it. `why`: new, rto, fast, recovery, needless, keep-alive, probe, ack."""

    def __init__(self, us, segment, why):
        self.us, self.why, self.twice = us, why, False
        self.side, self.flags, self.at, self.ack, self.window, self.payload, self.options, self.ident = segment

    @property
    def length(self):
        return len(self.payload)


class Path:
    """From each side to the capture point, and on to the other side. `fate(side, count, length)` says what happens to
    the n-th segment of a side: None, "before" or "after" (lost on that side of the capture point), "late" (overtaken
    before the capture point), "again" (duplicated by the network)."""

    def __init__(self, clock, near, far, fate):
        self.clock, self.fate = clock, fate
        self.legs = {CLIENT: (near, far), SERVER: (far, near)}
        self.free = {CLIENT: 0, SERVER: 0}
        self.counts = {CLIENT: 0, SERVER: 0}
        self.captured, self.ends = [], {}

    def send(self, segment, why):
        side, length = segment[0], len(segment[5])
        self.counts[side] += 1
        fate = self.fate(side, self.counts[side], length)
        first, second = self.legs[side]
        # A segment takes time on the wire, so that later ones come after it.
        at = max(self.clock.now + first, self.free[side] + 1 + length // 125)
        if fate == "late":
            at += 600
        else:
            self.free[side] = at
        if fate == "before":
            return
        for copy in range(2 if fate == "again" else 1):
            again = at + copy * 7_000
            self.clock.after(again - self.clock.now, lambda: self.pass_on(segment, why, second, fate))

    def pass_on(self, segment, why, delay, fate):
        self.captured.append(Seen(self.clock.now, segment, why))
        if fate != "after":
            self.clock.after(delay, lambda: self.ends[1 - segment[0]].receive(segment))


class Endpoint:
    """One endpoint. Its program is the object `program` with on_open, on_data(count), on_fin."""

    def __init__(self, side, clock, path, **how):
        self.side, self.clock, self.path = side, clock, path
        self.mss, self.nagle, self.delays_acks = how["mss"], how["nagle"], how["delays_acks"]
        self.buffer, self.scale, self.rto = how["buffer"], how["scale"], how["rto"]
        self.probes_by_byte = how["probes_by_byte"]
        self.keep_alive = how.get("keep_alive")
        self.options = how["options"]
        path.ends[side] = self
        self.state, self.program, self.ident = "closed", None, how["ident"]
        self.una = self.next = 0
        self.stream, self.writes, self.fin_at, self.closing = b"", set(), None, False
        self.cwnd, self.dups, self.recover, self.backoff = 10, 0, 0, 1
        self.timer = self.persist = self.ack_timer = 0
        self.running = self.deaf = False
        self.got, self.waiting, self.peer_fin, self.unread, self.reading = 0, {}, None, 0, True
        self.window, self.pending_acks, self.quiet = 65535, 0, 0
        # What this endpoint waited for: (cause, from, to).
        self.stalls, self.stalled = [], {}
        # The acknowledgement with which each range was first sent: (from, to, acknowledged).
        self.sent_with = []

    # Sending.

    def emit(self, flags, at, payload=b"", why="ack", options=b""):
        ack = self.got if flags & ACK else 0
        self.pending_acks = 0
        self.ack_timer += 1
        self.ident = (self.ident + 1) % 65536 or 1
        self.path.send((self.side, flags, at, ack, self.advertised(flags), payload, options, self.ident), why)

    def advertised(self, flags):
        room = max(0, self.buffer - self.unread)
        if flags & SYN:
            return min(room, 65535)
        shown = min(room >> self.scale, 65535)
        # A receiver announces 0 rather than a very small window (RFC 9293 section 3.8.6.2.2).
        if shown << self.scale < min(self.mss, self.buffer // 2):
            return 0
        return shown

    def open(self):
        self.state, self.next = "syn-sent", 1
        self.emit(SYN, 0, why="new", options=self.options)
        self.arm(SYN_RTO)

    def write(self, data):
        self.stream += data
        self.writes.add(len(self.stream) + 1)
        self.output()

    def close(self, deaf=False):
        """Sends FIN after the remaining data. `deaf`: the program does not read any more."""
        self.closing, self.deaf = True, deaf
        self.output()

    def abort(self):
        if self.state in ("open", "syn-received"):
            self.emit(RST | ACK, self.next)
        self.state = "reset"

    def stall(self, cause, on):
        if on:
            self.stalled.setdefault(cause, self.clock.now)
        elif cause in self.stalled:
            self.stalls.append((cause, self.stalled.pop(cause), self.clock.now))

    def output(self):
        while self.state == "open" and self.fin_at is None:
            end = len(self.stream) + 1
            flight, left = self.next - self.una, end - self.next
            if left == 0:
                if self.closing:
                    self.fin_at = self.next
                    self.next += 1
                    self.emit(FIN | ACK, self.fin_at, why="new")
                    self.arm()
                break
            room = self.window - flight
            size = min(self.mss, left, room)
            congested = self.cwnd * self.mss - flight < min(self.mss, left)
            self.stall("window", congested or (room <= 0 and self.window > 0))
            self.stall("zero", room <= 0 and self.window == 0)
            if room <= 0:
                if self.window == 0 and flight == 0:
                    self.probe_later()
                break
            if congested:
                break
            held = self.nagle and size < self.mss and flight > 0 and not self.closing
            self.stall("nagle", held)
            if held:
                break
            at, self.next = self.next, self.next + size
            payload = self.stream[at - 1 : at - 1 + size]
            self.sent_with.append((at, self.next, self.got))
            pushed = self.next in self.writes or self.next == end
            self.emit(ACK | (PSH if pushed else 0), at, payload, why="new")
            if not self.running:
                self.arm()

    def probe_later(self):
        self.persist += 1
        number, wait = self.persist, PERSIST * self.backoff

        def probe():
            if number == self.persist and self.window == 0 and self.state == "open":
                if self.probes_by_byte:
                    self.emit(ACK, self.una, self.stream[self.una - 1 : self.una], why="probe")
                else:
                    self.emit(ACK, self.una - 1, why="probe")
                self.backoff = min(self.backoff * 2, 16)
                self.probe_later()

        self.clock.after(wait, probe)

    def arm(self, wait=None):
        """Starts the retransmission timer, or starts it again."""
        self.timer, self.running = self.timer + 1, True
        number = self.timer
        self.clock.after((wait or self.rto) * self.backoff, lambda: self.expired(number))

    def expired(self, number):
        if number != self.timer:
            return
        if self.state in ("reset", "closed", "gone") or self.una >= self.next:
            self.running = False
            return
        self.backoff *= 2
        if self.backoff > 32:
            return
        if self.state in ("syn-sent", "syn-received"):
            self.emit(SYN | (ACK if self.state == "syn-received" else 0), 0, why="rto", options=self.options)
            self.arm(SYN_RTO)
            return
        self.cwnd, self.recover = 1, self.next
        self.again("rto")
        self.arm()

    def again(self, why):
        """Sends the first unacknowledged segment again."""
        if self.una == self.fin_at:
            return self.emit(FIN | ACK, self.una, why=why)
        end = min(self.una + self.mss, len(self.stream) + 1, self.fin_at or 1 << 40)
        flags = ACK | (PSH if end in self.writes else 0)
        if end > self.next:
            # Bytes that Nagle's algorithm held back are sent with it.
            self.sent_with.append((self.next, end, self.got))
            self.next = end
        return self.emit(flags, self.una, self.stream[self.una - 1 : end - 1], why=why)

    # Receiving.

    def receive(self, segment):
        _, flags, at, ack, window, payload, _, _ = segment
        if self.state in ("reset", "gone") or (self.state == "closed" and not flags & SYN):
            if not flags & RST and (payload or flags & FIN):
                self.ident += 1
                self.path.send((self.side, RST, ack, 0, 0, b"", b"", self.ident), "ack")
            return None
        if flags & RST:
            self.state = "reset"
            return None
        if self.state == "refusing":
            self.path.send((self.side, RST | ACK, 0, at + 1, 0, b"", b"", self.ident), "ack")
            return None
        if flags & SYN:
            return self.receive_syn(flags, ack)
        if self.state == "syn-received" and flags & ACK and ack >= 1:
            self.state, self.backoff = "open", 1
            self.una, self.running = max(self.una, 1), False
            self.timer += 1
            self.opened()
        if self.state != "open":
            return None
        self.quiet += 1
        if self.deaf and at + len(payload) > self.got and payload:
            # The program has closed the socket and cannot read this.
            self.state, self.ident = "reset", self.ident + 1
            self.path.send((self.side, RST, ack, 0, 0, b"", b"", self.ident), "ack")
            return None
        self.acknowledged(ack, window << self.scale_of_peer, payload, flags)
        self.accept(at, payload, flags)
        self.output()
        return None

    def receive_syn(self, flags, ack):
        if self.state == "closed":
            self.state, self.next, self.got = "syn-received", 1, 1
            self.emit(SYN | ACK, 0, why="new", options=self.options)
            self.arm(SYN_RTO)
        elif self.state == "syn-received":
            self.emit(SYN | ACK, 0, why="rto", options=self.options)
        elif self.state == "syn-sent" and flags & ACK:
            self.state, self.backoff, self.got, self.una = "open", 1, 1, ack
            self.running = False
            self.timer += 1
            self.emit(ACK, 1)
            self.opened()
        elif self.state == "open":
            self.emit(ACK, self.next)

    def opened(self):
        self.scale_of_peer = self.path.ends[1 - self.side].scale
        if self.keep_alive:
            self.probe_alive()
        self.program.on_open()

    def probe_alive(self):
        seen = self.quiet

        def probe():
            if self.state == "open" and self.fin_at is None and self.peer_fin is None:
                if seen == self.quiet and self.una == self.next:
                    self.emit(ACK, self.next - 1, why="keep-alive")
                self.probe_alive()

        self.clock.after(self.keep_alive, probe)

    def acknowledged(self, ack, window, payload, flags):
        opens = self.window == 0 and window > 0
        is_same = ack == self.una and window == self.window and not payload and not flags & FIN
        self.window = window
        if opens:
            self.persist += 1
            self.backoff = 1
            self.stall("zero", False)
        if ack > self.una:
            grown = ack - self.una
            self.una, self.dups, self.backoff = ack, 0, 1
            self.next = max(self.next, ack)
            if ack < self.recover:
                self.cwnd += 1
                self.again("recovery")
                self.arm()
                return
            self.recover = 0
            self.cwnd = min(self.cwnd + max(1, grown // self.mss), 64)
            self.running = self.una < self.next
            self.timer += 1
            if self.running:
                self.arm()
        elif is_same and self.una < self.next and self.window > 0:
            self.dups += 1
            if self.dups == 3 and self.una >= self.recover:
                self.recover = self.next
                self.cwnd = max(2, self.cwnd // 2)
                self.again("fast")
                self.arm()

    def accept(self, at, payload, flags):
        end = at + len(payload)
        if flags & FIN:
            self.peer_fin = end
        if payload and self.window_shut() and end > self.got:
            return self.emit(ACK, self.next)
        if not payload and not flags & FIN:
            if at < self.got:
                self.emit(ACK, self.next)
            return None
        if end + bool(flags & FIN) <= self.got:
            return self.emit(ACK, self.next)
        if at > self.got:
            self.waiting[at] = max(self.waiting.get(at, 0), end)
            return self.emit(ACK, self.next)
        filled, before = bool(self.waiting), self.got
        self.got = max(self.got, end)
        while True:
            more = [to for start, to in self.waiting.items() if start <= self.got]
            self.waiting = {start: to for start, to in self.waiting.items() if start > self.got}
            if not more:
                break
            self.got = max(self.got, *more)
        count = self.got - before
        if self.peer_fin is not None and self.got == self.peer_fin:
            self.got += 1
        self.unread += 0 if self.reading else count
        self.pending_acks += 1
        if filled or self.got > (self.peer_fin or 1 << 40) or not self.delays_acks or self.pending_acks >= 2:
            self.emit(ACK, self.next)
        else:
            self.ack_timer += 1
            number = self.ack_timer
            self.clock.after(
                DELAYED_ACK, lambda: number == self.ack_timer and self.state == "open" and self.emit(ACK, self.next)
            )
        if count:
            self.program.on_data(count)
        if self.peer_fin is not None and self.got == self.peer_fin + 1:
            self.program.on_fin()
        return None

    def window_shut(self):
        return not self.reading and self.advertised(0) == 0

    def read_again(self):
        """The program reads the data that has waited."""
        shut, self.reading = self.window_shut(), True
        self.unread = 0
        if shut and self.state == "open":
            self.emit(ACK, self.next)

    def vanish(self):
        """The endpoint forgets the connection, as after a restart."""
        self.state = "gone"
