"""An HTTP/1.1 server for tests of clients, pools and proxies.

It ends connections exactly where a test needs that, and says afterwards what happened:

    with labserve.start(rules=["path=/big after_bytes=1000 end=reset"], site={"/big": "x" * 5000}) as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(server.url + "/big")
        server.stop().check("connections == 1")
"""

from labserve.aio import AsyncServer, start_async
from labserve.errors import Ended, LabserveError, NotInTime, NotStarted, Refused
from labserve.options import Rule, Site
from labserve.server import Server, start
from labserve.summary import Connection, Dropped, Request, Summary

__all__ = [
    "AsyncServer",
    "Connection",
    "Dropped",
    "Ended",
    "LabserveError",
    "NotInTime",
    "NotStarted",
    "Refused",
    "Request",
    "Rule",
    "Server",
    "Site",
    "Summary",
    "start",
    "start_async",
]
