#!/usr/bin/env python3
"""Checks the pages of `labserve explain --html` in a real browser: no overflow, no overlap, no network access.

    tests/e2e/capture/explain_pages.py [--artefacts DIR] [CAPTURE ...]

Explains the captures, and some that are generated (long, adversarial, crowded), in English and Chinese; opens each page
in headless Chromium at 1280, 800 and 390 px, light and dark, and as it would be printed; measures the boxes that the
browser laid out, and leaves a screenshot of each. Without Chromium it is SKIPPED. The last line counts: `N passed, M
failed`.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture.packets import ACK, BEGIN_NS, CLIENT, FIN, PSH, RST, SERVER, Talk, ipv4, pcap
from e2e.pylib import chromium, cli

# Width in px, theme, medium. Not every combination, but each language in several of them.
VIEWS = {
    "en": [
        (1280, "light", "screen"),
        (1280, "dark", "screen"),
        (800, "light", "screen"),
        (390, "light", "screen"),
        (390, "dark", "screen"),
        (700, "dark", "print"),
    ],
    "zh": [(1280, "light", "screen"), (390, "dark", "screen")],
}

# What is measured in the page. Text in an SVG is never clipped, so its box is where it is.
MEASURE = r"""(() => {
  const faults = [], width = document.documentElement.clientWidth, near = 0.75;
  const name = e => `${e.tagName}.${e.getAttribute('class') || ''} "${e.textContent.trim().slice(0, 40)}"`;
  const all = document.documentElement;
  if (all.scrollWidth > width) faults.push(`the page is ${all.scrollWidth} px wide`);
  const visible = {contentVisibilityAuto: true, visibilityProperty: true};
  const shown = e => e.checkVisibility(visible) && !e.closest('thead, defs, title, style, head');
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width && shown(e) && (box.right > width + near || box.left < -near))
      faults.push(`${name(e)} sticks out: ${box.left}..${box.right}`);
  }
  let texts = 0;
  for (const svg of document.querySelectorAll('svg')) {
    if (svg.parentElement.closest('svg')) continue;
    const boxes = [...svg.querySelectorAll('text')].map(e => [e, e.getBoundingClientRect()])
      .filter(([e, box]) => box.width && shown(e));
    const frame = svg.getBoundingClientRect();
    texts += boxes.length;
    for (const [e, box] of boxes) {
      if (box.left < frame.left - near || box.right > frame.right + near) faults.push(`${name(e)} leaves its drawing`);
      if (box.bottom > frame.bottom + near) faults.push(`${name(e)} is below its drawing`);
      if (parseFloat(getComputedStyle(e).fontSize) < 10) faults.push(`${name(e)} is too small`);
    }
    boxes.sort((a, b) => a[1].top - b[1].top);
    for (let i = 0; i < boxes.length; i++)
      for (let j = i + 1; j < boxes.length && boxes[j][1].top < boxes[i][1].bottom - near; j++) {
        const [a, b] = [boxes[i][1], boxes[j][1]];
        // The line box of a text is higher than its letters.
        const deep = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (deep > 3 && a.left < b.right - near && b.left < a.right - near)
          faults.push(`${name(boxes[i][0])} overlaps ${name(boxes[j][0])}`);
      }
  }
  const scripts = document.querySelectorAll('script, img, iframe, link, object, b.injected').length;
  if (scripts) faults.push(`${scripts} elements that do not belong there`);
  const lost = [...document.querySelectorAll('a[href^="#"]')]
    .filter(a => !document.getElementById(a.getAttribute('href').slice(1)));
  if (lost.length) faults.push(`${lost.length} links lead nowhere`);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size != ids.length) faults.push('ids are used twice');
  const more = Math.max(0, faults.length - 12);
  return JSON.stringify({faults: faults.slice(0, 12), more, texts, lang: all.lang, height: all.scrollHeight});
})()"""


class Browser(chromium.Browser):
    """Chromium, with the views in which a page of `explain` is checked."""

    def open(self, file, width, theme, media="screen"):
        self.page(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.page(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": theme}]
        )
        self.load(file.resolve().as_uri())

    def measure(self):
        return json.loads(self.evaluate(MEASURE))

    def screenshot(self, file, width, height):
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 5000), "scale": 1}
        shot = self.page("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        file.write_bytes(base64.b64decode(shot["data"]))


class Recording(list):
    """The frames of many connections, each with its time."""

    def __init__(self):
        super().__init__()
        self.now_ns, self.times_ns = BEGIN_NS, []

    def append(self, frame):
        super().append(frame)
        self.times_ns.append(self.now_ns)
        self.now_ns += 150_000

    def pause(self, ms):
        self.now_ns += ms * 10**6

    def talk(self, port, isn=(1000, 9000)):
        return Talk(port, isn, mss=1448, frames=self).open()

    def content(self):
        return pcap([ipv4(side, data) for side, data in self], link=101, times_ns=self.times_ns)


def send_twice(talk, side, data):
    """Sends data, each segment of it two times."""
    for at in range(0, len(data), talk.mss):
        part = data[at : at + talk.mss]
        for _ in range(2):
            talk.raw(side, ACK | PSH, part)
        talk.seq[side] += len(part)
        talk.raw(1 - side, ACK)


def with_markup():
    """Targets and fields with markup, escapes and long words."""
    recording = Recording()
    talk = recording.talk(40001)
    fields = "X-Evil: </pre><script>alert(2)</script><img src=http://127.0.0.1:9/>\x1b[31m\u202e" + "y" * 900 + "\r\n"
    for _ in range(3):
        talk.send(
            CLIENT,
            (
                "GET /?q=<b class=injected>&quot;&#60;script>alert(1)</script>`|`*_"
                + "long/" * 60
                + f" HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
            ).encode(),
        )
        talk.send(
            SERVER,
            f"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nKeep-Alive: timeout=5\r\n{fields}\r\n".encode() + b"x" * 100,
        )
    talk.rst(SERVER)
    return recording.content()


def large():
    """The largest numbers that can occur: 4 GiB before the first byte that is shown."""
    recording = Recording()
    talk = recording.talk(40001)
    talk.seq = [1000 + 0xF0000000, 9000 + 0xF0000000]
    talk.send(CLIENT, b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    send_twice(
        talk, SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\nKeep-Alive: timeout=5\r\n\r\n" + b"z" * 400_000
    )
    recording.pause(75_000)
    talk.close()
    return recording.content()


def crowded():
    """Many connections at the same time, not all of them used or closed."""
    recording = Recording()
    talks = [recording.talk(41000 + n) for n in range(70)]
    for n in range(400):
        talks[n * n % 67].get(f"/{n}", b"x" * 100, head="Keep-Alive: timeout=5\r\n")
        recording.pause(n % 7 * 90)
    for n, talk in enumerate(talks[:50]):
        talk.close(n % 2)
    return recording.content()


def pipelined():
    """Twelve requests before their responses, and a connection without any."""
    recording = Recording()
    talk = recording.talk(40001)
    for n in range(12):
        talk.send(CLIENT, f"GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    for _ in range(12):
        talk.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde")
    talk.raw(CLIENT, FIN | ACK)
    talk.raw(SERVER, RST | ACK)
    recording.talk(40002)
    return recording.content()


GENERATED = {
    "markup": with_markup,
    "large": large,
    "crowded": crowded,
    "pipelined": pipelined,
    "empty": lambda: Recording().content(),
}


def pages(binary, captures, folder):
    """(language, page) of every capture in both languages."""
    for name, capture in captures:
        for lang in ("en", "zh"):
            page = folder / f"{name}-{lang}.html"
            done = subprocess.run(
                [binary, "explain", "--lang", lang, "--html", page, capture],
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, f"explain {capture}: {done.stderr}"
            yield lang, page


def check(browser, page, lang, width, theme, media, shot):
    """What is wrong with a page in one view."""
    before = len(browser.requests)
    browser.open(page, width, theme, media)
    seen = browser.measure()
    faults = seen["faults"] + ([f"and {seen['more']} more"] if seen["more"] else [])
    fetched = [url for url in browser.requests[before:] if url != page.resolve().as_uri()]
    faults += [f"it fetches {url}" for url in fetched]
    if not seen["lang"].startswith(lang):
        faults.append(f"lang is {seen['lang']}")
    if not page.stem.startswith("empty") and not seen["texts"]:
        faults.append("it draws nothing")
    browser.screenshot(shot, width, seen["height"])
    return faults


def main():
    parser = cli.parser(__doc__)
    parser.add_argument(
        "--artefacts",
        type=pathlib.Path,
        default=cli.ARTEFACTS,
        help="where the pages and screenshots go (default target/artefacts)",
    )
    parser.add_argument("captures", nargs="*", type=pathlib.Path, metavar="CAPTURE")
    options = parser.parse_args()
    if not chromium.path():
        return cli.skip("chromium is not installed")
    options.artefacts.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        captures = [(capture.name.split(".")[0], capture) for capture in options.captures]
        for name, content in GENERATED.items():
            file = pathlib.Path(folder) / f"{name}.pcap"
            file.write_bytes(content())
            captures.append((name, file))
        with Browser() as browser:
            for lang, page in pages(options.binary, captures, options.artefacts):
                for width, theme, media in VIEWS[lang]:
                    view = theme if media == "screen" else media
                    faults = check(
                        browser, page, lang, width, theme, media, options.artefacts / f"{page.stem}-{width}-{view}.png"
                    )
                    passed, failed = passed + (not faults), failed + bool(faults)
                    if faults:
                        print(f"FAILED {page.stem} at {width} px, {view}:", *faults, sep="\n  ", flush=True)
    print(f"explain pages: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
