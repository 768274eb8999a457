#!/usr/bin/env python3
"""Compares labserve with the real servers, live: the same cases over the same files.

    tests/e2e/peers/against.py [--install] [--slow] [--threshold PERCENT] [--tolerate N] [-v] [PROFILE ...]

PROFILE is any of node, node20, flask, django, python-http, python-http11, caddy, apache, nginx; without one, all.

Exit code 1: a profile stays below the threshold, or differs in a case that tests/data/corpus/exceptions.toml does not
list, or no longer differs in one that it lists. A server that is not installed is SKIPPED; if nothing is left, or with
CI=true, that is 1 too.
"""

import http.client
import math
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import compare, peers
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing, NotStarted

PROFILES = ["node", "node20", "flask", "django", "python-http", "python-http11", "caddy", "apache", "nginx"]


def boundary_length(port):
    """The length of the boundary of a reply with two ranges."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/index.html", headers={"Range": "bytes=0-0,5-5"})
    content_type = connection.getresponse().getheader("Content-Type", "")
    connection.close()
    return len(content_type.partition("boundary=")[2])


def start_real(name, site, ordinary=False):
    """The real server, with `ordinary` as a user whom the permissions of files bind. Apache draws the boundary of its
    multipart bodies when it starts. One in sixteen has fewer digits, which changes all lengths. So Apache is started
    again until its boundary is as long as labserve's."""
    for _ in range(10):
        peer = peers.Peer(name, site, ordinary=ordinary)
        if name != "apache" or boundary_length(peer.port) == 16:
            return peer
        peer.kill()
    raise NotStarted("apache drew ten short boundaries")


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"any of {', '.join(PROFILES)}")
    parser.add_argument(
        "--install", action="store_true", help="install what is missing first (Debian packages, PyPI, npm; needs root)"
    )
    parser.add_argument(
        "--slow", action="store_true", help="the cases that wait for long timers too (two to three minutes more)"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=98,
        metavar="PERCENT",
        help="how many of the cases must be identical (default 98)",
    )
    parser.add_argument(
        "--tolerate",
        type=int,
        default=0,
        metavar="N",
        help="how many cases of a profile may differ without being listed (default 0): whether a refused head ends "
        "in FIN or RST depends on how much of it has arrived, and live servers differ from themselves in that",
    )
    parser.add_argument("-v", action="store_true", help="show every difference, not only ten")
    options = parser.parse_args()
    if unknown := set(options.profiles) - set(PROFILES):
        parser.error(f"unknown profile {min(unknown)!r}; known: {', '.join(PROFILES)}")
    if options.install:
        subprocess.run([pathlib.Path(__file__).with_name("install.sh")], check=True)
    failed = compared = 0
    with sites.public_directory() as place:
        site = sites.recorded(place)
        for profile in options.profiles or PROFILES:
            try:
                real = start_real(profile, site)
            except (Missing, NotStarted) as why:
                failed += cli.skip(f"{profile}: {why}")
                continue
            with real, Labserve(options.binary, "--profile", profile, "--root", site, "--log", "off") as own:
                recordings = compare.record_both(real, own, site, options.slow)
                # Inside, because cases that differ are played again.
                result = compare.Comparison(profile, *recordings, site, show=math.inf if options.v else 10)
            print(*result.lines, result.figure, sep="\n", flush=True)
            failed += result.unexpected > options.tolerate or result.percent < options.threshold
            compared += 1
    if not compared:
        print("nothing was compared")
    return failed > 0 or not compared


if __name__ == "__main__":
    sys.exit(main())
