"""Flask over a directory: by its development server, or by a server of WSGI, which finds the directory in SITE."""

import os
import sys

from flask import Flask, send_from_directory

site = sys.argv[1] if __name__ == "__main__" else os.environ["SITE"]
app = Flask(__name__, static_folder=None)


@app.route("/")
def index():
    return send_from_directory(site, "index.html")


@app.route("/<path:name>")
def file(name):
    return send_from_directory(site, name)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[2]))
