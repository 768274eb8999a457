#!/usr/bin/env python3
"""Captures that are hard to read: generated, and the same in every run.

    tests/e2e/capture/adversarial.py DIR

Each has a few HTTP exchanges over TCP whose packets were reordered, repeated, cut, lost, fragmented or encapsulated.
tshark.py compares what `labserve explain` and tshark read in all of them.
"""

import gzip
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.capture.packets import (
    ACK,
    CLIENT,
    ETHER,
    FIN,
    LINKS,
    PSH,
    RST,
    SERVER,
    SYN,
    Talk,
    block,
    file,
    interface,
    ipv4,
    packet,
    pcap,
    pcapng,
    reply,
    section,
    v4,
    v4_fragments,
    v4_no_length,
    v4_options,
    v6,
    v6_extensions,
    v6_fragments,
    wrapped,
)


def usual():
    """An ordinary connection with three exchanges."""
    return Talk().open().get("/one").get("/two", b"y" * 20000).get("/three", b"").close()


def interleave(*talks):
    """The frames of several connections in turn."""
    out, queues = [], [list(t.frames) for t in talks]
    while any(queues):
        for queue in queues:
            if queue:
                out.append(queue.pop(0))
    return out


def shuffled(talk, seed, near=3):
    """The frames, with some of one direction swapped with near ones. The handshake stays in order."""
    rng = random.Random(seed)
    frames = list(talk.frames)
    for _ in range(len(frames) // 3):
        i = rng.randrange(3, len(frames) - 1)
        j = min(len(frames) - 1, i + rng.randrange(1, near))
        if all(frame[0] == frames[i][0] for frame in frames[i : j + 1]):
            frames[i], frames[j] = frames[j], frames[i]
    return frames


def repeated(talk, seed, share=4):
    """The frames, with some of them repeated a little later."""
    rng = random.Random(seed)
    frames = list(talk.frames)
    for _ in range(len(frames) // share):
        i = rng.randrange(3, len(frames))
        frames.insert(min(len(frames), i + rng.randrange(1, 5)), frames[i])
    return frames


def thinned(talk, seed, share=8):
    """The frames, without some of them."""
    rng = random.Random(seed)
    return [frame for i, frame in enumerate(talk.frames) if i < 3 or rng.randrange(share)]


def streaming():
    """A longer download, sent without waiting, so that its segments can be reordered."""
    talk = Talk().open()
    talk.send(CLIENT, b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.send(SERVER, reply(bytes(range(256)) * 150), acks=False)
    talk.raw(CLIENT, ACK)
    return talk.get("/next", b"z" * 3000).close()


def overlapping(shift):
    """Segments that repeat the end of the previous one."""
    talk = Talk(mss=500).open()
    talk.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    data, base = reply(b"o" * 4000), talk.seq[SERVER]
    for at in range(0, len(data), 500):
        begin = max(0, at - shift)
        talk.raw(SERVER, ACK | PSH, data[begin : at + 500], seq=base + begin)
    talk.seq[SERVER] += len(data)
    talk.raw(CLIENT, ACK)
    return talk.get("/after").close()


def keep_alives(byte):
    talk = Talk().open().get()
    for _ in range(3):
        talk.raw(SERVER, ACK, byte, seq=talk.seq[SERVER] - 1)
        talk.raw(CLIENT, ACK)
    return talk.get("/later").close()


def zero_window():
    talk = Talk().open()
    talk.send(CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    data = reply(b"w" * 4000)
    for part in (data[:1460], data[1460:2920]):
        talk.raw(SERVER, ACK | PSH, part)
        talk.seq[SERVER] += len(part)
    talk.raw(CLIENT, ACK, window=0)
    for _ in range(2):
        talk.raw(SERVER, ACK, data[2920:2921])
        talk.raw(CLIENT, ACK, window=0)
    talk.raw(CLIENT, ACK)
    talk.send(SERVER, data[2920:])
    return talk.close()


def exchanges(*pairs, close=SERVER):
    talk = Talk().open()
    for request, response in pairs:
        talk.send(CLIENT, request)
        talk.send(SERVER, response)
    return talk.close(close)


def pipelined():
    talk = Talk().open()
    talk.send(CLIENT, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.send(CLIENT, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
    return talk.send(SERVER, reply(b"a" * 2000)).send(SERVER, reply(b"b" * 2000)).close()


def reused(isn):
    first = Talk().open().get().close()
    second = Talk(isn=isn).open().get("/again").close()
    return first.frames + second.frames


def syn_again(times):
    talk = Talk()
    for _ in range(times):
        talk.raw(CLIENT, SYN)
    talk.open().get().close()
    return talk


def moved_syn_ack():
    """The SYN/ACK that the client accepts has another sequence number than the one before it."""
    talk = Talk()
    talk.raw(CLIENT, SYN)
    talk.raw(SERVER, SYN | ACK, seq=777, ack=1001)
    talk.frames.extend(Talk().open().get().close().frames[1:])
    return talk


def simultaneous_close():
    talk = Talk().open().get()
    talk.raw(SERVER, FIN | ACK)
    talk.raw(CLIENT, FIN | ACK)
    talk.seq = [talk.seq[0] + 1, talk.seq[1] + 1]
    talk.raw(SERVER, ACK)
    talk.raw(CLIENT, ACK)
    return talk


def late_data():
    talk = Talk().open().get()
    talk.fin(SERVER)
    talk.send(CLIENT, b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n", acks=False)
    return talk.rst(SERVER, RST, seq=talk.seq[SERVER])


def refused():
    talk = Talk()
    talk.raw(CLIENT, SYN)
    return talk.rst(SERVER, seq=0, ack=talk.seq[CLIENT] + 1)


def chunked(sizes):
    body = b"".join(b"%x\r\n" % size + b"c" * size + b"\r\n" for size in sizes) + b"0\r\n\r\n"
    return reply(body, "Transfer-Encoding: chunked\r\n", length=False)


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def two_interfaces():
    talk = usual()
    frames = v4(talk.frames)
    out = section() + interface(link=1) + interface(link=101, resolution=9, name=b"lab1")
    for i, (version, data) in enumerate(frames):
        ms = 1700000000000 + i
        if i % 2:
            out += packet(data, ms * 10**6, number=1)
        else:
            out += packet(LINKS["ethernet"][1](version, data), ms * 1000)
    return out


def two_sections():
    frames, number = wrapped(usual())
    half = len(frames) // 2
    return pcapng(frames[:half], number) + pcapng(frames[half:], number, ">")


def simple_packets():
    frames, number = wrapped(usual())
    out = section() + interface(link=number)
    for data in frames:
        out += block("<", 3, struct.pack("<I", len(data)) + data)
    return out


def other_blocks():
    frames, number = wrapped(usual())
    out = section() + interface(link=number) + block("<", 4, b"\0\0\0\0")
    for i, data in enumerate(frames):
        out += packet(data, (1700000000000 + i) * 1000)
        if i % 7 == 0:
            out += block("<", 5, struct.pack("<III", 0, 0, 0)) + block("<", 0x12345, b"unknown!")
    return out


def among_others():
    """HTTP among TCP that is not HTTP, UDP, ARP and truncated frames."""
    number = 1
    tls = (
        Talk(client_port=50000, server_port=8443)
        .open()
        .send(CLIENT, b"\x16\x03\x01" + b"t" * 200)
        .send(SERVER, b"\x16\x03\x03" + b"s" * 2000)
        .close()
    )
    udp = bytes(12) + ETHER[4] + ipv4(0, struct.pack("!HHHH", 53, 53, 12, 0) + b"data", protocol=17)
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    others = wrapped(tls)[0] + [udp, arp, bytes(12) + ETHER[4] + b"\x45", bytes(5)]
    frames = []
    for i, frame in enumerate(wrapped(usual())[0]):
        frames += [frame, *others[i : i + 1]]
    return pcap(frames, link=number)


def cases():
    """(name, content) of every capture."""
    for link in LINKS:
        yield f"link-{link}", file(usual(), link=link)
    for link in ("ethernet", "null-big", "raw", "sll2"):
        yield f"v6-{link}", file(usual(), v6, link)
    yield "v6-extensions", file(usual(), v6_extensions)
    yield "v6-fragments", file(usual(), v6_fragments)
    yield "v4-options", file(usual(), v4_options)
    yield "v4-fragments", file(usual(), v4_fragments())
    yield "v4-fragments-reversed", file(usual(), v4_fragments(lambda parts: parts[::-1]))
    yield "v4-fragments-missing", file(usual(), v4_fragments(lambda parts: parts[:-1]))
    yield "v4-no-length", file(usual(), v4_no_length)
    for order, name in (("<", "little"), (">", "big")):
        yield f"pcap-{name}", file(usual(), order=order)
        yield f"pcap-nano-{name}", file(usual(), order=order, nano=True)
        yield f"pcapng-{name}", file(usual(), write=pcapng, order=order)
    yield "pcapng-nano", file(usual(), write=pcapng, resolution=9, unit=10**9)
    yield "pcapng-binary", file(usual(), write=pcapng, resolution=0x80 | 20, unit=2**20)
    yield "pcapng-two-interfaces", two_interfaces()
    yield "pcapng-two-sections", two_sections()
    yield "pcapng-simple", simple_packets()
    yield "pcapng-other-blocks", other_blocks()
    yield "gzip", gzip.compress(file(usual(), write=pcapng), mtime=0)
    for snap in (60, 96, 200, 1000):
        yield f"snap-{snap}", file(usual(), snap=snap)
    yield "snap-pcapng", file(usual(), write=pcapng, snap=120)
    for seed in range(8):
        yield f"reordered-{seed}", file(shuffled(streaming(), seed))
    for seed in range(4):
        yield f"reordered-far-{seed}", file(shuffled(streaming(), seed, 12))
    for seed in range(5):
        yield f"repeated-{seed}", file(repeated(streaming(), seed))
    for seed in range(6):
        yield f"lost-{seed}", file(thinned(streaming(), seed))
    for seed in range(3):
        yield f"mixed-{seed}", file(repeated(Talk(frames=shuffled(streaming(), seed)), seed))
    for shift in (1, 100, 499):
        yield f"overlap-{shift}", file(overlapping(shift))
    for skip in (1, 3, 4, 6, 9):
        yield f"midway-{skip}", file(usual().frames[skip:])
    for keep in (4, 8, 20):
        yield f"ends-early-{keep}", file(usual().frames[:keep])
    yield "reuse", file(reused((900000, 800000)))
    yield "reuse-same", file(reused((1000, 5000)))
    yield "reuse-server-same", file(reused((2000, 5000)))
    yield "syn-again", file(syn_again(3))
    yield "syn-ack-moved", file(moved_syn_ack())
    yield "keep-alive-0", file(keep_alives(b""))
    yield "keep-alive-1", file(keep_alives(b"\0"))
    yield "zero-window", file(zero_window())
    yield "wrap", file(Talk(isn=(2**32 - 100, 2**32 - 3000)).open().get("/a").get("/b", b"n" * 9000).close())
    yield "large-segments", file(Talk(mss=60000).open().get("/large", b"l" * 150000).get().close(), snap=262144)
    yield "tiny-segments", file(Talk(mss=7).open().get("/tiny", b"t" * 100).close())
    yield "pipelined", file(pipelined())
    yield "chunked", file(exchanges((GET, chunked([10, 3000, 1])), (GET, reply(b"after"))))
    yield (
        "no-bodies",
        file(
            exchanges(
                (GET.replace(b"GET", b"HEAD"), reply(head="Content-Length: 50\r\n", length=False)),
                (GET, reply(status="304 Not Modified", length=False)),
                (GET, reply(status="204 No Content", length=False)),
                (GET, reply(b"x")),
            )
        ),
    )
    yield (
        "upload",
        file(
            exchanges(
                (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n" + b"u" * 3000, reply(b"ok")),
                (GET, reply(b"x")),
            )
        ),
    )
    yield "close-delimited", file(exchanges((GET, reply(b"d" * 3000, length=False))))
    yield "four-frames-client", file(exchanges((GET, reply(b"x")), close=CLIENT))
    yield "simultaneous-close", file(simultaneous_close())
    yield "refused", file(refused())
    yield "late-data", file(late_data())
    yield "reset-midway", file(Talk().open().send(CLIENT, GET).send(SERVER, reply(b"r" * 9000)[:4000]).rst(CLIENT))
    yield "reset-idle", file(Talk().open().get().rst(SERVER))
    yield "reset-after-fins", file(Talk().open().get().close().rst(CLIENT, RST))
    yield (
        "unused",
        file(interleave(Talk().open().get().close(), Talk(client_port=40001, isn=(7, 8)).open().close(CLIENT))),
    )
    yield (
        "many",
        file(
            interleave(
                *[
                    Talk(client_port=41000 + i, isn=(i * 1000, i * 77777)).open().get(f"/{i}", b"m" * (i * 500)).close()
                    for i in range(12)
                ]
            )
        ),
    )
    yield "among-others", among_others()


def write(into):
    """Writes every capture to a directory."""
    into.mkdir(parents=True, exist_ok=True)
    for name, content in cases():
        suffix = ".gz" if content[:2] == b"\x1f\x8b" else ".pcap" if content[:4] != b"\n\r\r\n" else ".pcapng"
        (into / f"{name}{suffix}").write_bytes(content)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
