# Sourced by tests that need Python packages: an environment of its own in cargo's target folder.

# $1: the folder of the environment. $2: the list of packages. $3: what is not checked where there can be none.
python_environment() {
  cmp -s "$2" "$1/.complete" && return 0
  rm -rf "$1"
  if ! python3 -m venv "$1" > /dev/null 2>&1; then
    echo "NOT CHECKED: $3. It takes python3 with its module venv (apt install python3-venv)"
    # Who works on something else may go on; a gate may not.
    [[ -z ${CI:-} ]]
    exit
  fi
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
  cp "$2" "$1/.complete"
}
