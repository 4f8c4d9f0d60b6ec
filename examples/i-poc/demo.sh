#!/usr/bin/env bash
# The story of the i-poc on one machine: every daemon a process of its own, everything in a temporary folder but the
# pictures, which stay in OUT_DIR.
#
# BIN is the folder of the binaries, GUESTS that of the guest programs, PORTS the ports of instances (MIN-MAX).
# I_POC_BREAK names a part to break, so that a test can see that a broken part is noticed: a daemon's name,
# `veracruz-server` (instances do not start), `program` (another program than declared is uploaded), `object` (the data is
# not in S3), `key` (of another object), `authority` (the user knows another attestation authority).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
BIN=$(cd "${BIN:-$here/../../target/debug}" && pwd)
GUESTS=$(cd "${GUESTS:-$here/../../target/guests}" && pwd)
PORTS=${PORTS:-3014-3014}
# Pictures of an earlier demo make room; nothing else there is touched.
out=${OUT_DIR:-$here/../../target/demo}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/prediction.*.jpg "$out"/detections.json
broken=${I_POC_BREAK:-}
export PATH="$BIN:$PATH"

folder=$(mktemp -d)
cd "$folder"
declare -A pids

finish() {
  local status=$?
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait 2> /dev/null || true
  # Instances outlive their service; one that is left after a failure is known by its policy in this folder.
  for process in /proc/[0-9]*; do
    if tr '\0' ' ' 2> /dev/null < "$process/cmdline" | grep -qF "$folder/"; then kill "${process#/proc/}" 2> /dev/null || true; fi
  done
  if [[ $status != 0 ]]; then
    echo "THE STORY BROKE OFF (exit status $status). What the daemons said last:" >&2
    tail -n 5 ./*.log >&2 || true
  fi
  cd / && rm -rf "$folder"
  exit "$status"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
sha256() { sha256sum < "$1" | cut -d ' ' -f 1; }

# Starts the daemon $1 by the rest of the line, and waits for the address that it prints: sets $address.
start() {
  local name=$1 out
  shift
  exec {out}< <(exec "$@" 2> "$folder/$name.log")
  pids[$name]=$!
  read -r -t 20 address <&"$out" || { echo "$name did not start" >&2; return 1; }
  printf '   - %s at %s\n' "$name" "$address"
}

# Ends the daemon $1 before its time, if it is the one to break.
break_if_named() {
  [[ $broken == "$1" ]] || return 0
  echo "   (breaking $1)"
  kill -9 "${pids[$1]}"
  wait "${pids[$1]}" 2> /dev/null || true
}

say "THE HOST starts the services"
veracruz attest simulated-root root > /dev/null
veracruz attest measure "$BIN/veracruz-server" --add-to known.json > /dev/null
start proxy-attestation-server proxy-attestation-server 127.0.0.1:0 \
  --measurements known.json --allow-simulated-root root.pem --state-dir attestation
attestation=$address
runtime=$BIN/veracruz-server
[[ $broken != veracruz-server ]] || runtime=/bin/false
start vaas-server vaas-server --listen 127.0.0.1:0 --state vaas --ports "$PORTS" --host 127.0.0.1 \
  --attestation-server "$attestation" --attestation-cert attestation/authority/certificate.pem \
  --veracruz-server "$runtime" --simulated-root root
vaas=$address
cat > trust.toml << 'TOML'
authorities = "attestation/authority/certificate.pem"
allow_simulated = true
simulated_root = "root.pem"
TOML
start ccfaas-server ccfaas-server --listen 127.0.0.1:0 --state ccfaas --vaas "http://$vaas" --trust trust.toml
ccfaas=$address
export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo-secret-of-this-run AWS_REGION=us-east-1
start s3-server veracruz s3-server --listen 127.0.0.1:0 --bucket cameras objects
s3=$address
start s3-app s3-app --listen 127.0.0.1:0 --s3-endpoint "http://$s3" --s3-path-style --s3-region us-east-1 \
  --no-machine-credentials --trust trust.toml
s3_app=$address

say "THE OPERATOR registers the video function: a policy first, then the files that the policy names by their SHA-256"
cp "$GUESTS/detector.wasm" "$here"/../shapes/shapes.{names,cfg,weights} .
cp "$here/function.json.in" function.json
for file in detector.wasm shapes.{names,cfg,weights}; do
  sed -i "s/@$file@/$(sha256 "$file")/" function.json
done
[[ $broken != program ]] || printf 'changed' >> detector.wasm
export VERACRUZ_CCFAAS="http://$ccfaas"
veracruz function create function.json
veracruz function upload vod /program/detector.wasm=detector.wasm /program_data/coco.names=shapes.names \
  /program_data/yolov3.cfg=shapes.cfg /program_data/yolov3.weights=shapes.weights

say "THE OWNER of a video puts it into S3, encrypted"
i-poc store "$here/../shapes/video.h264" --bucket cameras --object in_enc.h264 --endpoint "http://$s3" --key key --iv iv
[[ $broken != object ]] || rm objects/cameras/in_enc.h264
[[ $broken != key ]] || head -c 16 /dev/urandom > key

say "THE OWNER has objects found in it"
cp attestation/authority/certificate.pem authority.pem
if [[ $broken == authority ]]; then
  veracruz identity new other --authority > /dev/null
  cp other.cert.pem authority.pem
fi
for part in proxy-attestation-server vaas-server ccfaas-server s3-server s3-app; do break_if_named "$part"; done
i-poc run vod "$(hostname)-$$" "http://$ccfaas" "http://$s3_app" cameras in_enc.h264 key iv \
  --function-policy function.json --trust trust.toml --authority authority.pem --attestation-server "$attestation" \
  --loader ccfaas/loader/certificate.pem --runtime "simulated:$(sha256 "$BIN/veracruz-server")" \
  --output pictures 2>&1 > results.txt

say "THE HOST has its slots back"
for ((port = ${PORTS%-*}; port <= ${PORTS#*-}; port++)); do
  if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
    echo "something still listens on port $port" >&2
    exit 1
  fi
done
[[ -z $(veracruz instance list) ]] || { echo "an instance is left" >&2; exit 1; }
echo "   ✓ nothing listens on the ports $PORTS, and the function service has no instance"

say "THE RESULT: what is where in the video, and pictures of it, that only the owner and the attested program have seen"
mv pictures/* "$out"
# The paths come last, where they are easy to find.
while IFS= read -r line; do
  [[ $line != pictures/* ]] || line=$out/${line#pictures/}
  printf '%s\n' "$line"
done < results.txt
