#!/bin/sh
# For fuzz.sh: cargo calls it for our own crates instead of rustc. Counters at every edge and every comparison, as libFuzzer reads them.
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1
