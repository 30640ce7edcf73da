#!/usr/bin/env bash
# core.sh runs what needs neither a cluster nor a clock: the tests of the pure core (the crash matrix is nearly all of it), those inside of the
# crates, those of the plugins natively, and clippy. Not beside the cluster's tests: some of these hold things back for seconds.
set -euo pipefail
ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
CACHE=${WRIT_CACHE:-$HOME/.cache/writ}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
cd "$ROOT"

# Always the whole workspace: another selection has other features, and would compile half the dependencies again.
cargo test --workspace --lib
(cd plugins && CARGO_TARGET_DIR=$CACHE/guests-native cargo test --workspace)
cargo clippy --workspace --all-targets -- -D warnings
(cd plugins && CARGO_TARGET_DIR=$CACHE/guests-native cargo clippy --workspace --all-targets -- -D warnings)
