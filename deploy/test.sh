#!/usr/bin/env bash
# test.sh runs every test, from the fastest to the slowest, and stops at the first that fails. Usage: deploy/test.sh [fast]
#   fast: no cluster
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
ROOT=$(dirname "$HERE")
CACHE=${WRIT_CACHE:-$HOME/.cache/writ}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export WRIT_GUESTS=${WRIT_GUESTS:-$CACHE/guests}
cd "$ROOT"

# What runs beside something else; its log is shown when it is waited for.
BESIDE= LOG=
beside() { # LOG COMMAND...
  mkdir -p target
  LOG=$1
  shift
  # A session of its own, so that all of it can be ended.
  setsid "$@" >"$LOG" 2>&1 &
  BESIDE=$!
}
beside_ended() {
  local code=0
  wait "$BESIDE" || code=$?
  BESIDE=
  cat "$LOG"
  [ "$code" = 0 ]
}
trap '[ -z "$BESIDE" ] || { kill -- "-$BESIDE" 2>/dev/null; wait "$BESIDE"; }' EXIT

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

step "formatting"
cargo fmt --all --check
(cd plugins && cargo fmt --all --check)
step "guests"
plugins/build.sh "$WRIT_GUESTS" plugins/workload plugins/pods plugins/nodes plugins/hostile
step "guests: the same bytes everywhere, the SDK outside of this repository, cargo component"
plugins/tests/same-bytes.sh
plugins/tests/outside.sh
plugins/tests/cargo-component.sh || [ $? = 3 ] # 3: not installed, and said so
if [ "${1:-}" != fast ]; then
  step "the local cluster itself, beside what is compiled: it waits nearly all the time"
  if "$HERE/local/writ-local" status >/dev/null 2>&1; then
    beside target/local-test.log echo "skipped: a cluster is up, and these tests take it down (make local-test)"
  else
    # What is left of a cluster that died with its machine is no cluster.
    "$HERE/local/writ-local" down
    beside target/local-test.log "$HERE/local/test.sh"
  fi
fi
step "build"
# All that is run below. The example is for `make bench`; clippy looks at it.
nice cargo build --workspace --lib --bins --tests

step "what it is made of: the bill, licenses, duplicates, sources (advisories change by the day: make deny)"
WRIT_SKIP_BUILD=1 "$HERE/sbom.sh"
if command -v cargo-deny >/dev/null; then
  make --no-print-directory deny DENY="bans licenses sources"
else
  echo "skipped, there is no cargo-deny: cargo install cargo-deny --locked"
fi
step "objects, shell"
cargo test --workspace --test it --test yaml --test deploy
# Not beside the cluster's tests, some of which hold things back for seconds (tried in an idle control group, too: 130 s less, and one of them failed).
step "core, plugins, clippy"
make --no-print-directory core lint
if [ "${1:-}" = fast ]; then exit 0; fi

step "the local cluster itself: it has ended, and how"
beside_ended
step "a real cluster, with Writ on it, and the demo"
WRIT_SKIP_BUILD=1 "$HERE/demo/demo.sh"
step "the real cluster"
KUBECONFIG=$("$HERE/local/writ-local" kubeconfig)
export KUBECONFIG
cargo test --workspace --test cluster
step "what Writ's identities did with their rights, in the words of the API server"
"$CARGO_TARGET_DIR/debug/rights" "$HERE/30-rbac.yaml"
step "sixty executions while everything around the operator fails (make torture: two thousand)"
mkdir -p target
TORTURE_EXECUTIONS=60 "$CARGO_TARGET_DIR/debug/torture" target/torture.json "$("$HERE/local/writ-local" image kubectl | tail -n 1)" \
  "$HERE/local/writ-local"
step "three hundred at once, good and bad ones, and somebody who wants something small (make flood: ten thousand)"
FLOOD_EXECUTIONS=300 FLOOD_JOBS=20 "$CARGO_TARGET_DIR/debug/flood" target/flood.json
step "all passed"
