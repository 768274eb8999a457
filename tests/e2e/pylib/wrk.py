"""wrk, a load generator."""

import re
import shutil
import subprocess

from .process import Missing


def run(port, path, seconds, connections, threads=1, headers=(), script=None, prefix=()):
    """One run: (requests, requests a second, what went wrong as text). `prefix` is a command that runs it, such as
    taskset."""
    if not shutil.which("wrk"):
        raise Missing("wrk is not installed (Debian: wrk)")
    command = [*prefix, "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", str(script)]
    out = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    count, elapsed = re.search(r"(\d+) requests in ([\d.]+)s", out).groups()
    wrong = [
        found.group(0) for found in (re.search(r"Non-2xx or 3xx.*", out), re.search(r"Socket errors.*", out)) if found
    ]
    return int(count), int(count) / float(elapsed), "; ".join(wrong)
