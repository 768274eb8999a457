#!/usr/bin/env python3
"""The archive for Windows: the program, a start to double-click, profiles, README and licence.

    packaging/windows.py [--program FILE]

Without --program it holds target/release/labserve.exe, which .ci/release builds with
CARGO_BUILD_TARGET=x86_64-pc-windows-gnu.
"""

import datetime
import pathlib
import tempfile
import zipfile

import common


def main():
    parser = common.parser(__doc__)
    parser.set_defaults(program=common.TARGET / "release/labserve.exe")
    common.need("x86_64-w64-mingw32-strip:binutils-mingw-w64-x86-64")
    with tempfile.TemporaryDirectory() as place:
        stripped = pathlib.Path(place, "labserve.exe")
        common.output("x86_64-w64-mingw32-strip", "-o", stripped, parser.parse_args().program)
        pack(stripped.read_bytes(), common.WINDOWS)
    common.done(common.WINDOWS)


def pack(program, path):
    """Writes the archive with these bytes as the program."""
    # cmd.exe needs CRLF line ends.
    start = (common.HERE / "start.cmd").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    files = [("labserve.exe", program), ("start.cmd", start), *common.documents()]
    written = datetime.datetime.fromtimestamp(common.epoch(), datetime.UTC).timetuple()[:6]
    below = pathlib.Path(path).name.removesuffix(".zip")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(f"{below}/{name}", written)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


if __name__ == "__main__":
    main()
