import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def site():
    """What the tests serve."""
    return {"/a.txt": "text", "/big": b"x" * 100_000}


@pytest.fixture
def anyio_backend():
    return "asyncio"
