#!/usr/bin/env python3
"""The four captures of the lab report, by the commands of docs/visit.md, run as they are written there.

    tests/e2e/capture/documented.py [NUMBER ...]

Each capture's commands run in an empty directory and in a network namespace of their own, so that the ports are free
and all run at once: 55 s for all four, which the client of the second one needs. What `explain --markdown --lang zh`
wrote is then compared with the report: the bytes of each request and response, the Seq numbers after them, who sent
FIN or RST first, and how long after. Needs unshare and ip (util-linux, iproute2); without them nothing is checked. The
last line counts: `N passed, M failed`.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from e2e.pylib import cli

GUIDE = cli.CHECKOUT / "docs/visit.md"
SECTION = "## The four captures of the report"
# Commands wait for timers of up to 50 s.
MOST_SECONDS = 150
# A row of the table of exchanges: status, request bytes, client Seq after, response bytes, server Seq after.
ROW = re.compile(r"^\| \d+ \| `[^`]+` \| `(\d+) [^`]*` \| (\d+) \| (\d+) \| (\d+)[^|]*\| (\d+) \|", re.MULTILINE)
FIRST = re.compile(r"(服务器|客户端)先发送 FIN.Seq (\d+)..在(?:最后一个字节|连接建立)之后 ([\d.]+) s")
SECOND = re.compile(r"(?:服务器|客户端)在 ([\d.]+) s 之后发送自己的 FIN")
RESET = "服务器以 RST 响应 FIN"
SERVER, CLIENT = "服务器", "客户端"

# The report's facts. The requests of the second capture have the sizes that a current Chrome sends. The responses of
# the fourth have the sizes of the IIS profile: the report only has their sum, which depends on a 404 page that was not
# recorded.
PAGE = [(200, 534, 535, 998, 999), (200, 470, 1005, 981, 1980)]
FIRST_ROWS = [
    *PAGE,
    (200, 475, 1480, 29241, 31221),
    (206, 547, 2027, 142487, 173708),
    (404, 471, 2498, 422, 174130),
]
# In seconds: how much later than in the report a FIN may be on a busy machine.
LATE = 1.0


def commands():
    """The documented commands of each capture, by its number, and those that make a report of all four."""
    text = GUIDE.read_text().split(SECTION)[1]
    captures, report = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[:2]
    return dict(enumerate(captures.strip().split("\n\n"), 1)), report


def played(number, lines, binary, place):
    """Starts the commands of a capture in a directory."""
    directory = place / str(number)
    directory.mkdir()
    (directory / "labserve").symlink_to(binary)
    path = f"{directory}{os.pathsep}{os.environ['PATH']}"
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    script = f"ip link set lo up\n{lines}\n"
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [*alone, "bash", "-c", script], cwd=directory, env={**os.environ, "PATH": path}, stdout=log, stderr=log
        )
    return directory, process


def rows(text):
    return [tuple(map(int, found)) for found in ROW.findall(text)]


def ends(text):
    """Who sent the first FIN of each connection, its Seq, and the time before it in seconds."""
    return [(who, int(seq), float(after)) for who, seq, after in FIRST.findall(text)]


def near(found, wanted):
    """Whether ends are as the report has them."""
    same = [(who, seq) for who, seq, _ in found] == [(who, seq) for who, seq, _ in wanted]
    return same and all(0 <= a - b + 0.1 <= LATE + 0.1 for (*_, a), (*_, b) in zip(found, wanted, strict=True))


def first(text):
    yield rows(text), FIRST_ROWS
    yield near(ends(text), [(SERVER, 174130, 5.0), (CLIENT, 1, 8.0)]), True


def second(text):
    yield (
        [(status, sent, seq) for status, _, _, sent, seq in rows(text)],
        [
            (304, 265, 266),
            (304, 265, 531),
            (304, 266, 797),
            (304, 267, 1064),
        ],
    )
    yield near(ends(text)[:1], [(SERVER, 1064, 5.0)]), True
    yield 32.5 < float(SECOND.search(text)[1]) < 34, True


def third(text):
    yield rows(text), [*PAGE, (200, 475, 476, 29241, 29242), (206, 547, 1023, 142487, 171729)]
    yield near(ends(text), [(SERVER, 1980, 5.0), (SERVER, 171729, 5.0)]), True


def fourth(text):
    yield (
        [(status, asked, seq) for status, asked, seq, _, _ in rows(text)],
        [(status, asked, seq) for status, asked, seq, _, _ in FIRST_ROWS],
    )
    yield [who for who, _, _ in ends(text)], [CLIENT, CLIENT]
    yield RESET in text, True


FACTS = {1: first, 2: second, 3: third, 4: fourth}


def joined(pages, commands, binary, place):
    """Makes the report of all four captures. Yields actual and expected values."""
    for number, page in pages.items():
        (place / f"{number}.md").write_text(page)
    (place / "labserve").symlink_to(binary)
    path = f"{place}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-c", commands], cwd=place, env={**os.environ, "PATH": path}, check=True)
    text = (place / "report.md").read_text()
    headings = re.findall(r"^(##? .*)", text, re.MULTILINE)
    yield headings[0].startswith("# 实验报告"), True
    yield headings[1:], ["## 环境与方法", *(f"## 抓包 {number}" for number in FACTS)]
    colon = "\N{FULLWIDTH COLON}"
    yield re.findall(rf"^\S+{colon}$", text, re.MULTILINE), [f"姓名{colon}"]
    yield rows(text), [row for page in pages.values() for row in rows(page)]


def main():
    parser = cli.parser(__doc__)
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="which captures (default: all four)")
    options = parser.parse_args()
    if not shutil.which("unshare") or not shutil.which("ip"):
        return cli.skip("unshare or ip is not installed")
    found, report = commands()
    wanted = options.numbers or list(FACTS)
    passed, failures, pages = 0, [], {}

    def compare(number, facts):
        nonlocal passed
        for got, fact in facts:
            if got == fact:
                passed += 1
            else:
                failures.append(f"{number}: {got}, and the report has {fact}")

    with tempfile.TemporaryDirectory() as place:
        running = {number: played(number, found[number], options.binary, pathlib.Path(place)) for number in wanted}
        for number, (directory, process) in running.items():
            try:
                code = process.wait(timeout=MOST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                code = "a timeout"
            page = directory / f"{number}.md"
            if code != 0 or not page.exists():
                failures.append(f"{number}: ended with {code}: {(directory / 'log').read_text()[-600:]}")
                continue
            pages[number] = page.read_text()
            compare(number, FACTS[number](pages[number]))
        if pages.keys() == FACTS.keys():
            compare("all", joined(pages, report, options.binary, pathlib.Path(place)))
    cli.verdict(failures)
    print(f"documented captures: {passed} passed, {len(failures)} failed")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
