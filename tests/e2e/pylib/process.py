"""Servers as processes: started, found by their port, measured by /proc, stopped.

Knows labserve's start lines and its event log. Must not know what is tested.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# `  url        http://127.0.0.1:39059/`, or a profile's name in the table of `labserve lab`.
# With --log json, the line of --ready json says the same.
START_LINE = re.compile(r"^ +(\S+) +http://(\S+):(\d+)/(?:\?token=(\S+))?", re.MULTILINE)


class Missing(Exception):
    """A program is not installed, or not built."""


class NotStarted(Exception):
    """A server ended, or did not listen in time."""


def free_port(count=1):
    """A free port of the loopback interface; with `count`, the first of that many consecutive free ports.

    Another process may take it before it is used. If the server can choose a port (`--port 0`), prefer that.
    """
    if count == 1:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]
    while True:
        # Five digits, and below the ports that the system gives to clients.
        first = random.randrange(10_000, 32_000 - count)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def group_cpu_s(group):
    """The CPU time, in seconds, that a process group has used so far."""
    return sum(seconds for _, seconds in _group(group))


def _group(group):
    """The ids of a group's processes, each with its CPU time in seconds."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                yield int(stat.parent.name), (int(fields[11]) + int(fields[12])) / TICKS_PER_S


class Process:
    """A server in a process group of its own. It is killed when its `with` block ends."""

    def __init__(self, argv, name=None, env=None, cwd=None, descriptors=None, new_session=True):
        """`descriptors` is its limit of open files: the soft one, and the hard one or None. Without `new_session` it
        stays in the process group of the script, and what is said below of its group is of no use."""
        self.name = name or pathlib.Path(argv[0]).name
        self.addresses = []
        # Files rather than pipes, so that the server does not block when its output is not read.
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()

        def limit():
            soft, hard = descriptors
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard or resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

        try:
            self.popen = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=self._err,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                preexec_fn=limit if descriptors else None,
                start_new_session=new_session,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise Missing(f"{error.filename or argv[0]} is not installed, or not built") from None
        self.pid = self.popen.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def address(self):
        return self.addresses[0]

    @property
    def port(self):
        return self.address[1]

    def said(self):
        """What it has printed to standard output so far."""
        return _content(self._out)

    def log(self):
        """What it has written to standard error so far."""
        return _content(self._err)

    def is_running(self):
        return self.popen.poll() is None

    def wait_until_it_listens(self, port, patience_s=15.0):
        """For servers that do not print their port: connects until one accepts."""
        deadline = time.monotonic() + patience_s
        while self.is_running() and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    self.addresses = [("127.0.0.1", port)]
                    return
            time.sleep(0.01)
        raise self._not_started()

    def _not_started(self):
        self.kill()
        return NotStarted(f"{self.name} did not start; it said: {(self.said() + self.log())[-1000:]}")

    def signal(self, number):
        self.popen.send_signal(number)

    def stop(self, patience_s=15.0):
        """Stops it gracefully, with SIGTERM. Returns its exit code."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(patience_s)
        finally:
            self.kill()

    def kill(self):
        if self.is_running():
            self.signal(signal.SIGKILL)
        self.popen.wait()

    # Figures from /proc.

    def cpu_s(self):
        """The CPU time, in seconds, that the process group has used so far."""
        return group_cpu_s(self.pid)

    def private_bytes(self):
        """Memory that only this process group has mapped, in bytes."""
        rollups = (pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid, _ in _group(self.pid))
        return sum(
            1024 * int(kib) for text in rollups for kib in re.findall(r"^Private_\w+:\s+(\d+)", text, re.MULTILINE)
        )

    def anonymous_kib(self):
        """Resident memory that is not a mapped file's, in KiB."""
        return int(re.search(r"^RssAnon:\s+(\d+)", self._proc("status").read_text(), re.MULTILINE).group(1))

    def descriptors(self):
        """How many descriptors are open."""
        return len(os.listdir(self._proc("fd")))

    def sockets(self):
        """How many of its descriptors are sockets. The others are files that it keeps open."""
        count = 0
        for link in self._proc("fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(link).startswith("socket:")
        return count

    def descriptor_limits(self):
        """The soft and the hard limit of open files."""
        limits = self._proc("limits").read_text()
        return tuple(
            int(number) for number in re.search(r"^Max open files\s+(\d+)\s+(\d+)", limits, re.MULTILINE).groups()
        )

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}")


class Labserve(Process):
    """labserve, running and listening.

    On a free port, and without a timeline, unless the arguments say otherwise. `ports` are those of a lab, by profile;
    `timeline` is the address of the timeline, `token` what it asks for.
    """

    def __init__(self, binary, *arguments, name=None, events=None, prefix=(), patience_s=20.0, **how):
        """`events`: the file of the event log. `prefix`: a command that runs the program, such as taskset."""
        command = [*prefix, binary, *arguments]
        if "--timeline" not in arguments:
            command.append("--no-timeline")
        # Each profile of a lab has a port of its own.
        if not {"--port", "--listen"} & set(arguments) and arguments[:1] != ("lab",):
            command += ["--port", 0]
        if events:
            command += ["--events", events]
        self._events = events
        super().__init__(command, name=name or "labserve " + " ".join(map(str, arguments[:2])), **how)
        lines = self._start_lines(patience_s)
        self.addresses = [(host, int(port)) for _, host, port, token in lines if not token]
        self.ports = {name: int(port) for name, _, port, token in lines if not token}
        watched = [(host, int(port), token) for _, host, port, token in lines if token]
        self.timeline, self.token = (watched[0][:2], watched[0][2]) if watched else (None, None)

    def _start_lines(self, patience_s):
        deadline, before = time.monotonic() + patience_s, ""
        while True:
            said = self.said()
            lines = START_LINE.findall(said) or _ready_lines(said)
            # The lines arrive at once or one by one; nothing more has arrived since the last look.
            if lines and said.endswith("\n") and said == before:
                return lines
            if not self.is_running() or time.monotonic() > deadline:
                raise self._not_started()
            before = said
            time.sleep(0.02)

    def events(self):
        """The event log: one object for each line. It is complete when the program has stopped."""
        return [json.loads(line) for line in pathlib.Path(self._events).read_text().splitlines()]


def _ready_lines(said):
    """What START_LINE finds, from a line of --ready json."""
    ready = next((line for line in said.splitlines() if line.startswith("{") and '"event":"ready"' in line), None)
    if not ready:
        return []
    told = json.loads(ready)
    lines = [(server["server"], *server["address"].rsplit(":", 1), "") for server in told["servers"]]
    if told["timeline"]:
        lines += [found for found in START_LINE.findall(f"  timeline {told['timeline']}") if found[3]]
    return lines


def _content(file):
    """All of a file that another process writes to. Its position is shared with that process and must not move."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace").replace("\r\n", "\n")
