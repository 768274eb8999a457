#!/usr/bin/env python3
"""The pages of `labserve explain --html` in a real browser: nothing overflows, nothing overlaps, nothing is fetched.

    tests/explain_pages.py [--binary target/debug/labserve] [--artefacts target/artefacts] [CAPTURE...]

Explains the captures (those of the repository, and some that are made here: long, hostile, crowded) in English and
Chinese, opens each page in headless Chromium at 1280, 800 and 390 px, light and dark, and as it would be printed, measures
the boxes that the browser laid out, and leaves a screenshot of each. Without Chromium it is skipped, and says so.
The last line counts: `N passed, M failed`.
"""

import argparse, base64, itertools, json, os, pathlib, shutil, signal, struct, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe"]
# Width in px, theme, medium; each language in enough of them.
VIEWS = {"en": [(1280, "light", "screen"), (1280, "dark", "screen"), (800, "light", "screen"), (390, "light", "screen"),
                (390, "dark", "screen"), (700, "dark", "print")],
         "zh": [(1280, "light", "screen"), (390, "dark", "screen")]}

# What is measured in the page. Text in an SVG is never clipped, so its box tells where it is.
MEASURE = r"""(() => {
  const faults = [], width = document.documentElement.clientWidth, near = 0.75;
  const name = e => `${e.tagName}.${e.getAttribute('class') || ''} "${e.textContent.trim().slice(0, 40)}"`;
  if (document.documentElement.scrollWidth > width) faults.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  const shown = e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}) && !e.closest('thead, defs, title, style, head');
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width && shown(e) && (box.right > width + near || box.left < -near)) faults.push(`${name(e)} sticks out: ${box.left}..${box.right}`);
  }
  let texts = 0;
  for (const svg of document.querySelectorAll('svg')) {
    if (svg.parentElement.closest('svg')) continue;
    const boxes = [...svg.querySelectorAll('text')].map(e => [e, e.getBoundingClientRect()]).filter(([e, box]) => box.width && shown(e));
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
        if (deep > 3 && a.left < b.right - near && b.left < a.right - near) faults.push(`${name(boxes[i][0])} overlaps ${name(boxes[j][0])}`);
      }
  }
  const scripts = document.querySelectorAll('script, img, iframe, link, object, b.injected').length;
  if (scripts) faults.push(`${scripts} elements that do not belong there`);
  const lost = [...document.querySelectorAll('a[href^="#"]')].filter(a => !document.getElementById(a.getAttribute('href').slice(1)));
  if (lost.length) faults.push(`${lost.length} links lead nowhere`);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size != ids.length) faults.push('ids are used twice');
  const lang = document.documentElement.lang;
  return JSON.stringify({faults: faults.slice(0, 12), more: Math.max(0, faults.length - 12), texts, lang, height: document.documentElement.scrollHeight});
})()"""


class Browser:
    """Chromium, spoken to over a pipe (the DevTools protocol, messages ended by NUL)."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_child, self.write = os.pipe()
        self.read, from_child = os.pipe()

        def pipes():
            os.dup2(to_child, 3), os.dup2(from_child, 4)

        # Descriptors 3 and 4 must not be the ends that this process keeps.
        self.write, self.read = (os.dup2(end, end + 100) for end in (self.write, self.read))
        self.process = subprocess.Popen(["chromium", *FLAGS, "--user-data-dir=" + self.profile.name], preexec_fn=pipes,
                                        pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_child), os.close(from_child)
        self.ids, self.buffer, self.requests = itertools.count(1), b"", []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.page("Page.enable"), self.page("Network.enable")

    def call(self, method, session=None, **params):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def next(self):
        while b"\0" not in self.buffer:
            got = os.read(self.read, 1 << 20)
            if not got:
                raise RuntimeError("the browser has gone")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def page(self, method, **params):
        return self.call(method, self.session, **params)

    def open(self, file, width, theme, media="screen"):
        self.page("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.page("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": theme}])
        self.page("Page.navigate", url=file.resolve().as_uri())
        while self.next().get("method") != "Page.loadEventFired":
            pass

    def measure(self):
        return json.loads(self.page("Runtime.evaluate", expression=MEASURE, returnByValue=True)["result"]["value"])

    def screenshot(self, file, width, height):
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 5000), "scale": 1}
        shot = self.page("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Pcap:
    """A capture of one's own: raw IP, microseconds, one or many connections."""

    def __init__(self):
        self.bytes = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
        self.now = 1_700_000_000_000_000

    def segment(self, source, target, flags, seq, ack, payload=b"", window=512):
        tcp = struct.pack("!HHIIBBHHH", source, target, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, window, 0, 0)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload) & 0xFFFF, 0, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        frame = ip + tcp + payload
        self.bytes += struct.pack("<IIII", self.now // 10**6, self.now % 10**6, len(frame), len(frame)) + frame
        self.now += 150


class Talk:
    """A connection in a capture."""

    FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

    def __init__(self, pcap, port, start=(1000, 9000)):
        self.pcap, self.ports, self.seq = pcap, (port, 3000), list(start)
        self.send(0, self.SYN), self.send(1, self.SYN | self.ACK), self.send(0, self.ACK)

    def send(self, side, flags, payload=b"", back=0):
        ack = self.seq[1 - side] if flags & self.ACK else 0
        self.pcap.segment(self.ports[side], self.ports[1 - side], flags, self.seq[side] - back, ack, payload)
        if not back:
            self.seq[side] += len(payload) + bool(flags & (self.SYN | self.FIN))

    def data(self, side, payload, size=1448, again=False):
        for at in range(0, len(payload), size):
            piece = payload[at:at + size]
            self.send(side, self.PSH | self.ACK if at + size >= len(payload) else self.ACK, piece)
            if again:
                self.send(side, self.PSH | self.ACK, piece, back=len(piece))
            self.send(1 - side, self.ACK)

    def exchange(self, target="/", body=b"x" * 100, fields="", **how):
        self.data(0, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
        self.data(1, f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nKeep-Alive: timeout=5\r\n{fields}\r\n".encode() + body, **how)

    def close(self, by=1):
        for side in (by, 1 - by):
            self.send(side, self.FIN | self.ACK), self.send(1 - side, self.ACK)


def made():
    """Captures that a page may fail on."""
    pcap = Pcap()
    talk = Talk(pcap, 40001)
    for _ in range(3):
        talk.exchange("/?q=<b class=injected>&quot;&#60;script>alert(1)</script>`|`*_" + "long/" * 60,
                      fields="X-Evil: </pre><script>alert(2)</script><img src=http://127.0.0.1:9/>\x1b[31m\u202e" + "y" * 900 + "\r\n")
    talk.send(1, Talk.RST | Talk.ACK)
    yield "hostile", pcap.bytes

    pcap = Pcap()
    talk = Talk(pcap, 40001)
    # The longest numbers that there are: 4 GiB before the first byte that is shown.
    talk.seq = [1000 + 0xF0000000, 9000 + 0xF0000000]
    talk.exchange("/large", b"z" * 400_000, again=True)
    pcap.now += 75_000_000
    talk.close()
    yield "large", pcap.bytes

    pcap = Pcap()
    talks = [Talk(pcap, 41000 + at) for at in range(70)]
    for at in range(400):
        talks[at * at % 67].exchange(f"/{at}")
        pcap.now += at % 7 * 90_000
    for at, talk in enumerate(talks[:50]):
        talk.close(at % 2)
    yield "crowded", pcap.bytes

    pcap = Pcap()
    talk = Talk(pcap, 40001)
    for at in range(12):
        talk.data(0, f"GET /{at} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    for at in range(12):
        talk.data(1, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde")
    talk.send(0, Talk.FIN | Talk.ACK), talk.send(1, Talk.RST | Talk.ACK)
    Talk(pcap, 40002)
    yield "pipelined", pcap.bytes

    yield "empty", Pcap().bytes


def pages(binary, captures, folder):
    """Every capture explained in both languages."""
    for name, capture in captures:
        for lang in ("en", "zh"):
            page = folder / f"{name}-{lang}.html"
            done = subprocess.run([binary, "explain", "--lang", lang, "--html", page, capture], capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, f"explain {capture}: {done.stderr}"
            yield name, lang, page


def check(browser, page, lang, width, theme, media, shot):
    """The faults of a page in one view."""
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
    if shot:
        browser.screenshot(shot, width, seen["height"])
    return faults


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", default="target/debug/labserve")
    arguments.add_argument("--artefacts", default="target/artefacts", type=pathlib.Path)
    arguments.add_argument("captures", nargs="*", type=pathlib.Path, metavar="CAPTURE")
    args = arguments.parse_args()
    if not shutil.which("chromium"):
        print("SKIPPED: no chromium")
        return os.environ.get("CI") == "true"
    args.artefacts.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        captures = [(capture.name.split(".")[0], capture) for capture in args.captures]
        for name, content in made():
            (folder / f"{name}.pcap").write_bytes(content)
            captures.append((name, folder / f"{name}.pcap"))
        browser = Browser()
        try:
            for name, lang, page in pages(args.binary, captures, args.artefacts):
                for width, theme, media in VIEWS[lang]:
                    view = f"{page.stem} at {width} px, {theme if media == 'screen' else media}"
                    shot = args.artefacts / f"{page.stem}-{width}-{theme if media == 'screen' else media}.png"
                    faults = check(browser, page, lang, width, theme, media, shot)
                    passed, failed = passed + (not faults), failed + bool(faults)
                    if faults:
                        print(f"FAILED {view}:", *faults, sep="\n  ", flush=True)
        finally:
            browser.close()
    print(f"explain pages: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
