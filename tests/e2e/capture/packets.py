"""Builds packets and capture files: one TCP connection with `Talk`, IPv4 and IPv6, link layers, pcap and pcapng.

It knows formats. It does not know what a test uses them for.
"""

import struct

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
    """The total length is 0, as in captures in which the network card fills it in later."""
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
