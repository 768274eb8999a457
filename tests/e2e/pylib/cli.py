"""What the command lines of all scripts have in common, and where things are in the checkout."""

import argparse
import os
import pathlib

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
DATA = CHECKOUT / "tests/data"
# What labserve-probe puts to servers, and the files that it asks for.
CASES = CHECKOUT / "crates/probe/cases"
SITE = CHECKOUT / "crates/probe/site"
TARGET = CHECKOUT / "target"
ARTEFACTS = TARGET / "artefacts"
# What is installed for the scripts alone (pip, npm) goes below target/, which git ignores.
PEERS_HOME = pathlib.Path(os.environ.get("PEERS_HOME", TARGET / "peers")).absolute()


def parser(description):
    """A parser that knows `--binary`, the one way to name the program under test."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--binary",
        metavar="PROGRAM",
        type=program,
        default=os.environ.get("LABSERVE_PROGRAM", str(TARGET / "release/labserve")),
        help="labserve (default: $LABSERVE_PROGRAM, or else target/release/labserve)",
    )
    return made


def program(path):
    """The absolute path of a program, which must exist."""
    if not pathlib.Path(path).is_file():
        raise argparse.ArgumentTypeError(f"there is no {path}: build it (cargo build --release), or name another")
    return pathlib.Path(path).absolute()


def in_ci():
    """Whether a missing tool is a failure."""
    return os.environ.get("CI") == "true"


def skip(reason):
    """Prints that something is not checked. Returns the number of failures that this counts as."""
    print(f"SKIPPED: {reason}", flush=True)
    return int(in_ci())


def verdict(failures):
    """Prints the failures. Returns the exit code."""
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(failures)} failed" if failures else "ok")
    return int(bool(failures))
