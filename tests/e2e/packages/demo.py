"""A visit to the demo site, as a browser makes it: the page, and what is on it."""

from e2e.pylib import cli, http1

SITE = cli.CHECKOUT / "static"
TARGETS = {
    "/": "index.html",
    "/static/style1.css": "static/style1.css",
    "/static/head.jpg": "static/head.jpg",
    "/static/BGM.wav": "static/BGM.wav",
}


def visit(address):
    """Asks for everything on a connection of its own, and compares it with the files. Returns a note that names the
    server."""
    sizes = []
    for target, file in TARGETS.items():
        with http1.Connection(address) as connection:
            status, head, body = connection.ask(target)
            assert (status, body) == (200, (SITE / file).read_bytes()), (target, head, len(body))
            sizes.append(len(body))
    server = http1.field(head, b"server") or http1.field(head, b"x-powered-by") or b"no name"
    return f"{server.decode()}: bodies of {', '.join(map(str, sizes))} bytes"
