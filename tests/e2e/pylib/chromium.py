"""Headless Chromium: its name on this system, and the switches that keep it from making requests of its own."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def path():
    """The program, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """Chromium, over a pipe (the DevTools protocol, messages ended by NUL)."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_child, self.write = os.pipe()
        self.read, from_child = os.pipe()

        def pipes():
            os.dup2(to_child, 3)
            os.dup2(from_child, 4)

        # Descriptors 3 and 4 must not be the ends that this process keeps.
        self.write, self.read = (os.dup2(end, end + 100) for end in (self.write, self.read))
        self.process = subprocess.Popen(
            [path(), *FLAGS, "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir=" + self.profile.name],
            preexec_fn=pipes,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_child)
        os.close(from_child)
        self.ids, self.buffer, self.requests, self.loaded = itertools.count(1), b"", [], 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.page("Page.enable")
        self.page("Network.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

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
        self.loaded += message.get("method") == "Page.loadEventFired"
        return message

    def page(self, method, **params):
        return self.call(method, self.session, **params)

    def load(self, url):
        """Loads a page with all that it refers to."""
        before = self.loaded
        failed = self.page("Page.navigate", url=url).get("errorText")
        if failed:
            raise RuntimeError(f"{url}: {failed}")
        while self.loaded == before:
            self.next()

    def evaluate(self, expression):
        """The value of an expression of JavaScript in the page."""
        return self.page("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
