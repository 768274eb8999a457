"""Headless Chromium: what it is called, and the switches that keep it from doing more than it is told."""

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
