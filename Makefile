# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))

# Built by another compiler for another machine, so they keep their own lock files.
GUEST_WORKSPACES := examples/guests/rust examples/guests/video-object-detection

# Each of them must compile and lint alone: who embeds one half of the crate gets that half.
ATTESTATION_FEATURES := attester verifier service nsm-device

# Everything is safe Rust but the foreign code below the crypto provider, which no Rust sanitizer sees, so the targets
# run without one: that works with the pinned stable toolchain. Debug assertions and overflow checks stay on.
FUZZ_FLAGS := --fuzz-dir fuzz --sanitizer none
# One input may take this long and this much; more is a finding.
FUZZ_LIMITS := -timeout=10 -rss_limit_mb=2048
SECONDS_SMOKE := 30

.PHONY: help build demo first-steps openapi test check-all fmt fmt-check lint lint-features doc guests unit video bench bench-instance video-native bench-services fuzz fuzz-smoke fuzz-tool deny

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build every crate and binary
	$(CARGO) build --locked --workspace

demo: build guests ## The i-poc's whole story on this machine: every service, an S3 server, an attested instance
	BIN="$(TARGET_DIR)/debug" GUESTS="$(TARGET_DIR)/guests" examples/i-poc/demo.sh

first-steps: build ## A walk through policies and evidence
	VERACRUZ="$(TARGET_DIR)/debug/veracruz" examples/first-steps/run.sh

openapi: build ## The services against their own descriptions, by schemathesis
	TARGET_DIR="$(TARGET_DIR)" tests/openapi/run.sh

video: build guests ## The video function against OpenCV's networks and ffmpeg's decoder
	TARGET_DIR="$(TARGET_DIR)" tests/video/run.sh

test: fmt-check lint lint-features doc unit openapi video first-steps demo ## Everything that must hold before a change goes in

check-all: test fuzz-smoke deny ## `test`, then 30 s of every fuzz target, then licences and sources

fmt: ## Format the code
	$(CARGO) fmt --all
	for workspace in $(GUEST_WORKSPACES); do $(CARGO) fmt --manifest-path $$workspace/Cargo.toml; done

fmt-check:
	$(CARGO) fmt --all --check
	for workspace in $(GUEST_WORKSPACES); do $(CARGO) fmt --manifest-path $$workspace/Cargo.toml --check; done

lint: ## Clippy over all crates, targets and features; a warning is an error
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings
	for workspace in $(GUEST_WORKSPACES); do \
	  $(CARGO) clippy --locked --workspace --manifest-path $$workspace/Cargo.toml --all-targets -- -D warnings; \
	done

lint-features:
	$(CARGO) clippy --locked --package veracruz-attestation --no-default-features -- -D warnings
	for feature in $(ATTESTATION_FEATURES); do \
	  echo "veracruz-attestation with $$feature alone"; \
	  $(CARGO) clippy --locked --package veracruz-attestation --no-default-features --features $$feature -- -D warnings; \
	done

doc: ## Build the API documentation; a broken link is an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --all-features --no-deps

guests: ## Build the guest programs from source into target/guests; says which compilers it took
	CARGO_TARGET_DIR="$(TARGET_DIR)" examples/guests/build.sh

unit: build guests ## All tests: units, suites, documentation examples, house rules, the console blocks of README.md and docs/
	$(CARGO) test --locked --workspace --all-features
	$(CARGO) test --locked --manifest-path examples/guests/rust/Cargo.toml --lib
	$(CARGO) test --locked --workspace --manifest-path examples/guests/video-object-detection/Cargo.toml --lib --test '*'

bench: bench-instance bench-services ## Measure; what to do with the figures stands in docs/PERFORMANCE.md
	$(CARGO) bench --locked --package veracruz-policy --package veracruz-attestation --package veracruz-protocol

bench-instance: guests video-native ## Measure one instance from outside: make bench-instance PARTS="transfer rounds"
	$(CARGO) build --locked --release --workspace --bin veracruz-server --bench instance
	$(CARGO) bench --locked --workspace --bench instance -- $(PARTS)

video-native: ## Build the video function for this machine, and what the benchmark holds it against
	RUSTFLAGS=-Ctarget-cpu=native $(CARGO) build --locked --release --workspace \
	  --manifest-path examples/guests/video-object-detection/Cargo.toml \
	  --target-dir "$(TARGET_DIR)/video-native"
	TARGET_DIR="$(TARGET_DIR)" tests/video/run.sh --version

bench-services: guests ## Measure the services from outside: make bench-services PARTS="creation copies"
	$(CARGO) build --locked --release --workspace --bin veracruz-server --bin vaas-server --bin ccfaas-server --bin s3-app \
	  --bench services
	$(CARGO) bench --locked --workspace --bench services -- $(PARTS)

fuzz: fuzz-tool ## Fuzz one target: make fuzz TARGET=policy_json SECONDS=600
	@test -n "$(TARGET)" || { echo "usage: make fuzz TARGET=NAME [SECONDS=60]; NAME is one of:"; \
	  $(CARGO) fuzz list --fuzz-dir fuzz; exit 2; }
	mkdir -p fuzz/corpus/$(TARGET)
	$(CARGO) fuzz run $(FUZZ_FLAGS) $(TARGET) fuzz/corpus/$(TARGET) $(wildcard fuzz/seeds/$(TARGET)) \
	  -- -max_total_time=$(or $(SECONDS),60) $(FUZZ_LIMITS)

fuzz-smoke: fuzz-tool ## 30 seconds of every fuzz target
	for target in $$($(CARGO) fuzz list --fuzz-dir fuzz); do \
	  $(MAKE) --no-print-directory fuzz TARGET=$$target SECONDS=$(SECONDS_SMOKE); \
	done

fuzz-tool:
	@command -v cargo-fuzz > /dev/null || $(CARGO) install cargo-fuzz --locked

deny: ## Licences, banned crates and sources, by deny.toml
	@if command -v cargo-deny > /dev/null; then \
	  $(CARGO) deny check --hide-inclusion-graph bans licenses sources; \
	else \
	  echo "NOT CHECKED: licences, banned crates, sources. To check them: cargo install cargo-deny --locked"; \
	fi
