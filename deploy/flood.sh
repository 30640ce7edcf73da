#!/usr/bin/env bash
# flood.sh creates ten thousand executions at once on the real local cluster, while somebody in another namespace wants something small; and
# measures what they wait, what the operator weighs and asks of the API server. Prints a table, writes target/flood.json; fails where one
# does not end as it should, where the operator weighs more than 150 MiB, or cannot be weighed, or asks too much, and where somebody else
# waits too long. Takes about ten minutes on a machine that does nothing else, which is where it should run.
#
#   FLOOD_EXECUTIONS=10000 FLOOD_JOBS=500     those that get a Job, and as many again that want one object
#   WRIT_SKIP_BUILD=1                         what is built is what is meant
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
ROOT=$(dirname "$HERE")
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${WRIT_CACHE:-$HOME/.cache/writ}/target}

UP=$("$HERE/up.sh")
eval "$UP"
mkdir -p "$ROOT/target"
exec "$CARGO_TARGET_DIR/debug/flood" "$ROOT/target/flood.json"
