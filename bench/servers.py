"""Servers to compare: how each is started and pinned. Does not know the rows of the table."""

import contextlib
import os
import resource
import shutil

from e2e.peers import peers
from e2e.pylib.process import Labserve, Missing, NotStarted, Process, free_port, group_cpu_s


def raise_file_limit(wanted=250_000):
    """Raises the limit of open files for this process and its servers, up to the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted), max(hard, wanted)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pinned(cpus):
    """The command that runs another one on these CPUs only."""
    return ["taskset", "-c", cpus]


def labserve(binary, profile, site, cpus="0", workers=1, name=None, settings=()):
    """labserve as a user starts it: with a log and a timeline."""
    overrides = [word for setting in settings for word in ("--set", setting)]
    return Labserve(
        binary,
        "--profile",
        profile,
        "--root",
        site,
        "--workers",
        workers,
        "--timeline",
        "127.0.0.1:0",
        *overrides,
        name=name or f"labserve {profile}",
        prefix=pinned(cpus),
    )


def peer(name, site, cpus="0"):
    """A real server, or static-web-server."""
    return static_web_server(site, cpus) if name == "static-web-server" else peers.Peer(name, site, prefix=pinned(cpus))


# `cargo install static-web-server`
STATIC_WEB_SERVER = os.environ.get("STATIC_WEB_SERVER") or shutil.which("static-web-server")


def static_web_server(site, cpus):
    if not STATIC_WEB_SERVER:
        raise Missing("static-web-server is not installed (cargo install static-web-server)")
    port = free_port()
    server = Process(
        [*pinned(cpus), STATIC_WEB_SERVER, "-a", "127.0.0.1", "-p", port, "-d", site, "-g", "error", "-n", 1],
        name="static-web-server",
    )
    server.wait_until_it_listens(port)
    return server


class Given:
    """A server that is running already: NAME=PORT:PID. It is measured, but not stopped."""

    def __init__(self, text):
        self.name, _, place = text.partition("=")
        self.port, pid = map(int, place.split(":"))
        self.group = os.getpgid(pid)

    def cpu_s(self):
        return group_cpu_s(self.group)


class Started(list):
    """Running servers; `left_out` has the reasons why others are not running."""

    def __init__(self):
        super().__init__()
        self.left_out = []


@contextlib.contextmanager
def running(*starts):
    """Starts servers, and stops them whatever happens. One that is missing or does not start is left out, unless it is
    the first, to which the others are compared."""
    with contextlib.ExitStack() as servers:
        started = Started()
        for start in starts:
            try:
                started.append(servers.enter_context(start()))
            except (Missing, NotStarted) as why:
                if not started:
                    raise Missing(str(why)) from None
                started.left_out.append(str(why))
        yield started
