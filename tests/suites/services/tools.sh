#!/usr/bin/env bash
# Unpacks command line tools that this machine lacks from Debian's packages into a folder, and installs nothing.
#
# usage: tools.sh FOLDER COMMAND=PACKAGE...    FOLDER/bin/COMMAND runs it afterwards.
set -euo pipefail
folder=$1
shift
mkdir -p "$folder/bin" "$folder/debs"
folder=$(cd "$folder" && pwd)
source "$(dirname "$0")/../../../examples/guests/toolchain/debian.sh"

# $1: a package. Its name and those of all that it needs, without what every Debian has.
needed() {
  debian_apt_cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$1" \
    | sed -n 's/^\([a-z0-9][a-z0-9.+-]*\)\(:.*\)\?$/\1/p' | grep -vxE 'libc6|libgcc-s1|gcc-[0-9]+-base|libcrypt1|debconf.*' | sort -u
}

for tool in "$@"; do
  command=${tool%%=*} package=${tool#*=}
  command -v "$command" > /dev/null && continue
  [[ -x $folder/bin/$command ]] && continue
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
  debian_lists "$folder"
  (cd "$folder/debs" && needed "$package" | xargs apt-get "${DEBIAN_APT_OPTIONS[@]}" -o APT::Sandbox::User= -q download) >&2
  for deb in "$folder"/debs/*.deb; do dpkg-deb -x "$deb" "$folder/root"; done
  # Alternatives (nc is one) are links that an installation makes: take the program itself.
  program=$(find "$folder/root" -path '*/bin/*' \( -name "$command" -o -name "$command.*" \) -type f | head -n 1)
  [[ -n $program ]] || { echo "the package $package has no $command" >&2; exit 1; }
  libraries=$(find "$folder/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$program" > "$folder/bin/$command.new"
  chmod +x "$folder/bin/$command.new"
  mv "$folder/bin/$command.new" "$folder/bin/$command"
  rm -rf "$folder/debs"/*.deb
done
