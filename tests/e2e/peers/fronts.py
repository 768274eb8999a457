#!/usr/bin/env python3
"""Checks that nginx and HAProxy, as proxies in front of labserve, agree with it about where requests end.

    tests/e2e/peers/fronts.py [PROFILE ...]

Every case of tests/data/corpus/smuggling.json goes through each front. A front keeps its connections to labserve and
shares them between clients. After each case other clients ask for a file that no case names: if front and server
disagree about the end of a request, one of them gets another file. A front that is not installed is SKIPPED.
"""

import json
import pathlib
import re
import shutil
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, sites
from e2e.pylib.process import Labserve, Process, free_port

# Profiles that keep connections. Not `django`, which ignores Transfer-Encoding, as the real server does; not `iis`,
# which serves no file without a media type, and the cases name such files; not `phpnow`, which reads requests as
# servers did before RFC 7230.
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


def filled_in(text):
    """The bytes of a case; `{get 1}` stands for a plain request for /1."""
    return re.sub(r"\{get (\d)\}", lambda found: f"GET /{found[1]} HTTP/1.1\r\nHost: a\r\n\r\n", text).encode("latin-1")


def ask(port, data, patience_s):
    """All bytes until the connection ends, or until none has arrived for that long."""
    got = b""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(patience_s)
            connection.sendall(data)
            while piece := connection.recv(1 << 16):
                got += piece
    except OSError:
        pass
    return got


def probe(port):
    """The files that a plain request gets. It is repeated if the front has lost its connection to the server."""
    for _ in range(3):
        got = ask(port, f"GET {PROBE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode(), 5)
        if not re.match(rb"HTTP/1\.1 50[234]|$", got):
            break
    return files_in(got)


def files_in(got):
    return re.findall(rb"the file (/\d)\.", got)


def try_front(name, profile, server, run):
    """A line for each failure, and the number of cases."""
    config, command = FRONTS[name]
    port = free_port()
    path = run / f"{name}.conf"
    path.write_text(config.format(run=run, port=port, server=server))
    right, wrong, count = [PROBE.encode()], [], 0
    with Process([*command, path], name=name):
        for _ in range(100):
            if probe(port) == right:
                break
            time.sleep(0.05)
        else:
            return [f"{name} does not reach {profile}"], 0
        for case in json.loads((cli.DATA / "corpus/smuggling.json").read_text()):
            count += 1
            got = ask(port, filled_in(case["send"]), 0.15)
            # The case requests /1, then /2. A request for /9 is inside a body, or is where the interpretations differ.
            order = [file for file in files_in(got) if file in (b"/1", b"/2")]
            if order != sorted(set(order)):
                wrong.append(f"{name}, {profile}, {case['name']}: {order}")
            for _ in range(2):
                if (probed := probe(port)) != right:
                    wrong.append(f"{name}, {profile}, {case['name']}: the next client got {probed}")
    return wrong, count


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("profiles", nargs="*", default=PROFILES, metavar="PROFILE")
    options = parser.parse_args()
    missing = {name for name in FRONTS if not shutil.which(name)}
    passed, failed = 0, sum(cli.skip(f"{name} is not installed") for name in missing)
    with sites.public_directory() as run:
        site = run / "site"
        site.mkdir()
        for number in range(1, 10):
            (site / str(number)).write_text(f"the file /{number}.")
        for profile in options.profiles:
            with Labserve(options.binary, "--profile", profile, "--root", site, "--log", "off") as server:
                for name in [name for name in FRONTS if name not in missing]:
                    wrong, count = try_front(name, profile, server.port, run)
                    print(f"{profile} behind {name}: {count} cases, {len(wrong)} wrong", *wrong, sep="\n  ", flush=True)
                    failed += len(wrong)
                    passed += count - min(count, len(wrong))
    print(f"fronts: {passed} passed, {failed} failed")
    return failed > 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
