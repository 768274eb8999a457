#!/usr/bin/env python3
"""Records what the real servers answer to the cases of a corpus, in tests/data/recordings.

    tests/e2e/peers/record.py [--jobs N] [--only SUBSTRING] CORPUS [PROFILE ...]

CORPUS is the name of a file in crates/probe/cases, such as `files`. PROFILE is any of those that against.py knows;
without one, all. The servers run as an ordinary user, who cannot read every file, over the site that belongs to the
corpus. Each case is recorded three times; one in which a server does not agree with itself is left out, and named.
`--only` records the cases whose name contains that, and keeps the others.

Exit code 1: a server is not installed.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import wire
from e2e.peers.against import PROFILES, start_real
from e2e.pylib import cli, sites
from e2e.pylib.process import Missing, NotStarted


def agreed(target, recordings):
    """The results in which all recordings of a server agree."""
    first, *others = (recording["cases"] for recording in recordings)
    return {
        name: result
        for name, result in first.items()
        if "error" not in result
        and all(not wire.differences(result, other[name], target, target) for other in others if name in other)
    }


def written(target, cases):
    """The text of a recording: one case a line, so that a diff shows which changed."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(result)}" for name, result in cases.items())
    return f'{{"target": {json.dumps(target)}, "cases": {{\n{lines}\n}}}}\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", metavar="CORPUS", help="a corpus of crates/probe/cases, such as `files`")
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"any of {', '.join(PROFILES)}")
    parser.add_argument("--jobs", type=int, default=16, help="connections at a time (default 16)")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="only cases whose name contains this")
    options = parser.parse_args()
    corpus = json.loads((cli.CASES / f"{options.corpus}.json").read_text())
    folder = cli.DATA / "recordings" / options.corpus
    folder.mkdir(exist_ok=True)
    failed = 0
    for profile in options.profiles or PROFILES:
        with sites.public_directory() as place:
            site = sites.of_corpus(options.corpus)(place)
            try:
                real = start_real(profile, site, ordinary=True)
            except (Missing, NotStarted) as why:
                failed += cli.skip(f"{profile}: {why}")
                continue
            with real:
                target = f"127.0.0.1:{real.port}"
                recordings = [
                    wire.record(target, corpus, site, options.jobs, options.only, slow=number == 0)
                    for number in range(3)
                ]
        kept = agreed(target, recordings)
        for name in recordings[0]["cases"].keys() - kept.keys():
            print(f"{profile}: {name} is left out")
        file = folder / f"{profile}.json"
        if options.only and file.exists():
            before = json.loads(file.read_text())
            # Recorded text names the port of its server, beside other hosts too.
            ports = [f":{address.rsplit(':', 1)[1]}" for address in (target, before["target"])]
            kept = json.loads(json.dumps(kept).replace(*ports))
            target, kept = before["target"], {**before["cases"], **kept}
        known = [case["name"] for case in corpus]
        file.write_text(written(target, {name: kept[name] for name in known if name in kept}))
        print(f"{profile}: {len(kept)} of {len(corpus)} cases", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
