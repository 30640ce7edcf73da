# Thin: each target calls the script or program that owns the work. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Everything that is built or kept lives outside the clone: a second clone compiles only its own crates.
export WRIT_CACHE ?= $(HOME)/.cache/writ
export CARGO_TARGET_DIR ?= $(WRIT_CACHE)/target
export WRIT_GUESTS ?= $(WRIT_CACHE)/guests

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## one real action, end to end, on a real cluster (builds what is missing)
	deploy/demo/demo.sh

demo-down: ## take the demo's cluster away, with all its data
	deploy/down.sh

test: ## every test, the real cluster included
	deploy/test.sh

guests: ## the WebAssembly components
	plugins/build.sh $(WRIT_GUESTS) plugins/workload plugins/pods plugins/nodes plugins/hostile

cargo-component: ## install cargo-component into the cache (some minutes) and build a plugin with it
	plugins/tests/cargo-component.sh install

core: ## the tests of the pure core and of the plugins, natively
	@# Always the whole workspace: another selection has other features, and would compile half the dependencies again.
	cargo test --workspace --lib
	cd plugins && CARGO_TARGET_DIR=$(WRIT_CACHE)/guests-native cargo test --workspace

lint: ## formatting and clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cd plugins && CARGO_TARGET_DIR=$(WRIT_CACHE)/guests-native cargo clippy --workspace --all-targets -- -D warnings

bench: ## measure; prints and writes target/bench.json
	deploy/bench.sh

torture: ## many executions while everything around the operator fails; prints and writes target/torture.json
	deploy/torture.sh

flood: ## ten thousand executions at once, and somebody who wants something small; prints and writes target/flood.json
	deploy/flood.sh

mutants: ## each guard taken out, and the test that catches it
	deploy/mutants.sh

fuzz: ## look for bytes that break a promise, for FUZZ_SECONDS each of five targets
	deploy/fuzz.sh

sbom: ## what the program and the components we ship are made of (CycloneDX): target/sbom-*.json
	deploy/sbom.sh

deny: ## advisories, licenses, duplicates (needs cargo-deny); DENY says which
	cargo deny check $(DENY)
	cd plugins && cargo deny --config ../deny.toml check $(DENY)

local-up: ## a real one-node Kubernetes on this machine; again: repairs it
	deploy/local/writ-local up

local-down: ## stop it and remove all it made
	deploy/local/writ-local down

local-status: ## what runs, and where
	deploy/local/writ-local status

local-test: ## prove the local cluster (takes it down at the end)
	deploy/local/test.sh

.PHONY: help demo demo-down test guests cargo-component core lint bench torture flood mutants fuzz sbom deny local-up local-down local-status local-test
