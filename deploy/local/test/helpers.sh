# shellcheck shell=bash
# helpers of test.sh: calling, waiting, comparing. A failed test stops the run and leaves the cluster for a look.

SCRATCH=$(mktemp -d)
readonly SCRATCH

writ_local() { "$HERE/writ-local" "$@"; }

k() { "$RUN/bin/kubectl" --kubeconfig "$RUN/kubeconfig/admin" "$@"; }

# as USER GROUPS-AS-WORDS -- ARGUMENT...
as() {
  local who=()
  while [ "$1" != -- ]; do who+=("$1"); shift; done
  shift
  "$RUN/bin/kubectl" --kubeconfig "$(writ_local kubeconfig "${who[@]}")" "$@"
}

note() { printf '              %s\n' "$*"; }

fail() {
  printf 'FAILED         %s\n' "$*" >&2
  exit 1
}

# eventually SECONDS COMMAND...
eventually() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@" >"$SCRATCH/eventually" 2>&1; do
    [ "$(now_ms)" -lt "$deadline" ] || fail "waited in vain for: $* ($(tail -n 1 "$SCRATCH/eventually"))"
    sleep 0.05
  done
}

# equals WANTED GOT
equals() { [ "$1" = "$2" ] || fail "wanted '$1', got '$2'"; }

# refused PATTERN COMMAND...: it fails, and says so.
refused() {
  local pattern=$1 output
  shift
  if output=$("$@" 2>&1); then fail "was allowed: $*: $output"; fi
  grep -q -- "$pattern" <<<"$output" || fail "refused, but without '$pattern': $output"
}

field() { k get "$1" -n "$2" -o "jsonpath=$3"; }
field_is() { [ "$(field "$1" "$2" "$3")" = "$4" ]; }

pids() { (cd "$RUN/pid" && tail -n +1 -- *); }
