#!/usr/bin/env bash
# Asks redbot (PyPI), a checker of HTTP resources, what it thinks of the `rfc` profile. It must find nothing bad.
#
#   tests/redbot.sh
#
# LABSERVE is the binary (default: target/release/labserve); redbot is installed into target/redbot.
set -euo pipefail
cd "$(dirname "$0")/.."
labserve=${LABSERVE:-target/release/labserve}
[ -x target/redbot/bin/redbot ] || { python3 -m venv target/redbot && target/redbot/bin/pip -q install redbot; }

log=$(mktemp)
"$labserve" --profile rfc --root static --port 0 >"$log" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 50); do
  url=$(sed -n 's/.*url *\(http[^ ]*\).*/\1/p' "$log")
  [ -n "$url" ] && break
  sleep 0.1
done
bad=0
for path in '' static/head.jpg static/BGM.wav; do
  timeout 100 target/redbot/bin/python - "$url$path" <<'PYTHON' || bad=1
"""Runs redbot's checks on a URL and prints its notes with their levels; exits 1 if one is bad."""
import sys
from configparser import ConfigParser

import thor
from redbot.resource import HttpResource

parser = ConfigParser()
parser.read_dict({"redbot": {"enable_local_access": "True"}})
resource = HttpResource(parser["redbot"], descend=False)
resource.set_request(sys.argv[1])
resource.on("check_done", thor.stop)
resource.check()
thor.run()
notes = [(note.level.name, note.summary) for note in resource.response.notes]
assert notes, f"redbot said nothing of {sys.argv[1]}"
for level, summary in notes:
    print(f"{sys.argv[1]}  {level:5} {summary}")
sys.exit(any(level == "BAD" for level, _ in notes))
PYTHON
done
exit $bad
