#!/usr/bin/env bash
# Adds what is in target/packages to the draft of a GitHub release, which a person then publishes.
#
#   packaging/publish.sh TAG                 makes the draft if there is none
#   packaging/publish.sh TAG --manifests     also makes the manifests, from the packages that the draft holds
#
# Needs gh with GH_TOKEN, and the variables GITHUB_SERVER_URL and GITHUB_REPOSITORY, which a workflow has.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$1
packages=target/packages
mkdir -p "$packages"
if [ "${2:-}" = --manifests ]; then
  gh release download "$tag" --dir "$packages" --clobber
  packaging/manifests.py --from "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/releases/download/$tag"
else
  # Another job may have made it.
  gh release create "$tag" --draft --verify-tag --title "$tag" --notes-file CHANGELOG.md || gh release view "$tag" >/dev/null
fi
find "$packages" -type f -not -path "$packages/cargo/*" -exec gh release upload "$tag" --clobber {} +
