# shellcheck shell=bash
# before.sh owns the memory of how the machine was before the first change (run/before), so that `down` can tell ours
# from what was there: kernel switches, iptables chains, the address, directories.

readonly BEFORE=$RUN/before
# What kubelet, kube-proxy or the bridge plugin set on their own, see protectKernelDefaults in the kubelet.
readonly SWITCHES=(net/ipv4/ip_forward net/ipv4/conf/all/route_localnet net/bridge/bridge-nf-call-iptables
  vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes)
# Directories that a part makes whatever its configuration says; a child before its parent.
readonly FOREIGN_DIRECTORIES=(/var/lib/kubelet/device-plugins /var/lib/kubelet /var/log/containers /var/lib/cni/results /var/lib/cni
  /run/containerd/s /run/containerd)

remember_machine() {
  [ ! -e "$BEFORE/complete" ] || return 0
  ! ip link show "$BRIDGE" >/dev/null 2>&1 || die "a network device $BRIDGE exists, and we did not make it" \
    "another writ-local with another WRIT_CACHE? stop it there; else: ip link del $BRIDGE"
  mkdir -p "$BEFORE"
  local switch command directory
  for switch in "${SWITCHES[@]}"; do
    [ ! -r "/proc/sys/$switch" ] || echo "$switch $(cat "/proc/sys/$switch")"
  done >"$BEFORE/switches"
  for command in iptables ip6tables; do our_chains "$command" >"$BEFORE/$command"; done
  if [ -s "$BEFORE/iptables" ]; then
    say "warning: KUBE-* chains are here already: another Kubernetes on this machine, or its leftovers; 'down' will leave them"
  fi
  for directory in "${FOREIGN_DIRECTORIES[@]}"; do [ -d "$directory" ] || echo "$directory"; done >"$BEFORE/absent"
  has_address || : >"$BEFORE/address-is-ours"
  : >"$BEFORE/complete"
}

restore_switches() {
  local switch value
  while read -r switch value; do echo "$value" >"/proc/sys/$switch"; done <"$BEFORE/switches"
}

# What was absent goes when it is empty again; another program may use it by now.
restore_directories() {
  local directory
  [ -e "$BEFORE/absent" ] || return 0
  while read -r directory; do
    [ ! -d "$directory" ] || rmdir --ignore-fail-on-non-empty "$directory"
  done <"$BEFORE/absent"
}
