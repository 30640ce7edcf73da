#!/usr/bin/env bash
# down.sh takes away what up.sh and the demo brought: the local cluster and all its data; from another cluster, Writ itself.
set -euo pipefail
HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
CACHE=${WRIT_CACHE:-$HOME/.cache/writ}

if [ "${CLUSTER:-local}" = local ]; then
  if [ "$(id -u)" -eq 0 ]; then exec "$HERE/local/writ-local" down; else exec sudo -E "$HERE/local/writ-local" down; fi
fi
# The executions first, while the operator is there to let go of them.
kubectl delete kubernetesexecutions --all -A --ignore-not-found --timeout=60s || true
kubectl delete namespace shop --ignore-not-found
for file in workload install; do
  [ ! -f "$CACHE/$file.yaml" ] || kubectl delete --ignore-not-found -f "$CACHE/$file.yaml"
done
