#!/usr/bin/env bash
# mutants.sh runs the pure core with one rule or guard taken out at a time, and prints for each whether the crash matrix caught it, and by
# which test. Fails where one got away: a matrix that catches nothing proves nothing.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${WRIT_CACHE:-$HOME/.cache/writ}/target}

# The whole workspace, as everywhere: another selection has other features, and would compile half the dependencies again.
cargo test --workspace --lib -- matrix::mutants | awk '
  $1 == "test" && $2 ~ /matrix::mutants/ {
    of = $2; name = $2; sub(/.*::/, "", name); sub(/.*mutants::/, "", of); sub(/(::)?[a-z0-9_]*$/, "", of)
    if (of == "") of = "core"
    what = name; gsub(/_/, " ", what); sub(/ (is|are) caught( whatever.*)?$/, "", what)
    printf "%-8s %-10s %-100s %s\n", ($NF == "ok" ? "caught" : "GOT AWAY"), of, what, name
    n++; bad += ($NF != "ok")
  }
  END { printf "%d mutants, %d got away\n", n, bad; exit (n == 0 || bad > 0) }'
