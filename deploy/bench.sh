#!/usr/bin/env bash
# bench.sh measures: the engines by themselves, then Writ on a real cluster beside bare Jobs of the same command. Prints a table, writes
# target/bench.json; no number fails it. Takes about five minutes on a machine that does nothing else, which is where it should run.
#
#   PROFILE=dev (default) | release     release compiles wasmtime once more (10 minutes and more). It is for the engines' numbers: the
#                                       operator in the cluster is the one that up.sh builds (dev; dependencies are optimized there too)
#   BENCH_ROUNDS=20 BENCH_BURSTS=3      rounds one at a time, and 20 at once
#   BENCH_APPROVALS=20                  from an approval to its Job; for its p99 120, and BENCH_ROUNDS=1 BENCH_BURSTS=1 to be done soon
#   BENCH_CALLS=50000                   plugin calls whose memory is watched; a million takes some minutes
#   BENCH_ENGINES_ONLY=1                no cluster
#   CLUSTER=current                     then also BENCH_IMAGE: something that runs for ever, such as pause
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
ROOT=$(dirname "$HERE")
CACHE=${WRIT_CACHE:-$HOME/.cache/writ}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export PROFILE=${PROFILE:-dev}

case $PROFILE in
  dev) BUILT=$CARGO_TARGET_DIR/debug ;;
  release) BUILT=$CARGO_TARGET_DIR/release ;;
  *) echo "bench: PROFILE is '$PROFILE'; use dev or release" >&2; exit 1 ;;
esac

mkdir -p "$ROOT/target"
if [ -z "${BENCH_ENGINES_ONLY:-}" ]; then
  UP=$("$HERE/up.sh")
  eval "$UP"
  if [ "${CLUSTER:-local}" = local ]; then
    BENCH_IMAGE=${BENCH_IMAGE:-$("$HERE/local/writ-local" image pause | tail -n 1)}
  fi
  export BENCH_IMAGE=${BENCH_IMAGE:?an image that runs for ever, such as pause}
fi
GUESTS=${GUESTS:-${WRIT_GUESTS:-$CACHE/guests}}
[ -f "$GUESTS/workload.wasm" ] && [ -f "$GUESTS/hostile.wasm" ] ||
  "$ROOT/plugins/build.sh" "$GUESTS" "$ROOT/plugins/workload" "$ROOT/plugins/hostile"

cd "$ROOT"
cargo build --workspace --example bench --bin bench --profile "$PROFILE"
echo "bench: the engines ($PROFILE)" >&2
"$BUILT/examples/bench" "$GUESTS/workload.wasm" "$GUESTS/hostile.wasm" deploy/policy "$ROOT/target" >target/bench-engines.json
if [ -n "${BENCH_ENGINES_ONLY:-}" ]; then cat target/bench-engines.json; exit 0; fi
"$BUILT/bench" target/bench.json target/bench-engines.json
