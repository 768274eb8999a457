"""What of two recordings must be identical: wire.py's comparison, with the exceptions of tests/data/corpus/exceptions.toml.

A difference that is listed for the profile is expected. A listed case that does not differ is reported too, so that the
list stays true. Only cases are compared in which the real server agreed with itself when it was recorded
(tests/data/recordings), if it was.
"""
import json
import pathlib
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import wire
from e2e.pylib import cli

CORPORA = ("report", "extended")


def corpus():
    """The cases of all corpora."""
    return [case for name in CORPORA for case in json.loads((cli.DATA / f"corpus/{name}.json").read_text())]


def exceptions(profile):
    """Reason by case."""
    listed = tomllib.loads((cli.DATA / "corpus/exceptions.toml").read_text())
    return {one["case"]: one["reason"] for one in listed.get("exception", []) if one["profile"] == profile}


def recorded(profile):
    """The names of the cases in the recordings of the real server; None if there are none."""
    files = [cli.DATA / f"recordings/{name}/{profile}.json" for name in CORPORA]
    files = [file for file in files if file.exists()]
    return {name for file in files for name in json.loads(file.read_text())["cases"]} if files else None


def differences(name, reference, own, site):
    """The differences in a case. If there are any, both servers are asked again, up to twice, one after the other: what
    differs only under load does not count."""
    targets = [reference["target"], own["target"]]
    found = wire.differences(reference["cases"][name], own["cases"][name], *targets)
    case = next((case for case in corpus() if case["name"] == name), None) if found else None
    for _ in range(2 if case else 0):
        again = [wire.record(target, [case], site, slow=True)["cases"][name] for target in targets]
        found = wire.differences(*again, *targets)
        if not found:
            break
    return found


def compare(profile, reference, own, site, threshold=0.0, tolerate=0, verbose=False):
    """Prints what is not as expected, and a figure. Returns whether enough cases are identical, and no more than
    `tolerate` are not as expected."""
    known, expected = recorded(profile), exceptions(profile)
    names = [name for name in reference["cases"] if name in own["cases"] and (known is None or name in known)]
    same = wrong = 0
    for name in names:
        if name in expected:
            found = wire.differences(reference["cases"][name], own["cases"][name], reference["target"], own["target"])
        else:
            found = differences(name, reference, own, site)
        same += not found
        if bool(found) == (name in expected):
            continue
        wrong += 1
        if wrong > 10 and not verbose:
            continue
        if found:
            print(f"  {profile} {name}", *found, sep="\n      ")
        else:
            print(f"  {profile} {name}: listed as an exception ({expected[name]}), but identical: take it off the list")
    percent = 100 * same / max(1, len(names))
    print(f"{profile} {same}/{len(names)} {percent:.1f} % identical, {wrong} not as expected", flush=True)
    return wrong <= tolerate and percent >= threshold
