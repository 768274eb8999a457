#!/usr/bin/env python3
"""The package for Python: its wheel is built, installed into a fresh venv by docs/testing.md, and tested there.

    tests/e2e/python/wheel.py [--wheel FILE]

The wheel holds the release build: what `.ci/release` has built is not built again. The commands and the example of the
guide are followed word by word. Then come the tests of `python/tests`, with requests, httpx and aiohttp. mypy checks
the types. The last line counts: `python package: N passed, M failed`.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.packages import demo, start
from e2e.pylib import chromium, cli, guide
from e2e.pylib.process import Labserve

PACKAGE = cli.CHECKOUT / "python"
PYTEST = "pytest==9.2.0"
# mypy reads the types of pytest, for the plugin.
BUILD_TOOLS = ["maturin==1.16.0", "mypy==2.4.1", PYTEST]
CLIENTS = [PYTEST, "requests==2.34.2", "httpx==0.28.1", "aiohttp==3.14.5"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=cli.program, help="test this wheel (default: one that is built now)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="labserve-wheel-") as home:
        wheel = arguments.wheel or build(pathlib.Path(home, "built"))
        print(f"{wheel.name}: {wheel.stat().st_size} bytes")
        shutil.copy(wheel, home)
        environment = outside()
        guide.follow("Python", home, environment)
        # The guide makes it.
        venv = pathlib.Path(home, "venv")
        install(venv, *CLIENTS)
        missing = 0
        if chromium.path():
            print(first_screen(wheel, pathlib.Path(home, "first"), environment), flush=True)
        else:
            missing = cli.skip("chromium is not installed: no browser shows the page of the wheel")
        passed, failed = run_tests(venv, home, environment)
        return report(passed, failed + missing)


def first_screen(wheel, venv, environment):
    """Installs and starts the wheel by the commands of README.md. Returns a note of the time until a browser shows the
    demo page."""
    pip, serve = start.commands(".whl")
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    # The last word is a pattern for a shell.
    (named,) = wheel.parent.glob(pip[-1])
    subprocess.run([venv / "bin" / pip[0], *pip[1:-1], "--quiet", named], check=True)
    # So that no browser on the PATH is found.
    environment = {**environment, "PATH": str(venv / "bin")}
    with Labserve(venv / "bin" / serve[0], *serve[1:], env=environment) as server, chromium.Browser() as browser:
        return f"the demo page of the wheel: {demo.show(browser, server.address, begun)}"


def outside():
    """The environment without the variables that point to the checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("LABSERVE_PROGRAM", "PYTHONPATH")}


def install(venv, *packages):
    """Installs packages into a venv, which is made if there is none."""
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], check=True)


def build(out):
    """Checks the types, and builds the wheel with the flags of `.ci/release`. Its path."""
    tools = cli.TARGET / "python"
    if not all((tools / "bin" / name).exists() for name in ("maturin", "mypy")):
        install(tools, *BUILD_TOOLS)
    config = ["--config-file", PACKAGE / "pyproject.toml", "--cache-dir", cli.TARGET / "mypy"]
    subprocess.run([tools / "bin/mypy", *config], cwd=PACKAGE, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", cli.TARGET)).absolute()
    maturin = [tools / "bin/maturin", "build", "--release", "--target-dir", target, "--out", out]
    # maturin reads the pyproject.toml of its directory.
    subprocess.run([cli.CHECKOUT / ".ci/release", "--run", "env", "--chdir", PACKAGE, *maturin], check=True)
    (wheel,) = out.glob("*.whl")
    return wheel


def run_tests(venv, home, environment):
    """How many tests passed, and how many did not. No import finds a module of the checkout."""
    command = [venv / "bin/pytest", "--quiet", "-p", "no:cacheprovider", "--strict-markers", PACKAGE / "tests"]
    done = subprocess.run(command, cwd=home, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    print(done.stdout)
    counts = {what: int(count) for count, what in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    return counts.get("passed", 0), sum(counts.values()) - counts.get("passed", 0) or int(done.returncode != 0)


def report(passed, failed):
    print(f"python package: {passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
