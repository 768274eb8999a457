#!/usr/bin/env python3
"""tshark judges `labserve explain`: the same numbers for every frame, the same request for every response.

    tests/tshark.py [--binary target/release/labserve] [CAPTURE ...]

Without captures: those of tests/data/captures, and all that tests/data/captures/hostile.py makes. Of every TCP frame stream index,
relative Seq and Ack and payload length are compared; of every capture, which frames end a request or a response, and
which request each response belongs to. A difference that is argued below is counted apart. The last line counts: `N passed, M failed`.
"""

import argparse, concurrent.futures, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = ["frame.number", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.len", "http.request", "http.response", "http.request_in", "tcp.srcport", "tcp.dstport"]

# What tshark cannot pair, in general:
#   It gives a response to the last request that it saw: where requests are pipelined, pairs are not compared.
#   It shows a body that ends with the connection at the FIN, explain at its last byte: the FIN's frame is taken for both.
#   It does not pair a response that comes before the end of its request, or to one that has none; of such a HEAD's it waits
#   for the body.
#   It knows methods by their names, and takes a request with another one for something else.
#   It takes a response without a head, as HTTP/0.9 has, for a part of something else.
#   It pairs no two responses in one frame.
#   It waits for the body of a request with `Expect: 100-continue` even where none comes: such requests are not
#   compared.
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"}

# It is asked twice, since it has two ways to put segments together: waiting for what is missing, or beginning anew behind
# it. Where bytes were cut it reads each segment by itself, so that what it calls a message is its first segment: such
# captures are compared by first frames.
BY_FIRST_FRAME = ("snap-",)

# Captures in which the two differ in what they pair, and why; by the beginning of their names. The numbers of frames never may.
ARGUED = {
    "lost-": "bytes are missing, and tshark waits for them to its end; explain passes over what was acknowledged",
    "midway-": "it begins in the middle of a response, and tshark takes what follows for a part of that; explain begins anew where a segment begins a message",
    "snap-96": "the head is cut in the middle of a field, and tshark calls it no response",
    "v4-fragments-missing": "bytes are missing, as in lost-",
}


def tshark(capture, ports=(), waits=True):
    arguments = ["tshark", "-n", "-2", "-r", capture, "-o", f"tcp.reassemble_out_of_order:{str(waits).upper()}", "-T", "fields", "-E", "separator=,", "-E", "aggregator=;"]
    for field in FIELDS:
        arguments += ["-e", field]
    for port in ports:
        arguments += ["-d", f"tcp.port=={port},http"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    rows = [dict(zip(FIELDS, line.split(","))) for line in done.stdout.splitlines()]
    return [row for row in rows if row.get("tcp.stream")]


def servers_of(rows):
    """The ports that most frames share, and those of the generated captures."""
    ports = {port for row in rows for port in (row["tcp.srcport"], row["tcp.dstport"])}
    shared = [p for p in ports if sum(p in (row["tcp.srcport"], row["tcp.dstport"]) for row in rows) * 2 > len(rows)]
    return ports, sorted({*shared, *(ports & {"8000"})})


class Told:
    """What one of the two says of a capture: (stream, Seq, Ack, Len) by frame, and what is paired."""

    def __init__(self):
        self.frames, self.requests, self.responses, self.pairs = {}, set(), set(), set()

    def paired(self, without):
        return self.requests - without, self.responses - without, {pair for pair in self.pairs if not without & {*pair}}


def judged(rows):
    told = Told()
    for row in rows:
        number = int(row["frame.number"])
        told.frames[number] = tuple(int(row[field] or -1) for field in FIELDS[1:5])
        if row["http.request"]:
            told.requests.add(number)
        if row["http.response"]:
            told.responses.add(number)
            told.pairs.update((int(frame), number) for frame in row["http.request_in"].split(";") if frame)
    return told


def explained(binary, capture, ports, by_first):
    """What explain says, and the frames of messages that tshark cannot pair."""
    arguments = [binary, "explain", capture, "--json", *[word for port in ports for word in ("--port", port)]]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    told, apart = Told(), set()
    for connection in json.loads(done.stdout)["connections"]:
        for frame in connection["frames"]:
            told.frames[frame["number"]] = (connection["stream"], frame["seq"], frame["ack"], frame["len"])
        fins = [fin["frame"] for fin in (connection["end"]["first_fin"], connection["end"]["second_fin"]) if fin and fin["by"] == "server"]
        pipelined = any(exchange["pipelined"] for exchange in connection["exchanges"])
        for exchange in connection["exchanges"]:
            ends = []
            for name, messages in (("request", told.requests), ("response", told.responses)):
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
            told.responses.update(frame for _, frame in exchange["interim"])
            if len(ends) == 2:
                told.pairs.add(tuple(ends))
            request, response = exchange["request"], exchange["response"]
            strange = request and (request["shortfall"] or request["head"][:1] and request["head"][0].split(" ")[0] not in METHODS)
            bare = response and response["head"] == []
            shared = response and sum(other["response"]["frames"]["last"] == response["frames"]["last"] for other in connection["exchanges"] if other["response"]) > 1
            if pipelined or ends != sorted(ends) or strange or bare or shared:
                apart.update(ends)
    return told, apart


def compare(binary, capture):
    """How many frames; the differences of numbers, and of what is paired."""
    name = capture.name
    rows = tshark(capture)
    ports, servers = servers_of(rows)
    told, apart = explained(binary, capture, ports, name.startswith(BY_FIRST_FRAME))
    differences = []
    for waits in (True, False):
        theirs = judged(tshark(capture, servers, waits))
        numbers = [f"frame {n}: tshark {theirs.frames.get(n)}, explain {told.frames.get(n)}"
                   for n in sorted(theirs.frames.keys() | told.frames.keys()) if theirs.frames.get(n) != told.frames.get(n)]
        differences = [f"{what}: tshark alone {sorted(t - m)}, explain alone {sorted(m - t)}"
                       for what, t, m in zip(("requests", "responses", "pairs"), theirs.paired(apart), told.paired(apart)) if t != m]
        if numbers or not differences:
            break
    return len(theirs.frames), numbers, differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(HERE.parent / "target/release/labserve"))
    parser.add_argument("captures", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as hostile:
        captures = arguments.captures
        if not captures:
            subprocess.run([sys.executable, HERE / "data/captures/hostile.py", hostile], check=True)
            captures = sorted(HERE.glob("data/captures/*.pcapng.gz")) + sorted(pathlib.Path(hostile).iterdir())
        passed = failed = argued = frames = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda capture: compare(arguments.binary, capture), captures)
            for capture, (count, numbers, other) in zip(captures, results):
                frames += count
                why = next((why for begin, why in ARGUED.items() if capture.name.startswith(begin)), None)
                ok = not numbers and (why or not other)
                passed, failed, argued = passed + bool(ok), failed + (not ok), argued + bool(ok and other)
                if not ok:
                    print(f"{capture.name}: {count} frames", *numbers[:5], *other, sep="\n  ")
                elif other:
                    print(f"{capture.name}: differs as argued: {why}", *other, sep="\n  ")
    print(f"tshark: {passed} passed, {failed} failed; {frames} frames, {argued} captures with an argued difference")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
