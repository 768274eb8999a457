#!/usr/bin/env python3
"""Compares labserve with the real servers, live: the same cases over the same files.

    tests/e2e/peers/against.py [--install] [--slow] [--threshold PERCENT] [--tolerate N] [--at-once N] [-v]
                               [PROFILE ...]
    tests/e2e/peers/against.py --install --turn 3       those of the gallery whose turn it is: each once in three days

PROFILE is any of those in servers.toml; without one, all but the gallery.

Exit code 1: a profile stays below the threshold, or differs in a case that tests/data/corpus/exceptions.toml does not
list, or no longer differs in one that it lists. A server that is not installed is SKIPPED; if nothing is left, or with
CI=true, that is 1 too.
"""

import concurrent.futures
import datetime
import http.client
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import compare, peers
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing, NotStarted

PROFILES = [name for name in peers.SERVERS if name not in peers.STRANGERS]
# The profiles that are compared if none is named.
USUAL = [name for name in PROFILES if name not in peers.GALLERY]


def whose_turn(days, today):
    """The part of the gallery that is compared on a day. Each server has its turn once in `days` days."""
    return [name for number, name in enumerate(peers.GALLERY) if number % days == today.toordinal() % days]


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
    parser.add_argument("--turn", type=int, metavar="DAYS", help="a part of the gallery, another one each day")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="how many servers at a time (default 1)")
    parser.add_argument("-v", action="store_true", help="show every difference, not only ten")
    options = parser.parse_args()
    if unknown := set(options.profiles) - set(PROFILES):
        parser.error(f"unknown profile {min(unknown)!r}; known: {', '.join(PROFILES)}")
    if options.turn:
        options.profiles += whose_turn(options.turn, datetime.date.today())
    elif not options.profiles:
        options.profiles = USUAL
    if options.install:
        peers.install(options.profiles)
    with sites.public_directory() as place, concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        site = sites.recorded(place)
        results = list(pool.map(lambda profile: compared(profile, site, options), options.profiles))
    failed = 0
    for result in results:
        if isinstance(result, str):
            failed += cli.skip(result)
            continue
        print(*result.lines, result.figure, sep="\n", flush=True)
        failed += result.unexpected > options.tolerate or result.percent < options.threshold
    if all(isinstance(result, str) for result in results):
        print("nothing was compared")
        return 1
    return failed > 0


def compared(profile, site, options):
    """What differs, or why nothing was compared."""
    try:
        real = start_real(profile, site)
    except (Missing, NotStarted) as why:
        return f"{profile}: {why}"
    with real, Labserve(options.binary, "--profile", profile, "--root", site, "--log", "off") as own:
        recordings = compare.record_both(real, own, site, options.slow)
        # Compared here, while both servers run, because cases that differ are played again.
        return compare.Comparison(profile, *recordings, site, show=math.inf if options.v else 10)


if __name__ == "__main__":
    sys.exit(main())
