#!/bin/sh
# The same sources give the same component, wherever the clone lives: builds workload here and in a copy somewhere else, with
# nothing compiled in common, and compares the digests.
set -eu
plugins=$(cd "$(dirname "$0")/.." && pwd -P)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

mkdir -p "$copy/a clone/elsewhere"
cp -R "$(dirname "$plugins")/wit" "$plugins" "$copy/a clone/elsewhere/"
here=$("$plugins/build.sh" "$copy/here" "$plugins/workload")
there=$(WRIT_CACHE=$copy/cache "$copy/a clone/elsewhere/plugins/build.sh" "$copy/there")
echo "here:  $here"
echo "there: $there"
[ "$here" = "$there" ] || { echo "same-bytes.sh: the digests differ" >&2; exit 1; }
cmp "$copy/here/workload.wasm" "$copy/there/workload.wasm"
echo "same-bytes.sh: ok"
