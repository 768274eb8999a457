#!/usr/bin/env python3
"""The section "Rust" of docs/testing.md, followed word by word in a fresh crate beside the checkout.

    tests/e2e/rust/newcomer.py [--target-dir DIR]

The crate depends on labserve as any other does: on its public items, without features. Cargo downloads nothing: what
the crate needs, the checkout's own tests need, too. It prints what Cargo prints, with the results of the tests.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, guide


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target-dir", default=cli.TARGET / "newcomer", help="where Cargo builds")
    arguments = parser.parse_args()
    environment = {
        **os.environ,
        "CARGO_NET_OFFLINE": "true",
        "CARGO_TARGET_DIR": str(pathlib.Path(arguments.target_dir).absolute()),
    }
    with tempfile.TemporaryDirectory(prefix="labserve-newcomer-") as home:
        pathlib.Path(home, "labserve").symlink_to(cli.CHECKOUT)
        crate = pathlib.Path(home, "client")
        subprocess.run(["cargo", "init", "--lib", "--vcs", "none", "--quiet", crate], check=True)
        try:
            guide.follow("Rust", crate, environment)
        except subprocess.CalledProcessError as error:
            return cli.verdict([f"a command of {guide.GUIDE} ended with {error.returncode}"])
    return cli.verdict([])


if __name__ == "__main__":
    sys.exit(main())
