"""The commands and the examples of docs/testing.md, for the checks that follow them word by word."""

import dataclasses
import pathlib
import re
import subprocess

from . import cli

GUIDE = cli.CHECKOUT / "docs/testing.md"


@dataclasses.dataclass
class Section:
    """The parts of a section of the guide that a reader follows."""

    # The files that examples are, by the names in their first lines.
    files: dict[str, str]
    # Lines for a shell.
    commands: str
    text: str


def section(title):
    """The section with this title."""
    text = re.split(rf"^## {re.escape(title)}\n", GUIDE.read_text(), maxsplit=1, flags=re.MULTILINE)[1]
    text = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    named = [(re.match(r"(?:#|//) ([\w./]+\.\w+)\n", block), block) for _, block in blocks]
    return Section(
        {name[1]: block for name, block in named if name},
        "".join(block for language, block in blocks if language == "sh"),
        text,
    )


def follow(title, folder, environment):
    """Writes the files of a section into a folder, and runs its commands there. A command that fails ends it."""
    found = section(title)
    for name, text in found.files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["bash", "-euxo", "pipefail", "-c", found.commands], cwd=folder, env=environment, check=True)
