"""Generates HTTP conversations from a seed, plays them over `tcp_model`, and captures them completely or with faults.

It knows the truth about each conversation: the requests and responses, who ended it and why, what was retransmitted. It
does not know the output of `explain`: `truth.py` compares the two.
"""

import random
import struct

from e2e.capture.packets import ACK, BEGIN_NS, CLIENT, FIN, RST, SERVER, SYN, ipv4, pcap_header, tcp
from e2e.capture.tcp_model import Clock, Endpoint, Path

MS, S = 1000, 1_000_000
# How a conversation ends. Ends by the server come first.
ENDS = (
    "server-idle",
    "response-close",
    "body-to-close",
    "client",
    "client-early",
    "simultaneous",
    "client-rst",
    "server-rst",
    "rst-in-response",
    "cut-short",
    "open",
    "late-request",
)
# How much of it was captured.
LENSES = (
    "whole",
    "whole",
    "client",
    "server",
    "midway",
    "hole",
    "sparse",
    "ends",
    "part",
    "snap",
    "twice",
    "swapped",
)


class Exchange:
    """A request, its response, and the times at which the server's program acts."""

    def __init__(self, number, rng, last, end):
        self.number = number
        body = b"b" * rng.choice((0, 0, 0, 10, 300, 3000))
        method = "POST" if body else "GET"
        fields = f"Content-Length: {len(body)}\r\n" if body else rng.choice(("", "", "Range: bytes=0-\r\n"))
        self.line = f"{method} /{number} HTTP/1.1"
        self.ranged = fields.startswith("Range")
        self.request = f"{self.line}\r\nHost: a\r\n{fields}\r\n".encode() + body
        self.request_body = len(body)
        self.status = rng.choice((200, 200, 200, 200, 404, 503, 304, 206 if self.ranged else 200))
        size = 0 if self.status == 304 else rng.choice((0, 5, 700, 1460, 5000, 20_000, 60_000))
        self.announced = None
        fields = f"X-Number: {number}\r\n"
        if end == "server-idle" or rng.random() < 0.2:
            self.announced = rng.choice((None, 2, 5))
        closes = last and end in ("response-close", "body-to-close")
        if closes:
            fields += "Connection: close\r\n"
        elif self.announced:
            fields += f"Connection: keep-alive\r\nKeep-Alive: timeout={self.announced}\r\n"
        self.cut = last and end == "cut-short"
        if self.cut or (last and end == "rst-in-response"):
            self.status, size = 200, max(size, 5000)
        if last and end == "body-to-close":
            self.status, self.form = 200, "close"
        else:
            self.form = "length" if self.status == 304 else rng.choice(("length", "length", "chunks"))
        if self.cut:
            self.form = "length"
        content = b"x" * size
        if self.form == "chunks":
            fields += "Transfer-Encoding: chunked\r\n"
            content = b"%x\r\n%s\r\n0\r\n\r\n" % (size, content) if size else b"0\r\n\r\n"
        elif self.form == "length":
            fields += f"Content-Length: {size}\r\n"
        if self.status == 304:
            content = b""
        head = f"HTTP/1.1 {self.status} X\r\n{fields}\r\n".encode()
        self.head, self.body = len(head), len(content)
        self.response = head + content
        if self.cut:
            self.response = self.response[: -max(1, size // 3)]
        self.think = rng.choice((0, 200, 3 * MS, 3 * MS, 60 * MS, 700 * MS))
        step = rng.choice((0, 0, 0, 4096, 300))
        parts = (
            [self.response[at : at + step] for at in range(0, len(self.response), step)] if step else [self.response]
        )
        self.parts = parts if len(parts) < 12 else [self.response]
        self.pause = rng.choice((0, 0, 1 * MS, 100 * MS, 600 * MS)) if len(self.parts) > 1 else 0
        self.pipelined = False


class Client:
    def __init__(self, talk):
        self.talk, self.got, self.sent, self.done = talk, 0, 0, 0
        self.asked_to_read = False

    def on_open(self):
        self.talk.clock.after(self.talk.wait, self.send)

    def send(self):
        talk, endpoint = self.talk, self.talk.ends[CLIENT]
        if not talk.exchanges:
            return self.finish()
        for _ in range(talk.depth):
            if self.sent < len(talk.exchanges):
                exchange = talk.exchanges[self.sent]
                self.sent += 1
                endpoint.write(exchange.request)
        if self.sent == len(talk.exchanges) and talk.end == "client-early":
            endpoint.close()
        return None

    def on_data(self, count):
        talk, endpoint = self.talk, self.talk.ends[CLIENT]
        self.got += count
        if talk.stall and not self.asked_to_read and endpoint.reading:
            endpoint.reading, self.asked_to_read = False, True
            talk.clock.after(talk.stall, endpoint.read_again)
        if talk.end == "rst-in-response" and self.sent == len(talk.exchanges):
            before = sum(len(e.response) for e in talk.exchanges[:-1])
            if self.got > before + talk.exchanges[-1].head:
                endpoint.abort()
                return
        while self.done < self.sent:
            if self.got < sum(len(e.response) for e in talk.exchanges[: self.done + 1]):
                return
            self.done += 1
        if self.done < len(talk.exchanges):
            talk.clock.after(talk.gap, self.send)
        elif talk.end in ("client", "client-rst", "simultaneous"):
            talk.clock.after(talk.idle, self.finish)

    def finish(self):
        endpoint = self.talk.ends[CLIENT]
        if self.talk.end == "client-rst":
            endpoint.abort()
        elif self.talk.end not in ("server-idle", "open"):
            endpoint.close()

    def on_fin(self):
        talk, endpoint = self.talk, self.talk.ends[CLIENT]
        if talk.end != "simultaneous":
            talk.clock.after(talk.linger, endpoint.close)


class Server:
    def __init__(self, talk):
        self.talk, self.got, self.answered, self.busy = talk, 0, 0, False

    def on_open(self):
        if not self.talk.exchanges and self.talk.end == "server-idle":
            self.talk.clock.after(self.talk.idle, self.talk.ends[SERVER].close)

    def on_data(self, count):
        self.got += count
        self.start_next()

    def start_next(self):
        talk = self.talk
        if self.busy or self.answered == len(talk.exchanges):
            return
        if self.got >= sum(len(e.request) for e in talk.exchanges[: self.answered + 1]):
            self.busy = True
            exchange = talk.exchanges[self.answered]
            talk.clock.after(exchange.think, lambda: self.part(exchange, 0))

    def part(self, exchange, at):
        talk, endpoint = self.talk, self.talk.ends[SERVER]
        endpoint.write(exchange.parts[at])
        if at + 1 < len(exchange.parts):
            talk.clock.after(exchange.pause, lambda: self.part(exchange, at + 1))
            return
        self.busy, self.answered = False, self.answered + 1
        if self.answered < len(talk.exchanges):
            self.start_next()
        elif talk.end in ("response-close", "body-to-close", "cut-short", "client-early"):
            endpoint.close()
        elif talk.end in ("server-idle", "late-request"):
            talk.clock.after(talk.idle, lambda: endpoint.close(deaf=True))
            if talk.end == "late-request":
                # Sent while the FIN is on its way.
                talk.clock.after(talk.idle, talk.late)
        elif talk.end == "server-rst":
            talk.clock.after(talk.idle, endpoint.abort)
        elif talk.end == "simultaneous":
            # The client closes `idle` after it has the response: half a round trip and its sending later.
            talk.clock.after(talk.idle + talk.one_way + 100, endpoint.close)

    def on_fin(self):
        talk, endpoint = self.talk, self.talk.ends[SERVER]
        if talk.end in ("client", "client-rst") or not talk.exchanges:
            talk.clock.after(talk.linger, endpoint.close)


class Conversation:
    """One conversation that was played. `frames` are the captured frames, in the order of the file."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.seed = seed
        self.end = rng.choice(ENDS)
        self.opening = rng.choices(("open", "refused", "unanswered"), (30, 1, 1))[0]
        count = rng.choice((0, 1, 1, 2, 3, 5))
        if self.end not in ("server-idle", "client", "open"):
            count = max(1, count)
        self.exchanges = [Exchange(n, rng, n + 1 == count, self.end) for n in range(count)]
        self.wait = rng.choice((0, 100, 5 * MS, 1200 * MS))
        self.gap = rng.choice((0, 100, 20 * MS, 300 * MS))
        self.depth = rng.choice((1, 1, 1, 2, 5))
        last = self.exchanges[-1] if self.exchanges else None
        self.announced = last.announced if last else None
        self.idle = rng.choice((300 * MS, 2 * S, 5 * S))
        if self.announced and rng.random() < 0.7:
            self.idle = self.announced * S
        self.linger = rng.choice((0, 0, 50, 50 * MS, 1500 * MS))
        self.stall = rng.choice((0, 0, 0, 600 * MS))
        self.tail = rng.choice((10 * MS, 3 * S))
        near, far = rng.choice(((20, 20), (50, 5000), (5000, 50), (300, 20_000), (100, 60_000)))
        self.one_way = near + far
        self.rtt = 2 * (near + far)
        self.faults = rng.choice(("none", "none", "none", "loss", "loss", "late", "again", "first"))
        if self.opening == "unanswered":
            self.faults = "all"
        chance = random.Random(seed + 1)
        self.clock = Clock()
        self.path = Path(self.clock, near, far, lambda *of: self.fate(chance, *of))
        mss = rng.choice((536, 1460))
        # Some stacks do not support an option; then neither side uses it.
        scale = rng.choice((None, 2, 7))
        options = struct.pack("!BBH", 2, 4, mss) + b"\x04\x02"
        options += b"" if scale is None else struct.pack("!BBBB", 1, 3, 3, scale)
        self.ends = {}
        byte_probes = rng.random() < 0.5
        for side in (CLIENT, SERVER):
            self.ends[side] = Endpoint(
                side,
                self.clock,
                self.path,
                mss=mss,
                nagle=rng.random() < 0.3,
                delays_acks=rng.random() < 0.5,
                buffer=rng.choice((8192, 32_768, 65_535)) if side == CLIENT else 65_535,
                scale=scale or 0,
                rto=max(200 * MS, 3 * self.rtt + 50 * MS),
                probes_by_byte=byte_probes,
                keep_alive=rng.choice((None, None, 1 * S)),
                options=options,
                ident=rng.randrange(1, 65_000),
            )
        self.isn = [rng.choice((rng.randrange(2**32), 2**32 - rng.randrange(1, 3000))) for _ in range(2)]
        self.late_sent = False
        self.play()
        self.lens = rng.choice(LENSES)
        # Without the earlier frames, the capture shows neither the order of two frames nor which of two copies is the
        # network's duplicate.
        begins_late = self.lens in ("midway", "part", "sparse")
        if (self.opening != "open" and self.lens == "swapped") or (self.faults == "again" and begins_late):
            self.lens = "whole"
        # Only the missing part would show whether a request before the capture was pipelined with the first one in it.
        if self.lens == "part" and any(exchange.pipelined for exchange in self.exchanges):
            self.lens = "ends"
        self.frames, self.snap = self.captured(rng)

    def fate(self, chance, side, count, length):
        rarely = chance.random()
        if self.opening != "open":
            return "after" if self.faults == "all" and side == CLIENT else None
        if self.faults == "first":
            return chance.choice(("before", "after")) if count == 1 and side == CLIENT else None
        if self.faults == "loss" and rarely < 0.06 and count > 1:
            return chance.choice(("before", "after"))
        if self.faults in ("late", "again") and rarely < 0.1 and length > 0 and self.rtt > 2000:
            return self.faults
        return None

    def late(self):
        """The client sends another request at the moment in which the server closes."""
        self.late_sent = True
        self.ends[CLIENT].write(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")

    def play(self):
        client, server = self.ends[CLIENT], self.ends[SERVER]
        client.program, server.program = Client(self), Server(self)
        if self.opening == "refused":
            server.state = "refusing"
        client.open()
        self.clock.run(100 * S)
        at = [1, 1]
        for exchange in self.exchanges:
            # Sent before the client had received the whole previous response.
            acked = [got for begin, end, got in client.sent_with if begin <= at[0] < end]
            exchange.pipelined = exchange.number > 0 and any(got < at[1] for got in acked)
            at = [at[0] + len(exchange.request), at[1] + len(exchange.response)]
        self.late_pipelined = self.late_sent and any(b <= at[0] < e and g < at[1] for b, e, g in client.sent_with)
        captured = self.path.captured
        for end in self.ends.values():
            end.stalls += [(cause, begun, captured[-1].us) for cause, begun in end.stalled.items()]
        # The capture continues for a while after the last frame.
        self.all = captured
        self.capture_end = (captured[-1].us if captured else 0) + self.tail

    def captured(self, rng):
        frames, snap, count = list(self.all), 262_144, len(self.all)
        if self.lens in ("client", "server"):
            side = CLIENT if self.lens == "client" else SERVER
            frames = [frame for frame in frames if frame.side == side]
        elif self.lens == "midway":
            frames = frames[rng.randrange(1, max(2, count)) :]
        elif self.lens == "hole":
            at = rng.randrange(0, count)
            frames = frames[:at] + frames[at + rng.randrange(1, 6) :]
        elif self.lens == "sparse":
            frames = [frame for frame in frames if rng.random() > 0.04] or frames
        elif self.lens == "part":
            at = rng.randrange(0, count)
            frames = frames[at : at + rng.randrange(1, count + 1)]
            self.capture_end = frames[-1].us
        elif self.lens == "ends":
            frames = frames[: rng.randrange(1, count + 1)]
            self.capture_end = frames[-1].us
        elif self.lens == "snap":
            snap = rng.choice((68, 96, 120, 200, 400))
        elif self.lens == "swapped":
            for at in range(1, len(frames)):
                one, two = frames[at - 1 : at + 1]
                if rng.random() < 0.2 and one.side != two.side and two.us - one.us < 300:
                    frames[at - 1 : at + 1] = [two, one]
        return frames, snap

    def listed(self):
        """The frames in the order of the file, each with its time in nanoseconds."""
        listed = [(frame.us * 1000, frame) for frame in self.frames]
        if self.lens == "twice":
            copies = [(at + 9_000, frame) for at, frame in listed]
            return sorted(listed + copies, key=lambda entry: entry[0])
        return listed

    def addresses(self):
        return f"10.{self.seed >> 16 & 255}.{self.seed >> 8 & 255}.{self.seed & 255}"

    def packets(self, ns=BEGIN_NS):
        """The frames of the file: time in nanoseconds and bytes. A UDP frame marks the end of the capture."""
        client = bytes([10, self.seed >> 16 & 255, self.seed >> 8 & 255, self.seed & 255])
        packets = []
        for at, frame in self.listed():
            side = frame.side
            segment = tcp(
                *((40_000, 80) if side == CLIENT else (80, 40_000)),
                self.isn[side] + frame.at,
                self.isn[1 - side] + frame.ack if frame.flags & ACK else 0,
                frame.flags,
                frame.window,
                frame.payload,
                frame.options,
            )
            packet = bytearray(ipv4(side, segment, frame.ident))
            ends = [client, bytes([172, 16, 0, 1])]
            packet[12:20] = ends[side] + ends[1 - side]
            packets.append((ns + at, bytes(packet)))
        if self.lens not in ("ends", "part"):
            packets.append((ns + self.capture_end * 1000, ipv4(CLIENT, bytes(8), protocol=17)))
        return packets


def pcap(packets, snap=262_144):
    """A file of packets with their times in nanoseconds, with link type RAW."""
    out = [pcap_header(101, nano=True, snap=snap)]
    for ns, data in packets:
        seconds, fraction = divmod(ns, 10**9)
        out.append(struct.pack("<IIII", seconds, fraction, min(len(data), snap), len(data)) + data[:snap])
    return b"".join(out)


__all__ = ["ACK", "CLIENT", "FIN", "MS", "RST", "SERVER", "SYN", "Conversation", "S", "pcap"]
