"""Builds captures of TCP connections frame by frame, with a clock, for the variations.

It knows TCP and the encapsulation of frames. It does not know the output of `explain`.
"""

import struct

from e2e.capture.packets import ACK, BEGIN_NS, CLIENT, FIN, PSH, RST, SERVER, SYN, pcap_header, pcap_record, tcp

MS, S = 1000, 1_000_000
GET = "GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n"
# What a frame is wrapped in: a link type, and what is made of an IP datagram and its version.
ETHER = {4: b"\x08\x00", 6: b"\x86\xdd"}
MACS = bytes.fromhex("020000000001020000000002")


def ethernet(version, data, tags=b""):
    return MACS + tags + ETHER[version] + data


def ip4(sender, receiver, data, ident=0, protocol=6):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), ident, 0x4000, 64, protocol, 0)
    return head + bytes([10, 0, 0, sender, 10, 0, 0, receiver]) + data


def ip6(sender, receiver, data, protocol=6):
    ends = [bytes([0xFD]) + bytes(14) + bytes([host]) for host in (sender, receiver)]
    return struct.pack("!IHBB", 6 << 28, len(data), protocol, 64) + ends[0] + ends[1] + data


def udp(port, data):
    return struct.pack("!HHHH", 50_000, port, 8 + len(data), 0) + data


def outer(data, protocol):
    """An Ethernet frame with an outer IPv4 datagram, from a tunnel's one end to its other."""
    return ethernet(4, ip4(101, 102, data, protocol=protocol))


WRAPPINGS = {
    "raw": (101, lambda version, data: data),
    "ethernet": (1, ethernet),
    "vlan": (1, lambda version, data: ethernet(version, data, b"\x81\x00\x00\x07")),
    "qinq": (1, lambda version, data: ethernet(version, data, b"\x88\xa8\x00\x07\x81\x00\x00\x09")),
    "mpls-2": (1, lambda version, data: MACS + b"\x88\x47" + b"\x00\x01\x00\x40\x00\x02\x01\x40" + data),
    "mpls-vlan": (1, lambda version, data: MACS + b"\x81\x00\x00\x07\x88\x47\x00\x01\x01\x40" + data),
    "pppoe": (
        1,
        lambda version, data: MACS + struct.pack("!HBBHHH", 0x8864, 0x11, 0, 7, len(data) + 2, 0x21) + data,
    ),
    "geneve": (1, lambda version, data: outer(udp(6081, b"\0\0\x65\x58\0\0\7\0" + ethernet(version, data)), 17)),
    "gre": (1, lambda version, data: outer(b"\0\0" + ETHER[version] + data, 47)),
    "6in4": (1, lambda version, data: outer(data, 41)),
    "esp": (1, lambda version, data: outer(b"\0\0\0\7" + data[::-1], 50)),
    "loop": (108, lambda version, data: struct.pack(">I", 2 if version == 4 else 24) + data),
}


class Scene:
    """A capture. Times are in microseconds: `near` is the round trip between the capture point and the client, `far`
    that between the capture point and the server."""

    def __init__(self, version=4, link="raw", near=0, far=20 * MS, mss=1460, scale=7, ids=True):
        self.version, self.link, self.near, self.far, self.mss, self.scale = version, link, near, far, mss, scale
        self.us, self.frames, self.ids, self.count = 0, [], ids, 0

    @property
    def rtt(self):
        return self.near + self.far

    def wait(self, us):
        self.us += us
        return self

    def put(self, hosts, segment, ident=None):
        self.count += 1
        if self.version == 4:
            ident = (self.count if self.ids else 0) if ident is None else ident
            data = ip4(*hosts, segment, ident)
        else:
            data = ip6(*hosts, segment)
        self.frames.append((self.us, WRAPPINGS[self.link][1](self.version, data)))

    def line(self, client_port=40_000, server_port=80, hosts=(1, 2)):
        return Line(self, (client_port, server_port), hosts)

    def again(self, us, at=-1):
        """Records a frame once more, a moment later."""
        begun, data = self.frames[at]
        self.frames.append((begun + us, data))

    def lose(self, *numbers):
        """Removes frames by their numbers, counted from 1."""
        for number in sorted(numbers, reverse=True):
            del self.frames[number - 1]
        return self

    def only(self, numbers):
        self.frames = [self.frames[number - 1] for number in numbers]
        return self

    def pcap(self, snap=262_144):
        link = WRAPPINGS[self.link][0]
        records = [pcap_record(data, BEGIN_NS + us * 1000, snap=snap) for us, data in self.frames]
        return pcap_header(link, snap=snap) + b"".join(records)


class Line:
    """A TCP connection in a scene. A side is CLIENT or SERVER."""

    def __init__(self, scene, ports, hosts):
        self.scene, self.ports, self.hosts, self.seq = scene, ports, hosts, [1000, 5000]
        self.windows = [64_240, 64_240]

    def put(self, side, flags, data=b"", back=0, ack=None, lost=False, options=b"", ident=None):
        """Sends a segment, `back` bytes before the next one. What is lost is not recorded."""
        other = 1 - side
        seq = self.seq[side] - back
        acked = (self.seq[other] if ack is None else ack) if flags & ACK else 0
        segment = tcp(self.ports[side], self.ports[other], seq, acked, flags, self.windows[side], data, options)
        if not lost:
            hosts = self.hosts if side == CLIENT else self.hosts[::-1]
            self.scene.put(hosts, segment, ident)
        if not back:
            self.seq[side] += len(data) + bool(flags & (SYN | FIN))
        return self

    def wait(self, us):
        self.scene.us += us
        return self

    def open(self):
        scene = self.scene
        options = struct.pack("!BBH", 2, 4, scene.mss) + b"\x04\x02"
        options += b"" if scene.scale is None else struct.pack("!BBBB", 1, 3, 3, scene.scale)
        self.put(CLIENT, SYN, options=options).wait(scene.far)
        self.put(SERVER, SYN | ACK, options=options).wait(scene.near + 100)
        return self.put(CLIENT, ACK).wait(100)

    def send(self, side, data, acks=True, lost=()):
        """Sends data in segments; those of `lost`, counted from 0, are not recorded."""
        data = data.encode() if isinstance(data, str) else data
        parts = [data[at : at + self.scene.mss] for at in range(0, len(data), self.scene.mss)]
        for n, part in enumerate(parts):
            last = n + 1 == len(parts)
            self.put(side, ACK | (PSH if last else 0), part, lost=n in lost).wait(10)
        if acks:
            self.wait((self.scene.near, self.scene.far)[1 - side]).put(1 - side, ACK)
        return self

    def ask(self, target="/", fields="", body=b"", method="GET"):
        fields += f"Content-Length: {len(body)}\r\n" if body else ""
        head = GET.format(target, fields).replace("GET", method, 1)
        return self.send(CLIENT, head.encode() + body, acks=False).wait(self.scene.far)

    def answer(self, size=100, fields="", status="200 OK", acks=True, lost=()):
        return self.send(SERVER, self.response(size, fields, status), acks, lost)

    @staticmethod
    def response(size=100, fields="", status="200 OK"):
        return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{fields}\r\n".encode() + b"x" * size

    def get(self, target="/", size=100, fields="", **more):
        return self.ask(target).answer(size, fields, **more).wait(200)

    def close(self, side=SERVER, linger=100):
        ways = (self.scene.far, self.scene.near)
        self.put(side, FIN | ACK).wait(ways[side]).put(1 - side, ACK)
        self.wait(linger).put(1 - side, FIN | ACK)
        return self.wait(ways[1 - side]).put(side, ACK)

    def ack(self, side):
        return self.put(side, ACK)

    def rst(self, side, flags=RST | ACK):
        return self.put(side, flags)


__all__ = ["ACK", "CLIENT", "FIN", "MS", "PSH", "RST", "SERVER", "SYN", "Line", "S", "Scene"]
