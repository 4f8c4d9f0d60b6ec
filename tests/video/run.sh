#!/usr/bin/env bash
# Holds the video function against independent implementations: its networks against OpenCV's, its decoder against ffmpeg.
#
# TARGET_DIR is cargo's target folder, with the guest programs in `guests/`. More arguments are pytest's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
TARGET_DIR=$(cd "${TARGET_DIR:-$here/../../target}" && pwd)
export TARGET_DIR
venv=$TARGET_DIR/video

if ! cmp -s "$here/requirements.txt" "$venv/.complete"; then
  rm -rf "$venv"
  if ! python3 -m venv "$venv" > /dev/null 2>&1; then
    echo "NOT CHECKED: the video function against OpenCV and ffmpeg. It takes python3 with its module venv (apt install python3-venv)"
    exit 0
  fi
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/.complete"
fi

cd "$here"
exec "$venv/bin/python" -B -m pytest -p no:cacheprovider -q "$@"
