"""Variations of the kinds that are about connections: what was captured of them, which requests were sent, who
closed."""

import struct

from e2e.capture.packets import tcp
from e2e.capture.varied.line import ACK, CLIENT, FIN, MS, RST, SERVER, SYN, S, Scene, ip4, ip6


def gets(count, version=4, link="raw", close=True, size=100):
    scene = Scene(version, link)
    line = scene.line().open()
    for n in range(count):
        line.get(f"/{n}", size)
    if close:
        line.wait(5 * S).close()
    return scene


def of_side(scene, side):
    """Only the frames of one side, by the port of the sender."""
    frames = []
    for us, data in scene.frames:
        at = next(n for n in range(len(data)) if data[n : n + 2] in (b"\x00\x50", b"\x9c\x40"))
        if (data[at : at + 2] == b"\x9c\x40") == (side == CLIENT):
            frames.append((us, data))
    scene.frames = frames
    return scene


def exchanged(scene, *pairs):
    """Frames in each other's places, with their own times."""
    for a, b in pairs:
        scene.frames[a - 1], scene.frames[b - 1] = scene.frames[b - 1], scene.frames[a - 1]
    return scene


def pipelined():
    scene = Scene()
    line = scene.line().open()
    for n in range(3):
        line.send(CLIENT, f"GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n", acks=False)
    line.wait(scene.far)
    for _ in range(3):
        line.answer()
    return scene


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


def probed(side, probes=1, size=1, version=4):
    """A capture that begins with keep-alive probes of a connection that was open."""
    scene = Scene(version)
    line = scene.line()
    for _ in range(probes):
        line.put(side, ACK, b"\0"[:size], back=1).wait(1 * MS).ack(1 - side).wait(2 * S)
    line.get("/first").get("/second")
    return scene


def old_end(second=True, reset=False, version=4):
    """The end of a connection that is older than the capture, next to a complete connection."""
    scene = Scene(version)
    line = scene.line(40_005)
    if reset:
        line.rst(SERVER)
    elif second:
        line.close(SERVER)
    else:
        line.put(SERVER, FIN | ACK).wait(1 * MS).ack(CLIENT)
    scene.wait(10 * MS)
    scene.line(40_006).open().get().close()
    return scene


def forwarded(count=1, version=4, via=True, think=5 * MS):
    """A proxy between a client and a server: each exchange on both sides of it."""
    scene = Scene(version, far=1 * MS)
    front, back = scene.line(40_000, 80), scene.line(41_000, 8080, (2, 3))
    front.open()
    back.open()
    for n in range(count):
        front.ask(f"/page/{n}", "X-Id: 7\r\n")
        back.ask(f"/page/{n}", "X-Id: 7\r\n" + ("Via: 1.1 proxy\r\n" if via else ""))
        scene.wait(think)
        back.answer(700, "X-Made: 1\r\n")
        front.answer(700, "X-Made: 1\r\n" + ("Via: 1.1 proxy\r\n" if via else ""))
    return scene


def parallel():
    """One client with two connections to one server at a time, as browsers have."""
    scene = Scene(far=10 * MS)
    a, b = scene.line(40_000).open(), scene.line(40_001).open()
    a.ask("/a")
    b.ask("/b")
    a.answer(20_000)
    b.answer(20_000)
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


def lossy(count, *lost, size=4000, version=4):
    """Exchanges of which some frames were not captured."""
    return gets(count, version, close=False, size=size).lose(*lost)


PIPELINED = ["ipelined"]
WHOLE = ["sent again", "ost on the way", "not captured)"]


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
    "reply-first": [
        ("the second of two, IPv6", exchanged(gets(2, 6, close=False), (7, 8)), [], ["2 exchanges"], WHOLE),
        ("both of two, in a VLAN", exchanged(gets(2, 4, "vlan", False), (4, 5), (7, 8)), [], ["2 exchanges"], WHOLE),
        ("requests that are pipelined", pipelined(), ["pipelined"], ["3 exchanges"], WHOLE),
    ],
    "one-side": [
        (
            "the server's, IPv6",
            of_side(gets(2, 6), SERVER),
            [],
            ["Only the frames of the server were captured"],
            [*PIPELINED, "Opened with three", "Four frames"],
        ),
        (
            "the client's, four exchanges, in a VLAN",
            of_side(gets(4, 4, "vlan"), CLIENT),
            [],
            ["Only the frames of the client were captured"],
            [*PIPELINED, "Opened with three", "no response)", "Four frames"],
        ),
        (
            "both sides",
            gets(2),
            ["timed-out-unannounced"],
            ["Opened with three frames"],
            ["Only the frames", *PIPELINED],
        ),
    ],
    "one-side-midway": [
        (
            "the server's",
            of_side(gets(3).only(range(7, 17)), SERVER),
            [],
            ["Only the frames of the server were captured", "open before the capture"],
            [*PIPELINED, "Opened with"],
        ),
        (
            "the client's, IPv6",
            of_side(gets(3, 6).only(range(7, 17)), CLIENT),
            [],
            ["Only the frames of the client were captured", "open before the capture"],
            [*PIPELINED, "Opened with", "no response)"],
        ),
        (
            "both sides from the middle on",
            gets(3).only(range(7, 17)),
            ["timed-out-unannounced"],
            ["open before the capture"],
            ["Only the frames", *PIPELINED, "Opened with"],
        ),
    ],
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
    "begins-with-keep-alive-probe": [
        (
            "two probes",
            probed(CLIENT, 2),
            ["keep-alive-probes"],
            ["2 exchanges", "GET /first HTTP/1.1 -> 200 OK"],
            ["not captured)"],
        ),
        ("of the server, IPv6", probed(SERVER, version=6), [], ["GET /first HTTP/1.1 -> 200 OK"], ["not captured)"]),
        ("without a byte", probed(CLIENT, size=0), [], ["GET /first HTTP/1.1 -> 200 OK"], ["not captured)"]),
    ],
    "lost-head-shifts": [
        ("the second response's, IPv6", lossy(3, 10, version=6), [], ["GET /2 HTTP/1.1 -> 200 OK"], PIPELINED),
        ("two heads", lossy(4, 5, 15), [], ["GET /1 HTTP/1.1 -> 200 OK", "GET /3 HTTP/1.1 -> 200 OK"], PIPELINED),
        ("a request", lossy(3, 9), [], ["GET /2 HTTP/1.1 -> 200 OK", "(request not captured)"], PIPELINED),
    ],
    "lost-tail-not-pipelined": [
        ("the last segment, IPv6", lossy(3, 12, version=6), [], ["GET /2 HTTP/1.1 -> 200 OK"], PIPELINED),
        ("tails of two", lossy(3, 6, 7, 12), [], ["GET /2 HTTP/1.1 -> 200 OK"], PIPELINED),
        ("requests that are pipelined", pipelined(), ["pipelined"], ["ipelined"], ["not captured)"]),
    ],
    "old-fin-is-no-speculation": [
        (
            "a FIN without an answer",
            old_end(False),
            [],
            ["what it carried was not captured"],
            ["speculat", "never used"],
        ),
        ("a RST, IPv6", old_end(reset=True, version=6), [], ["GET / HTTP/1.1 -> 200 OK"], ["speculat", "never used"]),
        (
            "a connection that was opened and not used",
            Scene().line().open().get().scene.line(40_001).open().wait(1 * S).close(CLIENT).scene,
            ["speculative-connection"],
            ["never used"],
            [],
        ),
    ],
    "proxy-is-not-parallel": [
        ("three exchanges, IPv6", forwarded(3, 6), ["forwarded"], ["passed 3 exchanges on"], ["parallel"]),
        ("without Via, of which nothing shows it", forwarded(2, via=False), [], [], ["parallel", "passed"]),
        ("two connections of one client", parallel(), ["parallel-connections"], [], ["passed"]),
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
            ["it knows no such connection"],
            [],
        ),
        (
            "the client's, after half a minute",
            forgotten(),
            ["resets-no-connection"],
            ["it knows no such connection"],
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
