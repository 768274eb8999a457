"""The client library requests, and what tests of a client with a pool need."""

import threading

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry


@pytest.fixture
def session():
    with requests.Session() as session:
        # The proxy in the environment is meant for other servers.
        session.trust_env = False
        yield session


def test_busy_twice_then_well(labserve, session, site):
    server = labserve.start("nginx", rules=["path=/a.txt status=503 times=2"], site=site)
    session.mount("http://", HTTPAdapter(max_retries=Retry(2, status_forcelist=[503], backoff_factor=0)))
    assert session.get(server.url + "/a.txt").text == "text"
    summary = server.stop()
    assert summary.statuses == {503: 2, 200: 1}
    assert summary.connections == 1


def test_a_download_that_is_reset(labserve, session, site):
    server = labserve.start("nginx", rules=["path=/big nth=1 after_bytes=1000 end=reset"], site=site)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="Connection reset by peer"):
        session.get(server.url + "/big")
    assert len(session.get(server.url + "/big").content) == 100_000
    summary = server.stop()
    summary.check("connections == 2", "requests[/big].retries == 1", "connections[1].style == rst")
    assert summary.connection(1).requests[0].bytes == 1000


@pytest.mark.parametrize("race", ["fin-meets-request", "reset-meets-request"])
def test_the_keep_alive_race(labserve, session, site, race):
    server = labserve.start("nginx", rules=[{"race": race}], site=site)
    session.get(server.url + "/a.txt")
    with pytest.raises(requests.ConnectionError):
        session.get(server.url + "/a.txt")
    session.get(server.url + "/a.txt")
    server.stop().check(
        "connections == 2", "requests.dropped == 1", "requests.retries == 1", "connections[1].who == server"
    )


def test_requests_repeats_what_it_is_told_to(labserve, session, site):
    server = labserve.start("nginx", rules=["race=fin-meets-request times=1"], site=site)
    session.mount("http://", HTTPAdapter(max_retries=1))
    session.get(server.url + "/a.txt")
    assert session.get(server.url + "/a.txt").ok
    server.stop().check("connections == 2", "requests.retries == 1")


def test_a_response_that_is_held(labserve, session, site):
    server = labserve.start("nginx", rules=[{"name": "slow", "path": "/a.txt", "hold": "go"}], site=site)
    statuses = []
    client = threading.Thread(target=lambda: statuses.append(session.get(server.url + "/a.txt").status_code))
    client.start()
    server.wait("held", name="go")
    assert server.summary().unanswered == 1
    server.release("go")
    client.join()
    assert statuses == [200]


def test_a_server_that_never_answers(labserve, session, site):
    server = labserve.start("nginx", rules=["path=/a.txt end=never"], site=site)
    with pytest.raises(requests.ReadTimeout):
        session.get(server.url + "/a.txt", timeout=0.02)
    server.wait("closed", within="5s", connection=1)
    assert server.summary().connection(1).who == "client"


def test_an_idle_timeout_shorter_than_announced(labserve, session, site):
    server = labserve.start("node", site=site, settings={"timers.idle": "20ms"})
    assert session.get(server.url + "/a.txt").headers["Keep-Alive"] == "timeout=5"
    server.wait("closed", reason="idle")
    session.get(server.url + "/a.txt")
    server.stop().check("connections == 2", "connections[1].reason == idle")
