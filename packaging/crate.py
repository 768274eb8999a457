#!/usr/bin/env python3
"""Packs the crates as for crates.io, builds the program from the packed files, and installs it.

    packaging/crate.py [ARGUMENTS OF cargo package]

A crate holds nothing from outside its directory. The profiles, the languages and the demo site are at the top of the
checkout, where people look for them. So in a copy of the checkout they are copied into the crates that compile them in.

`cargo package` would build each crate to verify it. Here `cargo install` builds them all, once: with dependencies that
the checkout has built for `cargo test`. Installed is target/packages/cargo/bin/labserve, a debug build.
"""

import pathlib
import re
import shutil
import sys
import tarfile
import tempfile

import common

INSTALLED = common.OUT / "cargo"
CRATES = common.OUT / "crates"
DATA = ["profiles", "locale", "static"]


def main():
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="labserve-crates-") as place:
        source, packed = pathlib.Path(place, "source"), pathlib.Path(place, "packed")
        copy(source)
        for crate in sorted((source / "crates").iterdir()):
            move_data_into(crate, source)
        pack = ["cargo", "package", "--workspace", "--no-verify", "--quiet", "--target-dir", f"{place}/target"]
        common.output(*pack, *arguments, cwd=source)
        names = []
        CRATES.mkdir(parents=True, exist_ok=True)
        for crate in sorted(pathlib.Path(place, "target/package").glob("*.crate")):
            with tarfile.open(crate) as archive:
                archive.extractall(packed, filter="data")
            shutil.copy(crate, CRATES)
            names.append(crate.name.removesuffix(f"-{common.VERSION}.crate"))
            common.done(CRATES / crate.name)
        install(packed, names)
    print(f"installed {INSTALLED / 'bin/labserve'}")


def copy(place):
    """Copies the files of the checkout that git tracks, with their present content."""
    for path in common.output("git", "ls-files", "-z", cwd=common.CHECKOUT).decode().rstrip("\0").split("\0"):
        if (common.CHECKOUT / path).is_file():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(common.CHECKOUT / path, place / path)


def move_data_into(crate, source):
    """Copies the directories of data that the sources of a crate include into the crate, two levels further down."""
    for file in crate.rglob("*.rs"):
        up = "../" * len(file.parent.relative_to(source).parts)
        path = re.compile(rf'(?<="){re.escape(up)}({"|".join(DATA)})(?=/)')
        text = file.read_text(encoding="utf-8")
        for name in set(path.findall(text)):
            shutil.copytree(source / name, crate / name, dirs_exist_ok=True)
        file.write_text(path.sub(rf"{up[6:]}\1", text), encoding="utf-8", newline="\n")


def install(packed, names):
    """Builds the program from the unpacked crates. They depend on each other in versions that no registry has yet."""
    patches = [
        f'--config=patch.crates-io.{name}.path="{packed}/{name}-{common.VERSION}"'
        for name in names
        if name != "labserve"
    ]
    root = packed / f"labserve-{common.VERSION}"
    # The lock file refers to those crates in the registry. Everything else in it stays.
    common.output("cargo", "update", "--workspace", "--offline", "--quiet", *patches, cwd=root)
    build = ["cargo", "install", "--debug", "--force", "--locked", "--offline", "--path", root]
    common.output(*build, "--root", INSTALLED, "--target-dir", common.TARGET, *patches, cwd=packed)


if __name__ == "__main__":
    main()
