#!/bin/sh
# A component imports and exports what the contract says, and nothing else: plugins/tests/contract.sh COMPONENT.wasm
set -eu
target=${WRIT_CACHE:-$HOME/.cache/writ}/guests-target
expected='export writ:action/actions@0.1.0
import writ:action/log@0.1.0
import writ:action/types@0.1.0'
found=$("$target/debug/componentize" --exports "$1" | sort)
[ "$found" = "$expected" ] || {
    echo "contract.sh: $1 has
$found
and should have
$expected" >&2
    exit 1
}
