#!/usr/bin/env bash
# Asks redbot (PyPI), a checker of HTTP resources, what it thinks of the `book` profile. It must find no error.
#
#   tests/redbot.sh
#
# LABSERVE is the binary (default: target/release/labserve); redbot is installed into target/redbot.
set -euo pipefail
cd "$(dirname "$0")/.."
labserve=${LABSERVE:-target/release/labserve}
[ -x target/redbot/bin/redbot ] || { python3 -m venv target/redbot && target/redbot/bin/pip -q install redbot; }

log=$(mktemp)
"$labserve" --profile book --root static --port 0 >"$log" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null || true; rm -f "$log"' EXIT
for _ in $(seq 50); do
  url=$(sed -n 's/.*url *\(http[^ ]*\).*/\1/p' "$log")
  [ -n "$url" ] && break
  sleep 0.1
done
errors=0
for path in '' static/head.jpg static/BGM.wav; do
  echo "-- /$path"
  report=$(timeout 120 target/redbot/bin/redbot -o text "$url$path" 2>&1 || true)
  [ -n "$report" ] || { echo "redbot said nothing"; exit 1; }
  printf '%s\n' "$report"
  errors=$((errors + $(printf '%s\n' "$report" | grep -ciE '^\s*(\*|-)?\s*\[?(bad|error)\b' || true)))
done
echo "redbot: $errors errors"
[ "$errors" = 0 ]
