#!/usr/bin/env python3
"""Asks redbot (PyPI), a checker of HTTP resources, about the `rfc` profile. It must find nothing bad.

    tests/e2e/peers/redbot.py

redbot is installed into target/redbot.
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli
from e2e.pylib.process import Labserve

PATHS = ["", "static/head.jpg", "static/BGM.wav"]
PYTHON = cli.TARGET / "redbot/bin/python"
# Run by that Python: prints redbot's notes about a URL with their levels, and fails if one is bad.
ASK_REDBOT = """
import sys
from configparser import ConfigParser
import thor
from redbot.resource import HttpResource

parser = ConfigParser()
parser.read_dict({"redbot": {"enable_local_access": "True"}})
resource = HttpResource(parser["redbot"], descend=False)
resource.set_request(sys.argv[1])
resource.on("check_done", thor.stop)
resource.check()
thor.run()
notes = [(note.level.name, note.summary) for note in resource.response.notes]
assert notes, f"redbot said nothing about {sys.argv[1]}"
for level, summary in notes:
    print(f"{sys.argv[1]}  {level:5} {summary}", flush=True)
sys.exit(any(level == "BAD" for level, _ in notes))
"""


def main():
    options = cli.parser(__doc__).parse_args()
    if not (PYTHON.parent / "redbot").exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parent.parent], check=True)
        subprocess.run([PYTHON, "-m", "pip", "-q", "install", "redbot"], check=True)
    failures = []
    with Labserve(options.binary, "--profile", "rfc", "--root", cli.CHECKOUT / "static", "--log", "off") as server:
        for path in PATHS:
            url = f"http://127.0.0.1:{server.port}/{path}"
            if subprocess.run([PYTHON, "-c", ASK_REDBOT, url], timeout=100).returncode != 0:
                failures.append(url)
    return cli.verdict(failures)


if __name__ == "__main__":
    sys.exit(main())
