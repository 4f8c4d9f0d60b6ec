# Finds a C compiler for WASI preview 1 and says which it took. Sourced by build.sh.
#
# Sets WASI_CC to the command as an array and C_WAY to one line that names it.

# $1: a folder for what has to be downloaded.
choose_c() {
  local sysroot
  if [[ -n ${WASI_SDK_PATH:-} ]] && c_compiles "$WASI_SDK_PATH/bin/clang" --target=wasm32-wasip1; then
    C_WAY="wasi-sdk at $WASI_SDK_PATH"
    return 0
  fi
  for sysroot in /opt/wasi-sdk/share/wasi-sysroot /usr/share/wasi-sysroot; do
    if [[ -d $sysroot ]] && c_compiles clang --target=wasm32-wasi --sysroot="$sysroot"; then
      C_WAY="$(clang --version | head -1), sysroot $sysroot"
      return 0
    fi
  done
  # The prefix is a clean sysroot; with its default one, clang would fall through to the host's headers.
  if debian_unpack "$1" c \
    && c_compiles "$1/bin/clang" --target=wasm32-wasi --sysroot="$1/usr" "-fuse-ld=$1/bin/wasm-ld" -Wno-deprecated; then
    C_WAY="$("$1/bin/clang" --version | head -1), unpacked from Debian's packages"
    return 0
  fi
  if c_compiles python3 -m ziglang cc -target wasm32-wasi || c_compiles zig cc -target wasm32-wasi; then
    C_WAY="${WASI_CC[*]}"
    return 0
  fi
  cat >&2 <<TEXT
guests: no C compiler for WASI. One of these is needed:
  - wasi-sdk, with WASI_SDK_PATH naming its folder
  - clang and lld with a sysroot in /usr/share/wasi-sysroot
  - Debian 12 with its security updates as package sources (clang, lld, wasi-libc); they are unpacked into $1,
    nothing is installed
  - zig, or python3 -m pip install ziglang
TEXT
  return 1
}

# Prints the path of a C++ compiler that is one word, as Rust's build scripts want it: WASI_CC, which takes C++ too as
# long as nothing of its library is needed. $1: a folder for it.
wasi_cxx() {
  mkdir -p "$1/bin"
  printf '#!/bin/sh\nexec %s "$@"\n' "${WASI_CC[*]@Q}" > "$1/bin/wasi-c++"
  chmod +x "$1/bin/wasi-c++"
  echo "$1/bin/wasi-c++"
}

# Whether the command line $@ makes a program. If so, WASI_CC is it.
c_compiles() {
  local probe
  command -v "$1" > /dev/null || return 1
  probe=$(mktemp -d)
  printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' > "$probe/probe.c"
  WASI_CC=("$@")
  "${WASI_CC[@]}" -O2 -o "$probe/probe.wasm" "$probe/probe.c" 2> "$probe/log"
  local result=$?
  rm -rf "$probe"
  return $result
}
