"""The archive for Windows: made from the .exe that is tried here, unpacked, and started as a double click does it."""

import shutil
import subprocess
import sys
import zipfile

from e2e.packages.demo import visit
from e2e.pylib import cli
from e2e.pylib.process import Process, free_port
from e2e.windows.wine import ENV, EXE, WINE

SCRIPT = cli.CHECKOUT / "packaging/windows.py"


def the_archive_is_unpacked_and_started(trial):
    """`start.cmd` starts the demo site. There is no browser that `--open` could open."""
    subprocess.run([sys.executable, SCRIPT, "--program", EXE], check=True)
    (archive,) = (cli.TARGET / "packages").glob("*-windows.zip")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(trial.place)
    folder = trial.place / archive.stem
    for path in ["LICENSE", "README.zh-CN.md", "profiles/node.toml"]:
        assert (folder / path).stat().st_size > 0, path
    # Wine lacks a library that Windows has.
    shutil.copy(EXE.parent / "bcryptprimitives.dll", folder)
    port = free_port()
    # Without the path, cmd takes it for its command `start`.
    start = [WINE, "cmd", "/c", r".\start.cmd", "--port", str(port), "--for", "10s"]
    with Process(start, name="start.cmd", env=ENV, cwd=folder) as running:
        running.wait_until_it_listens(port, patience_s=60)
        note = visit(("127.0.0.1", port))
        assert running.popen.wait(60) == 0, running.log()
    return f"{archive.stat().st_size} bytes; {note}"
