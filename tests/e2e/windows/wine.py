"""Builds labserve for Windows, runs it under Wine, and makes the directory that the checks work in.

It knows Wine and the kit. It does not know what is checked.
"""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess

from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve
from e2e.windows import escapes

HERE = pathlib.Path(__file__).resolve().parent
KIT = HERE / "windows.sh"
HOME = cli.TARGET / "x86_64-pc-windows-gnu"
# LABSERVE_EXE and --no-build: another .exe is tried, such as that of packaging/cross.sh.
EXE = pathlib.Path(os.environ.get("LABSERVE_EXE", HOME / "debug/labserve.exe")).absolute()
# A script that runs the .exe.
PROGRAM = HOME / "labserve"
HELPER = HOME / "helper.exe"
WINE = "/usr/lib/wine/wine64"
WINESERVER = "/usr/lib/wine/wineserver64"
ENV = {**os.environ, "WINEPREFIX": str(cli.TARGET / "wine"), "WINEDEBUG": "-all", "NO_COLOR": "1"}
SECRET = b"SECRET, beside the root\n"
SETTINGS = b"SETTINGS, in the root, which iis does not serve\n"


def build():
    """Builds the .exe, with the warnings of this package as errors."""
    env = {**ENV, "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_INCREMENTAL": "0"}
    deny = ["-Zwarnings", "--config", 'build.warnings="deny"']
    subprocess.run([KIT, "build", "--locked", "--bin", "labserve", *deny], cwd=cli.CHECKOUT, env=env, check=True)


def prepare():
    PROGRAM.write_text(
        f"#!/bin/sh\nexport WINEPREFIX='{ENV['WINEPREFIX']}' WINEDEBUG=-all\nexec {WINE} '{EXE}' \"$@\"\n"
    )
    PROGRAM.chmod(0o755)
    compile_ = [
        "x86_64-w64-mingw32-gcc",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O1",
        "-o",
        HELPER,
        HERE / "helper.c",
        "-lws2_32",
    ]
    subprocess.run(compile_, check=True)
    # Running the kit once sets up Wine and puts the missing library next to the .exe.
    subprocess.run([KIT, "run", EXE, "--version"], env=ENV, check=True, timeout=120, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def one_wineserver():
    """Keeps the process that all programs under Wine share. By itself it ends soon after the last of them, and resets
    a program that starts in that moment."""
    quiet = {"env": ENV, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([WINESERVER, "-w"], check=False, timeout=60, **quiet)
    subprocess.run([WINESERVER, "-p"], check=True, timeout=60, **quiet)
    # The first program starts Wine's services, which live as long as the wineserver. They must not inherit a pipe that
    # another process reads to its end.
    subprocess.run([WINE, EXE, "--version"], check=True, timeout=120, **quiet)
    try:
        yield
    finally:
        subprocess.run([WINESERVER, "-k"], check=False, timeout=60, **quiet)


def short_name(path):
    """The 8.3 name of a file."""
    return helper("short", path).replace("\\", "/").rsplit("/", 1)[-1]


def run(program, *arguments, cwd=None):
    """(exit code, standard output, standard error) of a program that ends by itself, line ends as on Unix."""
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return done.returncode, done.stdout.replace(b"\r\n", b"\n"), done.stderr.replace(b"\r\n", b"\n")


def helper(*arguments):
    """What helper.c prints."""
    done = subprocess.run([WINE, HELPER, *map(str, arguments)], env=ENV, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


class Server(Labserve):
    """labserve under Wine, or another program."""

    def __init__(self, *arguments, program=PROGRAM):
        # Wine starts slowly. It turns SIGINT into Ctrl-C only for processes of its own session.
        super().__init__(program, *arguments, env=ENV, patience_s=60, new_session=False)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, target):
        """The reply to a request on a connection of its own, as bytes."""
        return escapes.ask(("127.0.0.1", self.port), target)

    def get(self, target):
        """(status, body) of that reply."""
        return parse(self.ask(target))


class Trial:
    """What the checks work with: a directory `place` that contains the site, the program of this system, and
    servers."""

    def __init__(self, place, linux):
        self.place, self.linux, self.site = place, linux, place / "site"
        self.secret = place / "secret-long-name.txt"
        self.running = {}

    def __enter__(self):
        shutil.copytree(cli.SITE, self.site)
        self.secret.write_bytes(SECRET)
        (self.site / "link-out.txt").symlink_to(f"../{self.secret.name}")
        (self.site / "a-long-name.html").write_text("a long name")
        (self.site / "音乐.txt").write_text("music")
        (self.site / "web.config").write_bytes(SETTINGS)
        (self.site / "large").write_bytes(b"x" * (32 << 20))
        # Long ago, to the millisecond: Windows counts in 100 ns, Linux in 1 ns, and some entity tags show it.
        sites.date(self.site)
        return self

    def __exit__(self, *_):
        for server in self.running.values():
            server.kill()

    def server(self, profile):
        """A server under Wine, started once for each profile."""
        if profile not in self.running:
            self.running[profile] = Server("--profile", profile, "--root", self.site, "--log", "off")
        return self.running[profile]

    def same(self, *arguments, cwd=None):
        """Runs both programs. Returns what both print."""
        ours, theirs = run(PROGRAM, *arguments, cwd=cwd), run(self.linux, *arguments, cwd=cwd)
        assert ours == theirs, f"{arguments}: {ours} instead of {theirs}"
        return ours


def parse(reply):
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head, "no reply"
    return int(head.split(b" ")[1]), body


def ask_kept(connection, target="/"):
    """The head of a reply on a persistent connection."""
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: lab.test\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(1 << 16) or b"\r\n\r\n"
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head.decode("latin-1")
