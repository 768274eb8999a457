"""A summary as text: each connection as a ladder, the client on the left, the server on the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labserve.summary import Connection, Request, Summary

_WIDTH = 56
"""The characters between the two sides. A longer text makes its line longer."""

_MOST = 20
"""How many connections are drawn, and how many requests of each."""


def ladder(summary: Summary) -> str:
    """The whole text. If there are many connections, only the last ones are drawn."""
    connections = list(summary)
    lines = [f"{_count(summary.connections, 'connection')}, {_count(summary.requests, 'request')}"]
    if len(connections) > _MOST:
        lines.append(f"... {_count(len(connections) - _MOST, 'connection')} before these")
    for connection in connections[-_MOST:]:
        lines += _connection(connection)
    return "\n".join(lines)


def _connection(connection: Connection) -> Iterator[str]:
    yield f"#{connection.number}  client {connection.peer}".ljust(_WIDTH + 1) + "server"
    if len(connection.requests) > _MOST:
        yield _line(f"... {_count(len(connection.requests) - _MOST, 'request')} before these")
    for request in connection.requests[-_MOST:]:
        yield _to_server(f"{request.method} {request.target}")
        yield _response(request)
    for dropped in connection.dropped:
        yield _to_server(f"{dropped.line or 'part of a request'}, {dropped.bytes} bytes") + "  dropped"
    yield _end(connection)


def _response(request: Request) -> str:
    note = f"  {request.rule}" if request.rule else ""
    if request.status is None:
        return _line("no response") + note
    cut = "" if request.complete else ", cut short"
    return _to_client(f"{request.status}, {request.bytes} bytes{cut}") + note


def _end(connection: Connection) -> str:
    if connection.is_open:
        return _line("still open")
    style = (connection.style or "").upper()
    draw = _to_client if connection.who == "server" else _to_server
    return f"{draw(style)}  {connection.reason}"


def _to_server(text: str) -> str:
    return f"    |{f' {text} '.ljust(_WIDTH - 5, '-')}>|"


def _to_client(text: str) -> str:
    return f"    |<{f' {text} '.rjust(_WIDTH - 5, '-')}|"


def _line(text: str) -> str:
    return f"    |{text.center(_WIDTH - 4)}|"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
