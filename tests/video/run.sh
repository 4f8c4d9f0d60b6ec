#!/usr/bin/env bash
# Holds the video function against independent implementations: its networks against OpenCV's, its decoder against ffmpeg.
#
# TARGET_DIR is cargo's target folder, with the guest programs in `guests/`. More arguments are pytest's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
TARGET_DIR=$(cd "${TARGET_DIR:-$here/../../target}" && pwd)
export TARGET_DIR
venv=$TARGET_DIR/video

source "$here/../python.sh"
python_environment "$venv" "$here/requirements.txt" "the video function against OpenCV and ffmpeg"

cd "$here"
# Frames are large: only what a failed test wrote is kept.
exec "$venv/bin/python" -B -m pytest -p no:cacheprovider -o tmp_path_retention_policy=failed -q "$@"
