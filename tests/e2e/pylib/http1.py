"""An HTTP/1.1 client for load: one connection that knows where a reply ends, and little else.

It reports what it receives; scripts decide whether that is right. It connects only to the address that it is given.
"""

import socket
import struct

CLOSED, RESET, TIMEOUT = "closed", "reset", "timeout"
# linux/in.h: choose the local port when the peer is known, so that a source address has a full set of ports for each
# peer.
IP_BIND_ADDRESS_NO_PORT = 24


class Broken(Exception):
    """The connection ended. `how` is CLOSED, RESET or TIMEOUT; `part` is what had arrived of the reply."""

    def __init__(self, how, part):
        super().__init__(f"{how} after {len(part)} bytes")
        self.how, self.part = how, part


class Connection:
    """A blocking connection. `source` is the loopback address that it uses."""

    def __init__(self, address, timeout=10.0, source=None):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            self.socket.bind((source, 0))
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        # Bytes that were read after the last reply.
        self.ahead = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            raise Broken(RESET, b"") from None

    def ask(self, target="/", fields="", method="GET"):
        """Sends a request and reads its reply."""
        self.send(request(target, fields, method))
        return self.reply(method == "HEAD")

    def reply(self, to_head=False):
        """(status, head, body) of the next reply. One without a length lasts until the connection ends."""
        data = self.ahead
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more(data)
        head, body = data[:end], data[end + 4 :]
        status = int(head.split(b" ", 2)[1])
        length = field(head, b"content-length")
        if to_head or status in (204, 304) or 100 <= status < 200:
            length = 0
        if length is None:
            try:
                while True:
                    body += self._more(body)
            except Broken as broken:
                if broken.how != CLOSED:
                    raise
            self.ahead = b""
            return status, head, body
        pieces, have = [body], len(body)
        while have < int(length):
            pieces.append(self._more(head + b"".join(pieces)))
            have += len(pieces[-1])
        body = b"".join(pieces)
        body, self.ahead = body[: int(length)], body[int(length) :]
        return status, head, body

    def end(self):
        """How the connection ends if nothing more is sent; "bytes" if something arrives instead."""
        try:
            self.ahead += self._more(self.ahead)
        except Broken as broken:
            return broken.how
        return "bytes"

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def is_silent(self):
        """Whether the connection is open and nothing has arrived."""
        timeout = self.socket.gettimeout()
        # With a timeout, recv would wait for it, whatever its flags are.
        self.socket.setblocking(False)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        finally:
            self.socket.settimeout(timeout)
        return False

    def _more(self, part):
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            raise Broken(TIMEOUT, part) from None
        except ConnectionResetError:
            raise Broken(RESET, part) from None
        if not data:
            raise Broken(CLOSED, part)
        return data


def request(target="/", fields="", method="GET"):
    """A request as bytes; `fields` are whole lines."""
    return f"{method} {target} HTTP/1.1\r\nHost: lab.test\r\n{fields}\r\n".encode("latin-1")


def field(head, name):
    """The value of a field of a head, or None. `name` is in lower case."""
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return None


def is_last(head):
    """Whether a reply announces that the connection closes after it."""
    return (field(head, b"connection") or b"").lower() == b"close"
