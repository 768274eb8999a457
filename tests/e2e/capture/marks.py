"""Compares the analysis flags of frames: what tshark says, and what `labserve explain` says."""

import concurrent.futures
import json
import pathlib
import subprocess

from e2e.capture.conversations import Conversation, pcap
from e2e.capture.packets import BEGIN_NS

# tshark's fields, and the flag of explain.
FLAGS = {
    "retransmission": "retransmission",
    "fast_retransmission": "fast-retransmission",
    "spurious_retransmission": "spurious-retransmission",
    "out_of_order": "out-of-order",
    "lost_segment": "gap",
    "duplicate_ack": "duplicate-ack",
    "keep_alive": "keep-alive",
    "keep_alive_ack": "keep-alive-ack",
    "zero_window": "zero-window",
    "zero_window_probe": "window-probe",
    "window_full": "window-full",
    "ack_lost_segment": "acked-unseen",
}
# tshark gives these to a retransmission of a special kind too.
SPECIAL = {"fast-retransmission", "spurious-retransmission"}
# Where tshark is wrong, as acknowledgement numbers and windows prove: what it says, and what explain says instead. A
# byte that is sent again, or a probe of a window of 0, looks like a keep-alive probe; a segment that was recorded after
# its acknowledgement looks like a needless retransmission. Two more are judged by the truth, in `is_wrong`.
CORRECTED = {
    "keep-alive": {"window-probe", "retransmission"},
    "spurious-retransmission": {"out-of-order"},
}
# How many conversations a file holds.
BATCH = 100


def of_tshark(file):
    """The flags of each frame, and the completeness of each stream."""
    names = ["frame.number", "tcp.stream", "tcp.completeness", *[f"tcp.analysis.{name}" for name in FLAGS]]
    command = ["tshark", "-n", "-2", "-r", file, "-T", "fields", "-E", "separator=,"]
    command += ["-E", "aggregator=;", "-Y", "tcp"]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    flags, completeness = {}, {}
    for line in done.stdout.splitlines():
        number, stream, complete, *values = line.split(",")
        said = {flag for flag, value in zip(FLAGS.values(), values) if value}
        if said & SPECIAL:
            said.discard("retransmission")
        flags[int(number)] = said
        completeness[int(stream)] = int(complete)
    return flags, completeness


def of_explain(binary, file):
    command = [binary, "explain", file, "--json", "--port", "80"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    flags, completeness = {}, {}
    for connection in json.loads(done.stdout)["connections"]:
        for frame in connection["frames"]:
            flags[frame["number"]] = {mark for mark in frame["marks"] if mark in FLAGS.values()}
        completeness[connection["stream"]] = parts(connection)
    return flags, completeness


def parts(connection):
    """What Wireshark's completeness counts, from what explain says: SYN 1, SYN/ACK 2, ACK 4, data 8, FIN 16, RST 32."""
    shake, end = connection["handshake"], connection["end"]
    data = connection["client_sent"]["bytes"] + connection["server_sent"]["bytes"]
    # Wireshark counts any ACK without payload, not only that of the handshake.
    acks = [f for f in connection["frames"] if "ACK" in f["flags"] and "SYN" not in f["flags"] and not f["len"]]
    bits = [shake["syn"], shake["syn_ack"], acks, data, end["first_fin"], end["resets"]]
    # Wireshark counts a stream's first frame when it reads it for the second time, and only if there are others. But a
    # SYN counts at once.
    if len(connection["frames"]) == 1 and not shake["syn"]:
        return 0
    return sum(1 << at for at, bit in enumerate(bits) if bit)


def is_wrong(theirs, mine, talk, frame):
    """Whether tshark is wrong about a frame, as the truth shows: it takes a segment that was overtaken for a fast
    retransmission, a byte that was captured as a probe of the window for one that was not, the first frame of a side
    for a keep-alive probe, or a window that was not captured for a full one."""
    if theirs - mine == {"fast-retransmission"} and mine - theirs == {"out-of-order"}:
        return frame.why == "new"
    before = [f for f in talk.frames if f.side != frame.side and f.us < frame.us]
    if theirs - mine == {"keep-alive"} and not mine - theirs:
        return not any(f.side == frame.side and f.us < frame.us for f in talk.frames)
    if theirs - mine == {"window-full"} and not mine - theirs:
        return not before
    if theirs - mine == {"acked-unseen"} and not mine - theirs:
        return any(f.why == "probe" and f.at + f.length == frame.ack for f in before)
    return False


def batch(binary, seeds, folder):
    """The differences of some conversations in one file."""
    packets = []
    for at, seed in enumerate(seeds):
        talk = Conversation(seed)
        # Of what was recorded twice, tshark judges the copies too.
        if talk.lens == "twice" or talk.snap < 1000:
            continue
        frames = [frame for _, frame in talk.listed()]
        own = [(ns, data) for ns, data in talk.packets(BEGIN_NS + at * 3_000_000) if data[9] == 6]
        packets += [(ns, data, talk, frame) for (ns, data), frame in zip(own, frames)]
    packets.sort(key=lambda packet: packet[0])
    file = pathlib.Path(folder, f"batch-{seeds[0]}.pcap")
    file.write_bytes(pcap([packet[:2] for packet in packets]))
    (theirs, complete), (ours, completeness) = of_tshark(file), of_explain(binary, file)
    wrong = [
        f"{file.name} stream {stream}: completeness {complete[stream]} by tshark, {bits} by explain"
        for stream, bits in completeness.items()
        if complete[stream] != bits
    ]
    for number, flags in theirs.items():
        mine = ours.get(number, set())
        argued = any(said in flags and flags - {said} == mine - by and mine & by for said, by in CORRECTED.items())
        _, _, talk, frame = packets[number - 1]
        if flags != mine and not argued and not is_wrong(flags, mine, talk, frame):
            name = f"{file.name} frame {number} (seed {talk.seed})"
            wrong.append(f"{name}: tshark alone {sorted(flags - mine)}, explain alone {sorted(mine - flags)}")
    return wrong


def compare(binary, seeds, folder):
    groups = [seeds[at : at + BATCH] for at in range(0, len(seeds), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [line for lines in pool.map(lambda group: batch(binary, group, folder), groups) for line in lines]
