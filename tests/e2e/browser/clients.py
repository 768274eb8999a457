#!/usr/bin/env python3
"""Real clients on every usual profile: curl, Python, Node's fetch and headless Chromium; and headless Firefox on one.

    tests/e2e/browser/clients.py [--root DIR] [--artefacts DIR]

Starts `labserve lab` over the demo site, has every client load from every profile, and compares what they got with the
files and with the server's own log. Of Chromium and Firefox it also counts on how many connections they load the page
under the node profile: README.md says so. A client that is not installed is SKIPPED. The last line counts: `N passed, M
failed`.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import chromium, cli
from e2e.pylib.process import Labserve, free_port

FILES = ["index.html", "static/style1.css", "static/head.jpg", "static/BGM.wav"]
PAGE = ["/", "/static/style1.css", "/static/head.jpg", "/static/BGM.wav", "/favicon.ico"]
# Profiles that ignore Range, so that a download cannot be resumed: curl says so with its exit code 33.
NO_RANGES = {"django", "python-http", "python-http11"}
# The profile under which connections are counted, and on how many each browser loads the page: at least and at most.
COUNTED = "node"
CONNECTIONS = {"chromium": (2, 3), "firefox": (1, 2)}
# Keeps Firefox from sending requests that are not for the page.
FIREFOX = """
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.server", "");
"""
# At least the number of profiles.
PORTS = 40


class Log:
    """The log of exchanges of a running server."""

    def __init__(self, server):
        self.server, self.read = server, 0

    def exchanges(self):
        """(target, status, connection) of every exchange since the last call."""
        lines = self.server.log().splitlines()
        events = [json.loads(line) for line in lines[self.read :]]
        self.read = len(lines)
        return [(event["target"], event["status"], event["connection"]) for event in events if "status" in event]


def run(*argv, timeout=60):
    return subprocess.run(argv, capture_output=True, timeout=timeout)


def try_curl(url, profile, root):
    """Whole files on one connection and on one connection each, HEAD, a range, and a resumed download."""
    for path in FILES:
        want = (root / path).read_bytes()
        for extra in ([], ["-H", "Connection: close"], ["--http1.0"]):
            got = run("curl", "-sS", "--fail", *extra, url + path)
            assert got.returncode == 0 and got.stdout == want, (
                f"curl {extra} {path}: {got.stderr.decode()} {len(got.stdout)}"
            )
    both = run("curl", "-sS", "--fail", url + FILES[1], url + FILES[2])
    assert both.stdout == (root / FILES[1]).read_bytes() + (root / FILES[2]).read_bytes(), "curl with two files"
    assert run("curl", "-sS", "--fail", "-I", url + FILES[1]).returncode == 0, "curl -I"
    assert run("curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", url + "nope").stdout == b"404", (
        "curl of a missing file"
    )
    want = (root / FILES[2]).read_bytes()
    part = run("curl", "-sS", "-r", "100-199", url + FILES[2]).stdout
    assert part == (want if profile in NO_RANGES else want[100:200]), "curl -r"
    with tempfile.NamedTemporaryFile() as half:
        half.write(want[:1000])
        half.flush()
        resumed = run("curl", "-sS", "-C", "-", "-o", half.name, url + FILES[2])
        if profile in NO_RANGES:
            assert resumed.returncode == 33, "curl -C - must say that the server cannot resume"
        else:
            assert resumed.returncode == 0 and pathlib.Path(half.name).read_bytes() == want, "curl -C -"


def try_python(url, _, root):
    for path in FILES:
        with urllib.request.urlopen(url + path, timeout=10) as reply:
            assert reply.read() == (root / path).read_bytes(), f"urllib: {path}"


def try_node(url, _, root):
    script = """
        const [url, ...paths] = process.argv.slice(1);
        for (const path of paths) {
            const reply = await fetch(url + path);
            console.log(reply.status, (await reply.arrayBuffer()).byteLength);
        }
        process.exit(0);"""
    got = run("node", "--input-type=module", "-e", script, url, *FILES)
    want = [f"200 {(root / path).stat().st_size}" for path in FILES]
    assert got.stdout.decode().split("\n")[:-1] == want, f"fetch: {got.stdout} {got.stderr.decode()[-300:]}"


def try_chromium(url, profile, picture, log):
    """Loads the page, takes a screenshot, and looks in the log for what Chromium requested."""
    log.exchanges()
    with tempfile.TemporaryDirectory() as home:
        got = run(
            chromium.path(),
            *chromium.FLAGS,
            f"--user-data-dir={home}",
            "--window-size=1280,900",
            f"--screenshot={picture}",
            "--timeout=3000",
            url,
            timeout=120,
        )
    judge("chromium", profile, PAGE, got, picture, log)


def try_firefox(url, profile, picture, log):
    """Like try_chromium. Firefox exits when it has the screenshot, before it would request an icon."""
    log.exchanges()
    with tempfile.TemporaryDirectory() as home:
        (pathlib.Path(home) / "user.js").write_text(FIREFOX)
        got = run(
            "firefox-esr",
            "--headless",
            "--no-remote",
            "--profile",
            home,
            "--screenshot",
            str(picture),
            url,
            timeout=120,
        )
    judge("firefox", profile, PAGE[:-1], got, picture, log)


def judge(name, profile, paths, got, picture, log):
    """Checks that a browser took its screenshot, got what the page refers to, and used the expected number of
    connections."""
    assert picture.exists() and picture.stat().st_size > 10_000, f"no picture: {got.stderr.decode()[-500:]}"
    time.sleep(0.2)
    seen = log.exchanges()
    for path in paths:
        statuses = [status for at, status, _ in seen if at == path]
        good = {404} if path == "/favicon.ico" else {200, 206}
        assert statuses and set(statuses) <= good, f"{name} got {path}: {statuses or 'never asked for'}"
    if profile == COUNTED:
        used = len({connection for _, _, connection in seen})
        print(f"{name} on {profile}: {len(seen)} requests on {used} connections")
        least, most = CONNECTIONS[name]
        assert least <= used <= most, f"{name} used {used} connections; README.md says {least} or {most}"


def main():
    parser = cli.parser(__doc__)
    parser.add_argument(
        "--root",
        default=cli.CHECKOUT / "static",
        type=pathlib.Path,
        help="the directory to serve (default: the demo site)",
    )
    parser.add_argument(
        "--artefacts",
        type=pathlib.Path,
        default=cli.ARTEFACTS,
        help="where Chromium's pictures go (default target/artefacts)",
    )
    options = parser.parse_args()
    options.artefacts.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with Labserve(
        options.binary, "lab", "--root", options.root, "--base-port", free_port(PORTS), "--log", "json"
    ) as lab:
        log = Log(lab)

        def in_chromium(url, profile, _):
            try_chromium(url, profile, options.artefacts / f"{profile}.png", log)

        # Firefox needs seconds to start.
        def in_firefox(url, profile, _):
            if profile == COUNTED:
                try_firefox(url, profile, options.artefacts / f"{profile}-firefox.png", log)

        for name, program, client in (
            ("curl", shutil.which("curl"), try_curl),
            ("python", sys.executable, try_python),
            ("node", shutil.which("node"), try_node),
            ("chromium", chromium.path(), in_chromium),
            ("firefox", shutil.which("firefox-esr"), in_firefox),
        ):
            if not program:
                failed += cli.skip(f"{name} is not installed")
                continue
            for profile, port in lab.ports.items():
                try:
                    client(f"http://127.0.0.1:{port}/", profile, options.root)
                    passed += 1
                except (AssertionError, OSError, subprocess.TimeoutExpired) as why:
                    failed += 1
                    print(f"FAILED: {name} on {profile}: {why}", flush=True)
        code = lab.stop()
    if code != 0:
        failed += 1
        print(f"FAILED: labserve ended with {code}")
    print(f"real clients: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
