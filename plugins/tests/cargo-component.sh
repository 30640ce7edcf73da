#!/bin/sh
# `cargo component build` makes a component of a plugin's crate that imports and exports what the contract says: workload, in a copy
# of its own. Takes the cargo-component on the PATH, or the one that `plugins/tests/cargo-component.sh install` compiled into the
# cache (some minutes). Without either there is nothing to try: exit code 3.
set -eu
plugins=$(cd "$(dirname "$0")/.." && pwd -P)
cache=${WRIT_CACHE:-$HOME/.cache/writ}
tools=$cache/cargo-component
version=0.21.1
triple=wasm32-unknown-unknown

[ "${1:-}" != install ] || CARGO_TARGET_DIR=$tools/target cargo install cargo-component --version $version --locked --root "$tools"
PATH=$PATH:$tools/bin
command -v cargo-component >/dev/null || {
    echo "cargo-component.sh: skipped, there is no cargo-component: plugins/tests/cargo-component.sh install" >&2
    exit 3
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$plugins" "$(dirname "$plugins")/wit" "$copy/"
cd "$copy/plugins/workload"
export CARGO_TARGET_DIR="$tools/guests"

if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; then
    # Debian's Rust brings the sources of std instead of compiled ones. cargo-component asks for the target wasm32-wasip1 whichever
    # one it builds for, and only whether its directory is there.
    mkdir -p "$copy/sysroot/lib/rustlib/wasm32-wasip1" "$copy/bin"
    printf '#!/bin/sh\n[ "$*" != "--print sysroot" ] || { echo "%s"; exit; }\nexec /usr/bin/rustc "$@"\n' "$copy/sysroot" >"$copy/bin/rustc"
    chmod +x "$copy/bin/rustc"
    PATH=$copy/bin:$PATH
    export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld
    unset RUSTUP_TOOLCHAIN
fi
cargo-component component build --release --target $triple

"$plugins/tests/contract.sh" "$CARGO_TARGET_DIR/$triple/release/workload.wasm"
echo "cargo-component.sh: ok"
