#!/usr/bin/env python3
"""Compares labserve with the real servers, live, on conversations that are generated.

    tests/e2e/peers/generated.py [--count N] [--files N] [--pipelines N] [--seed N] [--minutes M]
                                 [--threshold PERCENT] [--shrink N] [--report DIR] [PROFILE ...]

PROFILE is any of those in servers.toml; without one, all but the gallery. grammar.py generates the conversations.
`--count` are about odd requests, `--files` about odd names, times and media types, `--pipelines` about several requests
in pieces, with pauses and FIN.

Answers are compared as wire.py compares recordings. Conversations that differ are repeated. If the answers of the real
server then differ from each other, the conversation is unstable and does not count. The remaining ones are reduced as
long as they still differ, and grouped by cause. "Silent" are those in which labserve sends nothing and stays open, and
the real server does not.

Exit code 1: fewer than the threshold are identical, or labserve is silent. A server that is not installed is SKIPPED;
if nothing is left, or with CI=true, that is 1 too.
"""

import collections
import concurrent.futures
import itertools
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import grammar, peers, wire
from e2e.peers.against import PROFILES, USUAL, start_real
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Missing, NotStarted

# Connections at a time, to each of the two servers.
CONNECTIONS = 24
# The same for cases that are played again: fewer, so that the load of the machine changes nothing.
AGAIN = 6
# The time is checked between batches of this many conversations.
BATCH = 480


class Side:
    """A server, and its answer to a conversation."""

    def __init__(self, server):
        self.target = f"127.0.0.1:{server.port}"
        self.port = server.port

    def ask(self, conversation):
        try:
            return wire.run_case("127.0.0.1", self.port, {"steps": conversation.steps()})
        except OSError as error:
            return {"error": repr(error)}

    def record(self, conversations):
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(self.ask, conversations))


def summary(result):
    """The statuses in each read, and the ending."""
    reads = [
        re.findall(r"HTTP/1\.[01] (\d{3})", entry["got"]) or entry["got"][:20]
        for entry in wire.settled(result.get("log", []))
    ]
    return (
        " | ".join(", ".join(read) if read else "nothing" for read in reads)
        + f"; {result.get('end', result.get('error'))}"
    )


def is_silent(result):
    return result.get("end") == "open" and not any(entry["got"] for entry in wire.settled(result["log"]))


class Pair:
    """The real server and labserve."""

    def __init__(self, real, own):
        self.real, self.own = Side(real), Side(own)

    def differences(self, want, got):
        return wire.differences(want, got, self.real.target, self.own.target)

    def ask(self, conversation):
        """The two answers and what differs in them."""
        want, got = self.real.ask(conversation), self.own.ask(conversation)
        return want, got, self.differences(want, got)

    def is_different(self, conversation):
        """Whether the answers differ, twice in a row."""
        return all(self.ask(conversation)[2] for _ in range(2))

    def judge(self, conversation):
        """`same`, `unstable` or `differs`, for a conversation that differed once."""
        wanted = []
        for _ in range(3):
            want, _, found = self.ask(conversation)
            if not found:
                return "same"
            wanted.append(want)
        stable = all(not wire.differences(wanted[0], want, self.real.target, self.real.target) for want in wanted[1:])
        return "differs" if stable else "unstable"

    def shrunk(self, conversation, most=14):
        """A smaller conversation that differs too, after at most that many attempts."""
        attempts = itertools.count()
        while True:
            for smaller in conversation.smaller():
                if next(attempts) >= most:
                    return conversation
                if self.is_different(smaller):
                    conversation = smaller
                    break
            else:
                return conversation


class Tally:
    """The results of the conversations with one server."""

    def __init__(self):
        self.counts = collections.Counter()
        self.differing = []
        self.silent = 0

    def percent(self):
        counted = self.counts["same"] + self.counts["differs"]
        return 100 * self.counts["same"] / counted if counted else 100


def compare(pair, conversations, deadline):
    """Plays all conversations against both servers, until the time is over."""
    tally = Tally()
    conversations = iter(conversations)
    with concurrent.futures.ThreadPoolExecutor(2) as both, concurrent.futures.ThreadPoolExecutor(AGAIN) as again:
        while time.monotonic() < deadline and (batch := list(itertools.islice(conversations, BATCH))):
            wanted, got = both.map(lambda side: side.record(batch), (pair.real, pair.own))
            # A server that cannot be reached does not count as equal.
            odd = [
                one
                for one, want, own in zip(batch, wanted, got)
                if "error" in want or "error" in own or pair.differences(want, own)
            ]
            tally.counts["same"] += len(batch) - len(odd)
            for conversation, verdict in zip(odd, again.map(pair.judge, odd)):
                tally.counts[verdict] += 1
                if verdict == "differs":
                    tally.differing.append(conversation)
    return tally


def groups(pair, differing, shrink):
    """(cause, number, smallest conversation, answers) of the differences, the most frequent first. At most `shrink` are
    made smaller, and so counted."""
    with concurrent.futures.ThreadPoolExecutor(AGAIN) as pool:
        small = list(pool.map(pair.shrunk, differing[:shrink]))
        alike = collections.defaultdict(list)
        for conversation, answers in zip(small, pool.map(pair.ask, small)):
            want, got, found = answers
            if found:
                alike[conversation.cause(), summary(want), summary(got), first_words(found)].append(
                    (conversation, answers)
                )
    ordered = sorted(alike.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(key[0], len(found), *min(found, key=lambda one: len(one[0].text()))) for key, found in ordered]


def first_words(found):
    """A difference without its numbers and values."""
    return (
        re.sub(r"\d+(\.\d+)?", "N", found[0].split(": want")[0]) + (re.findall(r"want '([\w-]+:)", found[0]) or [""])[0]
    )


def shown(conversation):
    """The conversation on one line, as http clients' tests write it."""
    steps = []
    for step in conversation.steps():
        if "send" in step:
            text = re.sub(r"(.)\1{40,}", lambda run: f"{run[1]}{{{len(run[0])}}}", step["send"])
            steps.append(repr(text)[1:-1][:600])
        elif "shut" in step:
            steps.append("FIN")
        elif "read" in step:
            steps.append("read")
        else:
            steps.append(f"{step['sleep']} s")
    return " ⏎ ".join(steps)


def report(title, tally, pair, shrink):
    """Lines about the differences, and the figures at the end."""
    found = groups(pair, tally.differing, shrink)
    lines = []
    for cause, number, conversation, (want, got, differences) in found:
        silent = is_silent(got) and not is_silent(want)
        tally.silent += silent
        lines += [
            f"{number:4} x {cause}{' SILENT' if silent else ''}",
            f"       {shown(conversation)}",
            f"       real: {summary(want)}",
            f"       own:  {summary(got)}",
            *(f"       {line}" for line in differences[:3]),
        ]
    same, differ, unstable = (tally.counts[name] for name in ("same", "differs", "unstable"))
    lines.append(
        f"{title}: {tally.percent():.2f} % of {same + differ} identical, {differ} differ in {len(found)} ways, "
        f"{unstable} unstable, silent where the real server is not: {tally.silent}"
    )
    return lines


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"any of {', '.join(PROFILES)}")
    parser.add_argument("--count", type=int, default=4000, help="conversations about odd requests (default 4000)")
    parser.add_argument("--pipelines", type=int, default=5000, help="pipelines in pieces (default 5000)")
    parser.add_argument("--files", type=int, default=1000, help="conversations about odd files (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="draws other conversations (default 1)")
    parser.add_argument(
        "--minutes", type=float, default=120, help="time for all (default 120); what is left is not asked"
    )
    parser.add_argument(
        "--threshold", type=float, default=0, help="how many must be identical, in per cent (default 0)"
    )
    parser.add_argument("--shrink", type=int, default=300, help="how many are made smaller (default 300)")
    parser.add_argument(
        "--report", type=pathlib.Path, metavar="DIR", help="write what differs there, a file for each profile"
    )
    options = parser.parse_args()
    if unknown := set(options.profiles) - set(PROFILES):
        parser.error(f"unknown profile {min(unknown)!r}; known: {', '.join(PROFILES)}")
    profiles = options.profiles or USUAL
    kinds = (
        ("odd requests", sites.recorded, grammar.odd_requests, options.count),
        # Some of these files can only be read by root, and none of the servers may run with that right.
        ("odd files", sites.odd, grammar.file_requests, options.files),
        ("pipelines", sites.recorded, grammar.pipelines, options.pipelines),
    )
    failed = compared = 0
    end = time.monotonic() + 60 * options.minutes
    shares = len(profiles) * sum(count > 0 for *_, count in kinds)
    for profile in profiles:
        lines = []
        for kind, site_of, drawn, count in kinds:
            if not count:
                continue
            # An equal share of the remaining time.
            deadline = time.monotonic() + (end - time.monotonic()) / shares
            shares -= 1
            with sites.public_directory() as place:
                site = site_of(place)
                # A link that leaves the root is a listed difference.
                paths = [path for path in grammar.paths_of(site) if path != "/link-out.txt"]
                try:
                    real = start_real(profile, site, ordinary=True)
                except (Missing, NotStarted) as why:
                    failed += cli.skip(f"{profile}: {why}")
                    break
                arguments = ("--profile", profile, "--root", site, "--log", "off")
                with real, Labserve(options.binary, *arguments, prefix=peers.ordinary_user()) as own:
                    pair = Pair(real, own)
                    tally = compare(pair, drawn(options.seed, count, paths), deadline)
                    found = report(f"{profile}, {kind}", tally, pair, options.shrink)
            print(*(found[-1:] if options.report else found), sep="\n", flush=True)
            lines += found
            if options.report:
                options.report.mkdir(parents=True, exist_ok=True)
                (options.report / f"{profile}.txt").write_text("\n".join(lines) + "\n")
            failed += tally.percent() < options.threshold or bool(options.threshold and tally.silent)
            compared += 1
    if not compared:
        print("nothing was compared")
    return failed > 0 or not compared


if __name__ == "__main__":
    sys.exit(main())
