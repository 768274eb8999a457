"""Compares the analysis flags of frames and the completeness of streams between tshark and explain."""

import subprocess

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
# tshark sets these flags in addition for special kinds of retransmission.
SPECIAL = {"fast-retransmission", "spurious-retransmission"}
# Where tshark is wrong, as acknowledgement numbers and windows prove: what it says, and what explain says instead. A
# byte that is sent again, or a probe of a window of 0, looks like a keep-alive probe; a segment that was recorded after
# its acknowledgement looks like a needless retransmission. Only the truth shows its other mistakes (`truth.py`).
CORRECTED = {
    "keep-alive": {"window-probe", "retransmission"},
    "spurious-retransmission": {"out-of-order"},
}
FIELDS = ["frame.number", "tcp.stream", "tcp.completeness", *[f"tcp.analysis.{name}" for name in FLAGS]]


def tshark(file, fields, *options):
    """The fields of every TCP frame, by name. The values of a field that occurs several times are joined by `;`."""
    command = ["tshark", "-n", "-2", "-r", file, "-Y", "tcp", *options]
    command += ["-T", "fields", "-E", "separator=,", "-E", "aggregator=;"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True)
    rows = [dict(zip(fields, line.split(","))) for line in done.stdout.splitlines()]
    return [row for row in rows if row.get("tcp.stream")]


class Analysis:
    """The analysis flags of each frame, and the completeness and first frame of each stream."""

    def __init__(self):
        self.flags, self.completeness, self.begins = {}, {}, {}


def of_tshark(rows):
    """Of rows with FIELDS."""
    analysis = Analysis()
    for row in rows:
        said = {flag for name, flag in FLAGS.items() if row[f"tcp.analysis.{name}"]}
        if said & SPECIAL:
            said.discard("retransmission")
        analysis.flags[int(row["frame.number"])] = said
        analysis.completeness[int(row["tcp.stream"])] = int(row["tcp.completeness"])
        analysis.begins.setdefault(int(row["tcp.stream"]), int(row["frame.number"]))
    return analysis


def of_explain(connections):
    """Of the connections in explain's JSON."""
    analysis = Analysis()
    for connection in connections:
        for frame in connection["frames"]:
            analysis.flags[frame["number"]] = {flag for flag in frame["analysis"] if flag in FLAGS.values()}
        analysis.completeness[connection["stream"]] = parts(connection)
    return analysis


def parts(connection):
    """Wireshark's completeness, computed from explain's output: SYN 1, SYN/ACK 2, ACK 4, data 8, FIN 16, RST 32."""
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


def differences(theirs, mine, is_wrong=lambda frame, theirs, mine: False):
    """Where tshark and explain differ, except for what is CORRECTED: pairs of a frame and a text. `is_wrong(frame,
    tshark's flags, explain's flags)` says whether something else proves tshark wrong."""
    found = []
    for stream, bits in theirs.completeness.items():
        seen = mine.completeness.get(stream, bits)
        if seen != bits:
            text = f"stream {stream}: completeness {bits} by tshark, {seen} by explain"
            found.append((theirs.begins[stream], text))
    for frame in sorted(theirs.flags.keys() | mine.flags.keys()):
        said, seen = theirs.flags.get(frame, set()), mine.flags.get(frame, set())
        corrected = any(flag in said and said - {flag} == seen - by and seen & by for flag, by in CORRECTED.items())
        if said != seen and not corrected and not is_wrong(frame, said, seen):
            text = f"frame {frame}: tshark alone {sorted(said - seen)}, explain alone {sorted(seen - said)}"
            found.append((frame, text))
    return found
