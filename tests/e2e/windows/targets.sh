#!/usr/bin/env bash
# Does labserve compile for systems that are not here? Asked of compiler and clippy, warnings as errors; nothing is linked or run.
#
#   tests/targets.sh [TARGET]...      aarch64-apple-darwin and x86_64-pc-windows-msvc, if none is given
#
# macOS can be checked no further without a Mac; on Windows `msvc` is what rustup installs, and windows.py runs what `gnu` makes.
# Nothing of Apple's or Microsoft's is needed: what is only checked needs no linker, and the standard library is checked from
# its source. Debian has both: rustc-web, cargo-web, rust-web-src and rust-web-clippy. Tests and benches are checked too.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- aarch64-apple-darwin x86_64-pc-windows-msvc

# Debian's compiler and no other: it has to be that of the source. RUSTC_BOOTSTRAP lets a stable compiler check that.
export PATH=/usr/bin:/bin CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
for target in "$@"; do
  # Not as `cargo clippy`: cargo would prefer a clippy in its own directory, which another toolchain may have put there.
  /usr/bin/cargo-clippy clippy --locked --all-targets -Zbuild-std=std,panic_unwind,test --target "$target" -- -D warnings
  printf 'compiles for %s\n' "$target"
done
