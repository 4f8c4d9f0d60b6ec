#!/bin/bash
# What a user of the i-poc had lying around: one shell script from registration to result, with curl, wget, nc, base64, sed
# and openssl, and `veracruz-client` in the current folder. It knows nothing of what is new.
#
# usage: old-user.sh CCFAAS S3_APP BUCKET OBJECT FUNCTION.json KEY IV
#        CCFAAS and S3_APP are HOST:PORT; S3 credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
#        The function's files are ./detector.wasm and ./input/{coco.names,yolov3.cfg,yolov3.weights}.
CCFAAS=$1 S3_APP=$2 BUCKET=$3 OBJECT=$4 FUNCTION=$5 KEY=$6 IV=$7
NAME=vod
ID="old user $$"
JSON='Content-Type: application/json'

fail() { echo "FAILED: $1" >&2; exit 1; }

# Registers the function, as register-function-small.sh did: raw bytes under a JSON content type.
curl -s -X DELETE "http://$CCFAAS/function/$NAME" > /dev/null
wget -q -O - --header="$JSON" --post-data="$(cat "$FUNCTION")" "http://$CCFAAS/function" > created || fail "create"
curl -s "http://$CCFAAS/function/$NAME" | grep -q pi_hash || fail "the function is not there"
upload() {
  wget -q -O - --header="$JSON" --post-file="$3" "http://$CCFAAS/function/$NAME/$1/$2" > loaded || fail "upload of $3"
  grep -q "$4" loaded || fail "the answer to the upload of $3: $(cat loaded)"
  curl -s "http://$CCFAAS/function/$NAME/$1" | grep -q "$2" || fail "$3 is not listed"
}
upload program L3Byb2dyYW0vZGV0ZWN0b3Iud2FzbQ== detector.wasm 'function loaded!'
upload data_file L3Byb2dyYW1fZGF0YS9jb2NvLm5hbWVz input/coco.names 'data_file .* loaded!'
upload data_file L3Byb2dyYW1fZGF0YS95b2xvdjMuY2Zn input/yolov3.cfg 'data_file .* loaded!'
upload data_file L3Byb2dyYW1fZGF0YS95b2xvdjMud2VpZ2h0cw== input/yolov3.weights 'data_file .* loaded!'

# Two temporary identities; their PEM in one line, with \n for its lines, as JSON wants it.
for who in user s3; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$who" \
    -addext "subjectAltName=DNS:$who" -keyout "$who.key" -out "$who.cert" 2> /dev/null || fail "openssl"
done
one_line() { sed -e ':a' -e 'N' -e '$!ba' -e 's/\n/\\n/g' "$1"; }

cat > user.json << TEXT
{"function": "$NAME", "instanceid": "$ID", "identities": [
 {"certificate": "$(one_line s3.cert)", "file_rights": [{"file_name": "/s3_app_input/", "rights": 534084}]},
 {"certificate": "$(one_line user.cert)", "file_rights": [
  {"file_name": "/user_input/", "rights": 534084}, {"file_name": "/output/", "rights": 24582},
  {"file_name": "stdout", "rights": 24582}, {"file_name": "stderr", "rights": 24582},
  {"file_name": "/program/", "rights": 536879104}]}]}
TEXT
curl -s -o instance.json -w '%{http_code}' -H "$JSON" --data-binary @user.json "http://$CCFAAS/instance" > status
[ "$(cat status)" = 200 ] || fail "no instance: $(cat instance.json)"

# The policy is a JSON text inside a JSON text: cut out, then without one layer of escapes.
sed -e 's/^.*"policy": *"//' -e 's/"}[[:space:]]*$//' instance.json > policy.escaped
sed -e 's/\\\\/\x01/g' -e 's/\\n/\n/g' -e 's/\\"/"/g' -e 's/\x01/\\/g' policy.escaped > policy.json

# Where it listens: the two ways of the old scripts.
A=$(grep veracruz_server_url policy.json | sed -e 's/^[^:]*: *"//' -e 's/".*//')
HOST=$(echo "$A" | cut -d ":" -f 1) PORT=$(echo "$A" | cut -d ":" -f 2)
B=$(grep veracruz_server_url policy.json | sed -e 's/^.*": //' -e 's/:/ /' -e 's/"//g')
[ "$HOST $PORT" = "$B" ] || fail "the two ways to cut the address differ: '$A' and '$B'"
tries=0
until nc -z -w 2 "$HOST" "$PORT"; do
  tries=$((tries + 1)); [ $tries -le 120 ] || fail "nothing listens on $HOST:$PORT"; sleep 1
done
# shellcheck disable=SC2028,SC2086 # as the old scripts have it
echo "\n" | nc $B -w 1 | grep -q "Bad Request" || fail "the instance does not say Bad Request"

# Key and IV, then the data by the S3 app, then the run and the results; the last call ends the instance.
client() { ./veracruz-client policy.json --identity user.cert --key user.key "$@" > client.log 2>&1; }
client --data "/user_input/key=$KEY" --data "/user_input/iv=$IV" || fail "key and iv: $(cat client.log)"
cat > copy.json << TEXT
{"s3": {"region_name": "us-east-1", "bucket": "$BUCKET", "filename": "$OBJECT",
 "aws_access_key_id": "$AWS_ACCESS_KEY_ID", "aws_secret_access_key": "$AWS_SECRET_ACCESS_KEY"},
 "veracruz": {"filename": "/s3_app_input/in_enc.h264", "policy": "$(cat policy.escaped)",
 "certificate": "$(one_line s3.cert)", "key": "$(one_line s3.key)"}}
TEXT
curl -s -o copied -w '%{http_code}' -H "$JSON" --data-binary @copy.json "http://$S3_APP/s3_stream_veracruz" > status
[ "$(cat status)" = 200 ] || fail "the S3 app: $(cat copied)"
client --compute /program/detector.wasm || fail "compute: $(cat client.log)"
client --result stdout=- --result stderr=- --result "/output/prediction.0.jpg=prediction.0.jpg" || fail "results"
grep -q Error client.log && fail "$(cat client.log)"

# The instance has shut itself down; deleting it is fine all the same.
curl -s -o deleted -w '%{http_code}' -X DELETE "http://$CCFAAS/instance/$(echo "$ID" | sed 's/ /%20/g')" > status
[ "$(cat status)" = 200 ] || fail "delete: $(cat deleted)"
curl -s "http://$CCFAAS/instance" | grep -q "old user" && fail "the instance is still listed"
cat client.log
