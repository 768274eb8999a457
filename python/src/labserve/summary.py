"""What happened on a server. The names are those of `labserve --summary json`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labserve.assertions import failures
from labserve.ladder import ladder


@dataclass(frozen=True)
class Request:
    """A request that was read. `status`, `complete` and `bytes` are None if no response was begun."""

    number: int
    """On its connection, from 1."""
    method: str
    target: str
    status: int | None
    complete: bool | None
    bytes: int | None
    """Sent, head and body."""
    rule: str | None
    """The name of the rule that was carried out for it."""


@dataclass(frozen=True)
class Dropped:
    """A request that arrived and was discarded, without being read or read in part."""

    line: str | None
    """Its request line, if that arrived as a whole."""
    bytes: int
    where: str


@dataclass(frozen=True)
class Connection:
    """A connection. `who`, `reason` and `style` are None while it is open."""

    number: int
    """In the order in which connections were accepted, from 1."""
    peer: str
    requests: tuple[Request, ...]
    dropped: tuple[Dropped, ...]
    rules: tuple[str, ...]
    received: int
    sent: int
    who: Literal["server", "client"] | None
    """Whose FIN or RST came first."""
    reason: str | None
    style: str | None

    @property
    def is_open(self) -> bool:
        return self.who is None


class Summary:
    """The connections, and the outcome of the requests on each. As text, it is a ladder of each connection."""

    def __init__(self, json: Mapping[str, Any]) -> None:
        self.json = json
        """As the program says it."""
        self._connections = tuple(_connection(each) for each in json["connections"]["list"])

    def __str__(self) -> str:
        return ladder(self)

    def __repr__(self) -> str:
        return f"<Summary: {self.connections} connections, {self.requests} requests>"

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._connections)

    def check(self, *assertions: str) -> None:
        """Raises AssertionError unless all hold, such as `"connections == 1"` (`labserve assert`, docs/testing.md)."""
        if wrong := failures(self.json, assertions):
            raise AssertionError(f"{wrong}\n{self}")

    def connection(self, number: int) -> Connection:
        """The connection with this number. Raises LookupError if there is none."""
        for each in self._connections:
            if each.number == number:
                return each
        raise LookupError(f"there is no connection {number}:\n{self}")

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return int(self.json["connections"]["count"])

    @property
    def reused(self) -> int:
        """How many connections carried more than one request."""
        return int(self.json["connections"]["reused"])

    @property
    def open(self) -> int:
        """How many connections are open."""
        return int(self.json["connections"]["open"])

    @property
    def requests(self) -> int:
        """How many requests were read."""
        return int(self.json["requests"]["count"])

    @property
    def complete(self) -> int:
        """How many responses were sent to their end."""
        return int(self.json["requests"]["complete"])

    @property
    def cut(self) -> int:
        """How many responses were cut short."""
        return int(self.json["requests"]["cut"])

    @property
    def unanswered(self) -> int:
        """How many requests got no response."""
        return int(self.json["requests"]["unanswered"])

    @property
    def dropped(self) -> int:
        """How many requests arrived and were discarded."""
        return int(self.json["requests"]["dropped"])

    @property
    def retries(self) -> int:
        """How many requests repeat one that was dropped or got no complete response."""
        return int(self.json["requests"]["retries"])

    @property
    def statuses(self) -> dict[int, int]:
        """How many responses there were with each status code."""
        return {int(status): count for status, count in self.json["requests"]["statuses"].items()}


def _connection(json: Mapping[str, Any]) -> Connection:
    return Connection(
        number=json["connection"],
        peer=json["peer"],
        requests=tuple(_request(each) for each in json["requests"]),
        dropped=tuple(Dropped(each["line"], each["bytes"], each["where"]) for each in json["dropped"]),
        rules=tuple(json["rules"]),
        received=json["received"],
        sent=json["sent"],
        who=json["who"],
        reason=json["reason"],
        style=json["style"],
    )


def _request(json: Mapping[str, Any]) -> Request:
    return Request(
        number=json["request"],
        method=json["method"],
        target=json["target"],
        status=json["status"],
        complete=json["complete"],
        bytes=json["bytes"],
        rule=json["rule"],
    )
