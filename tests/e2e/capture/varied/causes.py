"""Variations of the kinds in which something takes time: windows, timers, programs, the network."""

from e2e.capture.varied.line import ACK, CLIENT, MS, PSH, SERVER, S, Scene


def rounds(scene, first, total, response=None):
    """A response in bursts: as many segments as the congestion window lets through, which doubles each round trip."""
    line, window, at = scene.line().open().ask("/large"), first, 0
    data = line.response(total * scene.mss - 60) if response is None else response
    while at < len(data):
        part = data[at : at + window * scene.mss]
        at += len(part)
        line.send(SERVER, part, acks=False).wait(scene.near).ack(CLIENT).wait(scene.far)
        window *= 2
    return scene


def pieces(size, count, pause):
    """A server that writes pieces with pauses."""
    scene = Scene(far=1 * MS)
    line = scene.line().open().ask("/file")
    data = line.response(size * count - 100)
    head = len(data) - (size * count - 100)
    for end in range(head + size, len(data) + size, size):
        line.send(SERVER, data[end - size if end > head + size else 0 : end]).wait(pause)
    return scene


def full_window(buffer):
    """A response that the receive window of the client stops in each round trip."""
    scene = Scene(far=30 * MS, scale=None)
    line = scene.line()
    line.windows[CLIENT] = buffer
    line.open().ask("/large")
    data = line.response(10 * buffer)
    for at in range(0, len(data), buffer):
        line.send(SERVER, data[at : at + buffer])
        scene.wait(scene.far)
    return scene


def many_rounds():
    scene = Scene(far=40 * MS)
    rounds(scene, 10, 45)
    scene.wait(500 * MS)
    line = scene.line(40_001).open().ask("/other")
    data = line.response(25 * scene.mss)
    line.send(SERVER, data[: 10 * scene.mss], acks=False).ack(CLIENT).wait(scene.far)
    line.send(SERVER, data[10 * scene.mss :])
    return scene


def by_timer(waits, side=CLIENT, version=4):
    """A segment that is lost before the capture point; the first copies of it may be lost after it."""
    scene = Scene(version, far=10 * MS)
    line = scene.line().open()
    if side == CLIENT:
        line.get("/0")
        request = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n" + b"b" * 3000
        line.send(CLIENT, request, acks=False)
        tail, back = request, len(request)
    else:
        line.ask("/1")
        data = line.response(2000)
        line.send(SERVER, data, acks=False)
        tail, back = data, len(data)
    for wait in waits:
        scene.wait(wait)
        line.put(side, ACK | PSH, tail[:1460], back=back)
    scene.wait(scene.far)
    if side == CLIENT:
        line.answer(10)
    else:
        line.ack(CLIENT)
    return scene


def overtaken():
    """Two segments that overtake each other: nothing is sent again."""
    scene = Scene(far=10 * MS)
    line = scene.line().open().get("/0").ask("/1")
    line.send(SERVER, line.response(5000), acks=False)
    scene.frames[-3], scene.frames[-2] = (
        (scene.frames[-3][0], scene.frames[-2][1]),
        (scene.frames[-2][0], scene.frames[-3][1]),
    )
    line.ack(CLIENT)
    return scene


def duplicate_acks(lost_at, count, version=4, link="raw", repairs=1):
    """A segment that is lost before the capture point, and asked for with duplicate ACKs."""
    scene = Scene(version, link, far=0, near=20 * MS)
    line = scene.line().open().ask("/large")
    for _ in range(repairs):
        data = line.response(count * 1460 - 60)
        begin = line.seq[SERVER]
        line.send(SERVER, data, acks=False, lost=[lost_at]).wait(20 * MS)
        for _ in range(count - lost_at):
            line.put(CLIENT, ACK, ack=begin + lost_at * 1460).wait(10)
        back = len(data) - lost_at * 1460
        line.put(SERVER, ACK, data[lost_at * 1460 : (lost_at + 1) * 1460], back=back).wait(20 * MS).ack(CLIENT)
        line.wait(50 * MS)
        if repairs > 1:
            line.ask("/more")
    return scene


def expects(answer, wait, size=10, version=4):
    """A request with Expect: 100-continue."""
    scene = Scene(version, far=5 * MS)
    line = scene.line().open()
    line.ask("/up", f"Expect: 100-continue\r\nContent-Length: {size}\r\n", method="POST")
    if answer == "100":
        line.send(SERVER, "HTTP/1.1 100 Continue\r\n\r\n")
    elif answer:
        return line.answer(10, status=answer).scene
    scene.wait(wait)
    line.send(CLIENT, b"b" * size).answer(10)
    return scene


def nagle(side, delay, exchanges, delayed=True):
    """A message in two writes; the second one waits for the ACK of the first, or not."""
    scene = Scene(far=100 if side == SERVER else 0, near=100 if side == CLIENT else 0)
    line = scene.line().open()
    for n in range(exchanges):
        if side == SERVER:
            line.ask(f"/{n}")
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n" if side == CLIENT else line.response(0)
        if side == SERVER:
            head = head.replace(b"Content-Length: 0", b"Content-Length: 200")
        line.put(side, ACK | PSH, head)
        if delayed:
            scene.wait(delay)
            line.put(1 - side, ACK).wait(150)
        else:
            scene.wait(100)
            line.put(1 - side, ACK).wait(delay)
        line.send(side, b"b" * 200)
        if side == CLIENT:
            line.answer(10)
        scene.wait(50 * MS)
    return scene


def slow(think, version=4, exchanges=1, pause=0):
    scene = Scene(version, far=10 * MS)
    line = scene.line().open()
    for n in range(exchanges):
        line.ask(f"/{n}")
        if pause:
            data = line.response(3000)
            line.send(SERVER, data[:1000]).wait(pause).send(SERVER, data[1000:])
        else:
            line.wait(think).answer(100)
    return scene


def slow_request(wait, after_open=False, body=2000):
    """A client that waits before its request, or in the middle of it."""
    scene = Scene(far=10 * MS)
    line = scene.line().open()
    if after_open:
        line.wait(wait).get("/late")
        return scene
    request = f"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: {body}\r\n\r\n".encode() + b"b" * body
    line.send(CLIENT, request[:500]).wait(wait).send(CLIENT, request[500:]).answer(10)
    return scene


def zero_window(stall, side=CLIENT, probes=3, version=4, scale=7):
    """A receiver that reads nothing for a while."""
    scene = Scene(version, far=1 * MS, scale=scale)
    line = scene.line().open()
    sender = 1 - side
    if side == CLIENT:
        line.ask("/large")
        data = line.response(20_000)
    else:
        data = b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + b"b" * 20_000
    line.send(sender, data[:10_000], acks=False)
    line.windows[side] = 0
    line.wait(1 * MS).ack(side)
    for _ in range(probes):
        line.wait(stall // (probes + 1)).put(sender, ACK, back=1).wait(1 * MS).ack(side)
    line.wait(stall // (probes + 1))
    line.windows[side] = 64_240
    line.ack(side).wait(1 * MS).send(sender, data[10_000:])
    if side == SERVER:
        line.answer(10)
    return scene


def busy_window():
    """A window that closes for a moment in which the sender has nothing to send."""
    scene = Scene(far=1 * MS)
    line = scene.line().open().get("/0", 3000)
    line.windows[CLIENT] = 0
    line.ack(CLIENT).wait(3 * MS)
    line.windows[CLIENT] = 64_240
    line.ack(CLIENT).wait(3 * MS).get("/1")
    return scene


PIECES = ["pieces of", "pauses of the server"]
AGAIN = ["sent again"]
CASES = {
    "initial-window": [
        (
            "segments of 1400 bytes, IPv6, 80 ms",
            rounds(Scene(6, far=80 * MS, mss=1400), 10, 40),
            ["slow-window"],
            ["(10\u00d7) |"],
            PIECES,
        ),
        (
            "a window of 4 segments",
            rounds(Scene(link="vlan", far=25 * MS), 4, 20),
            ["slow-window"],
            ["= 11680 (8\u00d7) |"],
            PIECES,
        ),
        (
            "pieces that the server writes",
            pieces(8192, 6, 300 * MS),
            ["sent-in-pieces", "slow-server-pause"],
            ["pieces of 8192 bytes"],
            [],
        ),
    ],
    "initial-window-then-pause": [
        ("two connections", many_rounds(), ["slow-window"], ["(10\u00d7) |"], PIECES),
        ("the window of the receiver", full_window(8192), ["slow-window"], [], PIECES),
        (
            "pieces of another size",
            pieces(4000, 8, 150 * MS),
            ["sent-in-pieces", "slow-server-pause"],
            ["pieces of 4000 bytes"],
            [],
        ),
    ],
    "loss-repaired-by-timer": [
        (
            "a request, after 300 ms",
            by_timer([300 * MS]),
            ["retransmissions", "slow-retransmission"],
            ["after a timeout (RTO)"],
            ["out of order"],
        ),
        (
            "a response, twice, IPv6",
            by_timer([200 * MS, 400 * MS], SERVER, 6),
            ["retransmissions"],
            ["2 after a timeout (RTO)"],
            ["out of order"],
        ),
        ("segments that overtake each other", overtaken(), [], ["out of order"], AGAIN),
    ],
    "loss-after-duplicate-acks": [
        (
            "the third of eight segments",
            duplicate_acks(2, 8),
            ["retransmissions"],
            ["1 after duplicate ACKs (fast retransmission)"],
            ["out of order", "1 after a timeout"],
        ),
        (
            "the second of twelve, IPv6 in a VLAN",
            duplicate_acks(1, 12, 6, "vlan"),
            ["retransmissions"],
            ["1 after duplicate ACKs (fast retransmission)"],
            ["out of order", "1 after a timeout"],
        ),
        (
            "two losses on one connection",
            duplicate_acks(1, 6, repairs=2),
            ["retransmissions"],
            ["2 after duplicate ACKs (fast retransmission)"],
            ["out of order", "after a timeout (RTO)  "],
        ),
    ],
    "expect-unanswered": [
        (
            "2 s, a larger body, IPv6",
            expects(None, 2 * S, 5000, 6),
            ["slow-expect"],
            ["waited 2.0"],
            ["The server took"],
        ),
        ("100 Continue comes", expects("100", 1 * MS), [], ["100 came before it"], ["did not come"]),
        (
            "a final response comes instead",
            expects("417 Expectation Failed", 0),
            ["client-errors"],
            [],
            ["did not come"],
        ),
    ],
    "nagle-response": [
        ("200 ms", nagle(SERVER, 200 * MS, 3), ["slow-delayed-ack"], ["waited up to 200."], PIECES),
        ("one exchange", nagle(SERVER, 42 * MS, 1), ["slow-delayed-ack"], ["waited up to 42."], PIECES),
        ("the server pauses; the ACK comes at once", nagle(SERVER, 42 * MS, 3, False), [], [], ["for the ACK"]),
    ],
    "nagle-request": [
        ("200 ms", nagle(CLIENT, 200 * MS, 3), ["slow-delayed-ack"], ["waited up to 200."], PIECES),
        ("one exchange", nagle(CLIENT, 45 * MS, 1), ["slow-delayed-ack"], ["waited up to 45."], PIECES),
        ("the client pauses; the ACK comes at once", nagle(CLIENT, 45 * MS, 3, False), [], [], ["for the ACK"]),
    ],
    "slow-server": [
        ("1 s, IPv6", slow(1 * S, 6), ["slow-server"], ["The server took 1.000 s"], []),
        ("in the middle of the response", slow(0, pause=2 * S), ["slow-server-pause"], ["2.0"], ["The server took 2"]),
        ("30 ms", slow(30 * MS, exchanges=3), [], [], ["The server took"]),
    ],
    "slow-client": [
        ("in the middle of its request", slow_request(2 * S), ["slow-request"], ["2.0"], ["The server took"]),
        ("5 s, before its request", slow_request(5 * S, True), ["slow-client"], ["The client waited 5.000 s"], []),
        ("20 ms", slow_request(20 * MS), [], [], ["The client waited"]),
    ],
    "zero-window": [
        (
            "the server does not read an upload",
            zero_window(2 * S, SERVER),
            ["slow-zero-window", "zero-windows"],
            ["probes from the client whether the window has opened"],
            ["eep-alive probe"],
        ),
        (
            "20 s, IPv6, one probe",
            zero_window(20 * S, probes=1, version=6),
            ["slow-zero-window", "zero-windows"],
            ["1 probe from the server whether the window has opened"],
            ["eep-alive probe"],
        ),
        ("nothing waits for it", busy_window(), ["zero-windows"], [], ["stalled the sender"]),
    ],
}
