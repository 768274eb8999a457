#!/usr/bin/env python3
"""Real clients against every profile: curl, Python, Node's fetch and headless Chromium.

    tests/clients.py [--binary target/release/labserve] [--root static] [--artefacts DIR]

Starts `labserve lab` over the demo site, lets every client load from every profile, and holds what they got against
the files and against the server's own log. What is not installed is skipped, and said so; with CI=true that is an error.
The last line counts: `N passed, M failed`.
"""

import argparse, json, os, pathlib, re, shutil, signal, subprocess, sys, tempfile, time, urllib.request

FILES = ["index.html", "static/style1.css", "static/head.jpg", "static/BGM.wav"]
PAGE = ["/", "/static/style1.css", "/static/head.jpg", "/static/BGM.wav", "/favicon.ico"]
# What does not honour Range, and so cannot resume a download: curl says so with its exit code 33.
NO_RANGES = {"django"}


class Lab:
    """`labserve lab`, its profiles' ports, and its log."""

    def __init__(self, binary, root):
        self.log = tempfile.NamedTemporaryFile("r", suffix=".log")
        self.process = subprocess.Popen(
            [binary, "lab", "--root", root, "--base-port", "24000", "--log", "json", "--no-timeline"],
            stdout=subprocess.PIPE, stderr=open(self.log.name, "w"), text=True)
        self.ports = {}
        for line in self.process.stdout:
            if found := re.match(r"\s+(\S+)\s+http://127\.0\.0\.1:(\d+)/", line):
                self.ports[found[1]] = int(found[2])
            if len(self.ports) >= 10 or "is skipped" in line:
                break

    def exchanges(self):
        """What the log holds since the last call: (path, status) of every exchange."""
        out = []
        for line in self.log:
            event = json.loads(line)
            if "status" in event:
                out.append((event["path"], event["status"]))
        return out

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


def run(*argv, timeout=60):
    return subprocess.run(argv, capture_output=True, timeout=timeout)


def curl(url, profile, root):
    """Whole files on one connection, on one each, HEAD, a range, and a resumed download."""
    for path in FILES:
        want = (root / path).read_bytes()
        for extra in ([], ["-H", "Connection: close"], ["--http1.0"]):
            got = run("curl", "-sS", "--fail", *extra, url + path)
            assert got.returncode == 0 and got.stdout == want, f"curl {extra} {path}: {got.stderr.decode()} {len(got.stdout)}"
    both = run("curl", "-sS", "--fail", url + FILES[1], url + FILES[2])
    assert both.stdout == (root / FILES[1]).read_bytes() + (root / FILES[2]).read_bytes(), "curl with two files"
    assert run("curl", "-sS", "--fail", "-I", url + FILES[1]).returncode == 0, "curl -I"
    assert run("curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", url + "nope").stdout == b"404", "curl of what is not there"
    want = (root / FILES[2]).read_bytes()
    part = run("curl", "-sS", "-r", "100-199", url + FILES[2]).stdout
    assert part == (want if profile in NO_RANGES else want[100:200]), "curl -r"
    with tempfile.NamedTemporaryFile() as half:
        half.write(want[:1000])
        half.flush()
        resumed = run("curl", "-sS", "-C", "-", "-o", half.name, url + FILES[2])
        if profile in NO_RANGES:
            assert resumed.returncode == 33, "curl -C - must say that the server cannot resume"
        else:
            assert resumed.returncode == 0 and pathlib.Path(half.name).read_bytes() == want, "curl -C -"


def python(url, profile, root):
    for path in FILES:
        with urllib.request.urlopen(url + path, timeout=10) as reply:
            assert reply.read() == (root / path).read_bytes(), f"urllib: {path}"


def node(url, profile, root):
    script = """
        const [url, ...paths] = process.argv.slice(1);
        for (const path of paths) {
            const reply = await fetch(url + path);
            console.log(reply.status, (await reply.arrayBuffer()).byteLength);
        }
        process.exit(0);"""
    got = run("node", "--input-type=module", "-e", script, url, *FILES)
    want = [f"200 {(root / path).stat().st_size}" for path in FILES]
    assert got.stdout.decode().split("\n")[:-1] == want, f"fetch: {got.stdout} {got.stderr.decode()[-300:]}"


def chromium(url, profile, root, lab, artefacts):
    lab.exchanges()
    with tempfile.TemporaryDirectory() as profile_dir:
        picture = artefacts / f"{profile}.png" if artefacts else pathlib.Path(profile_dir) / "page.png"
        got = run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync",
                  f"--user-data-dir={profile_dir}", "--window-size=1280,900", f"--screenshot={picture}",
                  "--timeout=3000", url, timeout=120)
        assert picture.exists() and picture.stat().st_size > 10_000, f"no picture: {got.stderr.decode()[-500:]}"
    time.sleep(0.2)
    seen = lab.exchanges()
    for path in PAGE:
        statuses = [status for at, status in seen if at == path]
        good = {404} if path == "/favicon.ico" else {200, 206}
        assert statuses and set(statuses) <= good, f"chromium got {path}: {statuses or 'never asked for'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/labserve")
    parser.add_argument("--root", default="static", type=pathlib.Path)
    parser.add_argument("--artefacts", type=pathlib.Path, help="where the browser's pictures are kept")
    args = parser.parse_args()
    if args.artefacts:
        args.artefacts.mkdir(parents=True, exist_ok=True)
    lab = Lab(args.binary, str(args.root))
    passed = failed = 0
    try:
        assert lab.ports, "labserve lab printed no table"
        for name, client in (("curl", curl), ("python3", python), ("node", node), ("chromium", chromium)):
            if not shutil.which(name):
                print(f"SKIPPED: {name} is not installed", flush=True)
                failed += os.environ.get("CI") == "true"
                continue
            for profile, port in lab.ports.items():
                more = (lab, args.artefacts) if client is chromium else ()
                try:
                    client(f"http://127.0.0.1:{port}/", profile, args.root, *more)
                    passed += 1
                except (AssertionError, OSError, subprocess.TimeoutExpired) as why:
                    failed += 1
                    print(f"FAILED: {name} with {profile}: {why}", flush=True)
    finally:
        code = lab.stop()
    if code != 0:
        failed += 1
        print(f"FAILED: labserve ended with {code}")
    print(f"real clients: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
