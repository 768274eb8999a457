#!/usr/bin/env python3
"""The fixtures of docs/testing.md for Node.js, Go, Java and the shell, each with its tests.

    tests/e2e/clients/fixtures.py [--binary PROGRAM]

A language that is not installed is SKIPPED. The last line counts: `fixtures: N passed, M failed`.
"""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli

FIXTURES = cli.CHECKOUT / "examples/fixtures"
COMMANDS = {
    "node": ["node", "--test", "client.test.mjs"],
    "go": ["go", "test", "-count=1", "./..."],
    "java": ["java", "ClientTest.java"],
    "shell": ["bash", "client_test.sh"],
}


def main():
    arguments = cli.parser(__doc__).parse_args()
    environment = {**os.environ, "LABSERVE_PROGRAM": str(arguments.binary)}
    passed, failed = 0, 0
    for language, command in COMMANDS.items():
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
