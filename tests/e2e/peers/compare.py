"""Compares two recordings as wire.py does, with the exceptions of tests/data/corpus/exceptions.toml.

A difference that is listed for the profile is expected. A listed case that does not differ is reported too, so that the
list stays true. Only cases are compared in which the real server agreed with itself when it was recorded
(tests/data/recordings), if it was.
"""

import concurrent.futures
import json
import pathlib
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.peers import peers, wire
from e2e.pylib import cli

CORPORA = ("report", "extended")


def corpus():
    """The cases of all corpora."""
    return [case for name in CORPORA for case in json.loads((cli.CASES / f"{name}.json").read_text())]


def exceptions(profile):
    """Reason by case."""
    listed = tomllib.loads((cli.DATA / "corpus/exceptions.toml").read_text())
    return {
        case: one["reason"]
        for one in listed.get("exception", [])
        if profile in one.get("profiles", [one.get("profile")])
        for case in one.get("cases", [one.get("case")])
    }


def recorded(profile):
    """The names of the cases in the recordings of the real server; None if there are none."""
    files = [file for name in CORPORA if (file := recording_file(name, profile)).exists()]
    return {name for file in files for name in wire.read_json(file)["cases"]} if files else None


def recording_file(corpus, profile):
    """The recording of a server. Those of the gallery are compressed."""
    ending = "json.gz" if profile in peers.GALLERY else "json"
    return cli.DATA / f"recordings/{corpus}/{profile}.{ending}"


def record_both(reference, own, site, slow=False):
    """Recordings of both servers, made at the same time in two processes."""
    cases = corpus()
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        targets = [f"127.0.0.1:{server.port}" for server in (reference, own)]
        recordings = [pool.submit(wire.record, target, cases, site, jobs=12, slow=slow) for target in targets]
        return [recording.result() for recording in recordings]


def differences(name, reference, own, site):
    """The differences in a case. If there are any, both servers are asked again, up to three times, one after the
    other: differences that occur only under load do not count. A FIN that is sent with a request may arrive at any
    moment while the request is handled, so a server may give one of two answers. Therefore each answer is compared with
    each answer of the other server."""
    targets = [reference["target"], own["target"]]
    answers = [[reference["cases"][name]], [own["cases"][name]]]
    found = wire.differences(answers[0][0], answers[1][0], *targets)
    case = next((case for case in corpus() if case["name"] == name), None) if found else None
    for _ in range(3 if case else 0):
        for target, given in zip(targets, answers):
            given.append(wire.record(target, [case], site, slow=True)["cases"][name])
        if not all(wire.differences(real, mine, *targets) for real in answers[0] for mine in answers[1]):
            return []
    return found


class Comparison:
    """How much of two recordings is identical. `lines` describes unexpected differences, `figure` is the share of
    identical cases."""

    def __init__(self, profile, reference, own, site, show=10):
        """`show`: for how many unexpected cases to print lines."""
        known, expected = recorded(profile), exceptions(profile)
        names = [name for name in reference["cases"] if name in own["cases"] and (known is None or name in known)]
        self.same = self.unexpected = 0
        self.lines = []
        for name in names:
            if name in expected:
                found = wire.differences(
                    reference["cases"][name], own["cases"][name], reference["target"], own["target"]
                )
            else:
                found = differences(name, reference, own, site)
            self.same += not found
            if bool(found) == (name in expected):
                continue
            self.unexpected += 1
            if self.unexpected > show:
                continue
            if found:
                self.lines += [f"  {profile} {name}", *(f"      {line}" for line in found)]
            else:
                self.lines.append(
                    f"  {profile} {name}: identical, but listed as an exception ({expected[name]}): remove it"
                )
        self.percent = 100 * self.same / max(1, len(names))
        self.figure = (
            f"{profile} {self.same}/{len(names)} {self.percent:.1f} % identical, {self.unexpected} not as expected"
        )
