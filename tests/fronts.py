#!/usr/bin/env python3
"""nginx and HAProxy in front of labserve: do they agree about where requests end?

    tests/fronts.py [--binary target/release/labserve] [PROFILE...]

Every case of tests/data/corpus/smuggling.json goes through each front, which keeps its connections to labserve and shares them
between clients. Behind each case other clients ask for a file that no case names: a front and a server that disagree give
one of them another answer. A front that is not installed is skipped, and said so; with CI=true that is an error.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parent.parent
# Those whose connections are kept. `django` knows no Transfer-Encoding, as the real one does not; `iis` serves no file without
# a type, and no such case; `phpnow` reads as servers did before RFC 7230.
PROFILES = ["nginx", "apache", "node", "rfc", "flask-keepalive"]
PROBE = "/7"

NGINX = """
daemon off; master_process off; pid {run}/nginx.pid; error_log {run}/nginx.log;
events {{ worker_connections 200; }}
http {{
  access_log off;
  client_body_temp_path {run}/nb; proxy_temp_path {run}/np; fastcgi_temp_path {run}/nf; uwsgi_temp_path {run}/nu;
  scgi_temp_path {run}/ns;
  upstream labserve {{ server 127.0.0.1:{server}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://labserve; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_read_timeout 2s;
    }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 2s
  timeout server 2s
  http-reuse always
frontend front
  bind 127.0.0.1:{port}
  default_backend labserve
backend labserve
  server labserve 127.0.0.1:{server}
"""

FRONTS = {"nginx": (NGINX, ["nginx", "-c"]), "haproxy": (HAPROXY, ["haproxy", "-db", "-f"])}


def filled(text):
    plain = lambda found: f"GET /{found[1]} HTTP/1.1\r\nHost: a\r\n\r\n"
    return re.sub(r"\{get (\d)\}", plain, text).encode("latin-1")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, data, patience):
    got = b""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.settimeout(patience)
            s.sendall(data)
            while piece := s.recv(1 << 16):
                got += piece
    except OSError:
        pass
    return got


def probe(port):
    """The file that a plain request gets; tried again where the front had lost its connection to the server."""
    for _ in range(3):
        got = ask(port, f"GET {PROBE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode(), 5)
        if not re.match(rb"HTTP/1\.1 50[234]|$", got):
            break
    return got


def files_in(got):
    return re.findall(rb"the file (/\d)\.", got)


def try_front(name, profile, server, run):
    """The cases that went wrong, and how many there were."""
    config, command = FRONTS[name]
    port = free_port()
    path = run / f"{name}.conf"
    path.write_text(config.format(run=run, port=port, server=server))
    front = subprocess.Popen([*command, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wrong, count = [], 0
    try:
        for _ in range(100):
            if files_in(probe(port)) == [PROBE.encode()]:
                break
            time.sleep(0.05)
        else:
            return [f"{name} does not reach {profile}"], 0
        for case in json.loads((TREE / "tests/data/corpus/smuggling.json").read_text()):
            count += 1
            got = ask(port, filled(case["send"]), 0.15)
            # What is asked for is 1, and 2 behind it; 9 is inside a body, or is where the readings differ.
            order = [f for f in files_in(got) if f in (b"/1", b"/2")]
            if order != sorted(set(order)):
                wrong.append(f"{name}, {profile}, {case['name']}: {order}")
            for _ in range(2):
                probed = files_in(probe(port))
                if probed != [PROBE.encode()]:
                    wrong.append(f"{name}, {profile}, {case['name']}: the next client got {probed}")
    finally:
        front.send_signal(signal.SIGTERM)
        front.wait(10)
    return wrong, count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=str(TREE / "target/release/labserve"))
    parser.add_argument("profiles", nargs="*", default=PROFILES)
    options = parser.parse_args()
    missing = [name for name in FRONTS if not shutil.which(name)]
    for name in missing:
        print(f"SKIPPED: {name} is not installed")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        run = pathlib.Path(directory)
        site = run / "site"
        site.mkdir()
        for number in range(1, 10):
            (site / str(number)).write_text(f"the file /{number}.")
        for profile in options.profiles:
            labserve = subprocess.Popen(
                [options.binary, "--profile", profile, "--port", "0", "--root", str(site), "--log", "off"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                found = None
                while not found:
                    found = re.search(r"http://127\.0\.0\.1:(\d+)/", labserve.stdout.readline())
                for name in FRONTS:
                    if name in missing:
                        continue
                    wrong, count = try_front(name, profile, int(found[1]), run)
                    print(f"{profile} behind {name}: {count} cases, {len(wrong)} wrong", flush=True)
                    for line in wrong:
                        print("  " + line)
                    failed += len(wrong)
                    passed += count - min(count, len(wrong))
            finally:
                labserve.send_signal(signal.SIGTERM)
                labserve.wait(10)
    print(f"fronts: {passed} passed, {failed} failed")
    return 1 if failed or not passed or (missing and os.environ.get("CI") == "true") else 0


if __name__ == "__main__":
    sys.exit(main())
