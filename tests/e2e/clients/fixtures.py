#!/usr/bin/env python3
"""The fixtures of docs/testing.md for Node.js, Go, Java and the shell, each with its tests.

    tests/e2e/clients/fixtures.py [--binary PROGRAM]

The commands are those of the guide. A language that is not installed is SKIPPED. The last line counts:
`fixtures: N passed, M failed`.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, guide

FIXTURES = cli.CHECKOUT / "examples/fixtures"
TITLE = "Other languages"
# A line of the guide: the directory of a fixture, and at its end the command.
LINE = re.compile(r"^- \[[^]]+\]\(\.\./examples/fixtures/(\w+)/.*: `([^`]+)`$", re.MULTILINE)


def main():
    arguments = cli.parser(__doc__).parse_args()
    environment = {**os.environ, "LABSERVE_PROGRAM": str(arguments.binary)}
    passed, failed = 0, 0
    commands = {language: shlex.split(command) for language, command in LINE.findall(guide.section(TITLE).text)}
    if commands.keys() != {each.name for each in FIXTURES.iterdir()}:
        failed += 1
        print(f"FAILED: {guide.GUIDE} has commands for {', '.join(commands)}; expected one for each of {FIXTURES}")
    for language, command in commands.items():
        if not shutil.which(command[0]):
            failed += cli.skip(f"the fixture for {language}: there is no {command[0]}")
            continue
        done = subprocess.run(
            command, cwd=FIXTURES / language, env=environment, capture_output=True, encoding="utf-8", timeout=120
        )
        if done.returncode:
            failed += 1
            print(f"FAILED: {language}:\n{done.stdout}{done.stderr}")
        else:
            passed += 1
    print(f"fixtures: {passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
