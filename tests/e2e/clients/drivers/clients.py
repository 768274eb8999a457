"""The clients of the table, each with the same four methods: `with`, `begin` with a new pool, `load`, `end`."""

import http.client
import pathlib
import socket
import subprocess
import tempfile

import httpx
import requests

# As in a default installation: a pool of idle connections to servers, and the default retries.
HAPROXY = """
global
    maxconn 100
defaults
    mode http
    timeout connect 10s
    timeout client 10s
    timeout server 10s
    http-reuse always
listen front
    bind fd@{descriptor}
    server one {address}
"""


def all_clients(reqwest, home):
    """A function that creates each client, by its name."""
    return {
        "reqwest": lambda: Lines([reqwest]),
        "requests": Requests,
        "httpx": Httpx,
        "undici": lambda: Lines(["node", home / "undici.mjs"]),
        "Go net/http": lambda: Lines([home / "go-driver"]),
        "HAProxy": HAProxy,
    }


class Client:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def begin(self, server):
        self.url = server.url


class Lines(Client):
    """A program that reads URLs and prints the result of each."""

    def __init__(self, command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline().strip()

    def load(self, path):
        return self.say(self.url + path)

    def end(self):
        self.say("new")


class Requests(Client):
    def begin(self, server):
        super().begin(server)
        self.session = requests.Session()
        self.session.trust_env = False

    def load(self, path):
        try:
            return str(self.session.get(self.url + path).status_code)
        except requests.RequestException as error:
            return repr(error)

    def end(self):
        self.session.close()


class Httpx(Client):
    def begin(self, server):
        super().begin(server)
        self.client = httpx.Client(trust_env=False)

    def load(self, path):
        try:
            return str(self.client.get(self.url + path).status_code)
        except httpx.HTTPError as error:
            return repr(error)

    def end(self):
        self.client.close()


class HAProxy(Client):
    """A client that sends requests through HAProxy, on one connection as long as it stays open."""

    def begin(self, server):
        # HAProxy inherits a socket that listens already, so nothing has to wait for it.
        listener = socket.create_server(("127.0.0.1", 0))
        self.home = tempfile.TemporaryDirectory(prefix="labserve-haproxy-")
        file = pathlib.Path(self.home.name, "haproxy.cfg")
        host, port = server.address
        file.write_text(HAPROXY.format(descriptor=listener.fileno(), address=f"{host}:{port}"))
        self.child = subprocess.Popen(
            ["haproxy", "-db", "-q", "-f", file], pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL
        )
        self.connection = http.client.HTTPConnection(*listener.getsockname())
        listener.close()

    def load(self, path):
        try:
            self.connection.request("GET", path)
            response = self.connection.getresponse()
            response.read()
            return str(response.status)
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            return repr(error)

    def end(self):
        self.connection.close()
        self.child.kill()
        self.child.wait()
        self.home.cleanup()
