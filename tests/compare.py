#!/usr/bin/env python3
"""Compare a recording of a real server with one of labserve, as tests/ does it: wire.py's comparison, blanking a little more.

    compare.py PEERS_DIR PROFILE REFERENCE.json LABSERVE.json [-v] [--threshold PERCENT]

Beyond wire.py, these may differ between two runs of one and the same server, and are blanked: the order of the
methods in Allow (a hash table's in Flask and Apache), the server's own port behind another host's name, and whether
a send to a connection that the peer has already ended fails at once. Differences listed for PROFILE in
corpus/exceptions.toml are expected; a listed case that does not differ is reported too, so that the list stays true.
Only cases are compared in which that server agreed with itself when it was recorded (recordings/), if it was. The last line is
the figure; the exit code is 1 when more cases than are tolerated are not as expected, or the figure is below the threshold.
"""
import argparse, json, pathlib, re, sys, tomllib

HERE = pathlib.Path(__file__).resolve().parent

def load_wire(peers):
    sys.path.insert(0, str(peers))
    import wire
    plain = wire.normal
    def normal(text, target):
        port = target.rsplit(":", 1)[1]
        text = plain(text, target).replace(f":{port}", ":<port>").replace("{{file:/link-in.txt}}", "{{file:/index.html}}")
        return re.sub(r"(?m)^Allow: ([^\r\n]*)", allow, text)
    def allow(match):
        separator = ", " if ", " in match.group(1) else ","
        return "Allow: " + separator.join(sorted(match.group(1).split(separator)))
    wire.normal = normal
    return wire

def settled(result):
    """The result without the sends that failed because the peer had gone: they depend on the moment, not on the peer."""
    return {**result, "log": [x for x in result.get("log", []) if "got" in x]}

def exceptions(profile):
    listed = tomllib.loads((HERE / "data" / "corpus" / "exceptions.toml").read_text())
    return {x["case"]: x["reason"] for x in listed.get("exception", []) if x["profile"] == profile}

def recorded(profile):
    """The cases in which the server agreed with itself when it was recorded; `None` if it never was."""
    files = [HERE / "data" / "recordings" / corpus / f"{profile}.json" for corpus in ("report", "extended")]
    files = [file for file in files if file.exists()]
    return {name for file in files for name in json.loads(file.read_text())["cases"]} if files else None

def ask_again(wire, name, targets, site):
    """One case once more, of both servers, one after the other: what differs only under load does not count."""
    for corpus in ("report", "extended"):
        for case in json.loads((HERE / "data" / "corpus" / f"{corpus}.json").read_text()):
            if case["name"] == name:
                files = wire.contents(site)
                addresses = [target.rsplit(":", 1) for target in targets]
                runs = [wire.run_case(host, int(port), case) for host, port in addresses]
                return [settled(wire.shorten(run, files)) for run in runs]
    return None

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("peers", "profile", "reference", "own"):
        ap.add_argument(name)
    ap.add_argument("-v", action="store_true", help="show every difference, not only ten")
    ap.add_argument("--site", help="the site that both serve; a case that differs is then asked again, twice at the most")
    ap.add_argument("--tolerate", type=int, default=0, help="so many cases may differ unlisted: races with live servers")
    ap.add_argument("--threshold", type=float, default=0, help="the least percentage of identical cases")
    args = ap.parse_args()
    wire = load_wire(args.peers)
    a, b = (json.loads(pathlib.Path(path).read_text()) for path in (args.reference, args.own))
    known = recorded(args.profile)
    names = [n for n in a["cases"] if n in b["cases"] and (known is None or n in known)]
    expected, same, wrong = exceptions(args.profile), 0, 0
    for name in names:
        found = wire.differences(settled(a["cases"][name]), settled(b["cases"][name]), a["target"], b["target"])
        for _ in range(2 if args.site and found and name not in expected else 0):
            again = ask_again(wire, name, (a["target"], b["target"]), args.site)
            found = wire.differences(*again, a["target"], b["target"])
            if not found:
                break
        same += not found
        if bool(found) == (name in expected):
            continue
        wrong += 1
        if wrong > 10 and not args.v:
            continue
        if found:
            print(f"  {args.profile} {name}", *(f"\n      {line}" for line in found))
        else:
            print(f"  {args.profile} {name}: listed as an exception ({expected[name]}), but identical: take it off the list")
    percent = 100 * same / max(1, len(names))
    print(f"{args.profile} {same}/{len(names)} {percent:.1f} % identical, {wrong} not as expected")
    sys.exit(wrong > args.tolerate or percent < args.threshold)

if __name__ == "__main__":
    main()
