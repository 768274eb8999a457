"""Flask's development server over a directory."""

import sys

from flask import Flask, send_from_directory

site, port = sys.argv[1], int(sys.argv[2])
app = Flask(__name__, static_folder=None)


@app.route("/")
def index():
    return send_from_directory(site, "index.html")


@app.route("/<path:name>")
def file(name):
    return send_from_directory(site, name)


app.run("127.0.0.1", port)
