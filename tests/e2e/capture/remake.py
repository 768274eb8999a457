#!/usr/bin/env python3
"""Makes the captures in tests/data/captures again, on the loopback interface.

    tests/e2e/capture/remake.py [--out DIR] [--only SUBSTRING] [--jobs N]
    tests/e2e/capture/remake.py --only=-slow     the ends that take a minute and more: about three minutes in all

Each capture is a scene: a server (labserve under a profile, or a real one), a client (raw sockets, curl, Chromium,
Firefox), and dumpcap on the server's port. The site has the names, sizes and dates of the demo site, and zeros for
pictures and sounds, so that a capture compresses to a few kilobytes. Needs dumpcap and the permission to capture.
Scenes whose client or server is not installed are SKIPPED. The cases of the corpora are played by peers/wire.py.

The expected output of explain is in tests/data/captures/expected. `LABSERVE_BLESS=1 cargo test explain` writes it
again; read the differences.
"""

import concurrent.futures
import contextlib
import gzip
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture import scenes
from e2e.peers import peers
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing, free_port

PROFILES = [
    "node",
    "node20",
    "flask",
    "flask-keepalive",
    "django",
    "apache",
    "phpnow",
    "nginx",
    "iis",
    "iis-keepalive",
    "rfc",
]
REAL = ["node", "nginx", "apache", "flask", "django", *peers.GALLERY]

# Name, server, client. A server is a list (a profile and settings), the name of a real server, or None.
SCENES = [
    ("report-1", ["node"], scenes.report_1),
    ("report-2", ["node"], scenes.report_2),
    ("report-3", ["node"], scenes.report_3),
    ("report-4", ["iis"], scenes.report_4),
    *[(f"profile-{name}", [name], scenes.page) for name in PROFILES],
    *[(f"real-{name}", name, scenes.page) for name in REAL],
    *[(f"stranger-{name}", name, scenes.page) for name in peers.STRANGERS],
    ("real-nginx-curl", "nginx", scenes.curl),
    ("real-apache-ends", "apache", scenes.endings),
    ("curl-rfc", ["rfc"], scenes.curl),
    ("ends-node", ["node"], scenes.endings),
    ("ends-apache", ["apache"], scenes.endings),
    ("ends-iis", ["iis"], scenes.endings),
    ("ends-flask", ["flask"], scenes.endings),
    ("race-node", ["node", "--set", "timers.idle=400ms"], scenes.race),
    ("uploads-nginx", ["nginx"], scenes.uploads),
    ("refused", None, scenes.refused),
    *[(f"corpus-{name}", [name], scenes.ends) for name in ["node", "django", "nginx"]],
    *[(f"profile-{name}-slow", [name], scenes.slow) for name in PROFILES],
    *[(f"real-{name}-slow", name, scenes.slow) for name in REAL],
    ("real-nginx-endings", "nginx", scenes.quick_endings),
    ("chromium-node", ["node"], scenes.load_in_chromium),
    ("chromium-flask", ["flask"], scenes.load_in_chromium),
    ("firefox-node", ["node"], scenes.load_in_firefox),
]
TOOLS = {scenes.load_in_chromium: "chromium", scenes.load_in_firefox: "firefox-esr", scenes.curl: "curl"}


class Recorder:
    """dumpcap on a port, for as long as its `with` block runs."""

    def __init__(self, port, file):
        self.process = subprocess.Popen(
            ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", file], stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if line.startswith("File:"):
                break
        # dumpcap prints this before it captures.
        time.sleep(0.3)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        time.sleep(1.0)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


@contextlib.contextmanager
def port_of(server, binary, site):
    """Starts the server of a scene. Yields its port."""
    if server is None:
        yield free_port()
    elif isinstance(server, str):
        with peers.Peer(server, site) as peer:
            yield peer.port
    else:
        with Labserve(binary, "--profile", *server, "--root", site, "--log", "off") as labserve:
            yield labserve.port


def run(scene, options, site, work):
    """Plays a scene and writes its capture. Returns a line about it."""
    name, server, client = scene
    tool = TOOLS.get(client)
    if tool and not shutil.which(tool):
        return f"SKIPPED: {name}: {tool} is not installed"
    file = work / f"{name}.pcapng"
    try:
        with port_of(server, options.binary, site) as port:
            time.sleep(0.1)
            with Recorder(port, file):
                client(port)
    except Missing as missing:
        return f"SKIPPED: {name}: {missing}"
    target = options.out / f"{name}.pcapng.gz"
    target.write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    return f"{name}: {file.stat().st_size} bytes, {target.stat().st_size} compressed"


def play_all(chosen, jobs, options, site, work):
    """Plays scenes, `jobs` at a time."""
    with concurrent.futures.ThreadPoolExecutor(max(1, jobs)) as pool:
        for line in pool.map(lambda scene: run(scene, options, site, work), chosen):
            print(line, flush=True)


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=cli.DATA / "captures")
    parser.add_argument("--only", default="", metavar="SUBSTRING")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    chosen = [scene for scene in SCENES if options.only in scene[0]]
    with sites.public_directory() as work:
        site = sites.without_content(work)
        # The slow scenes mostly wait, and their times should be exact. So they run all at once, after the others.
        play_all([scene for scene in chosen if scene[2] is not scenes.slow], options.jobs, options, site, work)
        play_all([scene for scene in chosen if scene[2] is scenes.slow], len(chosen), options, site, work)


if __name__ == "__main__":
    main()
