"""Assertions about a summary, as `labserve assert` checks them."""

import json
import pathlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from labserve.process import find_program


def failures(summary: Mapping[str, Any], assertions: Sequence[str]) -> str:
    """A line for each assertion that does not hold, as the program prints it; empty if all hold."""
    with tempfile.TemporaryDirectory(prefix="labserve-") as home:
        file = pathlib.Path(home, "summary.json")
        file.write_text(json.dumps(summary), encoding="utf-8")
        done = subprocess.run(
            [find_program(), "assert", str(file), *assertions],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )
    return (done.stdout or done.stderr).strip() if done.returncode else ""
