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
    """Sets every modification time below `root` to that of the recordings. git does not store them."""
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


# Names that URLs, templates, media types or file systems treat specially.
ODD_NAMES = (
    b"a&b.txt",
    b"a<b>.txt",
    b"a'b.txt",
    b'a"b.txt',
    b"a\\b.txt",
    b"a%20b.txt",
    b"a%b.txt",
    b"a?b.txt",
    b"a#b.txt",
    b"a;b.txt",
    b"a:b.txt",
    b"a b.txt",
    b" lead.txt",
    b"trail.txt ",
    b"dot.",
    b".dotted.txt",
    b"a..b.txt",
    b"two.html.txt",
    b"UPPER.TXT",
    b"tilde~.txt",
    b"latin\xe9.txt",
    b"half\xc3.txt",
    b"cr\rname.txt",
    b"lf\nname.txt",
    b"tab\tname.txt",
    b"del\x7fname.txt",
    b"ctrl\x01name.txt",
    "line\u2028separator.txt".encode(),
    "caf\u00e9.txt".encode(),
    "cafe\u0301.txt".encode(),
    "\U0001f600.txt".encode(),
    b"n" * 255,
)
# What Debian's table, the servers' own and Python's know, or do not.
# fmt: off
ODD_EXTENSIONS = (
    "3g2", "3gp", "7z", "apk", "asc", "avif", "bin", "bz2", "cgi", "conf", "crt", "csv", "doc", "docx", "eot", "epub",
    "exe", "flac", "gz", "htc", "htm", "html.de", "ics", "jar", "jpeg", "js.map", "json5", "jsonld", "log", "m4a",
    "map", "markdown", "mht", "mhtml", "mkv", "mov", "mpeg", "odt", "ogg", "otf", "php", "pl", "py", "rar", "rb",
    "rtf", "sh", "shtml", "so", "sql", "swf", "tar", "tex", "tgz", "tiff", "toml", "ts", "tsv", "ttf", "wasm.gz",
    "wav", "webm", "webmanifest", "woff", "xhtml", "xls", "xlsx", "xsl", "yaml", "yml", "z", "zip",
)
# fmt: on
# Modification times in nanoseconds since 1970: around it, before it, and fractions that may be rounded up.
ODD_TIMES_NS = {
    "epoch": 0,
    "epoch-1ns": 1,
    "epoch-1s": 1_000_000_000,
    "before-1s": -1_000_000_000,
    "before-half": -500_000_000,
    "y1960": -315_619_200_000_000_000,
    "ms999-4": 1_600_000_000_999_400_000,
    "ms999-5": 1_600_000_000_999_500_000,
    "us999-999": 1_600_000_000_999_999_000,
    "ns999-999-999": 1_600_000_000_999_999_999,
    "half": 1_600_000_000_500_000_000,
    "ns1": 1_600_000_000_000_000_001,
    "y2038": 2_147_483_648_000_000_000,
    "y2100": 4_102_444_800_250_000_000,
}


def odd(parent):
    """A site in `parent` with rare names, media types and modification times, and with directories that are searched
    for files. Returns its path."""
    root = parent / "odd"
    for directory in ("ext", "mtime", "odd/index.html", "a&b", "d\\e", "empty", "caf\u00e9", "space d"):
        (root / directory).mkdir(parents=True)
    for name in ODD_NAMES:
        (root / os.fsdecode(name)).write_bytes(b"named\n")
    for extension in ODD_EXTENSIONS:
        (root / "ext" / f"f.{extension}").write_bytes(b"typed\n")
    for name, size in {"index.html": 300, "a&b/index.html": 30, "space d/index.html": 30, "big.bin": 300_000}.items():
        (root / name).write_bytes(b"0123456789" * (size // 10))
    (root / "zero.html").touch()
    (root / "link-to-directory").symlink_to("a&b")
    (root / "link-to-nothing").symlink_to("gone")
    date(root)
    for name, time_ns in ODD_TIMES_NS.items():
        path = root / "mtime" / f"{name}.txt"
        path.write_bytes(b"0123456789")
        os.utime(path, ns=(time_ns, time_ns))
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
