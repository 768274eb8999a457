"""The plugin for pytest: the fixture `labserve`, and the connections of a test that failed in its report."""

import os
from collections.abc import Generator, Mapping, Sequence

import pytest

from labserve import server as servers
from labserve.aio import AsyncServer, start_async
from labserve.errors import LabserveError
from labserve.options import Rule, Setting, Site
from labserve.server import Server

_seen = pytest.StashKey[list[Server]]()
"""The servers that run, or ended in the current test."""


class Starter:
    """Starts servers that are stopped when the test ends. Its methods take what the functions of the module take."""

    def __init__(self) -> None:
        self._started: list[Server] = []

    def start(
        self,
        profile: str | os.PathLike[str] = "node",
        rules: Sequence[Rule] = (),
        site: Site | None = None,
        settings: Mapping[str, Setting] | None = None,
        *,
        port: int = 0,
        arguments: Sequence[str] = (),
    ) -> Server:
        """A running server."""
        server = servers.start(profile, rules, site, settings, port=port, arguments=arguments)
        self._started.append(server)
        return server

    async def start_async(
        self,
        profile: str | os.PathLike[str] = "node",
        rules: Sequence[Rule] = (),
        site: Site | None = None,
        settings: Mapping[str, Setting] | None = None,
        *,
        port: int = 0,
        arguments: Sequence[str] = (),
    ) -> AsyncServer:
        """A running server, for a test with asyncio."""
        server = await start_async(profile, rules, site, settings, port=port, arguments=arguments)
        self._started.append(server.blocking)
        return server

    def stop(self) -> None:
        """Stops all of them."""
        for server in self._started:
            server.stop()


@pytest.fixture
def labserve() -> Generator[Starter, None, None]:
    """Starts servers: `server = labserve.start(rules=["status=503 times=2"])`. They are stopped when the test ends."""
    starter = Starter()
    yield starter
    starter.stop()


def pytest_configure(config: pytest.Config) -> None:
    seen = config.stash.setdefault(_seen, [])
    servers.on_start.append(seen.append)


def pytest_unconfigure(config: pytest.Config) -> None:
    servers.on_start.remove(config.stash[_seen].append)


def pytest_runtest_setup(item: pytest.Item) -> None:
    seen = item.config.stash[_seen]
    seen[:] = [server for server in seen if server.is_running]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        for server in item.config.stash[_seen]:
            report.sections.append((f"connections of {server!r}", _connections(server)))
    return report


def _connections(server: Server) -> str:
    try:
        return str(server.summary())
    except LabserveError as error:
        return str(error)
