#!/bin/sh
# The SDK builds outside this repository: a plugin in a directory of its own, which knows the SDK by its path alone, passes its
# tests, becomes a component, and that imports and exports what the contract says.
set -eu
plugins=$(cd "$(dirname "$0")/.." && pwd -P)
target=${WRIT_CACHE:-$HOME/.cache/writ}/guests-target
outside=$(mktemp -d)
trap 'rm -rf "$outside"' EXIT

fail() { echo "outside.sh: $1" >&2; exit 1; }

case $outside in "$plugins"/*) fail "$outside is inside the repository" ;; esac
# the steps of the README, as they are printed there: its first block of commands
sed -n '/^```sh$/,/^```$/{/^```$/q;/^```/!p}' "$plugins/README.md" >"$outside/steps.sh"
(cd "$plugins/.." && PLUGIN=$outside/plugin CARGO_TARGET_DIR=$target sh -eu "$outside/steps.sh")

component=$outside/plugin/pause_cronjob.wasm
"$plugins/tests/contract.sh" "$component"

# the example in the repository has the same name: built in between, it is not taken for this one
"$plugins/build.sh" "$outside/example" "$plugins/examples/pause_cronjob"
"$plugins/build.sh" "$outside/again" "$outside/plugin"
cmp "$component" "$outside/again/pause_cronjob.wasm" || fail "another crate of the same name was taken for this one"

# a path of this machine in a component would give its builder away, and every builder another digest
for path in "$HOME" "$plugins" "$outside"; do
    if grep -aqF "$path" "$component"; then fail "the component contains $path"; fi
done

# whoever takes the SDK as a package gets the contract with it
(cd "$plugins" && CARGO_TARGET_DIR=$target cargo package --list --quiet --allow-dirty --package writ-action) |
    grep -qx wit/action.wit || fail "the packaged SDK has no wit/action.wit"
echo "outside.sh: ok"
