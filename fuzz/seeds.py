#!/usr/bin/env python3
"""Writes the inputs that fuzzing starts from, made of the corpora of cases, of the profiles and of the captures.

    fuzz/seeds.py DIRECTORY     one directory for each target below it

A seed is at most 4096 bytes long: of a profile there is one for each table, of a capture its first frames.
"""

import gzip
import hashlib
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from e2e.capture import adversarial
from e2e.pylib import cli

# No seed is longer, so that each runs fast. The fuzzer makes longer inputs of them (fuzz/run).
MOST_BYTES = 4096
# At least the number of built-in profiles: the first byte of an input chooses one.
PROFILES = 11
ETAG = b'W/"d9-18b8670d9a8"'
# The targets whose input is the value of a field, and the bytes before the value.
VALUES = {
    b"range": ("range", b"\0"),
    b"if-match": ("tags", ETAG + b"\n"),
    b"if-none-match": ("tags", ETAG + b"\n"),
    b"if-range": ("tags", ETAG + b"\n"),
    b"if-modified-since": ("dates", b"\0"),
    b"if-unmodified-since": ("dates", b"\0"),
}
CONDITIONS = [
    b"if-match",
    b"if-none-match",
    b"if-modified-since",
    b"if-unmodified-since",
    b"if-range",
    b"cache-control",
]


def sent(case):
    """What the client of a case sends, with the placeholders filled in."""
    text = "".join(step["send"] * step.get("times", 1) for step in case["steps"] if "send" in step)
    text = text.replace("HOST", "127.0.0.1:80")
    return re.sub(r"\{\{\w+:[^}]*\}\}", ETAG.decode(), text).encode("latin-1", "replace")


def from_case(number, case):
    """(target, seed) for what a case sends: the whole as a conversation, and the parts of its first request."""
    data = sent(case)
    shut = any("shut" in step for step in case["steps"])
    yield "exchange", bytes([number % PROFILES, not shut, 0]) + data
    yield "head", bytes([number % PROFILES, 0x55, 0xAA]) + data
    first, *lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    words = first.split(b" ")
    if len(words) > 1:
        yield "target", words[1]
    pairs = [line.partition(b":") for line in lines]
    fields = {name.lower(): value.strip() for name, _, value in pairs}
    for name, (target, before) in VALUES.items():
        if name in fields:
            yield target, before + fields[name]
    if any(name in fields for name in CONDITIONS):
        present = sum(1 << bit for bit, name in enumerate(CONDITIONS) if name in fields) | 64
        values = [ETAG, *(fields.get(name, b"") for name in CONDITIONS)]
        yield "conditions", bytes([present, 0, 2 if b"range" in fields else 0, 1, 0]) + b"\n".join(values)


def from_profile(text):
    """(target, seed) of the tables of a profile, and of its templates. A whole profile is too long."""
    for table in re.split(r"\n(?=\[)", text):
        yield "profile", b"\x01\0" + table.encode()
    templates = re.findall(r'"([^"\n]*\{[^"\n]*)"', text)
    for template in templates + re.findall(r"^([A-Z][\w-]*: .*\{.*)$", text, re.MULTILINE):
        yield "template", b"\0" + template.encode() + b'\n/a%20b?c=<d>&"e"'


def from_capture(data):
    """(target, seed) of the first frames of a capture, unpacked and packed."""
    packed = data.startswith(b"\x1f\x8b")
    yield "explain", (gzip.decompress(data) if packed else data)[:MOST_BYTES]
    if packed:
        yield "explain", data[:MOST_BYTES]


def seeds():
    for corpus in ("report", "extended"):
        for number, case in enumerate(json.loads((cli.CASES / f"{corpus}.json").read_text())):
            yield from from_case(number, case)
    for path in sorted((cli.CHECKOUT / "profiles").glob("*.toml")):
        yield from from_profile(path.read_text())
    for _, content in adversarial.cases():
        yield from from_capture(content)
    for path in sorted((cli.DATA / "captures").glob("*.pcapng.gz")):
        yield from from_capture(path.read_bytes())


def main():
    for target, data in seeds():
        directory = pathlib.Path(sys.argv[1]) / target
        directory.mkdir(parents=True, exist_ok=True)
        if len(data) <= MOST_BYTES:
            (directory / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    main()
