"""httpx, blocking and with asyncio."""

import asyncio

import httpx
import labserve as lab
import pytest


def test_one_connection_for_all_requests(labserve, site):
    server = labserve.start("nginx", site=site)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        for _ in range(10):
            client.get("/a.txt")
    summary = server.stop()
    assert (summary.connections, summary.requests, summary.reused) == (1, 10, 1)


def test_a_body_shorter_than_announced(labserve, site):
    server = labserve.start("nginx", rules=["path=/a.txt content_length=99 at=after-reply end=fin"], site=site)
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.RemoteProtocolError):
        client.get(server.url + "/a.txt")


@pytest.mark.anyio
async def test_the_order_of_two_responses_is_chosen(site):
    rules = ["name=slow path=/a.txt hold=go"]
    async with lab.start_async("nginx", rules, site) as server, httpx.AsyncClient(trust_env=False) as client:
        slow = asyncio.create_task(client.get(server.url + "/a.txt"))
        await server.wait("held", name="go")
        assert (await client.get(server.url + "/big")).status_code == 200
        assert not slow.done()
        await server.release("go")
        assert (await slow).text == "text"
        (await server.stop()).check("connections == 2")


@pytest.mark.anyio
async def test_the_keep_alive_race(labserve, site):
    server = await labserve.start_async("nginx", rules=["race=reset-meets-request"], site=site)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        await client.get("/a.txt")
        with pytest.raises(httpx.ReadError):
            await client.get("/a.txt")
    summary = await server.stop()
    assert summary.dropped == 1
    assert summary.connection(1).style == "rst"
