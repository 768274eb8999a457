"""Compares one connection in the event log with the same connection as `labserve explain` shows it.

Each difference that has a known reason is counted in `argued` and does not fail.
"""

import calendar
import datetime
import re

# For each reason of the log, the reasons that a capture can show. The log knows what the server decided; the capture
# only shows what was on the wire.
CLOSE_SAID = {"response-said-close", "request-said-close", "body-ends-with-close", "error-response", "http10"}
REASONS = {
    "unused": {"unused", "error-response"},
    "line_timeout": {"in-exchange", "error-response"},
    "head_timeout": {"in-exchange", "error-response"},
    "body_timeout": {"in-exchange", "error-response"},
    "idle": {"idle-as-announced", "idle-unannounced"},
    "request_said_close": {"request-said-close", "error-response"},
    "http10": {"http10", "response-said-close", "body-ends-with-close", "error-response"},
    "not_persistent": CLOSE_SAID | {"after-response"},
    "max_requests": CLOSE_SAID | {"after-response"},
    "response": CLOSE_SAID | {"after-response"},
    "bad_request": CLOSE_SAID | {"after-response", "in-exchange", "no-request"},
    "body_unread": CLOSE_SAID | {"after-response", "in-exchange"},
    "continue_unsent": CLOSE_SAID | {"after-response", "in-exchange"},
    "request_dropped": {"client-sent-all"},
    "client_fin_unused": {"unused"},
    "client_fin_in_head": {"in-exchange"},
    # If a client closes instead of sending a body for which no 100 Continue came, it is done.
    "client_fin_in_body": {"in-exchange", "client-done"},
    # A client that closes first after a response that announced the close does so because of it.
    "client_fin": CLOSE_SAID | {"client-done", "client-sent-all", "in-exchange"},
    "client_reset": CLOSE_SAID | {"in-exchange", "reset-while-idle", "unused", "client-done"},
    # Requested through the API, at any time.
    "asked": {"idle-as-announced", "idle-unannounced", "after-response", "in-exchange", "unused", "reset-while-idle"},
    "shutdown": None,
}
# For a server, an empty line is the start of a request. `explain` ignores it, and an idle period follows it. The same
# holds after a final response to a request whose body was not sent because no 100 Continue came.
IDLE = {"unused", "idle-as-announced", "idle-unannounced", "client-done"}
EMPTY_LINES = {"line_timeout", "client_fin_in_head", "bad_request"}
# Differences with a known reason, counted and not failed:
#   who    Both say whose FIN or RST was first on the wire. The two may have crossed each other in the instant of the
#          close, or the server's FIN waits for data that the client does not read: then the log cannot know.
#   late   Bytes that the client sent after the server's close are in the capture, and the server never read them. What
#          the server had handed to the system need not have left it, if the client reset the connection.
#   held   The log's idle period begins when the reply is handed to the system. Its last bytes leave later if Nagle's
#          algorithm waits for the client, or the client's window is closed; so does the FIN after them. The client's
#          RST may come before.
#   begun  The log's idle period ends when a head is complete, or a timer ends the wait for it; on the wire it ends with
#          the first byte of the head.
#   noted  The server's thread did not run for a while between the system call that sent a reply and the line of that
#          reply, because other programs use the machine too. The log's idle period begins that much later.
#   unsent After a reply that came before the body of its request the server waits for that body; the wire is silent.
#   bare   A reply without a head, to something that is not a request, is not HTTP/1.x. Explain calls it no response.

# How much later than the server's close a frame of the client may be, and still have crossed it.
CROSSING_NS = 20_000_000
# The server has seen a client's FIN that was captured this long before it closed. The two clocks agree, but the server
# takes the time a moment before its system call.
SEEN_NS = 1_000_000
# How much an idle period in the log may differ from the one on the wire: other programs use the machine too.
IDLE_NS = 25_000_000
# If the last byte of a reply left this much later than its first, the network delayed it.
SMALL_NS = 20_000_000
# `explain` does not report shorter idle periods.
SHORTEST_IDLE_NS = 100_000_000
CLIENT_DONE = CLOSE_SAID | {"client-done", "client-sent-all", "in-exchange", "reset-while-idle"}


def nanoseconds(time):
    """Since 1970, from an RFC 3339 time in UTC with nanoseconds."""
    seconds, fraction = time.removesuffix("Z").split(".")
    return calendar.timegm(datetime.datetime.fromisoformat(seconds).timetuple()) * 10**9 + int(fraction)


def holds_empty_lines(shown):
    """Whether the client sent bytes that belong neither to a request nor to another protocol."""
    requests = [exchange["request"] for exchange in shown["exchanges"] if exchange["request"]]
    said = sum(request["head_bytes"] + request["body_bytes"] for request in requests)
    return (
        shown["client_sent"]["bytes"] > said
        and shown["usage"] != "other"
        and not any(note["kind"] == "not-http" for note in shown["notes"])
    )


def waits_for_continue(shown):
    """Whether the last request waits for a 100 Continue that never comes."""
    last = shown["exchanges"][-1]
    return (
        not last["request"]["body_bytes"]
        and not last["interim"]
        and any(line.lower() == "expect: 100-continue" for line in last["request"]["head"])
    )


def waits_for_data(end, responses):
    """Whether the server's FIN was sent with the last bytes of its last response."""
    fins = [fin["frame"] for fin in (end["first_fin"], end["second_fin"]) if fin and fin["by"] == "server"]
    return bool(responses) and responses[-1]["frames"]["last"] in fins


def compared(logged, shown, argued):
    """Each claim about a connection: (subject, value in the log, value in the capture, whether they agree). If the last
    is None, the values must be equal."""
    exchanges = [exchange for exchange in shown["exchanges"] if exchange["response"]]
    broken = any(reset["class"] in ("aborts-data", "refuses-late-data") for reset in shown["end"]["resets"])
    replies = logged["replies"]
    bare = [reply for reply in replies if reply["head_bytes"] == 0]
    if bare and len(exchanges) == len(replies) - len(bare):
        replies = [reply for reply in replies if reply["head_bytes"]]
        argued["bare"] += len(bare)
    yield (
        "usage",
        "unused" if logged["unused"] else "used",
        "unused" if shown["client_sent"]["bytes"] == 0 else "used",
        None,
    )
    # If the client reset the connection, the system may have discarded bytes that the server had written.
    yield "replies", len(replies), len(exchanges), (broken and len(exchanges) < len(replies)) or None
    for reply, exchange in zip(replies, exchanges):
        yield from answered(reply, exchange, broken)
    yield from traffic(logged, shown, broken, argued)
    requests = {exchange["number"]: exchange["request"] for exchange in shown["exchanges"]}
    yield from idle_periods(logged["idle_periods"], shown["idle_periods"], requests, exchanges, argued)
    if "announced_s" in logged:
        yield (
            "announced idle time",
            logged["announced_s"],
            shown["idle_periods"][-1]["announced_s"] if shown["idle_periods"] else None,
            None,
        )
    if logged["end"]:
        yield from ended(
            logged, shown, exchanges, bare, broken and shown["server_sent"]["bytes"] < logged["sent"], argued
        )


def answered(reply, exchange, broken):
    response, request = exchange["response"], exchange["request"]
    line = response["head"][0] if response["head"] else ""
    status = int(line.split()[1]) if line else None
    seen = (status, response["head_bytes"], response["body_bytes"])
    said = (reply["status"] if line else None, reply["head_bytes"], reply["body_bytes"])
    yield f"reply {reply['request']}", said, seen, (broken and seen[0] == said[0] and seen[2] <= said[2]) or None
    asked = reply["asked"]
    # The capture may lack the end of a head that was refused before it was complete.
    if asked and request and request["head"] and request["head_complete"] and asked["head_bytes"]:
        if "method" in asked:
            line, words = request["head"][0], (asked["method"], asked["target"])
            yield (
                f"request {reply['request']}",
                words,
                line,
                bool(re.fullmatch(r"\s*".join(map(re.escape, words)) + r"(\s+HTTP/[0-9.]+)?\s*", line)),
            )
        # The server reads one line of an HTTP/0.9 request. `explain` takes an empty line after it for the end of a
        # head.
        if asked.get("version") != "0.9":
            yield f"head of request {reply['request']}", asked["head_bytes"], request["head_bytes"], None
        if "raw" in asked:
            yield f"lines of request {reply['request']}", asked["raw"], request["head"], None
    if "raw" in reply:
        yield f"lines of reply {reply['request']}", reply["raw"], response["head"], None


def traffic(logged, shown, broken, argued):
    for way, claim, side in (("received", logged["received"], "client_sent"), ("sent", logged["sent"], "server_sent")):
        seen = shown[side]["bytes"]
        late = claim != seen and (broken and seen < claim if way == "sent" else bool(logged["end"]) and seen > claim)
        argued["late"] += late
        yield way, claim, seen, late or None


def is_unsent(request):
    """Whether a body was announced but not sent."""
    return bool(request and request["content_length"] and not request["body_bytes"])


def left_within(exchange):
    """The time from the request's last byte to the response's last byte; without a request, from the response's first
    byte."""
    request, response = exchange["request"], exchange["response"]
    return response["ended_ns"] - (min(request["ended_ns"], response["begun_ns"]) if request else response["begun_ns"])


def came_within(request):
    """How long a request took to arrive; infinity if it was never complete, because there is then no log line for
    it."""
    if not request:
        return 0
    return request["ended_ns"] - request["begun_ns"] if request["head_complete"] else float("inf")


def noted_late(period, gone):
    """How long after the last byte of a reply left the server noted that it had sent it."""
    return max(nanoseconds(period["sent"]) - gone, 0) if period and period["sent"] and gone is not None else 0


def idle_periods(logged, shown, requests, exchanges, argued):
    """Compares the idle periods after replies. Each one in the capture must be in the log with the same length. Each
    long one in the log must be in the capture."""
    waiting = {exchange["number"] for exchange in exchanges if is_unsent(exchange["request"])}
    left = {exchange["number"]: left_within(exchange) for exchange in exchanges}
    gone = {exchange["number"]: exchange["response"]["ended_ns"] for exchange in exchanges}
    # On a busy machine the server may see a request late, but before the first byte of its reply.
    seen_late = {exchange["number"] - 1: max(exchange["first_byte_ns"] or 0, 0) for exchange in exchanges}
    over = [period for period in shown if period["after"] and period["ended_by"] != "capture-ends"]
    shown = {period["after"]: period["ns"] for period in over}
    logged = {period["after"]: period for period in logged}
    for after in sorted(logged.keys() | shown.keys()):
        period, seen, claim = logged.get(after), shown.get(after), f"idle period after {after}"
        sending, late = left.get(after, 0), seen_late.get(after, 0)
        if seen is None:
            held = sending > SMALL_NS
            argued["held"] += held
            yield claim, period["ns"], None, period["ns"] < max(SHORTEST_IDLE_NS, held * sending) + IDLE_NS + late
        elif period is None and after in waiting:
            argued["unsent"] += 1
        else:
            longer = (period["ns"] if period else 0) - seen
            held = longer > IDLE_NS and sending > SMALL_NS
            argued["held"] += held
            begun = came_within(requests.get(after + 1))
            argued["begun"] += begun > IDLE_NS and longer > IDLE_NS
            longer -= min(longer, begun) if longer > 0 else 0
            leeway = IDLE_NS + (period["within_ns"] if period else 0)
            delayed = noted_late(period, gone.get(after)) if longer < -leeway else 0
            argued["noted"] += delayed > 0
            yield claim, period and period["ns"], seen, -leeway - delayed <= longer <= leeway + held * sending + late


def ended(logged, shown, exchanges, bare, held, argued):
    close, end, responses = logged["end"], shown["end"], [exchange["response"] for exchange in exchanges]
    allowed = REASONS[close["reason"]]
    first = min((e for e in (end["first_fin"], *end["resets"]) if e), key=lambda e: e["frame"], default=None)
    crossed = None
    if end["by"] != close["who"]:
        after = first["ns"] - nanoseconds(close["time"]) if first else 0
        waits = bool(first) and (-SEEN_NS < after < CROSSING_NS or waits_for_data(end, responses))
        crossed = bool(first and end["by"] == first["by"] == "client" and (held or waits))
        argued["held"] += held
        argued["who"] += 1
        allowed = CLIENT_DONE
    elif close["who"] == "client" and allowed is not None:
        # The server was about to close for a different reason.
        allowed = allowed | CLIENT_DONE
    yield "ended by", close["who"], end["by"], crossed
    seen = first and ("fin" if first is end["first_fin"] else "rst")
    yield "ended with", close["how"], seen, crossed
    if bare and len(responses) < len(logged["replies"]):
        allowed = allowed | {"unknown", "in-exchange", "no-request"}
    elif (close["reason"] in EMPTY_LINES and holds_empty_lines(shown)) or (
        close["reason"] == "body_timeout" and waits_for_continue(shown)
    ):
        allowed = allowed | IDLE
    elif close["reason"] == "client_fin_in_head" and shown["usage"] == "other":
        allowed = {"unknown"}
    if allowed is not None:
        yield "ended for", close["reason"], end["reason"], end["reason"] in allowed
