"""Finds, starts and stops the program as a child process. Knows its command line and its machine-readable output."""

import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
from dataclasses import dataclass
from typing import Any

from labserve.errors import NotStarted
from labserve.options import Options, write_site

_PATIENCE_S = 20.0
"""How long the program may take to start, and to end after it was asked twice."""


def find_program() -> str:
    """The program: `$LABSERVE_PROGRAM`, or the one that was installed with this package, or the one on the PATH."""
    if named := os.environ.get("LABSERVE_PROGRAM"):
        return str(pathlib.Path(named).absolute())
    name = f"labserve{sysconfig.get_config_var('EXE') or ''}"
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    places = [pathlib.Path(sysconfig.get_path("scripts", scheme)) / name for scheme in schemes]
    for place in places:
        if place.is_file():
            return str(place)
    if found := shutil.which(name):
        return found
    raise NotStarted(
        f"there is no program {name} in {places[0].parent} or on the PATH: "
        "install the package `labserve`, or name the program with LABSERVE_PROGRAM"
    )


@dataclass(frozen=True)
class Ready:
    """The addresses of a running server."""

    url: str
    api: str
    timeline: str
    token: str
    profile: str
    pid: int


class Process:
    """A running server. It ends with the process that started it, even if that process is killed."""

    def __init__(self, options: Options) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="labserve-")
        home = pathlib.Path(self._home.name)
        self._errors = (home / "stderr").open("w+b")
        try:
            # A directory without a server.toml, which the program would read.
            work = home / "work"
            work.mkdir()
            self._child = subprocess.Popen(
                [find_program(), *options.command_line(_root(options, home))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=work,
                env={**os.environ, "LABSERVE_TOKEN": secrets.token_hex(16)},
                # Ctrl-C must only reach the tests: they stop the server when they end.
                start_new_session=sys.platform != "win32",
            )
            assert self._child.stdin and self._child.stdout
            self._input, self._output = self._child.stdin, self._child.stdout
            self.ready = self._wait_until_ready()
        except OSError as error:
            self._clean()
            raise NotStarted(f"cannot run labserve: {error}") from error
        except BaseException:
            self._clean()
            raise

    @property
    def log(self) -> str:
        """What the program has written to standard error."""
        if self._errors.closed:
            return self._last_log
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._child.poll() is None

    def stop(self, grace_s: float) -> dict[str, Any] | None:
        """Ends the program, and cuts short what is still being sent after `grace_s` seconds. Returns its summary; None
        if it has none."""
        overtime = threading.Timer(grace_s + _PATIENCE_S, self._child.kill)
        overtime.start()
        second = threading.Timer(max(grace_s, 0.0), self._child.send_signal, [signal.SIGTERM])
        try:
            if sys.platform == "win32":
                self._input.close()
            else:
                # The second signal cuts short what is still being sent. Two of one kind could arrive as one. The input
                # stays open: its end would count as a signal.
                self._child.send_signal(signal.SIGINT)
                second.start()
            text = self._output.read()
            self._child.wait()
        finally:
            second.cancel()
            overtime.cancel()
            self._clean()
        return json.loads(text) if text.strip() else None

    def _wait_until_ready(self) -> Ready:
        overtime = threading.Timer(_PATIENCE_S, self._child.kill)
        overtime.start()
        line = self._output.readline()
        overtime.cancel()
        if not line:
            self._child.wait()
            said = self.log.strip().removeprefix("labserve: ")
            raise NotStarted(said or f"labserve ended with {self._child.returncode} and said nothing")
        ready = json.loads(line)
        return Ready(
            url=ready["urls"][0].rstrip("/"),
            api=ready["api"],
            timeline=ready["timeline"],
            token=ready["token"],
            profile=ready["profile"],
            pid=ready["pid"],
        )

    def _clean(self) -> None:
        """Ends the program if it still runs, and removes its files."""
        if child := getattr(self, "_child", None):
            if child.poll() is None:
                child.kill()
                child.wait()
            self._input.close()
            self._output.close()
        if not self._errors.closed:
            self._last_log = self.log
            self._errors.close()
        self._home.cleanup()


def _root(options: Options, home: pathlib.Path) -> pathlib.Path | None:
    """The directory to serve. Files that were given as values are written below `home`."""
    match options.site:
        case None:
            return None
        case str() | os.PathLike() as path:
            return pathlib.Path(path).absolute()
        case files:
            root = home / "site"
            root.mkdir()
            write_site(files, root)
            return root
