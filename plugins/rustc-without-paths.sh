#!/bin/sh
# RUSTC_WRAPPER of build.sh: tells the compiler what to call the directories of this machine (WRIT_REMAP, one `from=to` a line).
# A wrapper and not RUSTFLAGS, because cargo would compile std anew for every directory a clone is in.
set -eu
compiler=$1
shift
set -f
IFS='
'
for pair in $WRIT_REMAP; do set -- "$@" "--remap-path-prefix=$pair"; done
exec "$compiler" "$@"
