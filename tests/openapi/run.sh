#!/usr/bin/env bash
# Holds the services against their own descriptions: schemathesis sends what `/openapi.json` allows and what it does not,
# and looks for server errors, statuses, types and bodies that are not described, and bad requests that are accepted.
#
# TARGET_DIR is cargo's target folder; EXAMPLES how many requests an operation gets, SEED where they begin.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
TARGET_DIR=$(cd "${TARGET_DIR:-$here/../../target}" && pwd)
venv=$TARGET_DIR/schemathesis

source "$here/../python.sh"
python_environment "$venv" "$here/requirements.txt" "the services against their descriptions"

folder=$(mktemp -d)
trap 'kill "$up" 2> /dev/null || true; wait "$up" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
exec {out}< <(exec "$TARGET_DIR/debug/veracruz" --json up --state state --with-s3 127.0.0.1:0 --ports 21900-21901 \
  --ccfaas 127.0.0.1:0 --vaas 127.0.0.1:0 --s3-app 127.0.0.1:0 --attestation 127.0.0.1:0)
up=$!
read -r -t 20 said <&"$out"
url() { sed -n "s|.*\"$1\":\"\([^\"]*\)\".*|\1|p" <<< "$said"; }

# The published schemas of policies tell their shape; that a text is a certificate, they cannot say. So a body may be
# refused that fits its schema: `positive_data_acceptance` is left out.
for service in ccfaas vaas s3_app; do
  echo "schemathesis: $service"
  "$venv/bin/schemathesis" run "$(url $service)/openapi.json" --exclude-checks positive_data_acceptance \
    --max-examples "${EXAMPLES:-15}" --seed "${SEED:-1}" --request-timeout 20 --no-color > "$service.log" 2>&1 \
    || { cat "$service.log"; exit 1; }
  grep -E 'generated' "$service.log"
done
kill -0 "$up" || { echo "the services have ended"; exit 1; }
