#!/usr/bin/env bash
# torture.sh runs many executions on the real local cluster while the operator is killed and paused, two work at once on one ledger, its
# requests and their answers are late or lost, its ledger is locked, the ledger's disk is full, its clock steps, the kubelet is killed, its
# Jobs and pods are deleted, and pods evicted; then counts what was done twice, lost, or left behind. Prints, writes target/torture.json,
# and fails where that is not nothing. While it runs, the operator of the cluster is scaled to 0.
#
#   TORTURE_EXECUTIONS=2000   about one a second on two cores
#   TORTURE_SEED=...          the load and the order of harms of an earlier run; it prints its own
#   WRIT_SKIP_BUILD=1         what is built is what is meant
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
ROOT=$(dirname "$HERE")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${WRIT_CACHE:-$HOME/.cache/writ}/target}

UP=$("$HERE/up.sh")
eval "$UP"
# Quarantine is of another component than the one that is installed.
"$ROOT/plugins/build.sh" "$GUESTS" "$ROOT/plugins/pods"
export WRIT_GUESTS=$GUESTS
mkdir -p "$ROOT/target"
exec "$CARGO_TARGET_DIR/debug/torture" "$ROOT/target/torture.json" "$("$HERE/local/writ-local" image kubectl | tail -n 1)" \
  "$HERE/local/writ-local"
