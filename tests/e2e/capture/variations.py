#!/usr/bin/env python3
"""Three variations of each kind of capture that is easily misread: what explain must say about them, and what it must
not.

    tests/e2e/capture/variations.py [--keep DIR] [KIND ...]

A kind is a file of tests/data/captures/kinds. Its variations differ from it in what matters: other sizes, other times,
another direction or order, another layer below, several at once, or a near miss about which the same must not be said.
`varied/` has them: for each its frames, the expected findings, what the text must say, and what it must not say. Where
a finding is expected, no other one may be reported. The last line counts: `N passed, M failed`.
"""

import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture.varied import causes, connections, ends, formats, protocols
from e2e.pylib import cli

CASES = causes.CASES | connections.CASES | ends.CASES | formats.CASES | protocols.CASES
# Findings of most captures with more than one exchange, whatever their topic.
USUAL = {"one-connection-kept"}


def explain(binary, file, *options):
    done = subprocess.run([binary, "explain", file, "--lang", "en", *options], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else f"explain failed: {done.stderr}"


def judge(binary, file, case):
    """What is wrong with the statements about a variation."""
    _, scene, found, says, never = case
    file.write_bytes(scene if isinstance(scene, bytes) else scene.pcap())
    text, told = explain(binary, file), explain(binary, file, "--json")
    kinds = {finding["kind"] for finding in json.loads(told)["findings"]} - USUAL
    faults = [f"finds {sorted(kinds)}, not {sorted(found)}"] if kinds != set(found) else []
    faults += [f"does not say {part!r}" for part in says if part not in text]
    return faults + [f"says {part!r}" for part in never if part in text], text


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--keep", metavar="DIR", type=pathlib.Path, help="leave the captures and texts there")
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    options = parser.parse_args()
    samples = {file.name.split(".")[0] for file in (cli.DATA / "captures/kinds").iterdir()}
    failed = [f"{kind}: fewer than three variations" for kind in samples if len(CASES.get(kind, ())) < 3]
    failed += [f"{kind}: no such sample" for kind in CASES.keys() - samples]
    wanted = [(kind, n, case) for kind, cases in CASES.items() for n, case in enumerate(cases)]
    wanted = [entry for entry in wanted if not options.kinds or entry[0] in options.kinds]
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        folder = options.keep or pathlib.Path(scratch)
        folder.mkdir(exist_ok=True, parents=True)
        names = [f"{kind}-{n}" for kind, n, _ in wanted]
        results = pool.map(lambda e: judge(options.binary, folder / f"{e[0]}-{e[1]}.pcap", e[2]), wanted)
        for name, (kind, _, case), (faults, text) in zip(names, wanted, results):
            (folder / f"{name}.txt").write_text(text)
            if faults:
                failed.append(f"{kind}, {case[0]} ({name}): " + "; ".join(faults))
    print(*failed, sep="\n")
    print(f"variations: {len(wanted) - len(failed)} passed, {len(failed)} failed")
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main())
