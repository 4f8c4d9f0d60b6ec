#!/usr/bin/env python3
"""Recomputes every vector of binding.json from docs/BINDING.md, with nothing but hashlib and CBOR built by hand.

Usage: python3 docs/vectors/check_binding.py [binding.json]
Exit status: 0 when every value agrees, 1 otherwise.
"""

import hashlib
import json
import pathlib
import sys


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sha384(data: bytes) -> bytes:
    return hashlib.sha384(data).digest()


def cbor_text(text: str) -> bytes:
    data = text.encode("ascii")
    assert len(data) < 24, "the texts of a binding are short"
    return bytes([0x60 + len(data)]) + data


def cbor_bytes(data: bytes) -> bytes:
    assert 24 <= len(data) < 256, "the byte strings of a binding have 32 or 48 bytes"
    return bytes([0x58, len(data)]) + data


def bind(vector: dict) -> dict:
    spki_sha384 = sha384(bytes.fromhex(vector["spki_der"]))
    policy_hash = sha256(vector["policy_text"].encode())
    cbor = (
        b"\x86"
        + cbor_text(vector["platform"])
        + cbor_text(vector["role"])
        + cbor_bytes(spki_sha384)
        + cbor_bytes(policy_hash)
        + cbor_bytes(bytes.fromhex(vector["nonce"]))
        + cbor_bytes(bytes.fromhex(vector["channel"]))
    )
    return {
        "policy_hash": policy_hash.hex(),
        "cbor": cbor.hex(),
        "bind": sha384(b"veracruz/bind/v1" + b"\x00" + cbor).hex(),
    }


def exporter(vector: dict) -> dict:
    context = sha256(vector["role"].encode() + bytes.fromhex(vector["nonce"]))
    return {"label": "EXPORTER-veracruz-attestation-v1", "context": context.hex()}


def policy_pcr(vector: dict) -> dict:
    extension = sha384(b"veracruz/policy/v1" + vector["policy_text"].encode())
    return {"extension": extension.hex(), "pcr16": sha384(bytes(48) + extension).hex()}


SECTIONS = {"bind": bind, "exporter": exporter, "policy_pcr": policy_pcr}


def main() -> int:
    here = pathlib.Path(__file__).resolve().parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "binding.json"
    vectors = json.loads(path.read_text())
    checked, wrong = 0, 0
    for section, recompute in SECTIONS.items():
        for number, vector in enumerate(vectors[section]):
            for key, value in recompute(vector).items():
                checked += 1
                if vector[key] != value:
                    wrong += 1
                    print(f"{section}[{number}].{key}: the file says {vector[key]}, recomputed {value}")
    print(f"{checked} values checked, {wrong} wrong")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
