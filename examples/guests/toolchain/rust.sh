# Finds a Rust compiler for wasm32-wasip1 and says which it took. Sourced by build.sh.
#
# Sets and exports what cargo needs; sets RUST_WAY to one line that names the compiler. GUESTS_RUST=debian skips rustup's.

RUST_TARGET=wasm32-wasip1

# $1: a folder for what has to be downloaded.
choose_rust() {
  if [[ ${GUESTS_RUST:-} != debian ]] && rust_has_target; then
    RUST_WAY="$(rustc --version), its own $RUST_TARGET"
  elif [[ ${GUESTS_RUST:-} != debian ]] && command -v rustup > /dev/null && rustup_adds_target; then
    RUST_WAY="$(rustc --version), $RUST_TARGET added by rustup"
  elif debian_unpack "$1" rust && debian_std "$1"; then
    use_debian_rust "$1"
    RUST_WAY="$("$RUSTC" --version), unpacked from Debian's packages"
  else
    cat >&2 <<TEXT
guests: no Rust compiler for $RUST_TARGET. One of these is needed:
  - rustup target add $RUST_TARGET
  - Debian 12 with its security updates as package sources (rustc-web, rust-web-src, wasi-libc); they are unpacked
    into $1, nothing is installed
TEXT
    return 1
  fi
}

rust_has_target() {
  compgen -G "$(rustc --print sysroot)/lib/rustlib/$RUST_TARGET/lib/libstd-*.rlib" > /dev/null
}

rustup_adds_target() {
  echo "guests: rustup target add $RUST_TARGET" >&2
  # Behind a network that swallows packets it would try for minutes.
  timeout 180 rustup target add "$RUST_TARGET" > /dev/null 2>&1 && rust_has_target
}

use_debian_rust() {
  RUSTC=$(cd "$1/bin" && pwd)/rustc
  export RUSTC CARGO_TARGET_WASM32_WASIP1_LINKER=${RUSTC%/*}/wasm-ld
}

# Debian has no prebuilt standard library for this target: built once (2 CPU minutes), and kept where rustc looks for it.
debian_std() {
  local lib
  lib=$1/usr/lib/rustlib/$RUST_TARGET/lib
  compgen -G "$lib/libstd-*.rlib" > /dev/null && return 0
  echo "guests: building Rust's standard library for $RUST_TARGET (once)" >&2
  mkdir -p "$lib/self-contained" "$1/std/src"
  cp "$1"/usr/lib/wasm32-wasi/{crt1-command.o,crt1-reactor.o,libc.a} "$lib/self-contained/" || return 1
  printf '[package]\nname = "std-for-guests"\nedition = "2024"\n\n[workspace]\n' > "$1/std/Cargo.toml"
  echo 'fn main() {}' > "$1/std/src/main.rs"
  (
    use_debian_rust "$1"
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$1/std/target cargo build --quiet --release --manifest-path "$1/std/Cargo.toml" \
      -Zbuild-std=std,panic_abort --target "$RUST_TARGET"
  ) || return 1
  # libstd last: it is what says that all are there.
  find "$1/std/target/$RUST_TARGET/release/deps" -name '*.rlib' ! -name 'libstd-*' -exec cp {} "$lib/" \; \
    && cp "$1/std/target/$RUST_TARGET/release/deps"/libstd-*.rlib "$lib/" && rm -rf "$1/std" "$1/usr/src"
}
