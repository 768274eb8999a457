"""Variations of the kinds that are about exchanges: what was captured of a connection, and which requests were sent."""

from e2e.capture.varied.line import ACK, CLIENT, FIN, MS, SERVER, S, Scene


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


def lossy(count, *lost, size=4000, version=4):
    """Exchanges of which some frames were not captured."""
    return gets(count, version, close=False, size=size).lose(*lost)


PIPELINED = ["ipelined"]
WHOLE = ["sent again", "ost on the way", "not captured)"]


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
        ("three exchanges, IPv6", forwarded(3, 6), ["forwarded"], ["forwarded 3 exchanges to"], ["parallel"]),
        ("without Via, of which nothing shows it", forwarded(2, via=False), [], [], ["parallel", "passed"]),
        ("two connections of one client", parallel(), ["parallel-connections"], [], ["passed"]),
    ],
}
