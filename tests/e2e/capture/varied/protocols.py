"""Variations of the kinds in which a connection carries another protocol, from its first byte or after an upgrade."""

import struct

from e2e.capture.varied.line import CLIENT, MS, SERVER, S, Scene


def frame(opcode, data, masked):
    mask = b"\1\2\3\4" if masked else b""
    body = bytes(byte ^ mask[n % 4] for n, byte in enumerate(data)) if masked else data
    return bytes([0x80 | opcode, (0x80 if masked else 0) | len(data)]) + mask + body


def upgraded(to, *messages, closes=SERVER, pause=1 * S, status="101 Switching Protocols", version=4):
    """A connection that is upgraded to another protocol; `messages` are sides and bytes."""
    scene = Scene(version)
    line = scene.line().open().ask("/chat", f"Connection: Upgrade\r\nUpgrade: {to}\r\n")
    line.send(SERVER, f"HTTP/1.1 {status}\r\nConnection: Upgrade\r\nUpgrade: {to}\r\n\r\n")
    for side, data in messages:
        line.wait(pause).send(side, data)
    line.wait(pause).close(closes)
    return scene


def tunnel(*messages, status="200 OK", pause=100 * MS):
    scene = Scene()
    line = scene.line().open().ask("a:443", method="CONNECT")
    line.send(SERVER, f"HTTP/1.1 {status}\r\n" + ("Content-Length: 0\r\n\r\n" if status[0] != "2" else "\r\n"))
    for side, data in messages:
        line.wait(pause).send(side, data)
    line.wait(5 * S).close(CLIENT)
    return scene


def other(*messages, port=80, closes=CLIENT, version=4, link="raw", beside=False):
    """A connection of another protocol, from its first byte on."""
    scene = Scene(version, link)
    line = scene.line(server_port=port).open()
    for side, data in messages:
        line.send(side, data).wait(1 * MS)
    line.close(closes)
    if beside:
        scene.line(40_002, 8080).open().get()
    return scene


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def record(kind, body):
    return bytes([kind, 3, 3]) + struct.pack("!H", len(body)) + body


def hello(kind, name=None, alpn=None, version=None):
    """A ClientHello (1) or ServerHello (2)."""
    extensions = b""
    for number, body in ((0, name), (16, alpn), (43, version)):
        if body:
            extensions += struct.pack("!HH", number, len(body)) + body
    suites = b"\0\2\x13\1\1\0" if kind == 1 else b"\x13\1\0"
    body = b"\3\3" + bytes(32) + b"\0" + suites + struct.pack("!H", len(extensions)) + extensions
    return record(22, bytes([kind]) + struct.pack("!I", len(body))[1:] + body)


def server_name(name):
    return struct.pack("!HBH", len(name) + 3, 0, len(name)) + name


def protocols(*names):
    listed = b"".join(bytes([len(name)]) + name for name in names)
    return struct.pack("!H", len(listed)) + listed


CLIENT_HELLO = hello(1, server_name(b"shop.example"), protocols(b"h2", b"http/1.1"))
SERVER_HELLO = hello(2, None, protocols(b"h2"), b"\3\4")
CONTENT = record(23, bytes(400))

NO_IDLE = ["Idle for", "had no further request"]
CASES = {
    "websocket": [
        (
            "ping and binary frames, the client closes with 1001, IPv6",
            upgraded(
                "websocket",
                (SERVER, frame(9, b"p", False)),
                (CLIENT, frame(10, b"p", True)),
                (CLIENT, frame(2, b"1234", True)),
                (CLIENT, frame(8, struct.pack("!H", 1001), True)),
                closes=CLIENT,
                version=6,
            ),
            [],
            ["1 binary", "1 ping", "Close frame with code 1001", "the protocol that followed HTTP decides"],
            NO_IDLE,
        ),
        (
            "a close without a code",
            upgraded("websocket", (SERVER, frame(8, b"", False)), (CLIENT, frame(8, b"", True))),
            [],
            ["It carries WebSocket: 6 bytes from the client, 2 from the server"],
            NO_IDLE,
        ),
        (
            "an upgrade that is refused",
            upgraded("websocket", status="200 OK\r\nContent-Length: 0", pause=3 * S),
            ["timed-out-unannounced"],
            ["Idle for 3.0"],
            ["WebSocket:", "after the upgrade"],
        ),
    ],
    "websocket-slow": [
        (
            "a message each half a minute",
            upgraded("websocket", *[(SERVER, frame(1, b"tick", False))] * 3, pause=30 * S),
            [],
            ["3 text"],
            NO_IDLE,
        ),
        (
            "h2c",
            upgraded("h2c", (CLIENT, PREFACE + SETTINGS), (SERVER, SETTINGS), pause=2 * S),
            [],
            ["It carries HTTP/2: 33 bytes from the client, 9 from the server"],
            [*NO_IDLE, "PRI *"],
        ),
        (
            "an unknown protocol",
            upgraded("chat", (CLIENT, b"hello"), (SERVER, b"hello to you"), pause=8 * S),
            [],
            ["5 bytes from the client, 12 from the server"],
            NO_IDLE,
        ),
    ],
    "connect-tunnel": [
        (
            "SSH",
            tunnel((SERVER, b"SSH-2.0-x\r\n"), (CLIENT, b"SSH-2.0-y\r\n")),
            [],
            ["It carries SSH: 11 bytes from the client, 11 from the server"],
            NO_IDLE,
        ),
        (
            "TLS, silent for a minute",
            tunnel((CLIENT, CLIENT_HELLO), (SERVER, SERVER_HELLO), (SERVER, CONTENT), pause=60 * S),
            [],
            ["SNI shop.example", "TLS 1.3"],
            NO_IDLE,
        ),
        (
            "a tunnel that is refused",
            tunnel(status="403 Forbidden"),
            ["client-errors", "silent-and-open"],
            ["CONNECT a:443 HTTP/1.1 -> 403", "Idle for 5.0"],
            ["It carries", "after the upgrade"],
        ),
    ],
    "h2-preface": [
        (
            "on port 8443, IPv6, closed by the server",
            other((CLIENT, PREFACE), (SERVER, SETTINGS), port=8443, closes=SERVER, version=6),
            [],
            ["It carries HTTP/2: 24 bytes from the client, 9 from the server"],
            ["PRI *"],
        ),
        (
            "the server sends first",
            other((SERVER, SETTINGS), (CLIENT, PREFACE + SETTINGS)),
            [],
            ["It carries HTTP/2: 33 bytes from the client, 9 from the server"],
            ["PRI *"],
        ),
        (
            "beside HTTP/1.1",
            other((CLIENT, PREFACE), (SERVER, SETTINGS), port=443, beside=True),
            [],
            ["HTTP/2, 24 bytes from the client", "GET / HTTP/1.1 -> 200 OK"],
            ["PRI *"],
        ),
    ],
    "h2-prior-knowledge": [
        (
            "40 KB of responses",
            other((CLIENT, PREFACE + SETTINGS * 4), (SERVER, SETTINGS * 4500)),
            [],
            ["HTTP/2: 60 bytes from the client, 40500 from the server"],
            ["PRI *"],
        ),
        (
            "in two segments",
            other((CLIENT, PREFACE[:10]), (CLIENT, PREFACE[10:]), (SERVER, SETTINGS)),
            [],
            ["HTTP/2: 24 bytes from the client, 9 from the server"],
            ["PRI *"],
        ),
        (
            "a method that begins like it",
            Scene().line().open().ask("/", method="PRINT").answer().scene,
            [],
            ["PRINT / HTTP/1.1 -> 200"],
            ["HTTP/2"],
        ),
    ],
    "tls": [
        (
            "1.3 with SNI and ALPN, on port 8443, IPv6",
            other((CLIENT, CLIENT_HELLO), (SERVER, SERVER_HELLO + CONTENT), (CLIENT, CONTENT), port=8443, version=6),
            [],
            ["TLS (TLS 1.3, SNI shop.example, ALPN h2)", "The client sent the first FIN"],
            ["No findings"],
        ),
        (
            "the server closes; no answer",
            other((CLIENT, CLIENT_HELLO), port=443, closes=SERVER),
            [],
            ["SNI shop.example, ALPN h2/http/1.1", "The server sent the first FIN"],
            ["TLS 1."],
        ),
        (
            "beside HTTP",
            other((CLIENT, CLIENT_HELLO), (SERVER, SERVER_HELLO), port=443, beside=True),
            [],
            ["TLS (TLS 1.3, SNI shop.example, ALPN h2)", "GET / HTTP/1.1 -> 200 OK"],
            [],
        ),
    ],
    "tls-alert": [
        (
            "the client knows no such authority",
            other((CLIENT, CLIENT_HELLO), (SERVER, SERVER_HELLO), (CLIENT, record(21, b"\2\x30")), port=443),
            [],
            ["The client sent the TLS alert unknown_ca  [frame 8]"],
            [],
        ),
        (
            "plain HTTP to a server of TLS",
            Scene().line(server_port=443).open().ask().send(SERVER, record(21, b"\2\x0a")).close().scene,
            [],
            ["GET / HTTP/1.1"],
            ["encrypted"],
        ),
        (
            "an alert that is encrypted",
            other((CLIENT, CLIENT_HELLO), (SERVER, SERVER_HELLO), (SERVER, record(21, bytes(19))), port=443),
            [],
            ["SNI shop.example"],
            ["TLS alert"],
        ),
    ],
}
