# shellcheck shell=bash
# up.sh owns the order in which the cluster comes up. Each step looks first, so `up` again repairs what is missing.

up() {
  local since
  since=$(now_ms)
  if whole; then
    network_up
    copy_static_admission
    say "the cluster is up"
    return
  fi
  prepare
  choose_binaries
  start_missing "${SERVERS[@]}"
  wait_for 20 "containerd" containerd_ready
  import_own_images
  wait_for 60 "the API server to be ready" api_ready
  start_missing "${CLIENTS[@]}"
  wait_until_useful
  finish
  say "the cluster is up after $(seconds_since "$since") s: export KUBECONFIG=$RUN/kubeconfig/admin"
}

# whole: every part runs, the API server answers, and an `up` once reached its end.
whole() {
  local part
  [ -e "$RUN/complete" ] && has_address || return 1
  for part in "${PARTS[@]}"; do alive "$part" || return 1; done
  api_ready >/dev/null && node_ready >/dev/null
}

prepare() {
  ensure_packages
  check_kernel
  mkdir -p "$RUN"
  chmod 711 "$RUN"
  check_ports
  remember_machine
  if [ -z "$(running_parts)" ]; then
    build_all
    echo "$OFFSET" >"$RUN/offset"
    make_pki
    # Not under running parts: kube-proxy ends itself when its file changes.
    write_config
  fi
  copy_static_admission
  cgroup_up
  network_up
}

running_parts() {
  local part
  for part in "${PARTS[@]}"; do ! alive "$part" || echo "$part"; done
}

# A cluster that runs is repaired with the binaries it runs on, not with those of newer sources.
choose_binaries() {
  BIN_IN_USE=$BIN
  if [ -n "$(running_parts)" ]; then
    BIN_IN_USE=$(running_bin)
    [ "$BIN_IN_USE" = "$BIN" ] || say "this cluster runs $(basename "$BIN_IN_USE"); to change to $KEY: writ-local down && writ-local up"
    say "starting again what ended: $(stopped_parts)"
  fi
}

stopped_parts() {
  local part
  for part in "${PARTS[@]}"; do alive "$part" || printf '%s ' "$part"; done
}

wait_until_useful() {
  wait_for 60 "node $NODE to be Ready" node_ready
  wait_for 30 "the account of namespace default" accounts_ready
  wait_for 30 "the rules of kube-proxy for $SERVICE_IP" service_ready
}

finish() {
  [ ! -e "$RUN/complete" ] || return 0
  offer_volumes
  : >"$RUN/complete"
}
