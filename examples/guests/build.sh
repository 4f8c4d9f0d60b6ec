#!/usr/bin/env bash
# Builds every guest program from source into target/guests, with their SHA-256 sums beside them.
#
# `make guests` runs it. It says which compilers it took; what it has to download stays in target/guests/toolchain.
# When no source has changed since, it does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/guests"
out=$(cd "$target/guests" && pwd)
# Inside `cargo` or a wrapper these would choose the host's compiler or flags.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER

# The video function, and what its tests and benchmarks run.
VIDEO_PROGRAMS=(detector h264-decode network-forward)

# What the programs are made of.
sources() {
  find examples/guests/{build.sh,toolchain,rust,c,video-object-detection} tests/wasi -type f ! -path '*/target/*' \
    | LC_ALL=C sort
}

fingerprint() { sources | xargs sha256sum | sha256sum; }

up_to_date() {
  [[ -e $out/.fingerprint && $(< "$out/.fingerprint") == "$(fingerprint)" ]] || return 1
  # All that were built are there; their contents are not read again.
  while read -r _ name; do [[ -e $out/$name ]] || return 1; done < "$out/SHA256SUMS"
}

# $1: a Rust workspace. $2: where its programs go. More: what else cargo has to know.
build_rust() {
  local built
  mkdir -p "$2"
  CARGO_TARGET_DIR=$out/build cargo build --quiet --locked --release --manifest-path "$1/Cargo.toml" \
    --target "$RUST_TARGET" "${@:3}"
  for built in "$out/build/$RUST_TARGET/release"/*.wasm; do
    cp "$built" "$2/"
  done
  rm "$out/build/$RUST_TARGET/release"/*.wasm
}

# $1: a folder of C programs, one file each. $2: where the programs go.
build_c() {
  local source name
  mkdir -p "$2"
  for source in "$1"/*.c; do
    name=$(basename "$source" .c)
    "${WASI_CC[@]}" -std=gnu11 -O2 -Wall -Wextra -Werror -Wl,--strip-debug -o "$2/$name.wasm" "$source" -lm
  done
}

up_to_date && exit 0

source examples/guests/toolchain/debian.sh
source examples/guests/toolchain/rust.sh
source examples/guests/toolchain/c.sh

rm -f "$out/.fingerprint"
find "$out" -maxdepth 2 -name '*.wasm' -delete
choose_rust "$out/toolchain"
echo "guests: Rust by $RUST_WAY"
choose_c "$out/toolchain"
echo "guests: C by $C_WAY"

build_rust examples/guests/rust "$out"
# Vectors, also fused multiply-add: only the video function computes enough for that.
RUSTFLAGS=-Ctarget-feature=+simd128,+relaxed-simd CXX_wasm32_wasip1=$(wasi_cxx "$out/toolchain") AR_wasm32_wasip1=ar \
  build_rust examples/guests/video-object-detection "$out" --workspace "${VIDEO_PROGRAMS[@]/#/--bin=}"
build_c examples/guests/c "$out"
build_c tests/wasi/programs "$out/wasi"

(cd "$out" && find . -path ./build -prune -o -path ./toolchain -prune -o -name '*.wasm' -printf '%P\n' \
  | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)
fingerprint > "$out/.fingerprint"
echo "guests: $(wc -l < "$out/SHA256SUMS") programs in ${out#"$PWD/"}"
