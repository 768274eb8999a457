#!/usr/bin/env python3
"""Do the recipes of docs/testing.md pass on a busy machine, every time, and how long does each take?

    tests/e2e/load/recipes.py [--rounds N] [--load N] [--seconds N] [--tests PROGRAM]

Runs each recipe alone a few times while nothing else of this script runs, and prints the median of its wall time, less
that of a run of no test: the start of the test program. Then it plays all recipes at once, --rounds times (200), while
--load (8) processes keep the CPUs busy. A recipe that fails once fails. It stops after --seconds (900) and says how
many rounds were played. Builds the tests unless --tests names the program.
"""

import argparse
import json
import multiprocessing
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli

# How often each recipe runs alone.
ALONE = 5


def built():
    """The test program."""
    done = subprocess.run(
        ["cargo", "test", "-p", "labserve", "--test", "suite", "--no-run", "--message-format", "json"],
        cwd=cli.CHECKOUT,
        stdout=subprocess.PIPE,
        check=True,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "suite")


def spin():
    """Keeps a CPU busy."""
    while True:
        pass


def took_s(command):
    """The wall time of a command that must succeed."""
    begun = time.monotonic()
    subprocess.run(command, cwd=cli.CHECKOUT, capture_output=True, check=True)
    return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--load", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--tests", metavar="PROGRAM")
    options = parser.parse_args()
    program = options.tests or built()
    listed = subprocess.run([program, "recipes::", "--list"], capture_output=True, text=True, check=True).stdout
    recipes = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    failures = [] if recipes else ["there is no recipe"]

    start_s = statistics.median(took_s([program, "--exact", "none"]) for _ in range(ALONE))
    print(f"the start of the test program: {start_s * 1000:.0f} ms")
    for recipe in recipes:
        alone_s = statistics.median(took_s([program, "--exact", recipe]) for _ in range(ALONE)) - start_s
        print(f"{recipe.removeprefix('recipes::')}: {alone_s * 1000:.0f} ms", flush=True)

    busy = [multiprocessing.Process(target=spin, daemon=True) for _ in range(options.load)]
    for process in busy:
        process.start()
    begun, rounds, times = time.monotonic(), 0, []
    while rounds < options.rounds and time.monotonic() - begun < options.seconds:
        before = time.monotonic()
        done = subprocess.run([program, "recipes::"], cwd=cli.CHECKOUT, capture_output=True, text=True)
        times.append(time.monotonic() - before)
        rounds += 1
        if done.returncode != 0:
            failed = [line for line in done.stdout.splitlines() if line.endswith("... FAILED")]
            failures.append(f"round {rounds}: {', '.join(failed)}\n{done.stdout[-2000:]}")
    for process in busy:
        process.kill()
    print(
        f"{rounds} rounds of {len(recipes)} recipes beside {options.load} busy processes: "
        f"{statistics.median(times):.2f} s each, {max(times):.2f} s at most"
    )
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
