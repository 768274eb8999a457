#!/usr/bin/env python3
"""The package for Debian and Ubuntu: the static program, manual pages, completions, profiles, and systemd units.

    packaging/deb.py [--program FILE]

The package depends on nothing and runs no script. The units are installed and not enabled.
"""

import os
import pathlib
import tempfile

import common

COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/labserve",
    "zsh": "usr/share/zsh/vendor-completions/_labserve",
    "fish": "usr/share/fish/vendor_completions.d/labserve.fish",
}
UNITS = ["labserve.service", "labserve.socket"]
DOCUMENTS = "usr/share/doc/labserve"


def main():
    program = common.parser(__doc__).parse_args().program
    common.need("strip:binutils", "gzip", "dpkg-deb:dpkg")
    package = common.deb(machine := common.machine(program))
    with tempfile.TemporaryDirectory() as place:
        root = pathlib.Path(place)
        for path, (content, mode) in sorted(files(program).items()):
            at = root / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_bytes(content)
            at.chmod(mode)
        installed = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        control = root / "DEBIAN/control"
        control.parent.mkdir()
        control.write_text(told(-(-installed // 1024), common.OTHER_NAMES[machine]), encoding="utf-8")
        # The modes of the directories depend on the umask.
        for directory in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            directory.chmod(0o755)
        common.OUT.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(common.epoch())}
        common.output("dpkg-deb", "--root-owner-group", "--build", "-Zxz", root, package, env=environment)
    common.done(package)


def files(program):
    """(bytes, mode) of each file of the package, by path."""
    found = {
        "usr/bin/labserve": (common.stripped(program), 0o755),
        **{f"lib/systemd/system/{unit}": ((common.HERE / unit).read_bytes(), 0o644) for unit in UNITS},
    }
    for page, content in common.manual(program).items():
        found[f"usr/share/man/man1/{page}.gz"] = (common.output("gzip", "-9n", input=content), 0o644)
    for shell, content in common.completions(program).items():
        found[COMPLETIONS[shell]] = (content, 0o644)
    for path, content in common.documents():
        # The names that Debian's policy gives to the licence and the changes.
        name = {"LICENSE": "copyright", "CHANGELOG.md": "changelog.gz"}.get(path, path)
        packed = common.output("gzip", "-9n", input=content) if name.endswith(".gz") else content
        found[f"{DOCUMENTS}/{name}"] = (packed, 0o644)
    return found


def told(installed_kib, machine):
    """The control file."""
    return (
        f"Package: labserve\nVersion: {common.VERSION}\nArchitecture: {machine}\n"
        "Maintainer: the labserve authors <labserve@example.org>\n"
        f"Installed-Size: {installed_kib}\nSection: web\nPriority: optional\n"
        "Description: static-file HTTP/1.1 server that imitates other servers\n"
        " It sends the response heads of the original byte for byte, announces the same\n"
        " timeouts, and closes connections as the original does. It shows connections\n"
        " while they happen, and says what a capture shows.\n"
    )


if __name__ == "__main__":
    main()
