#!/usr/bin/env bash
# First steps: three parties agree on a policy, and one of them verifies a piece of evidence. Runs in a temporary folder.
set -euo pipefail

veracruz=${VERACRUZ:-veracruz}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# The command as a person would type it.
show() {
  printf '$ veracruz'
  for word in "$@"; do
    case $word in *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
}
run() { show "$@"; "$veracruz" "$@"; }
# A command that has to be refused: the demo fails when it is not.
refused() {
  show "$@"
  if "$veracruz" "$@" 2>&1; then echo "this should have been refused"; exit 1; fi
}

say "1. Three parties make their keys: who brings data, who brings the program, and the attestation service."
run identity new alice
run identity new bob
run identity new attestation-service --authority

say "2. They write down who may do what. Alice brings input and reads output; Bob brings the program;" \
  "the program reads input and writes output. Only this program: its hash stands in the policy."
printf 'a program, as far as the policy cares' > sum.wasm
printf 'a runtime, as far as the policy cares' > runtime
run policy new \
  --certificate 'alice.cert.pem => /input/:w,/output/:r,/program/:x' \
  --certificate 'bob.cert.pem => /program/:w' \
  --program-binary '/program/sum.wasm=sum.wasm => /input/:r,/output/:w' \
  --veracruz-server-ip 127.0.0.1:3017 \
  --proxy-attestation-server-ip 127.0.0.1:3010 \
  --proxy-attestation-server-cert attestation-service.cert.pem \
  --css-file runtime \
  --certificate-expiry 2036-01-01T00:00:00Z \
  --output-policy-file policy.json

say "3. Is the policy sound?"
run policy lint policy.json

say "4. What does it mean?"
run policy explain policy.json

say "5. Its hash: all parties compare it, and the runtime will prove that it enforces exactly this text."
run policy hash policy.json

say "6. Somebody slips a reader of Alice's input in. What changed?"
sed '0,/"rights": 534084/! s|"rights": 534084|"rights": 550470|; s|"file_name": "/program/"|"file_name": "/"|' policy.json > slipped.json
refused policy diff policy.json slipped.json

say "7. A slip of the pen is refused, with its place."
sed 's|"JIT"|"jit"|; s|"/input/"|"/input/../"|' policy.json > broken.json
refused policy lint broken.json

say "8. A machine shows evidence of what it runs. This one is SIMULATED: it has the format of AWS Nitro's," \
  "under a root that was made a moment ago. Real evidence is verified with the same command and --aws."
nonce=$(printf 'nonce of this demo, of 32 bytes.' | od -An -tx1 | tr -d ' \n')
run attest simulate --program runtime --nonce "$nonce" --out evidence.bin --root root.pem
pcr0=$("$veracruz" attest measure runtime | sed -n 's/^PCR0: //p')

say "9. Nobody trusts that root by accident:"
refused attest verify --pcr "0=$pcr0" --nonce "$nonce" evidence.bin

say "10. With the root named and the simulation allowed, it is genuine, fresh, and of the expected runtime:"
run attest verify --anchor root.pem --allow-simulated --pcr "0=$pcr0" --nonce "$nonce" evidence.bin

say "11. The same evidence for another nonce is a replay:"
refused attest verify --anchor root.pem --allow-simulated --pcr "0=$pcr0" --nonce "00$nonce" evidence.bin

say "That is what works today. What does not yet stands in the README."
