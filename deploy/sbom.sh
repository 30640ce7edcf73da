#!/usr/bin/env bash
# sbom.sh writes what the operator's program, and each component we ship, are made of, as CycloneDX 1.5: target/sbom-writ.json,
# target/sbom-workload.json and so on. From what cargo says, offline: every package with version, license, sha256 and what it depends on.
#
#   WRIT_SKIP_BUILD=1     what is built is what is meant
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${WRIT_CACHE:-$HOME/.cache/writ}/target}

[ -n "${WRIT_SKIP_BUILD:-}" ] || cargo build --workspace --bin sbom
mkdir -p target
bill() { # PACKAGE MANIFEST LOCK TRIPLE
  cargo metadata --format-version 1 --locked --manifest-path "$2" --filter-platform "$4" |
    "$CARGO_TARGET_DIR/debug/sbom" "$1" "$3" >"target/sbom-$1.json"
  echo "target/sbom-$1.json: $(grep -c '"bom-ref"' "target/sbom-$1.json") packages"
}
bill writ Cargo.toml Cargo.lock x86_64-unknown-linux-gnu
for component in workload pods nodes; do
  bill "$component" plugins/Cargo.toml plugins/Cargo.lock wasm32-unknown-unknown
done
