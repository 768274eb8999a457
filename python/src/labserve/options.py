"""The options of a server as a command line. Starts nothing."""

import json
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypedDict

Setting: TypeAlias = str | int | bool | Sequence[str]
"""The value of a setting of a profile."""

Site: TypeAlias = str | os.PathLike[str] | Mapping[str, str | bytes]
"""What is served: a directory, or the content of each file by its path, such as `{"/a.txt": "text"}`."""


class RuleTable(TypedDict, total=False):
    """A rule as a table. docs/testing.md describes the keys."""

    name: str
    path: str
    method: str
    header: str
    request: int
    connection: int
    overall: int
    nth: int
    every: int
    percent: int
    seed: int
    times: int
    status: int | str
    fields: list[str]
    body: str
    content_length: int
    extra_bytes: str
    interim: list[int]
    delay: str
    body_delay: str
    throttle: int | str
    at: Literal["accept", "first-byte", "head", "before-reply", "after-head", "after-reply", "idle"]
    after_bytes: int
    hold: str
    stall: str
    end: Literal["fin", "reset", "linger", "never", "half-close"]
    race: Literal["fin-meets-request", "reset-meets-request"]


Rule: TypeAlias = str | RuleTable
"""A rule: words such as `"path=/big after_bytes=1000 end=reset"`, or a table of the same words."""


@dataclass(frozen=True)
class Options:
    """How a server is started."""

    profile: str | os.PathLike[str] = "node"
    rules: Sequence[Rule] = ()
    site: Site | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    port: int = 0
    arguments: Sequence[str] = ()

    def command_line(self, root: pathlib.Path | None) -> list[str]:
        """The arguments of the program. `root` is the directory to serve; None for the demo site."""
        words = ["--ready", "json", "--with-parent", "--summary", "json", "--log", "text/warn"]
        words += ["--port", str(self.port), "--timeline", "127.0.0.1:0", "--profile", _profile(self.profile)]
        if root is not None:
            words += ["--root", str(root)]
        for rule in self.rules:
            words += ["--rule", rule_line(rule)]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={_literal(value)}"]
        return [*words, *self.arguments]


def _profile(profile: str | os.PathLike[str]) -> str:
    """The name of a profile, or the absolute path of its file, because the program runs in another directory."""
    path = pathlib.Path(profile)
    return str(path.absolute()) if path.is_file() else str(profile)


def rule_line(rule: Rule) -> str:
    """A rule in one line, as `--rule` takes it."""
    if isinstance(rule, str):
        return rule
    return " ".join(f"{key}={_quoted(value)}" for key, value in rule.items())


def _quoted(value: object) -> str:
    """A value as a word. A quotation mark inside a text is escaped: in a line it would end the text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace('\\"', "\\u0022")


def _literal(value: Setting) -> str:
    """The value of a setting as `--set` takes it: text is passed unchanged."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write_site(files: Mapping[str, str | bytes], root: pathlib.Path) -> None:
    """Writes files into a directory.

    Raises ValueError for a path that does not begin with a slash or leads out of the directory.
    """
    for path, content in files.items():
        names = path.split("/")
        if names[0] or not names[-1] or not _are_plain(names[1:]):
            raise ValueError(f'site: got the path {path!r}; expected the path of a file such as "/a.txt"')
        file = root.joinpath(*names[1:])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def _are_plain(names: Iterable[str]) -> bool:
    return all(name not in ("", ".", "..") and "\\" not in name for name in names)
