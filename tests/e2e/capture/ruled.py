"""A run with rules: compares labserve's summary of each connection with what `labserve explain` reads in the capture.

Clients encounter every end that a rule can cause, at every point. The comparison covers the connections, the requests
on each and their responses, which of these were complete, and who ended the connection, and how.
"""

import json
import socket

from e2e.capture import remake
from e2e.pylib.process import Labserve

ENDS = ("fin", "reset", "linger", "half-close")
RULES = [
    *(f"path=/bytes-{end} after_bytes=100 end={end}" for end in ENDS),
    *(f"path=/after-{end} at=after-reply end={end}" for end in ENDS),
    *(f"path=/head-{end} at=head end={end}" for end in ENDS),
    *(f"path=/idle-{end} at=idle end={end}" for end in ENDS),
    "path=/never end=never",
    "path=/stopped at=after-head end=never",
    "path=/busy status=503 body=busy times=2",
    "path=/early interim=103",
    "path=/drip throttle=20000",
    "path=/stall at=after-head stall=50ms",
    "connection=1 race=fin-meets-request",
    "connection=2 race=reset-meets-request",
    "connection=3 at=first-byte end=fin",
    "connection=4 at=accept end=reset",
    "connection=5 at=accept end=fin",
]
# One conversation for each connection, in the order of their numbers: the requests, and then whether the client closes
# instead of waiting for the server's end.
TALKS = [
    (["/a", "/race-fin"], False),
    (["/a", "/race-reset"], False),
    (["/first-byte"], False),
    ([], False),
    ([], False),
    (["/a", "/b", "/a"], True),
    (["/busy", "/busy", "/busy"], True),
    (["/early", "/drip", "/stall"], True),
    (["/never"], True),
    (["/stopped"], True),
    *(([f"/{point}-{end}"], False) for point in ("bytes", "after", "head", "idle") for end in ENDS),
    *((["/a", f"/{point}-{end}"], False) for point in ("bytes", "after", "head") for end in ("fin", "reset")),
]
# How long a client waits for a response that does not come.
PATIENCE_S = 0.3


def response(connection):
    """Reads one final response. False if the connection ends, or nothing more arrives, before it is complete."""
    got = b""
    while True:
        head, separator, body = got.partition(b"\r\n\r\n")
        if separator and head.startswith(b"HTTP/1.1 1"):
            got = body
            continue
        lines = [line.lower() for line in head.split(b"\r\n")]
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if separator and len(body) >= length:
            return True
        try:
            data = connection.recv(65536)
        except OSError:
            return False
        if not data:
            return False
        got += data


def talk(address, targets, leaves):
    """Plays one conversation."""
    try:
        connection = socket.create_connection(address, 10)
    except ConnectionResetError:
        # The RST after the accept came before `connect` returned.
        return
    with connection:
        for target in targets:
            connection.settimeout(PATIENCE_S if leaves else 10)
            try:
                connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            except OSError:
                break
            if not response(connection):
                break
        if not leaves:
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass


def play(binary, profile, site, capture):
    """Plays all conversations while the port is captured. Returns the port and the summary."""
    rules = [word for rule in RULES for word in ("--rule", rule)]
    arguments = ("--profile", profile, "--root", site, "--log", "off", "--summary", "json", "--bind", "127.0.0.1")
    with Labserve(binary, *arguments, *rules) as server:
        with remake.Recorder(server.port, capture):
            for targets, leaves in TALKS:
                talk(server.addresses[0], targets, leaves)
            server.stop()
        said = server.said()
        return server.port, json.loads(next(line for line in said.splitlines() if line.startswith('{"connections"')))


def of_summary(connection):
    """What the summary says about a connection, in terms that a capture has too."""
    answered = {request["request"] for request in connection["requests"]}
    # The summary has only the request line of a request that the server never processed.
    dropped = [each["line"].split(" ")[1] for each in connection["dropped"] if each["request"] not in answered]
    return {
        "requests": [request["target"] for request in connection["requests"]] + dropped,
        "replies": [
            (request["target"], request["status"], "complete" if request["complete"] else "cut", request["bytes"])
            for request in connection["requests"]
            if request["status"]
        ],
        "who": connection["who"],
        "how": "rst" if connection["style"] == "rst" and connection["who"] == "server" else "fin",
        "sent": connection["sent"],
    }


def of_capture(connection):
    """The same, from the output of `explain`."""

    def target(exchange):
        return exchange["request"]["head"][0].split(" ")[1]

    end = connection["end"]
    replies = [exchange for exchange in connection["exchanges"] if exchange["response"]]
    return {
        "requests": [target(exchange) for exchange in connection["exchanges"]],
        "replies": [
            (
                target(exchange),
                int(exchange["response"]["head"][0].split(" ")[1]),
                "cut" if exchange["response"]["shortfall"] else "complete",
                exchange["response"]["head_bytes"] + exchange["response"]["body_bytes"],
            )
            for exchange in replies
        ],
        "who": end["by"],
        "how": "fin" if end["first_fin"] and end["first_fin"]["by"] == end["by"] else "rst",
        "sent": connection["server_sent"]["bytes"],
    }


def compared(summary, shown):
    """The number of claims, and a text for each that differs. `shown`: the connections of a capture by client."""
    said = {connection["peer"]: of_summary(connection) for connection in summary["connections"]["list"]}
    seen = {client: of_capture(connection) for client, connection in shown.items()}
    count, found = 1, []
    if said.keys() != seen.keys():
        found.append(f"connections: {sorted(said)} in the summary, {sorted(seen)} in the capture")
    for peer in said.keys() & seen.keys():
        for what, value in said[peer].items():
            count += 1
            if value != seen[peer][what]:
                place = f"{peer} {said[peer]['requests']}, {what}"
                found.append(f"{place}: {value} in the summary, {seen[peer][what]} in the capture")
    replies = [reply for connection in seen.values() for reply in connection["replies"]]
    requests = sum(len(connection["requests"]) for connection in seen.values())
    totals = summary["requests"]
    for what, value, want in [
        ("connections", summary["connections"]["count"], len(seen)),
        ("complete", totals["complete"], sum(reply[2] == "complete" for reply in replies)),
        ("cut", totals["cut"], sum(reply[2] == "cut" for reply in replies)),
        ("dropped", totals["dropped"], requests - len(replies)),
    ]:
        count += 1
        if value != want:
            found.append(f"{what}: {value} in the summary, {want} in the capture")
    return count, found
