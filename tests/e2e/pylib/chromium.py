"""Headless Chromium: its name on this system, and the switches that keep it from making requests of its own."""

import shutil

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def path():
    """The program, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")
