"""What the scripts in this directory share: sites, labserve and the real servers as processes, and what /proc says of them.

Nothing here knows what is measured. Everything that is started ends with its `with` block.
"""
import contextlib
import importlib
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
CHECKOUT = TESTS.parent
PEERS = pathlib.Path(os.environ.get("PEERS", CHECKOUT / "../shared/peers")).resolve()
PEERS_HOME = pathlib.Path(os.environ.get("PEERS_HOME", CHECKOUT / "target/peers")).resolve()
LABSERVE = pathlib.Path(os.environ.get("LABSERVE", CHECKOUT / "target/release/labserve"))
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A server: its process, and the addresses it said it listens on, in their order."""

    def __init__(self, popen, addresses):
        self.popen, self.pid, self.addresses = popen, popen.pid, addresses

    @property
    def address(self):
        return self.addresses[0]

    def memory_kib(self):
        """Resident memory that is its own, in KiB: what files it has mapped is the page cache's."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s+(\d+)", status, re.M).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def sockets(self):
        """How many of its descriptors are sockets: the others are files that it keeps open."""
        count = 0
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"/proc/{self.pid}/fd/{name}").startswith("socket:")
        return count

    def cpu_s(self):
        """CPU time used so far, in seconds."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def limit(self):
        """How many descriptors it may have: the soft limit, and the hard one."""
        limits = pathlib.Path(f"/proc/{self.pid}/limits").read_text()
        return tuple(int(x) for x in re.search(r"^Max open files\s+(\d+)\s+(\d+)", limits, re.M).groups())


@contextlib.contextmanager
def site(**files):
    """A directory that everybody may read: a small page, `index.html`, and `files` by name."""
    with tempfile.TemporaryDirectory(prefix="labserve-") as name:
        root = pathlib.Path(name)
        root.chmod(0o755)
        (root / "index.html").write_bytes(b"<!doctype html><title>a page</title>" + b"x" * 630)
        for file, content in files.items():
            (root / file).write_bytes(content)
        yield root


@contextlib.contextmanager
def labserve(*arguments, soft=None, hard=None):
    """A running labserve. `soft` and `hard` are limits of its descriptors."""
    if not LABSERVE.exists():
        subprocess.run(["cargo", "build", "--release"], cwd=CHECKOUT, check=True)

    def limit():
        if soft or hard:
            now = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft or hard, hard or now[1]))

    log = tempfile.TemporaryFile()
    popen = subprocess.Popen([LABSERVE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=log, preexec_fn=limit, start_new_session=True)
    try:
        said, deadline = b"", time.monotonic() + 20
        while not (said.endswith(b"\n") and b"http://" in said):
            if time.monotonic() > deadline or popen.poll() is not None:
                log.seek(0)
                raise SystemExit(f"labserve did not start; it said: {(said + log.read()).decode()}")
            if select.select([popen.stdout], [], [], 0.1)[0]:
                said += os.read(popen.stdout.fileno(), 65536)
        found = re.findall(rb"http://([0-9.]+):(\d+)/", said)
        process = Process(popen, [(host.decode(), int(port)) for host, port in found])
        process.log = log
        yield process
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.wait()


@contextlib.contextmanager
def real(name, root):
    """A real server over `root`, by peers.py, on a free port of its own; `None` if it is not installed."""
    sys.path.insert(0, str(PEERS))
    home = pathlib.Path(tempfile.mkdtemp(prefix="labserve-peers-"))
    home.chmod(0o755)
    for part in ("venv", "node_modules"):
        if (PEERS_HOME / part).exists():
            (home / part).symlink_to(PEERS_HOME / part)
    os.environ["PEERS_HOME"] = str(home)
    peers = importlib.import_module("peers")
    peers.HOME, peers.RUN = home, home / "run"
    peers.RUN.mkdir()
    port = peers.PORTS[name] = free_port()
    popen = None
    try:
        argv, environment = peers.command(name, str(root))
        try:
            popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, cwd=peers.RUN, env={**os.environ, **environment},
                                     start_new_session=True)
        except FileNotFoundError:
            yield None
            return
        yield Process(popen, [("127.0.0.1", port)]) if peers.wait_for(port, popen) else None
    finally:
        if popen:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGTERM)
            popen.wait()
        shutil.rmtree(home, ignore_errors=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def percentile(values, part):
    """The smallest value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-part * len(ordered) // 1) - 1))]


def verdict(failures):
    """Prints what failed, and is the exit code."""
    for failure in failures:
        print(f"FAILED: {failure}")
    print("ok" if not failures else f"{len(failures)} failed")
    return 1 if failures else 0
