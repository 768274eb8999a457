#!/usr/bin/env python3
"""What six real clients do when a connection ends: the table of docs/testing.md, compared with what happens now.

    tests/e2e/clients/table.py [--binary PROGRAM] [--reqwest PROGRAM] [--bless]

The clients are reqwest, requests, httpx, undici, net/http of Go, and HAProxy as a proxy. scenes.toml has the rules, and
want.json what each client does. Nothing waits for a fixed time: the second request is sent when the server has recorded
the first connection's end, or the first response. `--bless` writes what happens now into want.json and docs/testing.md.
The last line counts: `clients: N passed, M failed`.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "python/src"))
from e2e.pylib import cli

HERE = pathlib.Path(__file__).resolve().parent
VENV = cli.TARGET / "clients/venv"
PACKAGES = ["requests==2.34.2", "httpx==0.28.1"]
UNDICI = "undici@7.30.2"
REQWEST = cli.TARGET / "debug/examples/load_urls"
GUIDE = cli.CHECKOUT / "docs/testing.md"
WANT = HERE / "want.json"
SITE = {"/a.txt": "text", "/big": b"x" * 100_000}
# Patterns of the clients' error messages, with a common name for each class. undici reports a RST in a body as a reset
# or as a close, in the same situation; its driver says that it was in a body.
CLASSES = [
    ("cut short", r"^body: "),
    ("reset", r"reset by peer|ECONNRESET|broken pipe|EPIPE"),
    ("cut short", r"unexpected EOF|IncompleteRead|without sending complete|end of file before message"),
    (
        "closed",
        r"EOF|other side closed|without (sending a )?response|RemoteDisconnected|disconnected|closed before message",
    ),
]


def main():
    parser = cli.parser(__doc__)
    parser.add_argument(
        "--reqwest", default=cli.TARGET / "debug/examples/load_urls", help="examples/load_urls.rs, built"
    )
    parser.add_argument("--bless", action="store_true", help="take what happens now for what is wanted")
    arguments = parser.parse_args()
    if missing := install(arguments.reqwest):
        return cli.verdict([missing] * cli.skip(missing))
    os.environ["LABSERVE_PROGRAM"] = str(arguments.binary)
    from drivers import clients

    scenes = tomllib.loads((HERE / "scenes.toml").read_text())["scene"]
    got = {}
    for name, make in clients.all_clients(arguments.reqwest, cli.TARGET / "clients").items():
        with make() as client:
            got[name] = {scene["name"]: play(client, scene) for scene in scenes}
    want = json.loads(WANT.read_text())
    if arguments.bless:
        want = {name: blessed(scenes, results, want.get(name, {})) for name, results in got.items()}
        WANT.write_text(json.dumps(want, indent=1) + "\n")
        GUIDE.write_text(with_table(GUIDE.read_text(), table(scenes, want)))
    return compare(scenes, got, want)


def install(reqwest):
    """Installs the clients. Returns what is missing, if anything."""
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
    if pathlib.Path(sys.prefix) != VENV:
        os.execv(VENV / "bin/python", [str(VENV / "bin/python"), *sys.argv])
    for program in ("node", "npm", "go", "haproxy"):
        if not shutil.which(program):
            return f"the table of clients: there is no {program}"
    home = cli.TARGET / "clients"
    if not (home / "node_modules/undici").exists():
        npm = ["npm", "install", "--prefix", home, "--no-audit", "--no-fund", "--no-save", UNDICI]
        subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    shutil.copy(HERE / "drivers/undici.mjs", home)
    # Without version control information: Go fails if the checkout belongs to another user.
    go = ["go", "build", "-buildvcs=false", "-o", home / "go-driver", "."]
    subprocess.run(go, cwd=HERE / "drivers/go", check=True)
    if not pathlib.Path(reqwest).exists():
        return f"the table of clients: there is no {reqwest} (cargo build --example load_urls)"
    return None


def play(client, scene):
    """Loads the paths of a scene one after another. Returns the result of each, and what the server saw."""
    import labserve

    with labserve.start("nginx", rules=[scene["rule"]], site=SITE) as server:
        client.begin(server)
        outcomes = []
        for number, path in enumerate(scene["paths"]):
            outcomes.append(classify(client.load(path)))
            if number == 0 and "end=" in scene["rule"]:
                server.wait("closed")
        client.end()
        summary = server.stop()
    if summary.retries and not (summary.dropped or summary.cut or summary.unanswered):
        raise AssertionError(f"{scene['name']}: a repeated request without a first one:\n{summary}")
    return f"{', '.join(outcomes)} ({summary.connections})"


def classify(said):
    """A status, or the class of an error."""
    if said.isdigit():
        return said
    for name, pattern in CLASSES:
        if re.search(pattern, said, re.IGNORECASE):
            return name
    return said


def blessed(scenes, results, known):
    """The allowed results of a client in each scene: the present one, and earlier ones if the result varies."""
    before = {scene["name"]: known.get(scene["name"], []) if scene.get("varies") else [] for scene in scenes}
    return {name: sorted({*before[name], result}) for name, result in results.items()}


def compare(scenes, got, want):
    passed, failed = 0, 0
    for client, results in got.items():
        for scene in scenes:
            name = scene["name"]
            allowed = want.get(client, {}).get(name, [])
            if results[name] in allowed:
                passed += 1
            else:
                failed += 1
                print(f"FAILED: {client}: {name}: got {results[name]}; expected {' or '.join(allowed)}")
    if table(scenes, want) not in GUIDE.read_text():
        failed += 1
        print(f"FAILED: {GUIDE} has another table; --bless writes it")
    print(f"clients: {passed} passed, {failed} failed")
    return int(failed > 0)


def table(scenes, results):
    """What each client may do, as Markdown."""
    lines = [f"| the server's end | {' | '.join(results)} |", "|---" * (len(results) + 1) + "|"]
    for scene in scenes:
        cells = [" or ".join(result[scene["name"]]) for result in results.values()]
        lines.append(f"| {scene['name']}: `{scene['rule']}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_table(text, new):
    """The guide with its table replaced by this one."""
    return re.sub(r"^\| the server's end \|.*?(?=\n\n)", lambda _: new, text, flags=re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
