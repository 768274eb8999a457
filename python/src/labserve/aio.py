"""A running server, for asyncio. `labserve.server` is the same for blocking code, and documents each part in more
detail."""

import asyncio
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from labserve import calls
from labserve.calls import Call, Happening
from labserve.options import Rule, Setting, Site
from labserve.server import Server, start
from labserve.summary import Summary


def start_async(
    profile: str | os.PathLike[str] = "node",
    rules: Sequence[Rule] = (),
    site: Site | None = None,
    settings: Mapping[str, Setting] | None = None,
    *,
    port: int = 0,
    arguments: Sequence[str] = (),
) -> "Starting":
    """Like `start`: `async with start_async() as server`, or `server = await start_async()`."""
    return Starting(lambda: start(profile, rules, site, settings, port=port, arguments=arguments))


class Starting:
    """A server that starts when it is awaited or entered."""

    def __init__(self, start: Callable[[], Server]) -> None:
        self._start = start
        self._server: AsyncServer | None = None

    def __await__(self) -> Generator[Any, None, "AsyncServer"]:
        return self._begin().__await__()

    async def __aenter__(self) -> "AsyncServer":
        self._server = await self._begin()
        return self._server

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            await self._server.stop()

    async def _begin(self) -> "AsyncServer":
        return AsyncServer(await asyncio.to_thread(self._start))


class AsyncServer:
    """A running server."""

    def __init__(self, server: Server) -> None:
        self.blocking = server
        """The same server, for code that blocks."""
        self.rules = AsyncRules(self)
        self.settings = AsyncSettings(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return repr(self.blocking)

    @property
    def url(self) -> str:
        """Such as `http://127.0.0.1:40123`, without a slash at its end."""
        return self.blocking.url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.blocking.address

    @property
    def api(self) -> str:
        """The address of its API."""
        return self.blocking.api

    @property
    def token(self) -> str:
        """The token that changes through the API need."""
        return self.blocking.token

    @property
    def timeline(self) -> str:
        """The address of a live page that shows every connection."""
        return self.blocking.timeline

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return self.blocking.profile

    @property
    def log(self) -> str:
        """What the program has written to standard error."""
        return self.blocking.log

    @property
    def is_running(self) -> bool:
        return self.blocking.is_running

    async def summary(self) -> Summary:
        """Everything that has been recorded so far; after `stop`, everything that happened."""
        return self.blocking.last or Summary(await self.call(calls.summary()))

    async def wait(
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
        """Waits until the event has happened, and returns the number of its connection. Raises NotInTime."""
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
        return int((await self.call(calls.wait(happening, within, conditions)))["connection"])

    async def release(self, name: str) -> int:
        """Releases everything that rules hold under this name, and returns how many there were."""
        return int((await self.call(calls.release(name)))["released"])

    async def reset(self) -> None:
        """Resets the server, for tests that share it."""
        await self.call(calls.reset())

    async def stop(self, grace: float = 0.0) -> Summary:
        """Stops it, and returns what happened."""
        return await asyncio.to_thread(self.blocking.stop, grace)

    async def call(self, call: Call) -> Any:
        """The JSON that a call of the API returns. Raises Refused, NotInTime or Ended."""
        where = urlsplit(self.api)
        try:
            async with asyncio.timeout(call.patience_s):
                reader, writer = await asyncio.open_connection(where.hostname, where.port)
                try:
                    writer.write(call.head_and_body(self.api, self.token))
                    response = await reader.read()
                finally:
                    writer.close()
        except OSError as error:
            raise self.blocking.ended(error) from error
        return calls.result(response)


class AsyncRules:
    """The rules of a running server."""

    def __init__(self, server: AsyncServer) -> None:
        self._server = server

    async def __call__(self) -> list[dict[str, Any]]:
        """All rules, each with its `name` and how often it was carried out, `hits`."""
        return list((await self._server.call(calls.rules()))["rules"])

    async def add(self, *new: Rule) -> None:
        """Adds rules after the existing ones."""
        await self._server.call(calls.add_rules(new))

    async def remove(self, name: str) -> None:
        """Removes the rules with this name."""
        await self._server.call(calls.remove_rules(name))

    async def clear(self) -> None:
        """Removes all rules."""
        await self._server.call(calls.remove_rules(None))


class AsyncSettings:
    """The settings of a running server: keys of its profile."""

    def __init__(self, server: AsyncServer) -> None:
        self._server = server

    async def __call__(self) -> dict[str, Any]:
        """The values of the settings that the timeline shows."""
        return calls.values_of(await self._server.call(calls.settings()))

    async def change(self, values: Mapping[str, Setting | None]) -> None:
        """Changes settings: either all of these or none. None restores the profile's value."""
        await self._server.call(calls.change_settings(values))

    async def reset(self) -> None:
        """Restores the profile's values of all settings."""
        await self._server.call(calls.reset_settings())
