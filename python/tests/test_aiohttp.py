"""aiohttp."""

import asyncio

import aiohttp
import pytest


@pytest.mark.anyio
async def test_busy_twice_then_well(labserve, site):
    server = await labserve.start_async("nginx", rules=["path=/a.txt status=503 times=2"], site=site)
    async with aiohttp.ClientSession(server.url) as session:
        statuses = []
        while 200 not in statuses:
            async with session.get("/a.txt") as response:
                statuses.append(response.status)
    assert statuses == [503, 503, 200]


@pytest.mark.anyio
async def test_a_download_that_is_reset(labserve, site):
    server = await labserve.start_async("nginx", rules=["path=/big after_bytes=1000 end=reset"], site=site)
    async with aiohttp.ClientSession(server.url) as session, session.get("/big") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    assert (await server.stop()).connection(1).requests[0].bytes == 1000


@pytest.mark.anyio
async def test_aiohttp_repeats_an_idempotent_request(labserve, site):
    server = await labserve.start_async("nginx", rules=["race=fin-meets-request times=1"], site=site)
    async with aiohttp.ClientSession(server.url) as session:
        for _ in range(2):
            async with session.get("/a.txt") as response:
                assert response.status == 200
    (await server.stop()).check("connections == 2", "requests.retries == 1")


@pytest.mark.anyio
async def test_a_pool_of_one(labserve, site):
    server = await labserve.start_async("nginx", rules=["name=held path=/a.txt nth=1 hold=go"], site=site)
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(server.url, connector=connector) as session:

        async def load():
            async with session.get("/a.txt") as response:
                await response.read()
                return response.status

        loads = [asyncio.create_task(load()) for _ in range(5)]
        await server.wait("held", name="go")
        assert (await server.summary()).connections == 1
        await server.release("go")
        assert await asyncio.gather(*loads) == [200] * 5
    (await server.stop()).check("connections == 1", "requests == 5")
