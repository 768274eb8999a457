"""Directories to serve."""

import contextlib
import os
import pathlib
import shutil
import tempfile
import tomllib
import urllib.parse

from . import cli

# 2023-10-31 15:31:16.361 UTC: the modification time of every file when the recordings were made.
MODIFIED_NS = 1_698_766_276_361_000_000


def date(root, modified_ns=MODIFIED_NS):
    """Sets every modification time below `root`, by default to that of the recordings. git does not store them."""
    for path in [root, *root.rglob("*")]:
        os.utime(path, ns=(modified_ns, modified_ns), follow_symlinks=False)


def recorded(parent, secret=b"secret\n"):
    """A copy of the site of the recordings in `parent`, with what the repository cannot hold: links, one of them to a
    file beside the site, which must never be served, and the modification times. Returns its path."""
    root = parent / "site"
    shutil.copytree(cli.SITE, root)
    (root / "link-in.txt").symlink_to("index.html")
    (root / "link-out.txt").symlink_to("../secret.txt")
    (parent / "secret.txt").write_bytes(secret)
    date(root)
    return root


def nanoseconds(seconds):
    """The nanoseconds of a time in seconds such as `-0.25`. Exact: a float has too few digits."""
    whole, _, fraction = seconds.lstrip("-").partition(".")
    total = int(whole) * 1_000_000_000 + int(fraction.ljust(9, "0"))
    return -total if seconds.startswith("-") else total


def odd(parent):
    """The site that tests/data/odd-site.toml describes, in `parent`: rare names, times and links. Returns its path."""
    told = tomllib.loads((cli.DATA / "odd-site.toml").read_text())
    root = parent / "odd"
    root.mkdir()

    def at(path):
        full = pathlib.Path(os.fsdecode(os.fsencode(root) + b"/" + urllib.parse.unquote_to_bytes(path)))
        full.parent.mkdir(parents=True, exist_ok=True)
        return full

    for path, text in told["files"].items():
        at(path).write_bytes(text.encode())
    for path, size in told["sizes"].items():
        at(path).write_bytes(bytes(number % 251 for number in range(size)))
    for extension in told["extensions"].split():
        at(f"ext/f.{extension}").write_bytes(b"")
    for path in told["empty"]:
        at(path).mkdir()
    for path, target in told["links"].items():
        at(path).symlink_to(target)
    date(root, nanoseconds(told["modified"]))
    for path, modified in told["times"].items():
        at(path).write_bytes(b"0123456789")
        os.utime(at(path), ns=(nanoseconds(modified),) * 2)
    for path in told["unreadable"]:
        at(path).chmod(0)
    return root


def of_corpus(name):
    """What makes the site that a corpus asks for."""
    return odd if name == "files" else recorded


def without_content(parent):
    """The demo site and the site of the recordings in one, with zeros instead of pictures and sounds: a capture of it
    compresses to a few kilobytes. Returns its path."""
    root = parent / "site"
    for source in (cli.CHECKOUT / "static", cli.SITE):
        for path in source.rglob("*"):
            copy = root / path.relative_to(source)
            if path.is_dir() or copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(bytes(path.stat().st_size) if path.suffix in (".jpg", ".wav") else path.read_bytes())
    date(root)
    return root


@contextlib.contextmanager
def small(**files):
    """A small page, `index.html`, and `files` by name."""
    with public_directory() as root:
        (root / "index.html").write_bytes(b"<!doctype html><title>a page</title>" + b"x" * 630)
        for name, content in files.items():
            (root / name).write_bytes(content)
        yield root


@contextlib.contextmanager
def public_directory():
    """A temporary directory that other users may read, as Apache's processes must."""
    with tempfile.TemporaryDirectory(prefix="labserve-") as name:
        pathlib.Path(name).chmod(0o755)
        yield pathlib.Path(name)
