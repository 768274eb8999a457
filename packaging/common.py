"""What the packages have in common: the version, the time in their archives, and the files that each of them holds.

Two runs over the same commit and the same program make the same bytes, because order, owners, modes and times are set
here.
"""

import argparse
import functools
import hashlib
import io
import os
import pathlib
import platform
import shutil
import struct
import subprocess
import tarfile
import tempfile
import tomllib

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
HERE = CHECKOUT / "packaging"
TARGET = CHECKOUT / "target"
OUT = TARGET / "packages"
PACKAGE = tomllib.loads((CHECKOUT / "Cargo.toml").read_text(encoding="utf-8"))
VERSION = PACKAGE["workspace"]["package"]["version"]
LICENSE = PACKAGE["workspace"]["package"]["license"]
DESCRIPTION = PACKAGE["package"]["description"]
# A processor in file names and Rust's targets, by its number in the head of an ELF file; and its name in Debian and in
# OCI images.
MACHINES = {62: "x86_64", 183: "aarch64"}
OTHER_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
MACHINE = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())


def tarball(machine):
    """The path of the archive for a processor."""
    return OUT / f"labserve-{VERSION}-{machine}-linux.tar.gz"


def deb(machine):
    """The path of the .deb for a processor."""
    return OUT / f"labserve_{VERSION}_{OTHER_NAMES.get(machine, machine)}.deb"


TARBALL = tarball(MACHINE)
DEB = deb(MACHINE)
IMAGE = OUT / f"labserve-{VERSION}-{OTHER_NAMES.get(MACHINE, MACHINE)}.oci.tar"
WINDOWS = OUT / f"labserve-{VERSION}-x86_64-windows.zip"
SHELLS = {"bash": "labserve.bash", "zsh": "_labserve", "fish": "labserve.fish"}


def parser(description):
    """A parser that knows `--program`: what the package holds."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--program",
        type=pathlib.Path,
        default=TARGET / "release/labserve",
        help="the program (default: what .ci/release builds)",
    )
    return made


def output(*command, **how):
    """What a command prints, as bytes."""
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, **how).stdout


@functools.cache
def epoch():
    """The time of every file in an archive: SOURCE_DATE_EPOCH, or that of the commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or output("git", "log", "-1", "--format=%ct", cwd=CHECKOUT))


def machine(program):
    """The processor that a Linux program is for."""
    with open(program, "rb") as file:
        (number,) = struct.unpack_from("<H", file.read(20), 18)
    return MACHINES.get(number, MACHINE)


def runner(program):
    """The words before a program's path that run it: an emulator, if the program is for another processor."""
    foreign = machine(program)
    return [] if foreign == MACHINE else [f"qemu-{foreign}-static"]


def stripped(program):
    """The bytes of a Linux program without its symbols."""
    foreign = machine(program)
    strip = "strip" if foreign == MACHINE else f"{foreign}-linux-gnu-strip"
    with tempfile.TemporaryDirectory() as place:
        copy = pathlib.Path(place, "labserve")
        output(strip, "-o", copy, program)
        return copy.read_bytes()


def manual(program):
    """The manual pages: their bytes by file name."""
    with tempfile.TemporaryDirectory() as place:
        output(*runner(program), program, "man", "--dir", place)
        return {page.name: page.read_bytes() for page in sorted(pathlib.Path(place).iterdir())}


def completions(program):
    """The script that completes commands, as bytes, by shell."""
    return {shell: output(*runner(program), program, "completions", shell) for shell in SHELLS}


def documents():
    """What every package says about itself: (path in the package, bytes)."""
    for name in ["README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE"]:
        yield name, (CHECKOUT / name).read_bytes()
    for path in output("git", "ls-files", "-z", "profiles", cwd=CHECKOUT).decode().rstrip("\0").split("\0"):
        yield path, (CHECKOUT / path).read_bytes()


def tar_gz(path, files, below):
    """Writes an archive of (path, bytes, mode), all in the directory `below`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, mode in sorted(files):
            entry = tarfile.TarInfo(f"{below}/{name}")
            entry.size, entry.mode, entry.mtime = len(content), mode, epoch()
            archive.addfile(entry, io.BytesIO(content))
    # gzip -n: neither a name nor a time.
    path.write_bytes(output("gzip", "-9n", input=packed.getvalue()))


def write(path, text):
    """Writes a text file with Unix line ends, and prints its name and size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path.relative_to(OUT)}: {len(text.encode())} bytes")


def checksum(path):
    """The SHA-256 of a file, as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def done(path):
    """Writes the checksum of a package next to it, in the format of sha256sum, and prints what was made."""
    path.with_name(path.name + ".sha256").write_text(f"{checksum(path)}  {path.name}\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes, sha256 {checksum(path)}")


def need(*tools):
    """Ends the script if a tool is missing. A tool is COMMAND, or COMMAND:PACKAGE of Debian."""
    for tool in tools:
        command, _, package = tool.partition(":")
        if not shutil.which(command):
            raise SystemExit(f"{command} is not installed (Debian: {package or command})")
