#!/bin/sh
# The same sources give the same component, wherever the clone lives: builds workload here and in a copy somewhere else, with
# no part of it compiled in common, and compares the digests.
set -eu
plugins=$(cd "$(dirname "$0")/.." && pwd -P)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

mkdir -p "$copy/a clone/elsewhere"
cp -R "$(dirname "$plugins")/wit" "$plugins" "$copy/a clone/elsewhere/"
here=$("$plugins/build.sh" "$copy/here" "$plugins/workload")
# What is compared shares only what its maker is made of (componentize, a program of this machine).
tool=guests-target/debug
mkdir -p "$copy/cache/guests-target"
cp -a "${WRIT_CACHE:-$HOME/.cache/writ}/$tool" "$copy/cache/$tool"
there=$(WRIT_CACHE=$copy/cache "$copy/a clone/elsewhere/plugins/build.sh" "$copy/there")
echo "here:  $here"
echo "there: $there"
[ "$here" = "$there" ] || { echo "same-bytes.sh: the digests differ" >&2; exit 1; }
cmp "$copy/here/workload.wasm" "$copy/there/workload.wasm"
echo "same-bytes.sh: ok"
