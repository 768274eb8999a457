#!/usr/bin/env python3
"""Time and memory that `labserve explain` needs for a large capture, compared with `tshark -T fields`.

    bench/explain.py [--mib 1024 | --streams N] [--keep FILE]

The capture is generated first: downloads over Ethernet in segments of 1448 bytes, some of them repeated or out of
order, and thousands of small exchanges between them; with --streams N clients, each with a connection of one small
exchange. Prints a line for each of the two, and their ratios.
"""

import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from e2e.capture import packets
from e2e.pylib import cli


def frames(number, body):
    """A connection with three small exchanges and a large one."""
    talk = packets.Talk(client_port=20000 + number % 40000, isn=(number * 7919, number * 104729), mss=1448).open()
    for i in range(3):
        talk.get(f"/small/{i}", b"s" * 700)
    talk.get("/large", body).close()
    rng = random.Random(number)
    out = talk.frames
    for _ in range(len(out) // 200):
        i = rng.randrange(20, len(out) - 8) if len(out) > 40 else 0
        if i:
            if out[i][0] == out[i + 1][0]:
                out[i], out[i + 1] = out[i + 1], out[i]
            out.insert(i + 3, out[i])
    return out


def write(path, mib):
    with open(path, "wb") as file:
        file.write(packets.pcap_header(link=1))
        number, time_ns = 0, packets.BEGIN_NS
        while file.tell() < mib << 20:
            number += 1
            for i, (side, data) in enumerate(frames(number, bytes(2 << 20))):
                time_ns += 3000
                file.write(packets.pcap_record(packets.ethernet(4, packets.ipv4(side, data, i % 65536)), time_ns))


def write_streams(path, count):
    """Ten thousand connections are open at a time."""
    with open(path, "wb") as file:
        file.write(packets.pcap_header(link=1))
        time_ns = packets.BEGIN_NS
        for first in range(0, count, 10_000):
            numbers = range(first, min(first + 10_000, count))
            talks = [packets.Talk(isn=(n * 7919, n * 104729)).open().get("/", b"s" * 700).close() for n in numbers]
            for frames_at_once in zip(*(talk.frames for talk in talks)):
                for n, (side, data) in enumerate(frames_at_once, first):
                    packet, client = bytearray(packets.ipv4(side, data, n % 65536)), 12 + 4 * side
                    packet[client : client + 4] = struct.pack("!I", (11 << 24) + n)
                    time_ns += 3000
                    file.write(packets.pcap_record(packets.ethernet(4, bytes(packet)), time_ns))


def run(*argv):
    """Seconds, and the maximum memory in MiB."""
    begun = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{argv[0]} ended with {status}")
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of the capture (default: 1024)")
    parser.add_argument("--streams", type=int, metavar="N", help="a capture of this many connections instead")
    parser.add_argument("--keep", metavar="FILE", help="where the capture is kept, and read from if it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        path = options.keep or f"{work}/big.pcap"
        if not os.path.exists(path):
            if options.streams:
                write_streams(path, options.streams)
            else:
                write(path, options.mib)
        # Puts the file into the page cache for both programs.
        with open(path, "rb") as file:
            while file.read(1 << 24):
                pass
        seconds, rss = run(options.binary, "explain", path)
        print(f"explain: {seconds:.2f} s, {rss:.0f} MiB, for {os.path.getsize(path) / 2**20:.0f} MiB", flush=True)
        fields = [
            word for field in ("frame.number", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.len") for word in ("-e", field)
        ]
        theirs, their_rss = run("tshark", "-n", "-r", path, "-T", "fields", *fields)
        print(f"tshark: {theirs:.2f} s, {their_rss:.0f} MiB; {theirs / seconds:.1f} times, {their_rss / rss:.1f} times")


if __name__ == "__main__":
    main()
