#!/usr/bin/env python3
"""Captures that are hard to read: generated, and the same every time.

    tests/e2e/capture/adversarial.py DIR

Each has a few HTTP exchanges over TCP that were reordered, repeated, cut, lost, fragmented or encapsulated: what a
reader of captures must get right. tshark.py compares `labserve explain` and tshark over all of them. Other scripts
build captures of their own with `Talk` and `pcap`.
"""

import gzip
import pathlib
import random
import struct
import sys

SYN, FIN, RST, PSH, ACK = 0x02, 0x01, 0x04, 0x08, 0x10
CLIENT, SERVER = 0, 1
PORT = 8000


def tcp(sport, dport, seq, ack, flags, window, payload, options=b""):
    options += b"\x01" * (-len(options) % 4)
    head = struct.pack(
        "!HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, (20 + len(options)) // 4 << 4, flags, window, 0, 0
    )
    return head + options + payload


class Talk:
    """One TCP connection. `frames` is a list of (sending side, TCP bytes); connections may share one."""

    def __init__(self, client_port=40000, isn=(1000, 5000), mss=1460, server_port=PORT, frames=None):
        self.ports = (client_port, server_port)
        self.seq = list(isn)
        self.mss = mss
        self.frames = [] if frames is None else frames
        self.window = 64240

    def raw(self, side, flags, payload=b"", seq=None, ack=None, window=None, options=b""):
        other = 1 - side
        seq = self.seq[side] if seq is None else seq
        ack = (self.seq[other] if flags & ACK else 0) if ack is None else ack
        self.frames.append(
            [
                side,
                tcp(
                    self.ports[side],
                    self.ports[other],
                    seq,
                    ack,
                    flags,
                    self.window if window is None else window,
                    payload,
                    options,
                ),
            ]
        )

    def open(self):
        options = b"\x02\x04" + struct.pack("!H", self.mss) + b"\x04\x02" + b"\x01\x03\x03\x07"
        self.raw(CLIENT, SYN, options=options)
        self.seq[CLIENT] += 1
        self.raw(SERVER, SYN | ACK, options=options)
        self.seq[SERVER] += 1
        self.raw(CLIENT, ACK)
        return self

    def send(self, side, data, acks=True):
        for at in range(0, len(data), self.mss):
            part = data[at : at + self.mss]
            last = at + self.mss >= len(data)
            self.raw(side, ACK | (PSH if last else 0), part)
            self.seq[side] += len(part)
            if acks and (last or at // self.mss % 2):
                self.raw(1 - side, ACK)
        return self

    def fin(self, side, ack=True):
        self.raw(side, FIN | ACK)
        self.seq[side] += 1
        if ack:
            self.raw(1 - side, ACK)
        return self

    def close(self, side=SERVER):
        return self.fin(side).fin(1 - side)

    def rst(self, side, flags=RST | ACK, **more):
        self.raw(side, flags, **more)
        return self

    def get(self, path="/", body=b"x" * 5000, extra="", head="", acks=True):
        self.send(CLIENT, f"GET {path} HTTP/1.1\r\nHost: a\r\n{extra}\r\n".encode(), acks)
        return self.send(SERVER, reply(body, head), acks)


def reply(body=b"", head="", status="200 OK", length=True):
    size = f"Content-Length: {len(body)}\r\n" if length else ""
    return f"HTTP/1.1 {status}\r\nServer: example\r\n{size}{head}\r\n".encode() + body


def usual():
    """A connection with three exchanges, and nothing unusual."""
    return Talk().open().get("/one").get("/two", b"y" * 20000).get("/three", b"").close()


# IP and below.


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


ADDRESSES4 = (bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
ADDRESSES6 = (bytes.fromhex("fd000000000000000000000000000001"), bytes.fromhex("fd000000000000000000000000000002"))


def ipv4(side, payload, identification=0, offset=0, more=False, options=b"", total=None, protocol=6):
    words = 5 + len(options) // 4
    length = words * 4 + len(payload) if total is None else total
    head = (
        struct.pack(
            "!BBHHHBBH4s4s",
            0x40 | words,
            0,
            length,
            identification,
            (0x2000 if more else 0) | offset // 8,
            64,
            protocol,
            0,
            ADDRESSES4[side],
            ADDRESSES4[1 - side],
        )
        + options
    )
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(side, payload, headers=b"", first=6):
    return (
        struct.pack("!IHBB", 6 << 28, len(headers) + len(payload), first, 64)
        + ADDRESSES6[side]
        + ADDRESSES6[1 - side]
        + headers
        + payload
    )


def v4(frames):
    return [(4, ipv4(side, data, i)) for i, (side, data) in enumerate(frames)]


def v6(frames):
    return [(6, ipv6(side, data)) for side, data in frames]


def v6_extensions(frames):
    hop = bytes([60, 0, 1, 4, 0, 0, 0, 0])  # hop-by-hop options, then destination options, then TCP
    destination = bytes([6, 0, 1, 4, 0, 0, 0, 0])
    return [(6, ipv6(side, data, hop + destination, 0)) for side, data in frames]


def v4_options(frames):
    return [(4, ipv4(side, data, i, options=b"\x01" * 8)) for i, (side, data) in enumerate(frames)]


def v4_fragments(order=lambda parts: parts, size=512):
    def wrap(frames):
        out = []
        for i, (side, data) in enumerate(frames):
            if len(data) <= size:
                out.append((4, ipv4(side, data, i)))
                continue
            parts = [
                (4, ipv4(side, data[at : at + size], i, at, at + size < len(data))) for at in range(0, len(data), size)
            ]
            out.extend(order(parts))
        return out

    return wrap


def v6_fragments(frames, size=512):
    out = []
    for i, (side, data) in enumerate(frames):
        if len(data) <= size:
            out.append((6, ipv6(side, data)))
            continue
        for at in range(0, len(data), size):
            more = at + size < len(data)
            out.append((6, ipv6(side, data[at : at + size], struct.pack("!BBHI", 6, 0, at | more, i), 44)))
    return out


def v4_no_length(frames):
    """The total length is 0, as where the network card fills it in."""
    return [(4, ipv4(side, data, i, total=0)) for i, (side, data) in enumerate(frames)]


ETHER = {4: b"\x08\x00", 6: b"\x86\xdd"}


def ethernet(version, packet):
    return bytes(12) + ETHER[version] + packet


LINKS = {
    "ethernet": (1, ethernet),
    "padded": (1, lambda v, d: (bytes(12) + ETHER[v] + d).ljust(60, b"\0")),
    "vlan": (1, lambda v, d: bytes(12) + b"\x81\x00\x00\x07" + ETHER[v] + d),
    "qinq": (1, lambda v, d: bytes(12) + b"\x88\xa8\x00\x07\x81\x00\x00\x09" + ETHER[v] + d),
    "null-little": (0, lambda v, d: struct.pack("<I", 2 if v == 4 else 24) + d),
    "null-big": (0, lambda v, d: struct.pack(">I", 2 if v == 4 else 30) + d),
    "loop": (108, lambda v, d: struct.pack(">I", 2 if v == 4 else 24) + d),
    "raw": (101, lambda v, d: d),
    "sll": (113, lambda v, d: struct.pack("!HHH8s", 0, 772, 6, b"") + ETHER[v] + d),
    "sll2": (276, lambda v, d: ETHER[v] + struct.pack("!HIHBB8s", 0, 1, 772, 0, 6, b"") + d),
}


# File formats.

BEGIN_NS = 1_700_000_000 * 10**9


def pcap_header(link, order="<", nano=False, snap=262144):
    return struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)


def pcap_record(data, time_ns, order="<", nano=False, snap=262144):
    seconds, fraction = divmod(time_ns, 10**9)
    return (
        struct.pack(order + "IIII", seconds, fraction if nano else fraction // 1000, min(len(data), snap), len(data))
        + data[:snap]
    )


def pcap(frames, link=1, times_ns=None, **form):
    """A file of these frames, at these times or a millisecond apart. `form`: order, nano, snap."""
    times_ns = times_ns or [BEGIN_NS + i * 10**6 for i in range(len(frames))]
    return pcap_header(link, **form) + b"".join(pcap_record(data, at, **form) for data, at in zip(frames, times_ns))


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order="<"):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order="<", link=1, snap=0, resolution=None, name=b"lab0"):
    options = option(order, 2, name)
    if resolution is not None:
        options += option(order, 9, bytes([resolution]))
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + options + option(order, 0, b""))


def packet(data, ticks, order="<", number=0, snap=None):
    kept = data if snap is None else data[:snap]
    return block(
        order, 6, struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(kept), len(data)) + kept
    )


def pcapng(frames, link=1, order="<", resolution=None, unit=10**6, snap=None):
    out = section(order) + interface(order, link, snap or 0, resolution)
    for i, data in enumerate(frames):
        out += packet(data, (1700000000 * 1000 + i) * unit // 1000, order, snap=snap)
    return out


def wrapped(talk, ip=v4, link="ethernet"):
    number, wrap = LINKS[link]
    return [wrap(version, data) for version, data in ip(talk.frames if isinstance(talk, Talk) else talk)], number


def file(talk, ip=v4, link="ethernet", write=pcap, **more):
    frames, number = wrapped(talk, ip, link)
    return write(frames, link=number, **more)


def interleave(*talks):
    """The frames of several connections in turn."""
    out, queues = [], [list(t.frames) for t in talks]
    while any(queues):
        for queue in queues:
            if queue:
                out.append(queue.pop(0))
    return out


def shuffled(talk, seed, near=3):
    """The frames, some of one direction swapped with near ones. Those of the handshake stay."""
    rng = random.Random(seed)
    frames = list(talk.frames)
    for _ in range(len(frames) // 3):
        i = rng.randrange(3, len(frames) - 1)
        j = min(len(frames) - 1, i + rng.randrange(1, near))
        if all(frame[0] == frames[i][0] for frame in frames[i : j + 1]):
            frames[i], frames[j] = frames[j], frames[i]
    return frames


def repeated(talk, seed, share=4):
    """The frames, some of them twice, the second time a little later."""
    rng = random.Random(seed)
    frames = list(talk.frames)
    for _ in range(len(frames) // share):
        i = rng.randrange(3, len(frames))
        frames.insert(min(len(frames), i + rng.randrange(1, 5)), frames[i])
    return frames


def thinned(talk, seed, share=8):
    """The frames, without some of them."""
    rng = random.Random(seed)
    return [frame for i, frame in enumerate(talk.frames) if i < 3 or rng.randrange(share)]


def streaming():
    """A longer download, sent without waiting, so that there is something to reorder."""
    talk = Talk().open()
    talk.send(CLIENT, b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.send(SERVER, reply(bytes(range(256)) * 150), acks=False)
    talk.raw(CLIENT, ACK)
    return talk.get("/next", b"z" * 3000).close()


def overlapping(shift):
    """Segments that repeat the end of the one before."""
    talk = Talk(mss=500).open()
    talk.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    data, base = reply(b"o" * 4000), talk.seq[SERVER]
    for at in range(0, len(data), 500):
        begin = max(0, at - shift)
        talk.raw(SERVER, ACK | PSH, data[begin : at + 500], seq=base + begin)
    talk.seq[SERVER] += len(data)
    talk.raw(CLIENT, ACK)
    return talk.get("/after").close()


def keep_alives(byte):
    talk = Talk().open().get()
    for _ in range(3):
        talk.raw(SERVER, ACK, byte, seq=talk.seq[SERVER] - 1)
        talk.raw(CLIENT, ACK)
    return talk.get("/later").close()


def zero_window():
    talk = Talk().open()
    talk.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    data = reply(b"w" * 4000)
    for part in (data[:1460], data[1460:2920]):
        talk.raw(SERVER, ACK | PSH, part)
        talk.seq[SERVER] += len(part)
    talk.raw(CLIENT, ACK, window=0)
    for _ in range(2):
        talk.raw(SERVER, ACK, data[2920:2921])
        talk.raw(CLIENT, ACK, window=0)
    talk.raw(CLIENT, ACK)
    talk.send(SERVER, data[2920:])
    return talk.close()


def exchanges(*pairs, close=SERVER):
    talk = Talk().open()
    for request, response in pairs:
        talk.send(CLIENT, request)
        talk.send(SERVER, response)
    return talk.close(close)


def pipelined():
    talk = Talk().open()
    talk.send(CLIENT, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.send(CLIENT, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
    return talk.send(SERVER, reply(b"a" * 2000)).send(SERVER, reply(b"b" * 2000)).close()


def reused(isn):
    first = Talk().open().get().close()
    second = Talk(isn=isn).open().get("/again").close()
    return first.frames + second.frames


def syn_again(times):
    talk = Talk()
    for _ in range(times):
        talk.raw(CLIENT, SYN)
    talk.open().get().close()
    return talk


def moved_syn_ack():
    """The SYN/ACK that counts has another sequence number than the one before it."""
    talk = Talk()
    talk.raw(CLIENT, SYN)
    talk.raw(SERVER, SYN | ACK, seq=777, ack=1001)
    talk.frames.extend(Talk().open().get().close().frames[1:])
    return talk


def simultaneous_close():
    talk = Talk().open().get()
    talk.raw(SERVER, FIN | ACK)
    talk.raw(CLIENT, FIN | ACK)
    talk.seq = [talk.seq[0] + 1, talk.seq[1] + 1]
    talk.raw(SERVER, ACK)
    talk.raw(CLIENT, ACK)
    return talk


def late_data():
    talk = Talk().open().get()
    talk.fin(SERVER)
    talk.send(CLIENT, b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n", acks=False)
    return talk.rst(SERVER, RST, seq=talk.seq[SERVER])


def refused():
    talk = Talk()
    talk.raw(CLIENT, SYN)
    return talk.rst(SERVER, seq=0, ack=talk.seq[CLIENT] + 1)


def chunked(sizes):
    body = b"".join(b"%x\r\n" % size + b"c" * size + b"\r\n" for size in sizes) + b"0\r\n\r\n"
    return reply(body, "Transfer-Encoding: chunked\r\n", length=False)


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def two_interfaces():
    talk = usual()
    frames = v4(talk.frames)
    out = section() + interface(link=1) + interface(link=101, resolution=9, name=b"lab1")
    for i, (version, data) in enumerate(frames):
        ms = 1700000000000 + i
        if i % 2:
            out += packet(data, ms * 10**6, number=1)
        else:
            out += packet(LINKS["ethernet"][1](version, data), ms * 1000)
    return out


def two_sections():
    frames, number = wrapped(usual())
    half = len(frames) // 2
    return pcapng(frames[:half], number) + pcapng(frames[half:], number, ">")


def simple_packets():
    frames, number = wrapped(usual())
    out = section() + interface(link=number)
    for data in frames:
        out += block("<", 3, struct.pack("<I", len(data)) + data)
    return out


def other_blocks():
    frames, number = wrapped(usual())
    out = section() + interface(link=number) + block("<", 4, b"\0\0\0\0")
    for i, data in enumerate(frames):
        out += packet(data, (1700000000000 + i) * 1000)
        if i % 7 == 0:
            out += block("<", 5, struct.pack("<III", 0, 0, 0)) + block("<", 0x12345, b"unknown!")
    return out


def among_others():
    """HTTP among TCP that is not HTTP, UDP, ARP and truncated frames."""
    number = 1
    tls = (
        Talk(client_port=50000, server_port=8443)
        .open()
        .send(CLIENT, b"\x16\x03\x01" + b"t" * 200)
        .send(SERVER, b"\x16\x03\x03" + b"s" * 2000)
        .close()
    )
    udp = bytes(12) + ETHER[4] + ipv4(0, struct.pack("!HHHH", 53, 53, 12, 0) + b"data", protocol=17)
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    others = wrapped(tls)[0] + [udp, arp, bytes(12) + ETHER[4] + b"\x45", bytes(5)]
    frames = []
    for i, frame in enumerate(wrapped(usual())[0]):
        frames += [frame, *others[i : i + 1]]
    return pcap(frames, link=number)


def cases():
    """(name, content) of every capture."""
    for link in LINKS:
        yield f"link-{link}", file(usual(), link=link)
    for link in ("ethernet", "null-big", "raw", "sll2"):
        yield f"v6-{link}", file(usual(), v6, link)
    yield "v6-extensions", file(usual(), v6_extensions)
    yield "v6-fragments", file(usual(), v6_fragments)
    yield "v4-options", file(usual(), v4_options)
    yield "v4-fragments", file(usual(), v4_fragments())
    yield "v4-fragments-reversed", file(usual(), v4_fragments(lambda parts: parts[::-1]))
    yield "v4-fragments-missing", file(usual(), v4_fragments(lambda parts: parts[:-1]))
    yield "v4-no-length", file(usual(), v4_no_length)
    for order, name in (("<", "little"), (">", "big")):
        yield f"pcap-{name}", file(usual(), order=order)
        yield f"pcap-nano-{name}", file(usual(), order=order, nano=True)
        yield f"pcapng-{name}", file(usual(), write=pcapng, order=order)
    yield "pcapng-nano", file(usual(), write=pcapng, resolution=9, unit=10**9)
    yield "pcapng-binary", file(usual(), write=pcapng, resolution=0x80 | 20, unit=2**20)
    yield "pcapng-two-interfaces", two_interfaces()
    yield "pcapng-two-sections", two_sections()
    yield "pcapng-simple", simple_packets()
    yield "pcapng-other-blocks", other_blocks()
    yield "gzip", gzip.compress(file(usual(), write=pcapng), mtime=0)
    for snap in (60, 96, 200, 1000):
        yield f"snap-{snap}", file(usual(), snap=snap)
    yield "snap-pcapng", file(usual(), write=pcapng, snap=120)
    for seed in range(8):
        yield f"reordered-{seed}", file(shuffled(streaming(), seed))
    for seed in range(4):
        yield f"reordered-far-{seed}", file(shuffled(streaming(), seed, 12))
    for seed in range(5):
        yield f"repeated-{seed}", file(repeated(streaming(), seed))
    for seed in range(6):
        yield f"lost-{seed}", file(thinned(streaming(), seed))
    for seed in range(3):
        yield f"mixed-{seed}", file(repeated(Talk(frames=shuffled(streaming(), seed)), seed))
    for shift in (1, 100, 499):
        yield f"overlap-{shift}", file(overlapping(shift))
    for skip in (1, 3, 4, 6, 9):
        yield f"midway-{skip}", file(usual().frames[skip:])
    for keep in (4, 8, 20):
        yield f"ends-early-{keep}", file(usual().frames[:keep])
    yield "reuse", file(reused((900000, 800000)))
    yield "reuse-same", file(reused((1000, 5000)))
    yield "reuse-server-same", file(reused((2000, 5000)))
    yield "syn-again", file(syn_again(3))
    yield "syn-ack-moved", file(moved_syn_ack())
    yield "keep-alive-0", file(keep_alives(b""))
    yield "keep-alive-1", file(keep_alives(b"\0"))
    yield "zero-window", file(zero_window())
    yield "wrap", file(Talk(isn=(2**32 - 100, 2**32 - 3000)).open().get("/a").get("/b", b"n" * 9000).close())
    yield "large-segments", file(Talk(mss=60000).open().get("/large", b"l" * 150000).get().close(), snap=262144)
    yield "tiny-segments", file(Talk(mss=7).open().get("/tiny", b"t" * 100).close())
    yield "pipelined", file(pipelined())
    yield "chunked", file(exchanges((GET, chunked([10, 3000, 1])), (GET, reply(b"after"))))
    yield (
        "no-bodies",
        file(
            exchanges(
                (GET.replace(b"GET", b"HEAD"), reply(head="Content-Length: 50\r\n", length=False)),
                (GET, reply(status="304 Not Modified", length=False)),
                (GET, reply(status="204 No Content", length=False)),
                (GET, reply(b"x")),
            )
        ),
    )
    yield (
        "upload",
        file(
            exchanges(
                (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n" + b"u" * 3000, reply(b"ok")),
                (GET, reply(b"x")),
            )
        ),
    )
    yield "close-delimited", file(exchanges((GET, reply(b"d" * 3000, length=False))))
    yield "four-frames-client", file(exchanges((GET, reply(b"x")), close=CLIENT))
    yield "simultaneous-close", file(simultaneous_close())
    yield "refused", file(refused())
    yield "late-data", file(late_data())
    yield "reset-midway", file(Talk().open().send(CLIENT, GET).send(SERVER, reply(b"r" * 9000)[:4000]).rst(CLIENT))
    yield "reset-idle", file(Talk().open().get().rst(SERVER))
    yield "reset-after-fins", file(Talk().open().get().close().rst(CLIENT, RST))
    yield (
        "unused",
        file(interleave(Talk().open().get().close(), Talk(client_port=40001, isn=(7, 8)).open().close(CLIENT))),
    )
    yield (
        "many",
        file(
            interleave(
                *[
                    Talk(client_port=41000 + i, isn=(i * 1000, i * 77777)).open().get(f"/{i}", b"m" * (i * 500)).close()
                    for i in range(12)
                ]
            )
        ),
    )
    yield "among-others", among_others()


def write(into):
    """Writes every capture to a directory."""
    into.mkdir(parents=True, exist_ok=True)
    for name, content in cases():
        suffix = ".gz" if content[:2] == b"\x1f\x8b" else ".pcap" if content[:4] != b"\n\r\r\n" else ".pcapng"
        (into / f"{name}{suffix}").write_bytes(content)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
