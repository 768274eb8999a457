"""The first screens of README.md and README.zh-CN.md: what people are told to do with each package."""

import re
import shlex

from e2e.pylib import cli

READMES = ["README.md", "README.zh-CN.md"]
# A row of the table, and the commands in it.
ROW = re.compile(r"^ *\|.*\blabserve[-_]\d.*\|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


def commands(package):
    """The commands, each as words, in the row of a package. Its name may be given as a pattern of files."""
    found = [rows(name, package) for name in READMES]
    assert found[0] == found[1], f"{' and '.join(READMES)} differ: {found}"
    return [shlex.split(command) for command in found[0]]


def rows(readme, package):
    text = (cli.CHECKOUT / readme).read_text(encoding="utf-8")
    matching = [codes for codes in map(CODE.findall, ROW.findall(text)) if any(package in code for code in codes)]
    assert len(matching) == 1, f"{readme} has {len(matching)} rows for {package}"
    return matching[0]
