#!/usr/bin/env python3
"""Compares `labserve explain` with tshark: the numbers and flags of every frame, and the request of every response.

    tests/e2e/capture/tshark.py [CAPTURE ...]

Without arguments: the captures of tests/data/captures, and all that adversarial.py makes. For every TCP frame the
stream index, relative Seq and Ack, the payload's length and the analysis flags (`analysis_flags.py`) are compared; for
every stream, its completeness; for every capture, which frames end a request or a response, and which request each
response belongs to. A difference with a known reason (ARGUED) is counted separately. The last line counts: `N passed,
M failed`.
"""

import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture import adversarial, analysis_flags, packets
from e2e.pylib import cli

FIELDS = [
    "frame.number",
    "tcp.stream",
    "tcp.seq",
    "tcp.ack",
    "tcp.len",
    "http.request",
    "http.response",
    "http.request_in",
    "tcp.srcport",
    "tcp.dstport",
    *analysis_flags.FIELDS[2:],
]

# What tshark cannot pair, in general:
#   It gives a response to the last request that it saw. Where requests are pipelined, pairs are not compared. It shows
#   a body that ends with the connection at the FIN, explain at its last byte. The FIN's frame is used for both. It does
#   not pair a response that comes before the end of its request, or to one that has none. If such a response is
#     to HEAD, it waits for the body.
#   It recognizes requests by a list of methods, and takes a request with another method for something else. It takes a
#   response without a head, as HTTP/0.9 has, for a part of something else. It does not pair two responses in one frame.
#   It waits for the body of a request with `Expect: 100-continue` even where none comes: these are not compared.
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"}

# tshark can reassemble segments in two ways: it waits for missing bytes, or starts again after them. Both are tried.
# Where bytes were truncated, it reads each segment separately, and its message is the first segment of the real one:
# such captures are compared by first frames.
BY_FIRST_FRAME = ("snap-",)

# Captures, by prefix of their names, for which the two pair messages differently, and why. Frame numbers must never
# differ.
ARGUED = {
    "lost-": "bytes are missing, and tshark waits for them to its end; explain passes over what was acknowledged",
    "midway-": "it begins in the middle of a response, and tshark takes what follows for a part of that; explain "
    "starts again where a segment begins a message",
    "snap-96": "the head is cut in the middle of a field, and tshark does not call it a response",
    "v4-fragments-missing": "bytes are missing, as in lost-",
}


def tshark(capture, ports=(), waits=True):
    options = ["-o", f"tcp.reassemble_out_of_order:{str(waits).upper()}"]
    for port in ports:
        options += ["-d", f"tcp.port=={port},http"]
    return analysis_flags.tshark(capture, FIELDS, *options)


def servers_of(rows):
    """All ports, and those of the servers: the ports that occur in most frames, and the port of the generated
    captures."""
    ports = {port for row in rows for port in (row["tcp.srcport"], row["tcp.dstport"])}
    common = [
        port for port in ports if sum(port in (row["tcp.srcport"], row["tcp.dstport"]) for row in rows) * 2 > len(rows)
    ]
    return ports, sorted({*common, *(ports & {str(packets.PORT)})})


class Reading:
    """The reading of a capture by one program: (stream, Seq, Ack, Len) by frame, and the pairs of messages."""

    def __init__(self):
        self.frames, self.requests, self.responses, self.pairs = {}, set(), set(), set()

    def paired(self, without):
        return self.requests - without, self.responses - without, {pair for pair in self.pairs if not without & {*pair}}


def read_by_tshark(rows):
    reading = Reading()
    for row in rows:
        number = int(row["frame.number"])
        reading.frames[number] = tuple(int(row[field] or -1) for field in FIELDS[1:5])
        if row["http.request"]:
            reading.requests.add(number)
        if row["http.response"]:
            reading.responses.add(number)
            reading.pairs.update((int(frame), number) for frame in row["http.request_in"].split(";") if frame)
    return reading


def explained(binary, capture, ports, by_first):
    """What explain reads, the frames of messages that tshark cannot pair, and the flags of all frames."""
    arguments = [binary, "explain", capture, "--json", *[word for port in ports for word in ("--port", port)]]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    reading, apart, connections = Reading(), set(), json.loads(done.stdout)["connections"]
    for connection in connections:
        for frame in connection["frames"]:
            reading.frames[frame["number"]] = (connection["stream"], frame["seq"], frame["ack"], frame["len"])
        fins = [
            fin["frame"]
            for fin in (connection["end"]["first_fin"], connection["end"]["second_fin"])
            if fin and fin["by"] == "server"
        ]
        pipelined = any(exchange["pipelined"] for exchange in connection["exchanges"])
        for exchange in connection["exchanges"]:
            ends = []
            for name, messages in (("request", reading.requests), ("response", reading.responses)):
                message = exchange[name]
                if not message or (message["shortfall"] and not by_first):
                    continue
                at = message["frames"]["first" if by_first else "last"]
                if message["body_end"] == "close" and fins:
                    at = fins[0]
                messages.add(at)
                ends.append(at)
                waits = name == "request" and message["content_length"] and not message["body_bytes"]
                if waits:
                    apart.add(at)
            reading.responses.update(frame for _, frame in exchange["interim"])
            if len(ends) == 2:
                reading.pairs.add(tuple(ends))
            request, response = exchange["request"], exchange["response"]
            strange = request and (
                request["shortfall"] or (request["head"][:1] and request["head"][0].split(" ")[0] not in METHODS)
            )
            bare = response and response["head"] == []
            lasts = [other["response"]["frames"]["last"] for other in connection["exchanges"] if other["response"]]
            in_one_frame = response and lasts.count(response["frames"]["last"]) > 1
            if pipelined or ends != sorted(ends) or strange or bare or in_one_frame:
                apart.update(ends)
    return reading, apart, analysis_flags.of_explain(connections)


def compare(binary, capture):
    """The number of frames, the differences of numbers and flags, and those of pairs."""
    name = capture.name
    rows = tshark(capture)
    ports, servers = servers_of(rows)
    reading, apart, mine = explained(binary, capture, ports, name.startswith(BY_FIRST_FRAME))
    flags = [text for _, text in analysis_flags.differences(analysis_flags.of_tshark(rows), mine)]
    differences = []
    for waits in (True, False):
        theirs = read_by_tshark(tshark(capture, servers, waits))
        numbers = [
            f"frame {n}: tshark {theirs.frames.get(n)}, explain {reading.frames.get(n)}"
            for n in sorted(theirs.frames.keys() | reading.frames.keys())
            if theirs.frames.get(n) != reading.frames.get(n)
        ]
        differences = [
            f"{what}: tshark alone {sorted(t - m)}, explain alone {sorted(m - t)}"
            for what, t, m in zip(("requests", "responses", "pairs"), theirs.paired(apart), reading.paired(apart))
            if t != m
        ]
        if numbers or not differences:
            break
    return len(theirs.frames), numbers + flags, differences


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("captures", nargs="*", type=pathlib.Path, metavar="CAPTURE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        captures = options.captures
        if not captures:
            adversarial.write(pathlib.Path(folder))
            captures = sorted((cli.DATA / "captures").glob("*.pcapng.gz")) + sorted(pathlib.Path(folder).iterdir())
        passed = failed = argued = frames = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda capture: compare(options.binary, capture), captures)
            for capture, (count, numbers, other) in zip(captures, results):
                frames += count
                why = next((why for begin, why in ARGUED.items() if capture.name.startswith(begin)), None)
                ok = not numbers and (why or not other)
                passed, failed, argued = passed + bool(ok), failed + (not ok), argued + bool(ok and other)
                if not ok:
                    print(f"{capture.name}: {count} frames", *numbers[:5], *other, sep="\n  ")
                elif other:
                    print(f"{capture.name}: differs for a known reason: {why}", *other, sep="\n  ")
    print(
        f"tshark: {passed} passed, {failed} failed; {frames} frames, {argued} captures that differ for a known reason"
    )
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
