# shellcheck shell=bash
# down.sh owns taking everything away that `up` and the cluster made, and nothing else. It works from any state: a part
# may have been killed, `up` may have stopped halfway, the machine may have been started again.

down() {
  if [ ! -d "$RUN" ]; then
    say "nothing to take down"
    return
  fi
  say "taking the cluster down"
  local part
  # The kubelet first, or it starts pods again; the API server before etcd, or it hangs.
  for part in kubelet kube-proxy kube-controller-manager kube-scheduler kube-apiserver etcd; do stop_part "$part"; done
  stop_containers
  stop_part containerd
  unmount_all
  [ ! -e "$BEFORE/complete" ] || network_down
  remove_links
  keep_logs
  remove_run
  say "down; the logs are in $WRIT_CACHE/last-log"
}

# The shims are no children of containerd: they outlive it on purpose. Their sockets lie in a directory of all containerds.
stop_containers() {
  local socket
  shims | xargs -r kill -9 2>/dev/null || true
  cgroup_down
  find "$RUN/containerd/state" -name address -type f -exec cat {} + -exec echo \; 2>/dev/null |
    sed -n 's|^unix://\(/run/containerd/s/[0-9a-f]*\)$|\1|p' | while read -r socket; do rm -f "$socket"; done
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

# The kubelet links the log of each container here, whatever its configuration says.
remove_links() {
  local link
  for link in /var/log/containers/*; do
    case $(readlink "$link" 2>/dev/null) in "$RUN"/*) rm -f "$link" ;; esac
  done
  rmdir /var/log/containers 2>/dev/null || true
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
