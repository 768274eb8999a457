#!/usr/bin/env python3
"""How long `labserve explain` takes for a large capture, and how much memory, beside `tshark -T fields`.

    bench/explain.py [--binary target/release/labserve] [--mib 1024] [--keep FILE]

The capture is made first: downloads over Ethernet in segments of 1448 bytes, some of them repeated or out of order, and
thousands of small exchanges between them. Prints one line for each of the two, and their ratio.
"""

import argparse
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/data/captures"))
import hostile


def frames(number, body):
    talk = hostile.Talk(client_port=20000 + number % 40000, isn=(number * 7919, number * 104729), mss=1448)
    talk.open()
    for i in range(3):
        talk.get(f"/small/{i}", b"s" * 700)
    talk.get("/large", body).close()
    rng = random.Random(number)
    out = talk.frames
    for _ in range(len(out) // 200):
        i = rng.randrange(20, len(out) - 8) if len(out) > 40 else 0
        if i:
            out[i], out[i + 1] = (out[i + 1], out[i]) if out[i][0] == out[i + 1][0] else (out[i], out[i + 1])
            out.insert(i + 3, out[i])
    return out


def make(path, mib):
    header = bytes(12) + b"\x08\x00"
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        written, number, time_us = 0, 0, 1700000000 * 10**6
        while written < mib << 20:
            number += 1
            parts = []
            for i, (side, data) in enumerate(frames(number, bytes(2 << 20))):
                packet = header + hostile.ipv4(side, data, i % 65536)
                time_us += 3
                parts.append(struct.pack("<IIII", time_us // 10**6, time_us % 10**6, len(packet), len(packet)) + packet)
            chunk = b"".join(parts)
            file.write(chunk)
            written += len(chunk)
    return written


def run(*argv):
    begun = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"{argv[0]}: {status}"
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(HERE.parent / "target/release/labserve"))
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--keep", help="where the capture is kept, and taken from if it is there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        path = arguments.keep or f"{work}/big.pcap"
        if not os.path.exists(path):
            make(path, arguments.mib)
        with open(path, "rb") as file:      # so that both find it in memory
            while file.read(1 << 24):
                pass
        size = os.path.getsize(path) / 2**20
        seconds, rss = run(arguments.binary, "explain", path)
        print(f"explain: {seconds:.2f} s, {rss:.0f} MiB, for {size:.0f} MiB", flush=True)
        fields = [word for field in ("frame.number", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.len") for word in ("-e", field)]
        theirs, their_rss = run("tshark", "-n", "-r", path, "-T", "fields", *fields)
        print(f"tshark: {theirs:.2f} s, {their_rss:.0f} MiB; ratio {theirs / seconds:.1f}")


if __name__ == "__main__":
    main()
