"""A visit to the demo site, by an HTTP client and by a browser: the page and everything on it."""

import json
import time

from e2e.pylib import cli, http1

SITE = cli.CHECKOUT / "static"
TARGETS = {
    "/": "index.html",
    "/static/style1.css": "static/style1.css",
    "/static/head.jpg": "static/head.jpg",
    "/static/BGM.wav": "static/BGM.wav",
}
# The maximum time from the package to the page.
A_MINUTE_S = 60
# The state of the page in a browser: its heading, whether the style sheet is applied, and the natural width of the
# picture.
SHOWN = """JSON.stringify({
  heading: document.querySelector("h1").textContent,
  styled: document.styleSheets.length === 1 && document.styleSheets[0].cssRules.length > 0,
  width: document.querySelector("img").naturalWidth,
})"""


def visit(address):
    """Requests each file on a new connection, and compares it with the original. Returns a note that names the
    server."""
    sizes = []
    for target, file in TARGETS.items():
        with http1.Connection(address) as connection:
            status, head, body = connection.ask(target)
            assert (status, body) == (200, (SITE / file).read_bytes()), (target, head, len(body))
            sizes.append(len(body))
    server = http1.field(head, b"server") or http1.field(head, b"x-powered-by") or b"no name"
    return f"{server.decode()}: bodies of {', '.join(map(str, sizes))} bytes"


def show(browser, address, begun):
    """Loads the page in a browser. Returns a note of the time since `begun`, which must be less than a minute."""
    browser.load("http://{}:{}/".format(*address))
    took = time.monotonic() - begun
    shown = json.loads(browser.evaluate(SHOWN))
    assert shown == {"heading": "A page to watch", "styled": True, "width": 640}, shown
    assert took < A_MINUTE_S, f"the page was there after {took:.0f} s"
    return f"in a browser after {took:.1f} s"
