"""Variations of the kinds that are about how connections begin and end: handshakes, who closed, RSTs, ICMP errors."""

import struct

from e2e.capture.packets import tcp
from e2e.capture.varied.connections import gets
from e2e.capture.varied.line import ACK, CLIENT, FIN, MS, RST, SERVER, SYN, S, Scene, ip4, ip6


def crossed(announced=False, version=4, apart=0, exchanges=1):
    """Both sides send their FIN before they receive the other's."""
    scene = Scene(version, near=5 * MS, far=15 * MS)
    line = scene.line().open()
    for n in range(exchanges):
        line.get(f"/{n}", fields="Connection: close\r\n" if announced and n + 1 == exchanges else "")
    ends = list(line.seq)
    line.wait(3 * MS).put(CLIENT, FIN | ACK, ack=ends[SERVER]).wait(1 * MS + apart)
    line.put(SERVER, FIN | ACK, ack=ends[CLIENT] + bool(apart)).wait(10 * MS)
    line.ack(SERVER).wait(2 * MS).ack(CLIENT)
    return scene


def icmp(scene, hosts, segment, error=(3, 1)):
    """An ICMP error from host 9, of this type and code, that quotes a TCP segment between two hosts."""
    head = struct.pack("!BBHI", *error, 0, 0)
    if scene.version == 4:
        data = ip4(9, hosts[0], head + ip4(*hosts, segment), protocol=1)
    else:
        data = ip6(9, hosts[0], head + ip6(*hosts, segment), protocol=58)
    scene.frames.append((scene.us, data))


def unreachable(count, first=True, size=20):
    """ICMP errors, each of which quotes `size` bytes of a TCP header, and a connection."""
    scene = Scene()
    if not first:
        scene.line().open().get()
    for n in range(count):
        icmp(scene, (1, 9), tcp(50_000 + n, 81, 7, 0, SYN, 64_240, b"")[:size])
        scene.wait(1 * MS)
    scene.line(40_009).open().get()
    return scene


def answered_by_icmp(retries=1, size=20, error=(3, 1), version=4, of=CLIENT):
    """A connection, and SYNs for another one that an ICMP error answers."""
    scene = Scene(version)
    scene.line(40_009).open().get().close()
    line = scene.line(40_001)
    for n in range(retries + 1):
        line.put(CLIENT, SYN, back=1 if n else 0).wait(2 * MS)
        segment = (
            tcp(40_001, 80, 1000, 0, SYN, 64_240, b"")
            if of == CLIENT
            else tcp(80, 40_001, 5000, 1001, ACK, 64_240, b"")
        )
        icmp(scene, (1, 2) if of == CLIENT else (2, 1), segment[:size], error)
        line.wait((1 << n) * S if n < retries else 300 * MS)
    return scene


def forgotten(side=CLIENT, version=4, acked=False):
    """Data for a host that knows no such connection; it answers with RST."""
    scene = Scene(version)
    line = scene.line().open().get()
    line.wait(30 * S)
    line.ask("/again") if side == CLIENT else line.send(SERVER, b"more", acks=False)
    line.put(1 - side, RST | (ACK if acked else 0))
    return scene


def timed_out(by_reset, after, announced=5, version=4, abrupt=False):
    """A server that ends an idle connection."""
    scene = Scene(version)
    line = scene.line().open().get("/", fields=f"Keep-Alive: timeout={announced}\r\n" if announced else "")
    line.wait(after)
    if not by_reset:
        return line.close(SERVER).scene
    if abrupt:
        line.put(SERVER, FIN | ACK).wait(1 * MS).ack(CLIENT).wait(1 * S)
    return line.rst(SERVER).scene


def syns(times, tail, version=4, refused=False):
    """Unanswered SYNs, and some time after them in which another connection is active."""
    scene = Scene(version)
    beside = scene.line(40_001).open()
    line = scene.line()
    for n, wait in enumerate(times):
        scene.wait(wait)
        line.put(CLIENT, SYN, back=1 if n else 0)
    if refused:
        line.wait(scene.far).put(SERVER, RST | ACK)
    scene.wait(tail)
    if tail:
        beside.get()
    return scene


def again(*pauses, refused=False, version=4, first="closed"):
    """Connections from one port, this long after one another. What was captured of the end of the first: all, a FIN, or
    nothing."""
    scene = Scene(version)
    line = scene.line()
    if refused:
        line.put(CLIENT, SYN).wait(20 * MS).put(SERVER, RST | ACK, ack=1001)
    else:
        line.open().get()
        if first == "closed":
            line.close(CLIENT)
        elif first == "half-closed":
            line.put(SERVER, FIN | ACK).wait(1 * MS).ack(CLIENT)
    for pause in pauses:
        line.wait(pause)
        line.seq = [seq + 100_000 for seq in line.seq]
        line.open().get().close(CLIENT)
    return scene


def unheard():
    """A SYN that is lost after the capture point, and sent again."""
    line = Scene().line().put(CLIENT, SYN).wait(1 * S)
    line.seq[CLIENT] -= 1
    return line.open().get().close(CLIENT).scene


CASES = {
    "simultaneous-close": [
        (
            "IPv6, three exchanges",
            crossed(False, 6, exchanges=3),
            [],
            ["Both sides closed at the same time"],
            ["Four frames"],
        ),
        ("the server's FIN 9 ms later", crossed(apart=9 * MS), [], ["Three frames"], ["at the same time"]),
        ("one after the other", gets(1), ["timed-out-unannounced"], ["Four frames"], ["at the same time"]),
    ],
    "simultaneous-close-announced": [
        (
            "IPv6",
            crossed(True, 6),
            [],
            ["Both sides closed at the same time", "the response said Connection: close"],
            ["Four frames"],
        ),
        (
            "after three exchanges",
            crossed(True, exchanges=3),
            [],
            ["Both sides closed at the same time"],
            ["Four frames"],
        ),
        ("the server 20 ms later", crossed(True, apart=20 * MS), [], ["Connection: close"], ["at the same time"]),
    ],
    "icmp-takes-a-number": [
        ("two errors", unreachable(2), [], ["3 TCP streams", "Connection 2:"], ["Connection 0:"]),
        (
            "after a connection",
            unreachable(1, False),
            [],
            ["3 TCP streams", "Connection 0:", "Connection 2:"],
            ["Connection 1:"],
        ),
        (
            "eight bytes are no header",
            unreachable(2, size=8),
            [],
            ["1 TCP stream,", "Connection 0:"],
            ["Connection 2:", "only quoted"],
        ),
        ("no error", unreachable(0), [], ["1 TCP stream,", "Connection 0:"], ["Connection 1:"]),
    ],
    "syn-answered-by-icmp": [
        (
            "eight bytes, once",
            answered_by_icmp(0, 8, (3, 3)),
            [],
            ["(port unreachable)"],
            ["obody answered", "SYN right"],
        ),
        (
            "IPv6",
            answered_by_icmp(2, error=(1, 0), version=6),
            ["retransmissions"],
            ["(no route)", "2 more times"],
            ["obody answered"],
        ),
        (
            "too large for the path",
            answered_by_icmp(3, error=(3, 4)),
            ["not-opened", "retransmissions"],
            ["obody answered"],
            ["answered with an"],
        ),
        (
            "of another segment",
            answered_by_icmp(3, of=SERVER),
            ["not-opened", "retransmissions"],
            ["obody answered"],
            ["answered with an"],
        ),
    ],
    "port-reused": [
        ("three times, IPv6", again(1 * S, 300 * MS, version=6), ["port-reused"], ["2 SYNs come", "earliest 300"], []),
        ("after a refusal", again(40 * MS, refused=True), ["port-reused", "resets-refused"], ["1 SYN comes"], []),
        (
            "the first one's end was not captured",
            again(20 * S, first="open"),
            ["port-reused"],
            ["Its end was not captured"],
            ["till open", "until the capture ends"],
        ),
        (
            "of the first one's end, one FIN was captured",
            again(20 * S, first="half-closed"),
            ["port-reused"],
            ["The server sent the first FIN"],
            ["until the capture ended"],
        ),
        (
            "a SYN that is sent again",
            unheard(),
            ["retransmissions", "slow-syn"],
            ["1 TCP stream,"],
            ["used for another connection"],
        ),
    ],
    "half-open": [
        (
            "the server's data, IPv6",
            forgotten(SERVER, 6),
            ["resets-no-connection"],
            ["its sender knows no such connection"],
            [],
        ),
        (
            "the client's, after half a minute",
            forgotten(),
            ["resets-no-connection"],
            ["its sender knows no such connection"],
            [],
        ),
        ("a RST with ACK", forgotten(acked=True), ["resets-abort"], [], ["knows no such connection"]),
    ],
    "reset-is-no-fin": [
        (
            "as announced, IPv6",
            timed_out(True, 5 * S, version=6),
            ["resets-idle", "timed-out-as-announced"],
            ["RST 5.0"],
            ["FIN 5.0", "first FIN"],
        ),
        (
            "unannounced, 60 s",
            timed_out(True, 60 * S, None),
            ["resets-idle", "timed-out-unannounced"],
            ["RST 60.0"],
            ["FIN 60.0", "first FIN"],
        ),
        ("a FIN", timed_out(False, 5 * S), ["timed-out-as-announced"], ["FIN 5.0"], ["RST"]),
    ],
    "syn-at-the-end": [
        (
            "a second SYN right before it, IPv6",
            syns([0], 0, 6),
            [],
            ["a SYN at the end"],
            ["nobody answered", "never opened"],
        ),
        (
            "ten seconds before it",
            syns([0, 1 * S, 2 * S], 7 * S),
            ["not-opened", "retransmissions", "slow-client"],
            ["nobody answered"],
            [],
        ),
        ("refused at the end", syns([0], 0, refused=True), ["resets-refused"], ["refused"], ["nobody answered"]),
    ],
}
