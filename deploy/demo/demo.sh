#!/usr/bin/env bash
# demo.sh: one real action, end to end, on a real cluster; then three that are refused; then the way back. Every line is checked: it
# exits non-zero if anything is not as it says.
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
DEPLOY=$(dirname "$HERE")
CLUSTER=${CLUSTER:-local}
export CLUSTER

setup=$("$DEPLOY/up.sh")
eval "$setup"
ADMIN=$KUBECONFIG
if [ "$CLUSTER" = local ]; then
  MARIA=$("$DEPLOY/local/writ-local" kubeconfig maria@example.com oncall)
  PAUSE=$("$DEPLOY/local/writ-local" image pause 2>/dev/null | head -n 1)
  kc() { "$DEPLOY/local/writ-local" kubectl "$@"; }
else
  MARIA=${MARIA_KUBECONFIG:?"CLUSTER=current: set MARIA_KUBECONFIG to the kubeconfig of an ordinary user of group oncall"}
  PAUSE=${PAUSE_IMAGE:-registry.k8s.io/pause:3.10}
  kc() { kubectl "$@"; }
fi

# Color on a terminal only: a log stays readable.
bold='' green='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' green=$'\033[32m' plain=$'\033[0m'; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf 'DEMO FAILED: %s\n' "$*" >&2; exit 1; }
# The command as one would type it: what has spaces is quoted.
show() {
  local word
  printf '$ writ'
  for word in "$@"; do
    case $word in *' '*) word="\"$word\"" ;; esac
    printf ' %s' "$word"
  done
  printf '\n'
}
as_maria() { show "$@"; KUBECONFIG=$MARIA "$WRIT" "$@"; }
# expect CODE command...: the exit code is part of the product.
expect() {
  local want=$1 code=0
  shift
  "$@" || code=$?
  [ "$code" -eq "$want" ] || fail "exit code $code, not $want: $*"
}
executions() { kc get kx -n shop --sort-by=.metadata.creationTimestamp -o name; }
newest() { executions | tail -n 1 | cut -d/ -f2; }
of() { kc get kx -n shop "$1" -o jsonpath="$2"; }
jobs() { kc get jobs -n writ-runs -o name | wc -l; }

sed "s|PAUSE_IMAGE|$PAUSE|" "$HERE/shop.yaml" | kc apply -f - >/dev/null
kc scale -n shop deployment/web --replicas=1 >/dev/null
kc rollout status -n shop deployment/web --timeout=60s >/dev/null
earlier=$(executions)

step "0. Is everything in force? (as the administrator)"
as_admin() { show "$@"; KUBECONFIG=$ADMIN "$WRIT" "$@"; }
expect 0 as_admin doctor -n shop

step "1. maria is on call. She may run three actions in shop, and write nothing herself"
as_maria actions -n shop
may=$(kc auth can-i update deployments -n shop --as maria@example.com --as-group oncall || true)
[ "$may" = no ] || fail "maria may update deployments herself"

step "2. She scales web from 1 to 3, and follows it"
expect 0 as_maria run scale_deployment web replicas=3 -n shop -y --reason "INC-4312 checkout p99 3.1 s, web at 97 % CPU"
first=$(newest)
ready=$(kc get deployment web -n shop -o jsonpath='{.status.readyReplicas}')
[ "$ready" = 3 ] || fail "web has ${ready:-0} ready replicas, not 3"
printf 'really ready now (kubectl): %s replicas\n' "$ready"

step "3. The story, the way back, the ledger"
as_maria get "$first" -n shop
[ "$(of "$first" '{.status.rollback.state}')" = Ready ] || fail "no rollback is stored"
printf '\nledger (writ audit query, as an auditor):\n'
KUBECONFIG=$ADMIN "$WRIT" audit query "$first" -n shop
rows=$(KUBECONFIG=$ADMIN "$WRIT" audit query "$first" -n shop --json | wc -l)
[ "$rows" = "$(of "$first" '{.status.seq}')" ] || fail "the ledger has not one row for each record"

before=$(jobs)
step "4. What a policy refuses"
expect 2 as_maria run scale_deployment web replicas=21 -n shop -y --reason "INC-4312 more"
step "5. What is wrong with the parameters, all of it"
expect 2 as_maria run scale_deployment web replicas=0 max=5 -n shop -y
step "6. What she has no right to"
expect 2 as_maria run scale_statefulset db replicas=2 -n shop -y
[ "$(jobs)" = "$before" ] || fail "a refused request made a Job"
printf 'no Job was made for any of the three\n'

step "7. Back again, by the stored inverse"
expect 0 as_maria undo "$first" -n shop -y --reason "INC-4312 mitigated"
ready=$(kc get deployment web -n shop -o jsonpath='{.status.readyReplicas}')
[ "$ready" = 1 ] || fail "web has ${ready:-0} ready replicas, not 1"
printf 'really ready now (kubectl): %s replica\n' "$ready"

step "8. The same decisions, made again from the ledger (as an auditor)"
said=$(as_admin policy replay "$DEPLOY/policy")
printf '%s\n' "$said"
grep -q '^[1-9][0-9]* decisions ' <<<"$said" || fail "no decision of the ledger could be made again"

step "What kubectl says of it all"
mapfile -t ours < <(executions | grep -vxF -f <(printf '%s\n' "$earlier"))
kc get -n shop "${ours[@]}"
printf '\n%sAll of it was so.%s  Look around: export KUBECONFIG=%q   Take it away: make demo-down\n' "$green" "$plain" "$ADMIN"
