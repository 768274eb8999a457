#!/usr/bin/env python3
"""Records what a server puts on the wire, and compares two recordings.

    wire.py record HOST:PORT CORPUS.json OUT.json [--site DIR] [--jobs N] [--only SUBSTRING] [--slow | --slow-only]
                   [--add]
    wire.py compare A.json B.json [-v]            A is the reference
    wire.py show A.json CASE

A corpus is a JSON list of cases: {"name", "steps": [...], "slow": bool, "only": [servers]}. Each case has a connection
of its own. Each step is one of

    {"send": "text"}           send these bytes (latin-1). HOST stands for the target, {{etag:/path}} for the server's
                               ETag of that path, {{flip:/path}} for the same with W/ added or taken away
    {"send": "x", "times": n}  send the same bytes n times
    {"read": 0}                read: wait up to 1.5 s for a first byte, then until 0.35 s of silence, or the end
    {"read": seconds}          the same with that many seconds of silence
    {"shut": true}             half-close: send FIN, go on reading
    {"sleep": seconds}
    {"end": seconds}           wait up to that long for the server to end the connection

Slow cases (up to 130 s each) run only with --slow or --slow-only. --add keeps what OUT.json already holds.

A recording is {"target": "HOST:PORT", "cases": {name: result}}. A result is {"log": [...], "end", "after"}:

    log        an entry for each step that reads, or that failed: {"got": bytes as latin-1}, {"send_failed": error},
               {"shut_failed": true}. An entry of an "end" step that got bytes also has "at": seconds from the last byte
               before the step to its first byte
    end        "fin" (the server sent FIN), "rst" (it reset), "open" (neither, when the last step was over)
    after      seconds from the last byte exchanged to that end, or null

A case that could not be run is {"error": text}. With --site, the whole content of a file of that directory is written
as {{file:/path}} in the recording.

Two recordings are compared byte for byte, except for what differs between two runs of one server:
    - the value of Date and of Expires, and of a Last-Modified that equals Date; a multipart boundary, the letters and
      digits that are a new cookie's value, and when it expires; the checksum of a path in Werkzeug's ETag,
    - HOST:PORT where the server repeats it (use ports of five digits on both sides, so that lengths agree), and the
      server's own port next to another host's name,
    - the order of the methods in Allow (that of a hash table in Flask and Apache),
    - whether a send to a connection that the server has already ended fails at once.
Ends must be of the same kind. Delays must agree within 0.25 s or 5 %, whichever is larger; see `close_to`.
"""

import argparse
import concurrent.futures
import gzip
import json
import pathlib
import re
import select
import socket
import sys
import time

FIRST_BYTE_S, SILENCE_S = 1.5, 0.35

# (host, port, path) -> ETag
ETAGS = {}


def etag_of(host, port, path):
    """The ETag that the server itself gives for a path, or `"none"`."""
    key = (host, port, path)
    if key not in ETAGS:
        head = b""
        with socket.create_connection((host, port), timeout=10) as connection:
            connection.sendall(f"HEAD {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            connection.settimeout(2)
            try:
                while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
                    head += data
            except OSError:
                pass
        found = re.search(rb"(?mi)^etag: *(.*?)\r$", head)
        ETAGS[key] = found.group(1).decode("latin-1") if found else '"none"'
    return ETAGS[key]


def filled_in(text, host, port):
    """The bytes of a "send" step."""

    def etag(found):
        tag = etag_of(host, port, found.group(2))
        if found.group(1) == "etag":
            return tag
        return tag[2:] if tag.startswith("W/") else "W/" + tag

    return re.sub(r"\{\{(etag|flip):([^}]+)\}\}", etag, text).replace("HOST", f"{host}:{port}").encode("latin-1")


class Player:
    """One case on one connection."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        # When the last byte was sent or received, and when the first byte of the last read arrived.
        self.last = self.first = time.monotonic()
        # ("fin" or "rst", seconds since the last byte)
        self.ended = None
        self.log = []

    def read(self, silence, to_end=False):
        """Reads until that many seconds of silence; with `to_end`, until the connection ends or the seconds are
        over."""
        got = bytearray()
        begun = time.monotonic()
        while self.ended is None:
            wait = silence if to_end or got else max(silence, FIRST_BYTE_S)
            left = (self.last if got and not to_end else begun) + wait - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                break
            try:
                data = self.socket.recv(1 << 18)
            except ConnectionResetError:
                self.ended = ("rst", time.monotonic() - self.last)
                break
            if not data:
                self.ended = ("fin", time.monotonic() - self.last)
                break
            self.last = time.monotonic()
            if not got:
                self.first = self.last
            got += data
        return got.decode("latin-1")

    def send(self, data):
        """Sends all of it, for at most 10 s."""
        rest, deadline = memoryview(data), time.monotonic() + 10
        try:
            while rest and time.monotonic() < deadline:
                select.select([], [self.socket], [], 1)
                try:
                    rest = rest[self.socket.send(rest) :]
                except BlockingIOError:
                    pass
        except (BrokenPipeError, ConnectionResetError) as error:
            self.log.append({"send_failed": type(error).__name__})
        self.last = time.monotonic()

    def half_close(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.log.append({"shut_failed": True})
        self.last = time.monotonic()

    def wait_for_end(self, seconds):
        before = self.last
        got = self.read(seconds, to_end=True)
        self.log.append({"got": got, **({"at": round(self.first - before, 3)} if got else {})})

    def result(self):
        end, after = self.ended or ("open", None)
        return {"log": self.log, "end": end, "after": after if after is None else round(after, 3)}


def run_case(host, port, case):
    """Plays a case. Returns its result."""
    # Filled in before the case starts: looking up an ETag between two steps would be a pause between them.
    sends = [filled_in(step["send"], host, port) * step.get("times", 1) for step in case["steps"] if "send" in step]
    player = Player(host, port)
    with player.socket:
        for step in case["steps"]:
            if "send" in step:
                player.send(sends.pop(0))
            elif "read" in step:
                player.log.append({"got": player.read(step["read"] or SILENCE_S)})
            elif "shut" in step:
                player.half_close()
            elif "sleep" in step:
                time.sleep(step["sleep"])
            elif "end" in step:
                player.wait_for_end(step["end"])
        return player.result()


def contents(site):
    """(content, path) of every file of at least 600 bytes below `site`, the largest first."""
    if not site:
        return []
    files = [path for path in pathlib.Path(site).rglob("*") if path.is_file() and path.stat().st_size >= 600]
    found = [(path.read_bytes().decode("latin-1"), "/" + path.relative_to(site).as_posix()) for path in files]
    return sorted(found, key=lambda file: -len(file[0]))


def shortened(result, files):
    """A result with {{file:/path}} for the contents of files."""
    for entry in result.get("log", []):
        for content, path in files if "got" in entry else []:
            entry["got"] = entry["got"].replace(content, "{{file:" + path + "}}")
    return result


def record(target, corpus, site=None, jobs=8, only="", slow=False, slow_only=False):
    """Plays the cases of a corpus, `jobs` at a time. Returns the recording."""
    files = contents(site)
    host, port = target.rsplit(":", 1)
    cases = [case for case in corpus if (slow or bool(case.get("slow")) == slow_only) and only in case["name"]]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        # Slow cases start first, so that no thread is left with one at the end.
        futures = {
            case["name"]: pool.submit(run_case, host, int(port), case)
            for case in sorted(cases, key=lambda case: not case.get("slow"))
        }
        results = {}
        for case in cases:
            try:
                results[case["name"]] = shortened(futures[case["name"]].result(), files)
            except OSError as error:
                results[case["name"]] = {"error": repr(error)}
    return {"target": target, "cases": results}


DATE = re.compile(r"(?mi)^(Date|Expires): [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r$")


# The name of a new cookie and its random value; its attributes up to the time at which it expires, and that time.
COOKIE = re.compile(r"(?mi)^(Set-Cookie: +[^=;\r\n]+=)([a-z0-9]{16,})(?=[;\r])")
EXPIRES = re.compile(
    r"(?mi)^(Set-Cookie: [^\r\n]*; expires=)[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
)


def normal(text, target):
    """A reply without what differs between two runs of one server."""
    for now in re.findall(r"(?mi)^Date: (.*)\r$", text):
        text = text.replace(f"Last-Modified: {now}", "Last-Modified: <date>")
    text = DATE.sub(lambda found: found.group(1) + ": <date>\r", text)
    text = COOKIE.sub(lambda found: f"{found[1]}<{len(found[2])} letters and digits>", text)
    text = EXPIRES.sub(lambda found: found.group(1) + "<date>", text)
    if found := re.search(r"boundary=\"?([^\s\";]+)", text):
        text = text.replace(found.group(1), "<boundary>")
    # Werkzeug's last number is a checksum of the file's absolute path.
    text = re.sub(r'"(-?\d+(?:\.\d+(?:e-\d+)?|e-\d+)-\d+)-\d{1,10}"', r'"\1-<adler32 of the path>"', text)
    port = target.rsplit(":", 1)[1]
    text = text.replace(target, "<host>").replace(f"Port {port}", "Port <port>").replace(f":{port}", ":<port>")
    # One is a link to the other.
    text = text.replace("{{file:/link-in.txt}}", "{{file:/index.html}}")
    return re.sub(r"(?m)^Allow: ([^\r\n]*)", allow_in_order, text)


def allow_in_order(found):
    separator = ", " if ", " in found.group(1) else ","
    return "Allow: " + separator.join(sorted(found.group(1).split(separator)))


def close_to(want, got):
    """Whether two delays are equal. Two between 60 and 91 s count as equal: Node looks at its timers every 30 s."""
    return (
        want is None
        or got is None
        or abs(want - got) <= max(0.25, 0.05 * want)
        or (60.5 < want < 91 and 60.5 < got < 91)
    )


def settled(log):
    """The log without failed sends and half-closes: whether they fail depends on timing, not on the server."""
    return [entry for entry in log if "got" in entry]


def first_difference(want, got):
    """The number of the first line that differs, and that line of both."""
    wanted, found = want.split("\r\n"), got.split("\r\n")
    at = next((n for n, (a, b) in enumerate(zip(wanted, found)) if a != b), min(len(wanted), len(found)))
    return at, *(lines[at][:140] if at < len(lines) else "(end)" for lines in (wanted, found))


def differences(want, got, want_target, got_target):
    """What differs between the results of one case, a line of text for each difference."""
    if "error" in want or "error" in got:
        same = want.get("error") == got.get("error")
        return [] if same else [f"error: {want.get('error')} / {got.get('error')}"]
    found = []
    wanted, seen = settled(want["log"]), settled(got["log"])
    if len(wanted) != len(seen):
        found.append(f"{len(seen)} reads, not {len(wanted)}")
    for number, (a, b) in enumerate(zip(wanted, seen)):
        left, right = normal(a["got"], want_target), normal(b["got"], got_target)
        if left != right:
            at, x, y = first_difference(left, right)
            found.append(f"read {number} line {at}: want {x!r} got {y!r} ({len(left)} / {len(right)} bytes)")
        elif not close_to(a.get("at"), b.get("at")):
            found.append(f"read {number}: first byte after {b['at']} s, want {a['at']} s")
    if want["end"] != got["end"]:
        found.append(f"end: want {want['end']} after {want['after']} got {got['end']} after {got['after']}")
    elif not close_to(want["after"], got["after"]):
        found.append(f"end {want['end']}: want after {want['after']} s got after {got['after']} s")
    return found


def compare(reference, other, verbose):
    """Prints how many of the cases that both have are identical. Returns whether all are."""
    names = [name for name in reference["cases"] if name in other["cases"]]
    same = 0
    for name in names:
        found = differences(reference["cases"][name], other["cases"][name], reference["target"], other["target"])
        same += not found
        if found and verbose:
            print(name, *found, sep="\n    ")
    print(f"{same}/{len(names)} cases identical ({100 * same / max(1, len(names)):.1f} %)")
    return same == len(names)


def read_json(path):
    """The content of a JSON file, which may be compressed with gzip."""
    content = pathlib.Path(path).read_bytes()
    return json.loads(gzip.decompress(content) if str(path).endswith(".gz") else content)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("record", help="play a corpus against a server")
    verb.add_argument("target", metavar="HOST:PORT")
    verb.add_argument("corpus")
    verb.add_argument("out")
    verb.add_argument("--site", help="the directory that the server serves")
    verb.add_argument("--jobs", type=int, default=8, help="connections at a time (default 8)")
    verb.add_argument("--only", default="", metavar="SUBSTRING", help="only cases whose name contains this")
    verb.add_argument("--slow", action="store_true", help="slow cases too")
    verb.add_argument("--slow-only", action="store_true", help="only slow cases")
    verb.add_argument("--add", action="store_true", help="keep what OUT.json already holds")
    verb = verbs.add_parser("compare", help="compare two recordings")
    verb.add_argument("reference")
    verb.add_argument("other")
    verb.add_argument("-v", action="store_true", help="show every difference")
    verb = verbs.add_parser("show", help="print a case of a recording")
    verb.add_argument("recording")
    verb.add_argument("case")
    options = parser.parse_args()
    if options.verb == "compare":
        return not compare(read_json(options.reference), read_json(options.other), options.v)
    if options.verb == "show":
        result = read_json(options.recording)["cases"][options.case]
        for entry in result.get("log", [result]):
            print(entry.get("got", entry))
        print("--", result.get("end"), result.get("after"))
        return 0
    result = record(
        options.target,
        read_json(options.corpus),
        options.site,
        options.jobs,
        options.only,
        options.slow,
        options.slow_only,
    )
    out = pathlib.Path(options.out)
    if options.add and out.exists():
        result["cases"] = {**read_json(out)["cases"], **result["cases"]}
    out.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
