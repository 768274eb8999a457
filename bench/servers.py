"""Servers to compare: how each is started, pinned, measured and stopped. Knows no row of the table."""
import contextlib
import importlib.util
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LABSERVE = pathlib.Path(os.environ.get("LABSERVE", ROOT / "target/release/labserve"))
PEERS = pathlib.Path(os.environ.get("PEERS", ROOT / "../shared/peers")).resolve()
TICK = os.sysconf("SC_CLK_TCK")


class Missing(Exception):
    """A program that a row needs is not installed."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def raise_file_limit(wanted=250_000):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted), max(hard, wanted)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A running server: one process group, pinned to `cpus`."""

    def __init__(self, name, argv, port, cpus="0", env=None, cwd=None):
        self.name, self.port = name, port
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["taskset", "-c", cpus, *map(str, argv)], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, **(env or {})}, cwd=cwd, start_new_session=True)
        self.wait()

    def wait(self):
        for _ in range(2000):
            if self.process.poll() is not None:
                self.log.seek(0)
                raise RuntimeError(f"{self.name} did not start: {self.log.read().decode(errors='replace')[-400:]}")
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.005)
        raise RuntimeError(f"{self.name} does not listen on {self.port}")

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(8)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def processes(self):
        """The ids of the group's processes."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
                if int(fields[2]) == self.process.pid:
                    found.append((int(pid), (int(fields[11]) + int(fields[12])) / TICK))
        return found

    def cpu(self):
        """CPU seconds that the group has used so far."""
        return sum(seconds for _, seconds in self.processes())

    def private_memory(self):
        """Bytes that only this group has in memory."""
        total = 0
        for pid, _ in self.processes():
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Private_"):
                    total += int(line.split()[1]) * 1024
        return total


def labserve(profile, site, cpus="0", workers=1, name=None, settings=()):
    if not LABSERVE.exists():
        raise Missing(f"{LABSERVE}: build it with `cargo build --release`")
    port = free_port()
    argv = [LABSERVE, "--profile", profile, "--root", site, "--port", port, "--workers", workers]
    argv += [word for setting in settings for word in ("--set", setting)]
    return Server(name or f"labserve {profile}", argv, port, cpus)


def peer(name, site, cpus="0", directory=None):
    """A real server, as peers.py starts it, on a port of its own."""
    if name == "static-web-server":
        return static_web_server(site, cpus)
    if not (PEERS / "peers.py").exists():
        raise Missing(f"{PEERS}/peers.py: set PEERS")
    spec = importlib.util.spec_from_file_location("peers", PEERS / "peers.py")
    peers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peers)
    peers.RUN = pathlib.Path(directory or tempfile.mkdtemp(prefix="bench-"))
    peers.RUN.chmod(0o755)
    peers.PORTS[name] = free_port()
    argv, env = peers.command(name, str(site))
    if not shutil.which(argv[0]):
        raise Missing(f"{argv[0]}: see {PEERS}")
    return Server(name, argv, peers.PORTS[name], cpus, env, peers.RUN)


def static_web_server(site, cpus):
    program = os.environ.get("STATIC_WEB_SERVER") or shutil.which("static-web-server")
    if not program:
        raise Missing("static-web-server: `cargo install static-web-server`, or set STATIC_WEB_SERVER")
    port = free_port()
    return Server("static-web-server", [program, "-a", "127.0.0.1", "-p", port, "-d", site, "-g", "error", "-n", 1],
                  port, cpus)


@contextlib.contextmanager
def running(*starts):
    """Starts servers, and stops them whatever happens."""
    servers = []
    try:
        for start in starts:
            servers.append(start())
        yield servers
    finally:
        for server in servers:
            server.stop()
