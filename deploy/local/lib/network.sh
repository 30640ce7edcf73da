# shellcheck shell=bash
# network.sh owns the address, the bridge and the iptables rules: making ours, and taking away ours only.

# bridge_hides_from_iptables: then a service's answer on the same bridge would bypass the rule that undoes its address.
bridge_hides_from_iptables() { [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null || echo 0)" = 0 ]; }

has_address() { ip -o address show dev lo | grep "inet $NODE_IP/32" >/dev/null; }

network_up() {
  has_address || ip address add "$NODE_IP/32" dev lo
  echo 1 >/proc/sys/net/ipv4/ip_forward
  local rule
  while read -r rule; do
    # shellcheck disable=SC2086 # the rule is a list of words
    iptables -w 5 ${rule/ -[AI] / -C } 2>/dev/null || iptables -w 5 $rule
  done < <(make_chains && wanted_rules)
}

make_chains() {
  iptables -w 5 -t nat -N "$CHAIN" 2>/dev/null || true
  iptables -w 5 -t filter -N "$CHAIN" 2>/dev/null || true
}

# Pods reach out under the machine's address and are forwarded even where the default is to drop (Docker sets that);
# nobody but this machine and its pods reaches the API server.
wanted_rules() {
  cat <<RULES
-t nat -A $CHAIN -s $POD_CIDR ! -d $CLUSTER_CIDR -j MASQUERADE
-t nat -I POSTROUTING -j $CHAIN
-t filter -A $CHAIN -i $BRIDGE -j ACCEPT
-t filter -A $CHAIN ! -i lo -p tcp --dport $API_PORT -j DROP
-t filter -I INPUT -j $CHAIN
-t filter -I FORWARD -i $BRIDGE -j ACCEPT
-t filter -I FORWARD -o $BRIDGE -j ACCEPT
RULES
}

network_down() {
  local link
  # The pods' ends go with their namespaces, a moment later; ours at once.
  if ip link show "$BRIDGE" >/dev/null 2>&1; then
    for link in $(ip -o link show master "$BRIDGE" | sed 's/^[0-9]*: \([^:@]*\).*/\1/'); do ip link del "$link" 2>/dev/null || true; done
    ip link del "$BRIDGE"
  fi
  remove_chains iptables "$(new_chains iptables)" "$BRIDGE"
  ! command -v ip6tables >/dev/null || remove_chains ip6tables "$(new_chains ip6tables)" "$BRIDGE"
  # A rule holds the sets it names, so they come last.
  remove_sets
  [ ! -e "$BEFORE/address-is-ours" ] || ! has_address || ip address del "$NODE_IP/32" dev lo
}

# our_chains COMMAND: "table chain" of kube-proxy's, the kubelet's, the CNI plugins' and our chains.
our_chains() {
  "$1-save" 2>/dev/null | awk -v ours="$CHAIN" '
    /^\*/ {table = substr($1, 2)}
    /^:/ {chain = substr($1, 2); if (chain ~ /^(KUBE|CNI)-/ || chain == ours) print table, chain}'
}

# new_chains COMMAND: those of them that were not there before.
new_chains() { our_chains "$1" | grep -vxF -f "$BEFORE/$1" || true; }

# remove_chains COMMAND CHAINS [BRIDGE]: these, and every rule that leads to one of them or names the bridge. The rules come as
# the tool printed them and go back in one transaction a table: other programs' rules keep their counters.
remove_chains() {
  local script
  script=$("$1-save" 2>/dev/null | awk -v chains="$2" -v bridge="${3:-}" '
    BEGIN {count = split(chains, lines, "\n"); for (i = 1; i <= count; i++) ours[lines[i]] = 1}
    function leads_to_ours(i) {
      for (i = 3; i < NF; i++) {
        if (($i == "-j" || $i == "-g") && ((table " " $(i + 1)) in ours)) return 1
        if (($i == "-i" || $i == "-o") && $(i + 1) == bridge) return 1
      }
      return 0
    }
    /^\*/ {table = substr($1, 2); print}
    /^:/ {chain = substr($1, 2); if ((table " " chain) in ours) {flush = flush "-F " chain "\n"; drop = drop "-X " chain "\n"}}
    /^-A/ {if (!((table " " $2) in ours) && leads_to_ours()) {sub(/^-A/, "-D"); print}}
    /^COMMIT/ {printf "%s%s", flush, drop; print; flush = drop = ""}')
  [ -n "$script" ] || return 0
  "$1-restore" -w 5 --noflush <<<"$script" || say "warning: could not remove all $1 rules; see: $1-save"
}
