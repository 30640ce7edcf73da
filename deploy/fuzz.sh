#!/usr/bin/env bash
# fuzz.sh looks for bytes that break a promise, led by the coverage of our own crates. Prints for each target how much was tried, how much
# of the code was reached and what was found; fails where anything was.
#
#   FUZZ_SECONDS=60              for each target
#   FUZZ_TARGETS="admit …"       some of them; host/src/untrusted has the list, and says what each promises
#   FUZZ_MINIMIZE=1              afterwards, some of what reaches all that was reached goes into host/fuzz/corpus, where every test run tries it again
#
# Stable Rust: our crates are compiled with counters by a wrapper (fuzz-rustc.sh), and only these. The first run compiles many dependencies once
# more, wasmtime too (a quarter of an hour and more): libFuzzer's build asks for another feature of the crate that compiles C. So this is no part of CI.
# What it learns is kept in ${WRIT_CACHE:-~/.cache/writ}/fuzz.
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
ROOT=$(dirname "$HERE")
CACHE=${WRIT_CACHE:-$HOME/.cache/writ}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
GUESTS=${WRIT_GUESTS:-$CACHE/guests}
SECONDS_EACH=${FUZZ_SECONDS:-60}
TARGETS=${FUZZ_TARGETS:-admit describe command question status}
KEPT=$CACHE/fuzz

cd "$ROOT"
RUSTC_WORKSPACE_WRAPPER=$HERE/fuzz-rustc.sh cargo build --workspace --features writ/fuzz --example fuzz
FUZZ=$CARGO_TARGET_DIR/debug/examples/fuzz

# The largest question is some 10 KiB of choices; a component is as large as a small one is.
longest() { if [ "$1" = admit ]; then echo 200000; else echo 4096; fi; }

bad=0
for target in $TARGETS; do
  export FUZZ_TARGET=$target
  corpus=$KEPT/$target found=$KEPT/found/$target seeds=$ROOT/host/fuzz/corpus/$target
  mkdir -p "$corpus" "$found" "$seeds"
  if [ "$target" = admit ] && [ -d "$GUESTS" ]; then cp "$GUESTS"/*.wasm "$corpus"; fi
  log=$KEPT/$target.log
  status=0
  # 10 s for one input, and 1 GiB: both are findings.
  "$FUZZ" "$corpus" "$seeds" -max_total_time="$SECONDS_EACH" -max_len="$(longest "$target")" -timeout=10 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$found/" >"$log" 2>&1 || status=$?
  tried=$(awk '/stat::number_of_executed_units/ {print $2}' "$log")
  reached=$(awk '/cov:/ {for (i = 1; i < NF; i++) if ($i == "cov:") c = $(i + 1)} END {print c}' "$log")
  if [ "$status" = 0 ]; then what="nothing found"; else what="FOUND: $(ls -t "$found" | head -n 1), see $log"; bad=1; fi
  printf '%-10s %12s tried  %6s places reached  %s\n' "$target" "${tried:-?}" "${reached:-?}" "$what"
  if [ -n "${FUZZ_MINIMIZE:-}" ] && [ "$status" = 0 ]; then
    small=$(mktemp -d)
    "$FUZZ" -merge=1 -max_len=2048 "$small" "$seeds" "$corpus" >>"$log" 2>&1
    # Sixty of them, always the same: every test run tries them all.
    (cd "$small" && find . -type f -printf '%f\n' | sort | head -n 60) | while read -r name; do
      cp "$small/$name" "$seeds/${name:0:12}"
    done
    rm -r "$small"
  fi
done
exit $bad
