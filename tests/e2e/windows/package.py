"""The archive for Windows: made from the .exe that is tried here, unpacked, and started as a double click does it."""

import shutil
import subprocess
import sys
import time
import zipfile

from e2e.packages import start
from e2e.packages.demo import show, visit
from e2e.pylib import chromium, cli
from e2e.pylib.process import Process, free_port
from e2e.windows.wine import ENV, EXE, WINE

SCRIPT = cli.CHECKOUT / "packaging/windows.py"


def the_archive_is_unpacked_and_started(trial):
    """`start.cmd` starts the demo site. Wine has no browser that `--open` could open: one on this system shows it."""
    subprocess.run([sys.executable, SCRIPT, "--program", EXE], check=True)
    (archive,) = (cli.TARGET / "packages").glob("*-windows.zip")
    assert chromium.path(), "chromium is not installed"
    assert start.commands(archive.name) == [[archive.name], ["start.cmd"]]
    begun = time.monotonic()
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(trial.place)
    folder = trial.place / archive.stem
    for path in ["LICENSE", "README.zh-CN.md", "profiles/node.toml"]:
        assert (folder / path).stat().st_size > 0, path
    # Wine lacks a library that Windows has.
    shutil.copy(EXE.parent / "bcryptprimitives.dll", folder)
    port = free_port()
    # Without the path, cmd takes it for its command `start`.
    command = [WINE, "cmd", "/c", r".\start.cmd", "--port", str(port), "--for", "15s"]
    with (
        chromium.Browser() as browser,
        Process(command, name="start.cmd", env=ENV, cwd=folder) as running,
    ):
        running.wait_until_it_listens(port, patience_s=60)
        note = f"{visit(running.address)}; {show(browser, running.address, begun)}"
        assert running.popen.wait(60) == 0, running.log()
    return f"{archive.stat().st_size} bytes; {note}"
