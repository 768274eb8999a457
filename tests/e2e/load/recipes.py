#!/usr/bin/env python3
"""Checks that the recipes of docs/testing.md always pass on a busy machine, and measures how long each takes.

    tests/e2e/load/recipes.py [--rounds N] [--load N] [--at-once N] [--seconds N] [--tests PROGRAM]

Runs each recipe alone a few times while nothing else of this script runs, and prints the shortest wall time, less that
of a run of no test: the start of the test program. A recipe of a race must take less than 50 ms, which is judged if the
machine has a CPU to spare. Then it plays all recipes in one test program, --rounds times (200), --at-once (8) programs
side by side, while --load (8) processes keep the CPUs busy. A recipe that fails once fails. It begins no round after
--seconds (900) and says how many were played. Builds the tests unless --tests names the program.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli

# How often each recipe runs alone.
ALONE = 5
# The most that a recipe of a race may take alone.
RACE_S = 0.05


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


def spin(parent):
    """Keeps a CPU busy until the script has ended, because a script that is killed does not end its processes."""
    while os.getppid() == parent:
        for _ in range(1_000_000):
            pass


def took_s(command):
    """The wall time of a command that must succeed."""
    begun = time.monotonic()
    subprocess.run(command, cwd=cli.CHECKOUT, capture_output=True, check=True)
    return time.monotonic() - begun


def play(program, number, until):
    """Plays all recipes once: the wall time, and what failed. None if it is too late to begin."""
    begun = time.monotonic()
    if begun >= until:
        return None
    done = subprocess.run([program, "recipes::"], cwd=cli.CHECKOUT, capture_output=True, text=True)
    took_s = time.monotonic() - begun
    if done.returncode == 0:
        return took_s, None
    failed = [line for line in done.stdout.splitlines() if line.endswith("... FAILED")]
    return took_s, f"round {number}: {', '.join(failed)}\n{done.stdout[-2000:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--load", type=int, default=8)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--tests", metavar="PROGRAM")
    options = parser.parse_args()
    program = options.tests or built()
    listed = subprocess.run([program, "recipes::", "--list"], capture_output=True, text=True, check=True).stdout
    recipes = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    failures = [] if recipes else ["there is no recipe"]

    is_quiet = os.getloadavg()[0] < os.cpu_count()
    if not is_quiet:
        print("the machine is busy: the times are not judged")
    start_s = min(took_s([program, "--exact", "none"]) for _ in range(ALONE))
    print(f"the start of the test program: {start_s * 1000:.0f} ms")
    for recipe in recipes:
        alone_s = min(took_s([program, "--exact", recipe]) for _ in range(ALONE)) - start_s
        print(f"{recipe.removeprefix('recipes::')}: {alone_s * 1000:.0f} ms", flush=True)
        if is_quiet and "race" in recipe and alone_s >= RACE_S:
            failures.append(f"{recipe} takes {alone_s * 1000:.0f} ms alone; expected less than {RACE_S * 1000:.0f} ms")

    busy = [multiprocessing.Process(target=spin, args=(os.getpid(),), daemon=True) for _ in range(options.load)]
    for process in busy:
        process.start()
    until = time.monotonic() + options.seconds
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        played = list(pool.map(lambda number: play(program, number, until), range(1, options.rounds + 1)))
    for process in busy:
        process.kill()
    times = [took for took, _ in filter(None, played)]
    failures += [failure for _, failure in filter(None, played) if failure]
    print(
        f"{len(times)} rounds of {len(recipes)} recipes, {options.at_once} at once, beside {options.load} busy "
        f"processes: {statistics.median(times):.2f} s each, {max(times):.2f} s at most"
    )
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
