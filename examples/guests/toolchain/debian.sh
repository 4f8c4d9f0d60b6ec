# The Debian 12 way to WebAssembly compilers: packages downloaded and unpacked into a private prefix.
#
# It never installs anything, needs no root, and changes neither the system nor apt's own lists: where those lists are
# empty (a fresh container), it fetches lists of its own. Sourced by rust.sh and c.sh; needs apt-get, apt-cache, dpkg-deb.

# $1: the folder that gets `usr/` and `bin/`. $2: what to unpack, `rust` or `c`.
debian_unpack() {
  local prefix package packages
  [[ -e $1/.complete-$2 ]] && return 0
  for package in apt-get apt-cache dpkg-deb; do command -v "$package" > /dev/null || return 1; done
  rm -rf "$1/debs" "$1/apt"
  mkdir -p "$1/debs" "$1/unpacked" "$1/apt/lists/partial" "$1/apt/cache/archives/partial"
  prefix=$(cd "$1" && pwd)
  debian_lists "$prefix" || return 1
  debian_names "$2" || return 1
  packages=()
  for package in "${DEBIAN_NAMES[@]}"; do [[ -e $prefix/unpacked/$package ]] || packages+=("$package"); done
  echo "guests: downloading ${packages[*]}" >&2
  (cd "$prefix/debs" && apt-get "${DEBIAN_APT_OPTIONS[@]}" -o APT::Sandbox::User= download "${packages[@]}") \
    > "$prefix/apt/download.log" 2>&1 || { tail -5 "$prefix/apt/download.log" >&2; return 1; }
  debian_extract "$prefix" && debian_wrappers "$prefix" || return 1
  (cd "$prefix/unpacked" && touch "${packages[@]}")
  rm -rf "$prefix/debs" "$prefix/apt"
  touch "$prefix/.complete-$2"
}

# Sets DEBIAN_NAMES. rustc, its sources and LLVM must be of one release; Debian says which they are.
debian_names() {
  local std llvm
  std=$(debian_apt_cache depends libstd-rust-web-dev | sed -n 's/^ *Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p')
  llvm=$(debian_apt_cache depends "$std" | sed -n 's/^ *Depends: libllvm\([0-9]*\)$/\1/p')
  [[ -n $std && -n $llvm ]] || { echo "guests: Debian's rustc-web names no LLVM" >&2; return 1; }
  DEBIAN_NAMES=(wasi-libc "libllvm$llvm" "lld-$llvm")
  # What these need and a small system may lack.
  DEBIAN_NAMES+=(libz3-4 libedit2 libbsd0 libmd0 libxml2 libicu72 libffi8 libstdc++6)
  case $1 in
    rust) DEBIAN_NAMES+=(rustc-web "$std" libstd-rust-web-dev rust-web-src) ;;
    c) DEBIAN_NAMES+=("clang-$llvm" "libclang-cpp$llvm" "libclang-common-$llvm-dev" "libclang-rt-$llvm-dev-wasm32") ;;
  esac
}

# Takes the system's lists where they know the compiler; otherwise fetches lists from the system's sources.
debian_lists() {
  DEBIAN_APT_OPTIONS=()
  debian_knows_compiler && return 0
  DEBIAN_APT_OPTIONS=(
    -o "Dir::State::lists=$1/apt/lists" -o "Dir::Cache=$1/apt/cache" -o Debug::NoLocking=1 -o Acquire::Retries=3
    -o APT::Update::Post-Invoke= -o APT::Update::Post-Invoke-Success= -o APT::Sandbox::User=
  )
  echo "guests: fetching lists of packages" >&2
  # A source that the compiler does not need may fail.
  apt-get "${DEBIAN_APT_OPTIONS[@]}" update > "$1/apt/update.log" 2>&1 || true
  debian_knows_compiler && return 0
  echo "guests: no package source of this system offers rustc-web, clang and wasi-libc (Debian 12 with security does)" >&2
  return 1
}

debian_knows_compiler() {
  local package
  for package in rustc-web rust-web-src wasi-libc; do
    # Not `grep -q`: it would end before apt-cache, and pipefail calls that a failure.
    debian_apt_cache policy "$package" | grep '^  Candidate: [0-9]' > /dev/null || return 1
  done
}

debian_apt_cache() { apt-cache "${DEBIAN_APT_OPTIONS[@]}" "$@" 2> /dev/null; }

debian_extract() {
  local deb
  for deb in "$1"/debs/*.deb; do
    case $deb in
      # Nine tenths of the sources are tools that a guest never sees.
      */rust-web-src_*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$1" --wildcards './usr/src/*/library/*' './usr/lib/*' ;;
      *) dpkg-deb -x "$deb" "$1" ;;
    esac || return 1
  done
}

# The unpacked programs find their own libraries only when told where; nothing else on the system gets to see them.
# Programs that find their libraries wherever the folder is moved to.
debian_wrappers() {
  local prefix libraries program
  prefix=$(cd "$1" && pwd)
  libraries=$(cd "$prefix"/usr/lib/*-linux-gnu && pwd)
  mkdir -p "$prefix/bin"
  for program in "$prefix"/usr/bin/rustc "$prefix"/usr/lib/llvm-*/bin/{wasm-ld,clang}; do
    [[ -e $program ]] || continue
    cat > "$prefix/bin/${program##*/}" << TEXT
#!/bin/sh
here=\$(cd "\$(dirname "\$0")/.." && pwd)
LD_LIBRARY_PATH=\$here${libraries#"$prefix"} exec "\$here${program#"$prefix"}" "\$@"
TEXT
    chmod +x "$prefix/bin/${program##*/}"
  done
}
