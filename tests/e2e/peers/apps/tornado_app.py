"""Tornado over a directory."""

import asyncio
import sys

from tornado.web import Application, StaticFileHandler


async def main():
    static = {"path": sys.argv[1], "default_filename": "index.html"}
    Application([("/(.*)", StaticFileHandler, static)]).listen(int(sys.argv[2]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
