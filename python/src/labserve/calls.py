"""The calls of the API as values, and what their responses mean. Opens no connection."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from labserve.errors import NotInTime, Refused
from labserve.options import Rule, Setting

Happening: TypeAlias = Literal["accepted", "request", "reply", "dropped_request", "rule", "held", "closed"]
"""What can be waited for."""

_LEEWAY_S = 20.0
"""How long the program may take to answer, besides the time that a call waits for something."""

_LONGEST_WAIT_S = 600.0
"""How long the program waits at most."""


@dataclass(frozen=True)
class Call:
    """A request to the API. `patience_s` is how long its response may take, in seconds."""

    method: str
    path: str
    body: Any = None
    patience_s: float = _LEEWAY_S

    def head_and_body(self, api: str, token: str) -> bytes:
        """The request as bytes. The connection closes after it."""
        where = urlsplit(api)
        content = b"" if self.body is None else json.dumps(self.body).encode()
        head = [
            f"{self.method} {where.path}/{self.path} HTTP/1.1",
            f"Host: {where.netloc}",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            "Connection: close",
        ]
        return "\r\n".join([*head, "", ""]).encode() + content


def result(response: bytes) -> Any:
    """The JSON of a complete response.

    Raises NotInTime or Refused with the message of the program.
    """
    head, _, body = response.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    content = json.loads(body)
    if status < 400:
        return content
    code, message = content["error"]["code"], content["error"]["message"]
    raise NotInTime(message) if code == "not_in_time" else Refused(code, message)


def summary() -> Call:
    return Call("GET", "summary")


def wait(happening: Happening, within: float | str, conditions: Mapping[str, str | int | None]) -> Call:
    query = {"for": happening, "within": within if isinstance(within, str) else f"{max(1, round(within * 1000))}ms"}
    query |= {key: str(value) for key, value in conditions.items() if value is not None}
    longest = _LONGEST_WAIT_S if isinstance(within, str) else min(within, _LONGEST_WAIT_S)
    return Call("GET", f"wait?{urlencode(query)}", patience_s=longest + _LEEWAY_S)


def release(name: str) -> Call:
    return Call("POST", f"release/{quote(name, safe='')}")


def reset() -> Call:
    return Call("POST", "reset")


def rules() -> Call:
    return Call("GET", "rules")


def add_rules(new: Sequence[Rule]) -> Call:
    return Call("POST", "rules", list(new))


def remove_rules(name: str | None) -> Call:
    return Call("DELETE", "rules" if name is None else f"rules?{urlencode({'name': name})}")


def settings() -> Call:
    return Call("GET", "servers/0")


def change_settings(values: Mapping[str, Setting | None]) -> Call:
    return Call("PATCH", "servers/0/settings", dict(values))


def reset_settings() -> Call:
    return Call("DELETE", "servers/0/settings")


def values_of(server: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the settings in a description of a server."""
    return {setting["key"]: setting["value"] for setting in server["settings"]}
