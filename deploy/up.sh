#!/usr/bin/env bash
# up.sh owns the way from this clone to a running Writ: builds what is missing, brings the local cluster up, makes the images, installs.
# Safe to run again: every step does only what is missing or changed. Progress on stderr; the last lines on stdout are shell variables
# (KUBECONFIG, WRIT, GUESTS) for whoever goes on from here:   eval "$(deploy/up.sh)"
#
#   CLUSTER=local (default) | current     current: the current kube context; give IMAGE and RUN_IMAGE (by digest), pushed by you
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
ROOT=$(dirname "$HERE")
CACHE=${WRIT_CACHE:-$HOME/.cache/writ}
CLUSTER=${CLUSTER:-local}
GUESTS=$CACHE/guests
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
WRIT=$CARGO_TARGET_DIR/debug/writ

say() { printf 'writ: %s\n' "$*" >&2; }
die() { printf 'writ: error: %s\n' "$1" >&2; shift; printf '  %s\n' "$@" >&2; exit 1; }

# Root brings the cluster up; everything else is done as whoever asked.
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -E "$@"; fi; }

build() {
  local since=$SECONDS
  say "building the guests"
  "$ROOT/plugins/build.sh" "$GUESTS" "$ROOT/plugins/workload" >&2
  if compgen -G "$CARGO_TARGET_DIR/debug/deps/libwasmtime-*.rlib" >/dev/null; then
    say "building the host (its dependencies are built; its own crates take some minutes where they are new or changed)"
  else
    say "building the host (the first time about 15 minutes: wasmtime and other dependencies)"
  fi
  (cd "$ROOT" && cargo build --workspace --all-targets) >&2
  say "built in $((SECONDS - since)) s"
}

cluster() {
  case $CLUSTER in
    local)
      # As whoever asked: below sudo the Go on this person's PATH may not be there.
      "$HERE/local/writ-local" build >&2
      as_root "$HERE/local/writ-local" up >&2
      KUBECONFIG=$("$HERE/local/writ-local" kubeconfig)
      export KUBECONFIG
      IMAGE=$(as_root "$HERE/local/writ-local" image writ "dev-$(sha256sum "$WRIT" | cut -c1-12)" "$WRIT=/bin/writ" | tail -n 1)
      RUN_IMAGE=$("$HERE/local/writ-local" image kubectl | tail -n 1)
      ;;
    current)
      [ -n "${IMAGE:-}" ] && [ -n "${RUN_IMAGE:-}" ] || die "CLUSTER=current needs IMAGE and RUN_IMAGE" \
        "push an image with /bin/writ and one with /bin/kubectl to a registry of your cluster" \
        "IMAGE=registry/writ@sha256:… RUN_IMAGE=registry/kubectl@sha256:… CLUSTER=current $0"
      ;;
    *) die "CLUSTER is '$CLUSTER'" "use local or current" ;;
  esac
}

kc() { if [ "$CLUSTER" = local ]; then "$HERE/local/writ-local" kubectl "$@"; else kubectl "$@"; fi; }

install_writ() {
  say "installing: namespaces, admission policies, objects, roles, operator, policy"
  "$WRIT" install --print --image "$IMAGE" --run-image "$RUN_IMAGE" >"$CACHE/install.yaml"
  # Twice where a kind is new: its first object may come before the server serves it.
  kc apply --server-side --force-conflicts -f "$CACHE/install.yaml" >/dev/null 2>"$CACHE/install.log" || {
    kc wait --for=condition=Established crd -l app.kubernetes.io/part-of=writ --timeout=60s >/dev/null 2>&1 || true
    kc apply --server-side --force-conflicts -f "$CACHE/install.yaml" >/dev/null || die "the installation was not applied" "see $CACHE/install.yaml"
  }
  say "installing the plugin workload"
  "$WRIT" plugin install "$GUESTS/workload.wasm" --owner platform@example.com >"$CACHE/workload.yaml"
  kc apply --server-side --force-conflicts -f "$CACHE/workload.yaml" >/dev/null
}

# An object of ours that does not get a condition: what it says itself, and what the operator says.
await() {
  kc wait "$1" --for=condition="$2" --timeout=60s >/dev/null && return
  kc get "$1" -o yaml >&2
  kc logs -n writ-system deployment/writ --tail=30 >&2 || true
  die "$1 is not $2" "its conditions and the operator's last lines, above, say why"
}

ready() {
  say "waiting until the operator, its plugin and its policy are in force"
  kc rollout status -n writ-system deployment/writ --timeout=120s >/dev/null || {
    kc get pods -n writ-system -o wide >&2
    kc logs -n writ-system deployment/writ --tail=30 >&2 || true
    die "the operator did not become ready" "kubectl logs -n writ-system deployment/writ"
  }
  await actionplugin/workload Active
  await actionplugin/workload Granted
  await executionpolicy/default Ready
}

since=$SECONDS
[ -n "${WRIT_SKIP_BUILD:-}" ] || build
cluster
install_writ
ready
say "up in $((SECONDS - since)) s"
printf 'export KUBECONFIG=%q WRIT=%q GUESTS=%q\n' "${KUBECONFIG:-}" "$WRIT" "$GUESTS"
