"""Directories to serve."""

import contextlib
import os
import pathlib
import shutil
import tempfile

from . import cli

# 2023-10-31 15:31:16.361 UTC: the modification time of every file when the recordings were made.
MODIFIED_NS = 1_698_766_276_361_000_000


def date(root):
    """Sets every modification time below `root` to the one of the recordings. git keeps none."""
    for path in [root, *root.rglob("*")]:
        os.utime(path, ns=(MODIFIED_NS, MODIFIED_NS), follow_symlinks=False)


def recorded(parent, secret=b"secret\n"):
    """A copy of the site of the recordings in `parent`, with what the repository cannot hold: links, one of them to a
    file beside the site, which must never be served, and the modification times. Returns its path."""
    root = parent / "site"
    shutil.copytree(cli.DATA / "site", root)
    (root / "link-in.txt").symlink_to("index.html")
    (root / "link-out.txt").symlink_to("../secret.txt")
    (parent / "secret.txt").write_bytes(secret)
    date(root)
    return root


def without_content(parent):
    """The demo site and the site of the recordings in one, with zeros instead of pictures and sounds: a capture of it
    compresses to a few kilobytes. Returns its path."""
    root = parent / "site"
    for source in (cli.CHECKOUT / "static", cli.DATA / "site"):
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
