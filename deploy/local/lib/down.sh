# shellcheck shell=bash
# down.sh owns taking everything away that `up` and the cluster made, and nothing else. It works from any state: a part
# may have been killed, `up` may have stopped halfway, the machine may have been started again.

down() {
  if [ ! -d "$RUN" ]; then
    say "nothing to take down"
    return
  fi
  say "taking the cluster down"
  stop_netpol
  # The kubelet before the pods, or it starts them again; the API server before etcd, or it hangs.
  stop_parts "${CLIENTS[@]}" kube-apiserver
  stop_parts etcd
  stop_containers
  stop_parts containerd
  unmount_all
  remove_traces
  if [ -e "$BEFORE/complete" ]; then
    network_down
    restore_switches
    restore_directories
  fi
  keep_logs
  remove_run
  say "down; the logs are in $WRIT_CACHE/last-log"
}

# The shims are no children of containerd: they outlive it on purpose. Their sockets lie in a directory of all containerds;
# the addresses are read first, since containerd forgets them as soon as a shim is gone.
stop_containers() {
  local sockets
  sockets=$(shim_sockets)
  shims | xargs -r kill -9 2>/dev/null || true
  cgroup_down
  xargs -r rm -f <<<"$sockets"
}

shim_sockets() {
  [ -d "$RUN/containerd/state" ] || return 0
  find "$RUN/containerd/state" -name address -type f -exec awk 1 {} + 2>/dev/null | sed -n 's|^unix://\(/run/containerd/s/[0-9a-f]*\)$|\1|p'
}

shims() {
  ps -eo pid=,args= | awk -v socket="$CONTAINERD_SOCKET" '$2 ~ /(^|\/)containerd-shim-runc-v2$/ {
    for (i = 3; i < NF; i++) if ($i == "-address" && $(i + 1) == socket) print $1}'
}

# Lazily: a mount in use goes when its last user does, and all users were just killed. The deepest first.
unmount_all() {
  mounts_below | sort -r | while read -r mount; do umount -l "$mount" 2>/dev/null || true; done
}

mounts_below() { awk -v run="$RUN/" 'index($5, run) == 1 {print $5}' /proc/self/mountinfo; }

# What the kubelet (a socket, a link to each log) and the CNI library (each result) write to places of their own choice. A
# loopback result has the name of all containerds' loopback networks, so it is ours when our network knows the container.
remove_traces() {
  local file container
  # A socket that somebody listens on belongs to another kubelet.
  file=/var/lib/kubelet/device-plugins/kubelet.sock
  [ -n "$(ss -Hlx "src $file")" ] || rm -f "$file"
  for file in /var/log/containers/*; do
    [ -L "$file" ] || continue
    case $(readlink "$file") in "$RUN"/*) rm -f "$file" ;; esac
  done
  for file in /var/lib/cni/results/writ-local-*-eth0; do
    container=${file#*writ-local-}
    rm -f "$file" "/var/lib/cni/results/cni-loopback-${container%-eth0}-lo"
  done
}

# The logs of the last cluster are what one wants after a failed test.
keep_logs() {
  rm -rf "$WRIT_CACHE/last-log"
  [ ! -d "$RUN/log" ] || mv "$RUN/log" "$WRIT_CACHE/last-log"
  [ ! -e "$RUN/audit/audit.log" ] || mv "$RUN/audit/audit.log" "$WRIT_CACHE/last-log/"
}

# Never through a mount: what is mounted below run/ may be somebody's directory.
remove_run() {
  [ -z "$(mounts_below)" ] || die "these are still mounted: $(mounts_below | tr '\n' ' ')" "umount them, then: writ-local down"
  rm -rf --one-file-system "$RUN"
}
