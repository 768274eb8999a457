#!/usr/bin/env bash
# Are two builds the same? Builds this commit twice, each time in a new directory with a target of its own, and compares the
# programs and the archives made from them. Takes two release builds, so .ci/run does not call it.
#
#   packaging/reproducible.sh
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
for copy in first second-with-a-longer-name; do
  git clone --quiet --no-hardlinks . "$place/$copy"
  (
    cd "$place/$copy"
    unset CARGO_TARGET_DIR
    .ci/release --locked
    packaging/tarball.py
    packaging/deb.py
  )
  for file in "$place/$copy"/target/release/labserve "$place/$copy"/target/packages/*.{tar.gz,deb}; do
    printf '%s  %s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$(basename "$file")"
  done >"$place/$copy.sums"
done
cat "$place/first.sums"
diff "$place/first.sums" "$place/second-with-a-longer-name.sums" && echo 'both builds are the same'
