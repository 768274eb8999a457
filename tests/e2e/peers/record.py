#!/usr/bin/env python3
"""Records what the real servers answer to the cases of a corpus, in tests/data/recordings.

    tests/e2e/peers/record.py [--jobs N] [--only SUBSTRING] CORPUS [PROFILE ...]

CORPUS is the name of a file in crates/probe/cases, such as `files`, or `all`. PROFILE is any of those in servers.toml;
without one, all. The servers run as an ordinary user, who cannot read every file, over the site that belongs to the
corpus. Each case is recorded three times. A case in which a server does not agree with itself is recorded three times
again, alone; if it still does not agree, it is left out, and named. `--only` records the cases whose name contains
that, and keeps the others.

Exit code 1: a server is not installed.
"""

import argparse
import gzip
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import wire
from e2e.peers.against import PROFILES, start_real
from e2e.peers.compare import recording_file
from e2e.pylib import cli, sites
from e2e.pylib.process import Missing, NotStarted

CORPORA = sorted(file.stem for file in cli.CASES.glob("*.json"))


def agreed(target, recordings):
    """The results in which all recordings of a server agree."""
    first, *others = (recording["cases"] for recording in recordings)
    return {
        name: result
        for name, result in first.items()
        if "error" not in result
        and all(not wire.differences(result, other[name], target, target) for other in others if name in other)
    }


def recorded(target, corpus, site, jobs, only):
    """What the server answers alike each time. Slow cases are played once."""

    def three(cases, jobs):
        return [wire.record(target, cases, site, jobs, only, slow=number == 0) for number in range(3)]

    recordings = three(corpus, jobs)
    kept = agreed(target, recordings)
    # On a busy machine, a delay need not come from the server.
    unsteady = [case for case in corpus if case["name"] in recordings[0]["cases"].keys() - kept.keys()]
    kept |= agreed(target, three(unsteady, 1))
    return {case["name"]: kept.get(case["name"]) for case in corpus if case["name"] in recordings[0]["cases"]}


def written(target, cases):
    """The text of a recording: one case a line, so that a diff shows which changed."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(result)}" for name, result in cases.items())
    return f'{{"target": {json.dumps(target)}, "cases": {{\n{lines}\n}}}}\n'


def write(file, target, cases):
    text = written(target, cases).encode()
    file.write_bytes(gzip.compress(text, 9, mtime=0) if file.suffix == ".gz" else text)


def record(profile, name, options):
    """Records a corpus from a server, and writes what it answers alike each time."""
    corpus = json.loads((cli.CASES / f"{name}.json").read_text())
    with sites.public_directory() as place:
        site = sites.of_corpus(name)(place)
        with start_real(profile, site, ordinary=True) as real:
            target = f"127.0.0.1:{real.port}"
            found = recorded(target, corpus, site, options.jobs, options.only)
    for case, result in found.items():
        if result is None:
            print(f"{profile}: {case} is left out")
    kept = {case: result for case, result in found.items() if result}
    file = recording_file(name, profile)
    file.parent.mkdir(exist_ok=True)
    if options.only and file.exists():
        before = wire.read_json(file)
        # Recorded text contains the port of its server, also after the names of other hosts.
        ports = [f":{address.rsplit(':', 1)[1]}" for address in (target, before["target"])]
        kept = json.loads(json.dumps(kept).replace(*ports))
        target, kept = before["target"], {**before["cases"], **kept}
    known = [case["name"] for case in corpus]
    write(file, target, {case: kept[case] for case in known if case in kept})
    print(f"{profile}: {len(kept)} of {len(corpus)} cases of {name}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", metavar="CORPUS", choices=["all", *CORPORA], help=f"all, {', '.join(CORPORA)}")
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"any of {', '.join(PROFILES)}")
    parser.add_argument("--jobs", type=int, default=16, help="connections at a time (default 16)")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="only cases whose name contains this")
    options = parser.parse_args()
    failed = 0
    for profile in options.profiles or PROFILES:
        for name in CORPORA if options.corpus == "all" else [options.corpus]:
            try:
                record(profile, name, options)
            except (Missing, NotStarted) as why:
                failed += cli.skip(f"{profile}: {why}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
