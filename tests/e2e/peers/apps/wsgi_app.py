"""The application of flask_app.py, for a server of WSGI."""

import os

from flask import Flask, send_from_directory

site = os.environ["SITE"]
app = Flask(__name__, static_folder=None)


@app.route("/")
def index():
    return send_from_directory(site, "index.html")


@app.route("/<path:name>")
def file(name):
    return send_from_directory(site, name)
