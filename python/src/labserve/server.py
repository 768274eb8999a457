"""A running server, for blocking code. `labserve.aio` is the same for asyncio."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from labserve import calls
from labserve.calls import Call, Happening
from labserve.errors import Ended
from labserve.options import Options, Rule, Setting, Site
from labserve.process import Process
from labserve.summary import Summary

on_start: list[Callable[["Server"], None]] = []
"""What is told of every server that starts. The plugin for pytest shows their connections."""


def start(
    profile: str | os.PathLike[str] = "node",
    rules: Sequence[Rule] = (),
    site: Site | None = None,
    settings: Mapping[str, Setting] | None = None,
    *,
    port: int = 0,
    arguments: Sequence[str] = (),
) -> "Server":
    """Starts a server, and returns once it can be used.

    profile: the server to imitate, by its name or as the TOML file of a profile.
    rules: what happens to which request, such as `"path=/big after_bytes=1000 end=reset"`.
    site: the directory to serve, or the content of each file by its path. Without it: a demo site.
    settings: keys of the profile and their values, such as `{"timers.idle": "20ms"}`.
    port: of 127.0.0.1; 0 for a free one.
    arguments: more options of the program.

    Raises NotStarted with the message of the program.
    """
    return Server(Options(profile, tuple(rules), site, dict(settings or {}), port, tuple(arguments)))


class Server:
    """A running server. `with` stops it at the end of its block."""

    def __init__(self, options: Options) -> None:
        self._process = Process(options)
        self.last: Summary | None = None
        """What happened, once it is stopped."""
        self.rules = Rules(self)
        self.settings = Settings(self)
        for tell in on_start:
            tell(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<labserve {self.profile} on {self.url}>"

    @property
    def url(self) -> str:
        """Such as `http://127.0.0.1:40123`, without a slash at its end."""
        return self._process.ready.url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        where = urlsplit(self.url)
        return str(where.hostname), int(where.port or 80)

    @property
    def api(self) -> str:
        """The address of its API, for what this class does not do (docs/timeline.md)."""
        return self._process.ready.api

    @property
    def token(self) -> str:
        """The token that changes through the API need, as `Authorization: Bearer TOKEN`."""
        return self._process.ready.token

    @property
    def timeline(self) -> str:
        """The address of a live page that shows every connection."""
        return self._process.ready.timeline

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return self._process.ready.profile

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return self._process.ready.pid

    @property
    def log(self) -> str:
        """What the program has written to standard error."""
        return self._process.log

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def summary(self) -> Summary:
        """Everything that has been recorded so far; after `stop`, everything that happened.

        A client may have its response before the server has recorded it: call `wait` first, or use the result of
        `stop`.
        """
        return self.last or Summary(self.call(calls.summary()))

    def wait(
        self,
        happening: Happening,
        within: float | str = 5.0,
        *,
        connection: int | None = None,
        method: str | None = None,
        path: str | None = None,
        rule: str | None = None,
        name: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        times: int | None = None,
    ) -> int:
        """Waits until the event has happened, and returns the number of its connection. Earlier events count too.

        within: seconds, or a time with its unit such as `"5s"`. Raises NotInTime after that time.
        """
        conditions = {
            "connection": connection,
            "method": method,
            "path": path,
            "rule": rule,
            "name": name,
            "status": status,
            "reason": reason,
            "times": times,
        }
        return int(self.call(calls.wait(happening, within, conditions))["connection"])

    def release(self, name: str) -> int:
        """Releases everything that rules hold under this name, and returns how many there were.

        If nothing is held, the next one is not held.
        """
        return int(self.call(calls.release(name))["released"])

    def reset(self) -> None:
        """Resets the server, for tests that share it: rules, numbers and what was recorded. Settings stay."""
        self.call(calls.reset())

    def stop(self, grace: float = 0.0) -> Summary:
        """Stops it, and returns what happened. Responses in progress have `grace` seconds to finish, at most 5.

        Calling it again returns the same.
        """
        if self.last is None:
            last = self._process.stop(grace)
            if last is None:
                raise Ended(f"labserve ended before it was stopped: {self.log.strip() or 'it said nothing'}")
            self.last = Summary(last)
        return self.last

    def call(self, call: Call) -> Any:
        """The JSON that a call of the API returns. Raises Refused, NotInTime or Ended."""
        try:
            where = urlsplit(self.api)
            with socket.create_connection((where.hostname, where.port), call.patience_s) as connection:
                connection.sendall(call.head_and_body(self.api, self.token))
                response = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        except OSError as error:
            raise self.ended(error) from error
        return calls.result(response)

    def ended(self, error: Exception) -> Ended:
        """Why a call got no response."""
        return Ended(f"{self!r} does not answer ({error}): {self.log.strip() or 'it has said nothing'}")


class Rules:
    """The rules of a running server. They apply from the next request of every connection on."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __call__(self) -> list[dict[str, Any]]:
        """All rules, each with its `name` and how often it was carried out, `hits`."""
        return list(self._server.call(calls.rules())["rules"])

    def add(self, *new: Rule) -> None:
        """Adds rules after the existing ones."""
        self._server.call(calls.add_rules(new))

    def remove(self, name: str) -> None:
        """Removes the rules with this name."""
        self._server.call(calls.remove_rules(name))

    def clear(self) -> None:
        """Removes all rules."""
        self._server.call(calls.remove_rules(None))


class Settings:
    """The settings of a running server: keys of its profile. A change applies from the next request on."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __call__(self) -> dict[str, Any]:
        """The values of the settings that the timeline shows."""
        return calls.values_of(self._server.call(calls.settings()))

    def change(self, values: Mapping[str, Setting | None]) -> None:
        """Changes settings, either all of these or none: `{"timers.idle": "20ms"}`. None restores the profile's
        value."""
        self._server.call(calls.change_settings(values))

    def reset(self) -> None:
        """Restores the profile's values of all settings."""
        self._server.call(calls.reset_settings())
