"""Runs the checks of a script one after the other: each is a function whose name says what it checks.

It knows how checks are run, timed, repeated and counted. It does not know what they check.
"""

import subprocess
import time

from e2e.pylib.process import NotStarted

FAILURES = (AssertionError, AttributeError, NotStarted, OSError, subprocess.SubprocessError)


def add_options(parser):
    parser.add_argument("--only", default="", metavar="WORD", help="only checks whose name has this word")
    parser.add_argument(
        "--runs", type=int, default=1, metavar="N", help="how often a check may run until it passes (default: 1)"
    )


def run_all(checks, options, arguments):
    """Runs each check whose name has the word of `--only`, and prints a line about it.

    `arguments()` is a context manager of a check's arguments: each run has its own. What a check returns is its note.
    Returns how many passed, and how many failed.
    """
    passed = failed = 0
    for check in checks:
        title = check.__name__.replace("_", " ")
        if options.only not in title:
            continue
        if any(_run(check, title, turn, options.runs, arguments) for turn in range(1, options.runs + 1)):
            passed += 1
        else:
            failed += 1
    return passed, failed


def _run(check, title, turn, runs, arguments):
    begun = time.monotonic()
    try:
        with arguments() as given:
            note = check(*given)
    except FAILURES as why:
        again = turn < runs
        print(f"{'again  ' if again else 'FAILED '} {title}: {why}", flush=True)
        return False
    print(f"ok      {title} ({time.monotonic() - begun:.0f} s){': ' + note if note else ''}", flush=True)
    if turn > 1:
        print(f"PASSED ONLY IN RUN {turn}: {title}", flush=True)
    return True
