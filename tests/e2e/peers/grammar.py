"""Generates conversations for the comparison of servers: requests by RFC 9110 and RFC 9112, and requests that are
nearly valid.

A conversation is data: requests, each a plain GET with changes, and how the bytes are delivered. A conversation can
therefore be reduced by leaving out irrelevant parts. The same seed generates the same conversations. Knows how requests
are composed of parts; the values of the parts are in tests/data/corpus/grammar.toml. Must not know any server.
"""

import dataclasses
import pathlib
import random
import re
import sys
import tomllib
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli

# Enough time for a server on a busy machine to have read what was sent before.
PAUSE_S = 0.15


@dataclasses.dataclass(frozen=True)
class Change:
    """What is different from a plain GET. `part` says where, `value` what is there instead."""

    part: str
    value: object


@dataclasses.dataclass(frozen=True)
class Conversation:
    """`requests` are tuples of changes. `cuts` are positions, as fractions of the whole, at which the client pauses."""

    requests: tuple
    cuts: tuple = ()
    # The client sends FIN after the last byte.
    shut: bool = False
    # A plain request after the replies, to check whether the connection still works.
    follow: bool = False

    def text(self):
        return "".join(rendered(changes) for changes in self.requests)

    def steps(self):
        """The steps of wire.py."""
        text, steps, begin = self.text(), [], 0
        for cut in sorted(self.cuts):
            if begin < (at := int(cut * len(text))):
                steps += [{"send": text[begin:at]}, {"sleep": PAUSE_S}]
                begin = at
        if text[begin:]:
            steps.append({"send": text[begin:]})
        if self.shut:
            steps += [{"sleep": PAUSE_S}, {"shut": True}]
        steps.append({"read": 0})
        if self.follow:
            steps += [{"send": rendered(())}, {"read": 0}]
        return steps

    def smaller(self):
        """Conversations with one part less, the largest cut first."""
        for at in range(len(self.requests) if len(self.requests) > 1 else 0):
            yield dataclasses.replace(self, requests=without(self.requests, at))
        if self.follow:
            yield dataclasses.replace(self, follow=False)
        if self.shut:
            yield dataclasses.replace(self, shut=False)
        if self.cuts:
            yield dataclasses.replace(self, cuts=())
        for at, changes in enumerate(self.requests):
            for each in range(len(changes)):
                fewer = (*self.requests[:at], without(changes, each), *self.requests[at + 1 :])
                yield dataclasses.replace(self, requests=fewer)

    def cause(self):
        """A description of its changes, in words that similar conversations share."""
        parts = [f"{change.part}" for changes in self.requests for change in changes]
        delivery = [word for word, on in (("cut", self.cuts), ("FIN", self.shut), ("follow", self.follow)) if on]
        count = [f"{len(self.requests)} requests"] if len(self.requests) > 1 else []
        return " + ".join(count + sorted(set(parts)) + delivery) or "plain"


def without(items, at):
    return (*items[:at], *items[at + 1 :])


def rendered(changes):
    """The text of a request."""
    method, target, version, host = "GET", "/index.html", "HTTP/1.1", "Host: HOST"
    first, fields, body, separators, ends, before, after = [], [], "", ("", " ", " "), {}, "", ""
    edits = []
    for change in changes:
        value = change.value
        match change.part:
            case "method":
                method = value
            case "target" | "path" | "absolute target":
                target = value
            case "version":
                version = value
            case "host":
                host = value
            case "separators":
                separators = value
            case "line end":
                ends = {**ends, **dict([value])}
            case "before":
                before = value
            case "after":
                after = value
            case "content" | "chunks" | "trailers":
                fields.append(value[0])
                body = value[1]
                method = method if method != "GET" or value[2] else "POST"
            case "first field":
                first.append(value)
            case "byte":
                edits.append(value)
            case _:
                fields.append(value)
    start = f"{separators[0]}{method}{separators[1]}{target}{separators[2]}{version}"
    lines = [start, *first, *([host] if host else []), *fields, ""]
    head = "".join(line + ends.get(number - len(lines) if number else 0, "\r\n") for number, line in enumerate(lines))
    for place, replaced, text in edits:
        at = int(place * len(head))
        head = head[:at] + text + head[at + replaced :]
    return before + head + body + after


def expanded(value):
    """A value of grammar.toml, with its repetitions expanded."""
    if isinstance(value, list):
        return tuple(expanded(each) for each in value)
    return re.sub(r"([A-Za-z])\{(\d+)\}", lambda run: run[1] * int(run[2]), value)


# The values for each part.
VALUES = {
    name: [expanded(value) for value in values]
    for name, values in tomllib.loads((cli.DATA / "corpus/grammar.toml").read_text()).items()
}


def of(name, before=""):
    """A function that draws one of the values of that name, and puts `before` in front of it."""
    return lambda rng, _: before + rng.choice(VALUES[name]) if before else rng.choice(VALUES[name])


def path(rng, paths):
    return rng.choice(paths)


def bent_path(rng, paths):
    """A path of the site with something odd in it, or no path."""
    name = path(rng, paths)
    at = rng.randrange(len(name))
    match rng.randrange(7):
        case 0:
            return name + rng.choice(VALUES["queries"])
        case 1:
            return name + rng.choice(VALUES["tails"])
        case 2:
            return rng.choice(VALUES["prefixes"]) + name
        case 3:
            return name[: at + 1] + rng.choice(VALUES["tails"] + VALUES["prefixes"]) + name[at + 1 :]
        case 4:
            return f"{name[:at]}%{ord(name[at]):02x}{name[at + 1 :]}"
        case 5:
            return name.swapcase()
        case _:
            return rng.choice(VALUES["targets"])


def absolute(rng, paths):
    return rng.choice(VALUES["schemes"]) + rng.choice(VALUES["authorities"]) + rng.choice(["", "/", *paths])


def field(rng, _):
    return f"{rng.choice(VALUES['names'])}:{rng.choice(VALUES['values'])}"


def byte_range(rng, _):
    return f"Range: {rng.choice(VALUES['units'])}{rng.choice(VALUES['ranges'])}"


def condition(rng, _):
    name, of_tags, of_dates = rng.choice(CONDITIONS)
    values = VALUES["tags"] * of_tags + VALUES["dates"] * of_dates
    extra = "\r\nRange: bytes=0-3" if name == "If-Range" else ""
    return f"{name}: {rng.choice(values)}{extra}"


def content(rng, _):
    """A field line, the content, and whether the method stays GET."""
    name = rng.choice(["Content-Length: ", "Content-Length:", "content-length: "])
    sent = rng.choice(["hello", "hello", "hell", "helloo", "", "hello\r\n"])
    return name + rng.choice(VALUES["lengths"]), sent, rng.random() < 0.3


def chunked(rng, coding="chunked", sizes="5", chunk_ends=("\r\n", "\r\n"), lasts="0\r\n\r\n"):
    sent = f"{sizes}{chunk_ends[0]}hello{chunk_ends[1]}{lasts}"
    return f"Transfer-Encoding: {coding}", sent, rng.random() < 0.3


def chunks(rng, _):
    """Like `content`, with one odd part."""
    odd = rng.choice(["sizes", "chunk_ends", "lasts", "coding"])
    return chunked(rng, **{odd: rng.choice(VALUES[odd])})


def trailers(rng, _):
    end = rng.choice(["\r\n\r\n"] * 4 + ["\n\n", "\r\n"])
    return chunked(rng, lasts="0\r\n" + rng.choice(VALUES["trailers"]) + end)


def line_end(rng, _):
    """Of the start line, the line before the last, or the last."""
    return rng.choice([0, -2, -1]), rng.choice(VALUES["line_ends"])


def byte(rng, _):
    """A place in the head, how many bytes are replaced there, and what by."""
    return rng.random(), rng.randrange(2), rng.choice(VALUES["bytes"])


# Which fields compare tags, which dates.
CONDITIONS = (
    ("If-Modified-Since", False, True),
    ("If-Unmodified-Since", False, True),
    ("If-None-Match", True, False),
    ("If-Match", True, False),
    ("If-Range", True, True),
)
# How often a part is changed, relative to the others, and what draws the change.
PARTS = {
    "method": (3, of("methods")),
    "path": (5, path),
    "target": (6, bent_path),
    "absolute target": (3, absolute),
    "version": (3, of("versions")),
    "host": (3, of("hosts")),
    "field": (4, field),
    "odd field": (3, of("odd_fields")),
    "first field": (1, of("odd_fields")),
    "connection": (3, of("connections", "Connection:")),
    "expect": (2, of("expects", "Expect:")),
    "condition": (6, condition),
    "range": (6, byte_range),
    "content": (4, content),
    "chunks": (5, chunks),
    "trailers": (3, trailers),
    "before": (1, of("before")),
    "after": (3, of("after")),
    "line end": (2, line_end),
    "byte": (3, byte),
    "separators": (1, of("separators")),
}
# What ordinary clients send in long conversations: the frequency, the part and a function that draws the value.
USUAL = (
    (0.15, "method", lambda *_: "HEAD"),
    (0.1, "version", lambda *_: "HTTP/1.0"),
    (0.1, "range", lambda rng, _: "Range: " + rng.choice(["bytes=0-3", "bytes=0-1,3-4", "bytes=99999-"])),
    (0.1, "condition", lambda *_: "If-None-Match: *"),
    (0.15, "connection", lambda rng, _: "Connection: " + rng.choice(["close", "keep-alive"])),
    (0.2, "content", lambda rng, _: ("Content-Length: 5", "hello", rng.random() < 0.3)),
    (0.1, "chunks", lambda rng, _: chunked(rng)),
)
# What they rarely send.
UNUSUAL = {name: PARTS[name] for name in ("connection", "condition", "range", "content", "chunks", "after")}
# What the reply about a file depends on.
OF_FILES = {
    "method": (1, lambda rng, _: rng.choice(["HEAD", "POST"])),
    "path": (1, bent_path),
    "condition": (3, condition),
    "range": (2, byte_range),
    "host": (1, of("hosts")),
    "absolute target": (1, absolute),
}
# Parts after which the next request is interesting.
FOLLOWED = ("content", "chunks", "trailers", "after", "expect", "connection")


def drawn(rng, parts, paths, count):
    names = rng.choices(list(parts), [weight for weight, _ in parts.values()], k=count)
    return tuple(Change(name, parts[name][1](rng, paths)) for name in names)


def odd_requests(seed, count, paths):
    """Conversations about one odd request, seldom two."""
    rng = random.Random(seed)
    for _ in range(count):
        changes = drawn(rng, PARTS, paths, rng.choices((1, 2, 3), (60, 30, 10))[0])
        requests = (changes, drawn(rng, PARTS, paths, 1)) if rng.random() < 0.08 else (changes,)
        cuts = (rng.random(),) if rng.random() < 0.08 else ()
        follow = rng.random() < (0.5 if any(change.part in FOLLOWED for change in changes) else 0.1)
        yield Conversation(requests, cuts, rng.random() < 0.05, follow)


def file_requests(seed, count, paths):
    """Requests for each path, most of them with nothing else that is odd."""
    rng = random.Random(seed)
    for number in range(count):
        changes = [Change("path", paths[number % len(paths)])]
        if number >= len(paths):
            changes += drawn(rng, OF_FILES, paths, rng.randrange(1, 3))
        yield Conversation((tuple(changes),))


def pipelines(seed, count, paths):
    """Up to five requests in pieces, with pauses between them and perhaps a FIN."""
    rng = random.Random(seed)
    for _ in range(count):
        requests = tuple(pipelined(rng, paths) for _ in range(rng.randrange(1, 6)))
        cuts = tuple(rng.random() for _ in range(rng.randrange(4)))
        yield Conversation(requests, cuts, rng.random() < 0.33)


def pipelined(rng, paths):
    """A request as clients send it. Every tenth is not valid."""
    changes = [Change("path", path(rng, [*paths, "/nothing"]))]
    if rng.random() < 0.1:
        return (*changes, *drawn(rng, UNUSUAL, paths, 1))
    changes += [Change(part, draw(rng, paths)) for often, part, draw in USUAL if rng.random() < often]
    if sum(change.part in ("content", "chunks") for change in changes) > 1:
        changes.pop()
    return tuple(changes)


def paths_of(site):
    """The targets of all files and directories below a directory."""
    found = ["/"]
    for each in sorted(site.rglob("*")):
        name = "/" + urllib.parse.quote_from_bytes(str(each.relative_to(site)).encode("utf-8", "surrogateescape"))
        found += [name, name + "/"] if each.is_dir() else [name]
    return found
