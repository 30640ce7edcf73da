#!/bin/sh
# Builds components: plugins/build.sh OUT [CRATE...]
#
# OUT      directory that gets NAME.wasm of each
# CRATE    directory of a plugin's crate, in this repository or anywhere else; plugins/workload where none is given
#
# Takes whichever toolchain there is: one that has the target wasm32-unknown-unknown (rustup target add …), or Debian's
# rustc-web, which brings the sources of std instead of a compiled one; says which on standard error. The same sources and the same
# toolchain give the same bytes, wherever the clone lives: no path of the machine gets into the component.
# Keeps what it compiles in ${WRIT_CACHE:-~/.cache/writ}/guests-target.
set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
repository=$(dirname "$here")
target=${WRIT_CACHE:-$HOME/.cache/writ}/guests-target
triple=wasm32-unknown-unknown

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
fail() { echo "plugins/build.sh: $1" >&2; exit 1; }

[ $# -ge 1 ] || usage
case $1 in -h | --help) usage ;; esac
mkdir -p "$1" "$target"
out=$(cd "$1" && pwd -P)
shift
[ $# -ge 1 ] || set -- "$here/workload"

# What a caller set for its own build would change ours.
unset CARGO_TARGET_DIR RUSTFLAGS CARGO_BUILD_RUSTFLAGS RUSTC_WRAPPER CARGO_BUILD_TARGET RUSTC CARGO

has_target() { [ -d "$(cd "$here" && rustc --print sysroot 2>/dev/null)/lib/rustlib/$triple/lib" ]; }
has_debian() {
    /usr/bin/rustc --version >/dev/null 2>&1 && [ -x /usr/bin/cargo ] && [ -x /usr/bin/wasm-ld ] &&
        [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install_debian() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || return 1
    echo "installing Debian's Rust for WebAssembly (rustc-web cargo-web rust-web-src lld)" >&2
    install="as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q rustc-web cargo-web rust-web-src lld"
    $install >&2 || { as_root apt-get update -q >&2 && $install >&2; }
}

if has_target; then
    guest_cargo() { cargo "$@"; }
    compiler=rustc
    build_flags=
elif has_debian || { install_debian && has_debian; }; then
    guest_cargo() {
        env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
            CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld /usr/bin/cargo "$@"
    }
    compiler=/usr/bin/rustc
    # the size of std's own code counts too
    build_flags='-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size'
else
    fail "there is no Rust that compiles to $triple.
  With rustup:   rustup target add $triple
  On Debian:     apt-get install rustc-web cargo-web rust-web-src lld"
fi

# Which one that is depends on the machine, and the digests depend on it.
echo "plugins/build.sh: compiled by $("$compiler" --version) ($compiler)" >&2

# What the compiler calls the directories of this machine, wherever it writes a path.
remaps() {
    echo "$repository=/writ"
    for sources in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do echo "$sources=/registry"; done
}

componentize() {
    CARGO_TARGET_DIR=$target cargo build --quiet --locked --manifest-path "$here/Cargo.toml" --package componentize >&2
    "$target/debug/componentize" "$@"
}

for crate in "$@"; do
    crate=$(cd "$crate" 2>/dev/null && pwd -P) || fail "there is no directory $crate"
    [ -f "$crate/Cargo.toml" ] || fail "$crate has no Cargo.toml"
    name=$(sed -n 's/^name *= *"\([^"]*\)".*/\1/p' "$crate/Cargo.toml" | head -n 1)
    [ -n "$name" ] || fail "$crate/Cargo.toml names no package"
    module=$target/$triple/release/$(echo "$name" | tr - _).wasm
    case $crate in "$here"/*) locked=--locked ;; *) locked= ;; esac
    # All crates of one name have one module in the cache: that of another crate, or another clone, would be taken for this one's.
    built=$target/$name.crate
    if [ "$(cat "$built" 2>/dev/null)" != "$crate" ]; then
        CARGO_TARGET_DIR=$target guest_cargo clean --quiet --manifest-path "$crate/Cargo.toml" --package "$name" --release --target $triple >&2
        echo "$crate" >"$built"
    fi
    guest_cargo fetch --quiet $locked --manifest-path "$crate/Cargo.toml" >&2
    WRIT_REMAP=$(remaps) RUSTC_WRAPPER=$here/rustc-without-paths.sh CARGO_TARGET_DIR=$target guest_cargo build --quiet $locked $build_flags \
        --manifest-path "$crate/Cargo.toml" --lib --release --target $triple >&2
    componentize "$module" "$out/$name.wasm"
done
