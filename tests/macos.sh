#!/usr/bin/env bash
# Does labserve compile for macOS? Asked of compiler and clippy, warnings as errors; nothing is linked or run.
#
#   tests/macos.sh [TARGET]...        aarch64-apple-darwin if none is given; x86_64-apple-darwin is another
#
# Neither a Mac nor anything of Apple's is needed: what is only checked needs no linker, and the standard library is checked
# from its source. Both come with Debian's rustc-web, cargo-web, rust-web-src and rust-web-clippy. Tests and benches are
# checked too, so that who has a Mac can run them.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- aarch64-apple-darwin

# Debian's compiler and no other: it has to be that of the source. RUSTC_BOOTSTRAP lets a stable compiler check that.
export PATH=/usr/bin:/bin CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
for target in "$@"; do
  # Not as `cargo clippy`: cargo would prefer a clippy in its own directory, which another toolchain may have put there.
  /usr/bin/cargo-clippy clippy --locked --all-targets -Zbuild-std=std,panic_unwind,test --target "$target" -- -D warnings
  printf 'compiles for %s\n' "$target"
done
