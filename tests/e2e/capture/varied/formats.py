"""Variations of the kinds that are about the file and the layers below TCP: blocks, wrappings, copies, snap length."""

import struct

from e2e.capture.packets import block, interface, packet, section
from e2e.capture.varied.connections import gets
from e2e.capture.varied.line import ACK, CLIENT, MS, PSH, SERVER, S, Scene


def timed_out(version=4):
    """The end of an idle connection after 2 s, as announced: 10 frames."""
    return Scene(version).line().open().get("/", fields="Keep-Alive: timeout=2\r\n").wait(2 * S).close().scene


def pcapng(scene, order="<", resolution=None, unit=10**6, between=b""):
    """A pcapng file; `between` follows the fifth packet."""
    out = section(order) + interface(order, 101, resolution=resolution)
    for n, (us, data) in enumerate(scene.frames):
        out += packet(data, (1_700_000_000 * 10**6 + us) * unit // 10**6, order)
        out += between if n == 4 else b""
    return out


def old_packets(scene, order="<", mixed=False):
    """Obsolete packet blocks (2): interface, drops, time, lengths."""
    out = section(order) + interface(order, 101)
    for n, (us, data) in enumerate(scene.frames):
        ticks = 1_700_000_000 * 10**6 + us
        if mixed and n % 2:
            out += packet(data, ticks, order)
            continue
        head = struct.pack(order + "HHIIII", 0, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
        out += block(order, 2, head + data)
    return out


def simple_packets(scene):
    """Simple packet blocks (3), which have no times."""
    out = section("<") + interface("<", 101)
    return out + b"".join(block("<", 3, struct.pack("<I", len(data)) + data) for _, data in scene.frames)


def copied(us, times=1, version=4, ids=True):
    """Every frame is recorded again."""
    scene = Scene(version, ids=ids)
    scene.line().open().get("/0", 3000).get("/1").wait(1 * S).close()
    frames = list(scene.frames)
    for n in range(1, times + 1):
        frames += [(at + n * us, data) for at, data in scene.frames]
    scene.frames = sorted(frames, key=lambda entry: entry[0])
    return scene


def sent_again():
    """A segment that is sent again by a timer: not a copy."""
    scene = Scene()
    line = scene.line().open().ask("/0")
    data = line.response(1000)
    line.send(SERVER, data, acks=False).wait(230 * MS)
    line.put(SERVER, ACK | PSH, data, back=len(data)).wait(1 * MS).ack(CLIENT)
    return scene


def chunked():
    scene = Scene()
    line = scene.line().open()
    for n in range(2):
        line.ask(f"/{n}")
        body = b"".join(b"%x\r\n%s\r\n" % (600, b"c" * 600) for _ in range(4)) + b"0\r\n\r\n"
        line.send(SERVER, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    return scene


NAMES = struct.pack("<HH", 1, 8) + bytes([10, 0, 0, 2]) + b"lab\0" + struct.pack("<HH", 0, 0)
SECRETS = struct.pack("<II", 0x544C534B, 8) + b"CLIENT_X"
CUSTOM = struct.pack("<I", 32_473) + b"anything"
READ = ["18 of them TCP", "2 exchanges"]
AGAIN = ["sent again", "ost on the way"]
ANNOUNCED = ["timed-out-as-announced"]
CASES = {
    "time-in-powers-of-two": [
        ("2^10", pcapng(timed_out(), resolution=0x8A, unit=2**10), ANNOUNCED, ["Idle for 2.00"], []),
        ("2^30, big endian", pcapng(timed_out(), ">", 0x9E, 2**30), ANNOUNCED, ["Idle for 2.000 s"], []),
        ("10^9", pcapng(timed_out(6), resolution=9, unit=10**9), ANNOUNCED, ["Idle for 2.000 s"], []),
    ],
    "custom-block": [
        (
            "names and secrets, which have no number",
            pcapng(timed_out(), between=block("<", 4, NAMES) + block("<", 10, SECRETS)),
            ANNOUNCED,
            ["10 frames, 10 of them TCP"],
            ["is not a packet"],
        ),
        (
            "two custom blocks, big endian",
            pcapng(timed_out(), ">", between=block(">", 0xBAD, CUSTOM) * 2),
            ANNOUNCED,
            ["12 frames, 10 of them TCP", "2 blocks of the file are not packets"],
            [],
        ),
        (
            "a custom block that must not be copied, and a journal",
            pcapng(timed_out(), between=block("<", 0x40000BAD, CUSTOM) + block("<", 9, b"MESSAGE=hello\n")),
            ANNOUNCED,
            ["12 frames, 10 of them TCP"],
            [],
        ),
    ],
    "old-packet-block": [
        ("big endian", old_packets(timed_out(), ">"), ANNOUNCED, ["10 frames, 10 of them TCP"], []),
        (
            "mixed with the new one, IPv6",
            old_packets(timed_out(6), mixed=True),
            ANNOUNCED,
            ["10 frames, 10 of them TCP"],
            [],
        ),
        ("simple packet blocks", simple_packets(timed_out()), [], ["10 frames, 10 of them TCP"], []),
    ],
    "mpls": [
        (
            "two labels",
            gets(2, 4, "mpls-2").pcap(),
            ["timed-out-unannounced"],
            ["13 of them TCP", "2 exchanges"],
            ["none of"],
        ),
        (
            "in a VLAN, IPv6",
            gets(2, 6, "mpls-vlan").pcap(),
            ["timed-out-unannounced"],
            ["13 of them TCP", "2 exchanges"],
            ["none of"],
        ),
        (
            "PPPoE",
            gets(2, 4, "pppoe").pcap(),
            ["timed-out-unannounced"],
            ["13 of them TCP", "2 exchanges"],
            ["none of"],
        ),
    ],
    "vxlan": [
        (
            "GENEVE, IPv6",
            gets(2, 6, "geneve").pcap(),
            ["timed-out-unannounced"],
            ["13 of them TCP", "2 exchanges"],
            ["none of"],
        ),
        ("GRE", gets(2, 4, "gre").pcap(), ["timed-out-unannounced"], ["13 of them TCP", "2 exchanges"], ["none of"]),
        ("ESP, which is encrypted", gets(2, 4, "esp").pcap(), [], ["ESP 13"], ["exchange"]),
    ],
    "captured-twice": [
        (
            "1 ms apart",
            copied(1 * MS),
            ["timed-out-unannounced"],
            ["frames are in the capture twice", "2 exchanges"],
            AGAIN,
        ),
        ("IPv6, 20 µs apart", copied(20, version=6), ["timed-out-unannounced"], ["2 exchanges"], AGAIN),
        ("sent again by a timer", sent_again(), ["retransmissions"], ["230."], ["twice"]),
    ],
    "snap-length": [
        ("68 bytes, IPv4", gets(3).pcap(68), [], ["3 exchanges", "The snap length cut"], ["cut short"]),
        (
            "120 bytes, IPv6, in a VLAN",
            gets(3, 6, "vlan", size=5000).pcap(120),
            ["timed-out-unannounced"],
            ["3 exchanges"],
            ["cut short"],
        ),
        (
            "200 bytes, chunked",
            chunked().pcap(200),
            [],
            ["GET /0 HTTP/1.1 -> 200 OK", "GET /1 HTTP/1.1 -> 200 OK"],
            ["cut short"],
        ),
    ],
}
