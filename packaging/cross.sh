#!/usr/bin/env bash
# Builds the program for another system, using only Debian packages: the standard library is compiled from its source.
#
#   packaging/cross.sh install      installs what it needs (as root)
#   packaging/cross.sh aarch64-unknown-linux-gnu      then: packaging/tarball.py --program target/cross/TARGET/release/labserve
#   packaging/cross.sh x86_64-pc-windows-gnu          then: packaging/windows.py --program target/cross/TARGET/release/labserve.exe
#
# A release build takes most of ten minutes, so .ci/run does not call it. The release workflow builds on a machine of each
# kind, or with the standard library of rustup.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
install)
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 \
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static >/dev/null
  exit
  ;;
aarch64-unknown-linux-gnu) linker=aarch64-linux-gnu-gcc ;;
x86_64-pc-windows-gnu) linker=x86_64-w64-mingw32-gcc ;;
*)
  sed -n '2,11p' "$0"
  exit 2
  ;;
esac
variable=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_LINKER
# /usr/bin: Debian's toolchain, which matches the source. RUSTC_BOOTSTRAP allows -Zbuild-std on a stable compiler.
exec env RUSTC_BOOTSTRAP=1 PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc "$variable=$linker" CARGO_BUILD_TARGET="$1" \
  CARGO_TARGET_DIR="$PWD/target/cross/$1" .ci/release -Zbuild-std=std,panic_unwind --locked
