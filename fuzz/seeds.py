#!/usr/bin/env python3
"""Writes the inputs that fuzzing starts from, made of the corpus of cases, of the profiles and of the captures.

fuzz/seeds.py DIRECTORY     one directory a target below it
"""

import gzip
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent
out = pathlib.Path(sys.argv[1])


def seed(target, data):
    directory = out / target
    directory.mkdir(parents=True, exist_ok=True)
    if len(data) <= 4096:
        (directory / hashlib.sha1(data).hexdigest()).write_bytes(data)


def sent(case):
    """What a case's client sends, with its placeholders filled in."""
    text = "".join(step["send"] * step.get("times", 1) for step in case["steps"] if "send" in step)
    text = text.replace("HOST", "127.0.0.1:80")
    text = re.sub(r"\{\{\w+:[^}]*\}\}", 'W/"d9-18b8670d9a8"', text)
    return text.encode("latin-1", "replace")


FIELDS = {
    "range": b"range",
    "if-match": b"tags",
    "if-none-match": b"tags",
    "if-range": b"tags",
    "if-modified-since": b"dates",
    "if-unmodified-since": b"dates",
}

for name in ["report", "extended"]:
    for index, case in enumerate(json.loads((TREE / "tests/data/corpus" / f"{name}.json").read_text())):
        bytes_ = sent(case)
        shut = any("shut" in step for step in case["steps"])
        ending = 0 if shut else 1
        seed("exchange", bytes([index % 11, ending, 0]) + bytes_)
        seed("head", bytes([index % 11, 0x55, 0xAA]) + bytes_)
        words = bytes_.split(b"\r\n")[0].split(b" ")
        if len(words) > 1:
            seed("target", words[1])
        fields = {}
        for line in bytes_.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            fields[key.decode("latin-1").lower()] = value.strip()
        for key, value in fields.items():
            if key in FIELDS:
                target = FIELDS[key].decode()
                seed(target, (b'W/"d9-18b8670d9a8"\n' if target == "tags" else b"\0") + value)
        names = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "cache-control"]
        if any(n in fields for n in names):
            lines = [b'W/"d9-18b8670d9a8"'] + [fields.get(n, b"") for n in names]
            present = sum(1 << i for i, n in enumerate(names) if n in fields) | 64
            seed("conditions", bytes([present, 0, 2 if "range" in fields else 0, 1, 0]) + b"\n".join(lines))

for path in sorted((TREE / "profiles").glob("*.toml")):
    text = path.read_text()
    # Whole profiles are long: a table each, over the profile that it comes from.
    for table in re.split(r"\n(?=\[)", text):
        seed("profile", b"\x01\0" + table.encode())
    for template in re.findall(r'"([^"\n]*\{[^"\n]*)"', text) + re.findall(
        r"^([A-Z][\w-]*: .*\{.*)$", text, re.MULTILINE
    ):
        seed("template", b"\0" + template.encode() + b'\n/a%20b?c=<d>&"e"')

# Captures are cut to what a seed may hold: their first frames.
with tempfile.TemporaryDirectory() as generated:
    subprocess.run([sys.executable, TREE / "tests/data/captures/hostile.py", generated], check=True)
    for path in sorted(pathlib.Path(generated).iterdir()) + sorted((TREE / "tests/data/captures").glob("*.pcapng.gz")):
        data = path.read_bytes()
        packed = data.startswith(b"\x1f\x8b")
        seed("explain", (gzip.decompress(data) if packed else data)[:4096])
        if packed:
            seed("explain", data[:4096])
