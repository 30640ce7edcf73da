# shellcheck shell=bash
# netpol.sh owns who enforces NetworkPolicies: the controller of kube-router, built, started and taken away only when asked for.
# With each event of a pod it writes the filter table anew, as it read it a moment before: nothing that all tests should bear.

# Its own key: to have it or not makes no other cluster.
readonly NETPOL_SOURCES=(netpol/go.mod netpol/go.sum netpol/main.go)
NETPOL_BIN=$WRIT_CACHE/bin/netpol-$(cd "$HERE" && cat "${NETPOL_SOURCES[@]}" | sha256sum | cut -c1-12)

# netpol on | off
netpol() {
  [ -e "$BEFORE/complete" ] || die "there is no cluster" "bring it up: writ-local up"
  case ${1:-} in
    on) netpol_on ;;
    off) stop_netpol; remove_netpol_rules ;;
    *) die "netpol '${1:-}'?" "writ-local netpol on, or: writ-local netpol off" ;;
  esac
}

netpol_on() {
  check_netpol
  build_netpol
  remember_sets
  # What one left that was killed says nothing of this one.
  alive netpol || { remove_netpol_rules; ln -sfn "$NETPOL_BIN" "$RUN/netpol"; }
  BIN_IN_USE=$(running_bin)
  start_missing netpol
  # From now on its death is seen, too.
  case " ${PARTS[*]} " in *" netpol "*) ;; *) PARTS+=(netpol) ;; esac
  wait_for 60 "the rules of NetworkPolicies" netpol_ready
}

check_netpol() {
  alive kube-apiserver || die "the API server does not run, so nobody knows a NetworkPolicy" "bring the cluster up: writ-local up"
  ! bridge_hides_from_iptables || die "the kernel does not show iptables what goes from pod to pod" \
    "load br_netfilter: modprobe br_netfilter, then: writ-local down && writ-local up"
  command -v ipset >/dev/null && return
  command -v apt-get >/dev/null || die "ipset is missing" "this is not a Debian system (no apt-get): install it by hand"
  say "installing from Debian: ipset"
  apt_install ipset
}

# build_netpol_as_user on|off: as build_as_user.
build_netpol_as_user() {
  if [ "${1:-}" = on ] && [ ! -e "$NETPOL_BIN/complete" ] && [ "$(id -u)" -ne 0 ]; then
    take_lock
    build_netpol
    exec 9>&-
  fi
}

build_netpol() {
  [ ! -e "$NETPOL_BIN/complete" ] || return 0
  check_toolchain
  # go_build writes there.
  local BIN=$NETPOL_BIN
  mkdir -p "$BIN"
  say "building who enforces NetworkPolicies: half a minute where Kubernetes was built before"
  go_build netpol netpol "the network policy controller"
  : >"$BIN/complete"
}

# It reads pods, namespaces, policies and its node, and writes nothing: to the API server it is somebody with a name of its own.
start_netpol() {
  start_part netpol "$RUN/netpol/netpol" --kubeconfig "$(kubeconfig netpol system:masters)" --node "$NODE" --services "$SERVICE_CIDR"
}

# netpol_ready: its first look is over, and what it found is in force.
netpol_ready() { iptables-save -t filter | grep -- "-A KUBE-ROUTER-FORWARD .*-j KUBE-NWPLCY-TAIL" >/dev/null; }

# stop_netpol: it ends after the look it is at, or an iptables-restore of it would come after our removal.
stop_netpol() {
  local deadline
  deadline=$(($(now_ms) + 10000))
  signal_part netpol TERM
  while alive netpol && [ "$(now_ms)" -lt "$deadline" ]; do sleep 0.05; done
  stop_parts netpol
}

remove_netpol_rules() {
  remove_chains iptables "$(new_chains iptables | grep -E '^filter KUBE-(ROUTER|POD-FW|NWPLCY)-' || true)"
  remove_sets
}

policy_sets() { ! command -v ipset >/dev/null || ipset list -name | grep -E '^(KUBE-(SRC|DST)|TMP)-' || true; }

# Another kube-router of this machine has sets of such names.
remember_sets() { [ -e "$BEFORE/sets" ] || policy_sets >"$BEFORE/sets"; }

# The kernel lets go of a rule, and so of its sets, a moment after the rule is gone.
remove_sets() {
  local deadline
  [ -e "$BEFORE/sets" ] || return 0
  deadline=$(($(now_ms) + 10000))
  until [ -z "$(new_sets)" ]; do
    new_sets | xargs -r -n 1 ipset destroy 2>/dev/null && continue
    [ "$(now_ms)" -lt "$deadline" ] || { say "warning: could not remove all sets; see: ipset list"; return; }
    sleep 0.05
  done
}

new_sets() { policy_sets | grep -vxF -f "$BEFORE/sets" || true; }
