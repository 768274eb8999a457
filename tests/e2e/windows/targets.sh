#!/usr/bin/env bash
# Checks that labserve compiles for macOS and Windows: compiler and clippy, with warnings as errors. Nothing is linked or run.
#
#   tests/e2e/windows/targets.sh [TARGET]...      default: aarch64-apple-darwin and x86_64-pc-windows-msvc
#
# macOS can be checked no further without a Mac. On Windows rustup installs `msvc`; windows.py runs what `gnu` makes. Nothing
# of Apple's or Microsoft's is needed: a check needs no linker, and the standard library is checked from its source. Debian
# has both: rustc-web, cargo-web, rust-web-src and rust-web-clippy. Tests and benches are checked too.
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ $# -gt 0 ] || set -- aarch64-apple-darwin x86_64-pc-windows-msvc

# Debian's compiler, because it has to match the source. RUSTC_BOOTSTRAP allows -Zbuild-std on a stable compiler.
export PATH=/usr/bin:/bin CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
for target in "$@"; do
  # Not `cargo clippy`: cargo prefers a clippy in its own directory, which may belong to another toolchain.
  /usr/bin/cargo-clippy clippy --locked --all-targets -Zbuild-std=std,panic_unwind,test --target "$target" -- -D warnings
  printf 'compiles for %s\n' "$target"
done
