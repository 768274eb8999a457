"""Checks of files on Windows: their names, files that other programs replace or lock, and ways out of the root."""

import os
import re
import subprocess

from e2e.pylib import sites
from e2e.windows import escapes
from e2e.windows.wine import ENV, HELPER, SECRET, SETTINGS, WINE, Server, helper, short_name

PROFILES = ["node", "nginx", "flask", "iis"]


def names_are_what_directories_list(trial):
    short = short_name(trial.site / "a-long-name.html")
    assert "~" in short, short
    for profile, target, status in [
        ("node", "/a-long-name.html", 200),
        ("node", f"/{short}", 404),
        ("iis", f"/{short}", 404),
        ("node", "/A-LONG-NAME.html", 404),
        ("iis", "/A-LONG-NAME.html", 200),
        ("node", "/Static/head.jpg", 404),
        ("iis", "/Static/head.jpg", 200),
        ("node", "/NUL", 404),
        ("node", "/con.html", 404),
        ("node", "/index.html.", 404),
        ("node", "/index.html%20", 404),
        ("node", "/index.html::$DATA", 404),
        ("node", "/static%5chead.jpg", 404),
        ("iis", "/static%5chead.jpg", 200),
        ("node", "/%E9%9F%B3%E4%B9%90.txt", 200),
        ("iis", "/WEB.CONFIG", 404),
        ("iis", "/web.config%20", 404),
    ]:
        got, _ = trial.server(profile).get(target)
        assert got == status, f"{profile} {target}: {got}, not {status}"
    # Where case is ignored, a file has one entity tag and one time, however its name is spelt. Any profile can be
    # configured like this.
    with Server("--profile", "node", "--root", trial.site, "--set", "files.ignore_case=true") as node:
        for server in (trial.server("iis"), node):
            usual, other = (server.ask(target) for target in ["/static/style1.css", "/STATIC/Style1.CSS"])
            assert b"\nETag: " in usual and comparable(usual) == comparable(other), (usual[:400], other[:400])


def a_file_may_be_replaced_while_it_is_sent(trial):
    with Server("--profile", "nginx", "--root", trial.site) as server, server.connect() as busy:
        busy.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = bytearray(busy.recv(1000))
        new = trial.place / "new"
        new.write_bytes(b"n" * (1 << 20))
        said = helper("replace", new, trial.site / "large")
        assert said == "", said
        assert server.get("/large") == (200, b"n" * (1 << 20)), "the new one is not served"
        while data := busy.recv(1 << 20):
            got += data
        body = got[got.index(b"\r\n\r\n") + 4 :]
        assert body == b"x" * (32 << 20), f"not the old one: {len(body)} bytes"
    (trial.site / "large").write_bytes(b"x" * (32 << 20))


def a_file_that_was_served_may_be_renamed_over(trial):
    """Windows refuses that for an open file, whatever its sharing mode is."""
    for name, size in [("small", 1000), ("large-enough-for-the-cache", 100_000)]:
        (trial.site / name).write_bytes(b"o" * size)
    sites.date(trial.site)
    with Server("--profile", "nginx", "--root", trial.site) as server:
        for name in ["small", "large-enough-for-the-cache"]:
            status, old = server.get(f"/{name}")
            assert status == 200 and old == b"o" * len(old), status
            (trial.place / "new").write_bytes(b"n" * 50_000)
            said = helper("over", trial.place / "new", trial.site / name)
            assert said == "", f"{name}: {said}"
            assert server.get(f"/{name}") == (200, b"n" * 50_000), name


def a_file_that_another_program_does_not_share_is_a_503(trial):
    held = trial.site / "held.txt"
    held.write_text("held")
    holder = subprocess.Popen(
        [WINE, HELPER, "hold", held], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline().strip() == "held"
        status, _ = trial.server("nginx").get("/held.txt")
        assert status == 503, status
    finally:
        holder.stdin.close()
        holder.wait(30)
    assert trial.server("nginx").get("/held.txt") == (200, b"held")


def a_files_number_is_its_own(trial):
    with Server("--profile", "phpnow", "--root", trial.site) as server:
        # Wine's GetFileInformationByHandle gives the inode as the file's number.
        for name in ["index.html", "a-long-name.html"]:
            etag = re.search(r'ETag: (?:W/)?"([0-9a-f]+)-', server.ask(f"/{name}").decode("latin-1"))
            inode = os.stat(trial.site / name).st_ino
            assert etag and int(etag.group(1), 16) in (inode, inode & 0xFFFFFFFF), (etag and etag.group(0), hex(inode))


def comparable(reply):
    """A reply without what differs between any two servers (time and port), and without the last number of Flask's
    entity tags: a checksum of the file's path, which begins with a drive on Windows."""
    reply = re.sub(rb"\nDate: [^\r]*|127\.0\.0\.1:[0-9]+", b"", reply)
    return re.sub(rb'(\nETag: "[0-9.]+-[0-9]+)-[0-9]+"', rb"\1", reply)


def two_thousand_ways_out_lead_nowhere(trial):
    """On both systems, under each of the four profiles. Both give the same reply to each."""
    path, short = str(trial.secret).strip("/").split("/"), short_name(trial.secret)
    tried = answered = 0
    for profile in PROFILES:
        secrets = [SECRET] + [SETTINGS] * (profile == "iis")
        with Server("--profile", profile, "--root", trial.site, "--log", "off", program=trial.linux) as linux:
            here, there = (
                escapes.run(("127.0.0.1", server.port), path, short) for server in (linux, trial.server(profile))
            )
            for replies in (here, there):
                leaks = [target for target, reply in replies.items() if any(secret in reply for secret in secrets)]
                assert not leaks, f"{profile}: {leaks[:10]}"
                unanswered = [target for target, reply in replies.items() if not reply]
                assert len(unanswered) < 100, f"{profile}: {len(unanswered)} unanswered: {unanswered[:10]}"
            differ = [
                (target, here[target], there[target])
                for target in here
                if comparable(here[target]) != comparable(there[target])
            ]
            assert not differ, f"{profile}: {len(differ)} replies differ from those on Linux: {differ[:5]}"
            assert trial.server(profile).get("/static/style1.css")[0] == 200, f"{profile}: no longer served"
            tried += len(here)
            answered += sum(map(bool, there.values()))
    return f"{tried} targets on each system, {answered} of them answered"
