# shellcheck shell=bash
# Tests of what the cluster does to the machine around it.

# picture_of_machine: all that `up` or a part of the cluster could leave behind.
picture_of_machine() {
  local switches=(net/ipv4/ip_forward net/ipv4/conf/all/route_localnet vm/overcommit_memory kernel/panic kernel/panic_on_oops)
  section addresses "$(ip -o address | sed 's/valid_lft.*//')"
  section links "$(ip -o link | sed 's/: <.*//')"
  section rules "$( (iptables-save; ip6tables-save) 2>/dev/null | grep -E '^-A|^:.* - ' || true)"
  section sets "$(ipset list -name 2>/dev/null || true)"
  section mounts "$(awk '{print $2, $3}' /proc/mounts)"
  section processes "$(our_processes)"
  section "control groups" "$(find /sys/fs/cgroup -maxdepth 2 -name "$CGROUP")"
  section switches "$(cd /proc/sys && grep -s . "${switches[@]}")"
  section directories "$(ls -d /var/lib/kubelet /usr/libexec/kubernetes /opt/containerd /etc/cni /etc/kubernetes 2>/dev/null || true)"
  section "shared directories" "$(ls -A /run/containerd/s /run/containerd/runc /run/netns /var/log/containers /var/lib/cni/* 2>/dev/null || true)"
}

section() { printf '# %s\n%s\n' "$1" "$2"; }

# our_processes: a process of ours names run/ on its command line, or runs in our control groups. Others may have their own.
our_processes() {
  local directory
  for directory in /proc/[0-9]*; do
    { grep -z -F "$RUN/" "$directory/cmdline" || grep "/$CGROUP/" "$directory/cgroup"; } >/dev/null 2>&1 || continue
    tr '\0' ' ' <"$directory/cmdline" && echo
  done
}

down_without_a_cluster_is_fine() { writ_local down 2>&1 | grep "nothing to take down" >/dev/null; }

# Numbers of processes come back: one with our number and another start, and one that is another program.
down_spares_a_process_that_got_our_number() {
  sleep 300 &
  local stranger=$!
  mkdir -p "$RUN/pid"
  echo "$stranger 1" >"$RUN/pid/kubelet"
  echo "$stranger $(cut -d ' ' -f 22 "/proc/$stranger/stat")" >"$RUN/pid/etcd"
  writ_local down 2>/dev/null
  kill -0 "$stranger" || fail "down killed a process that it had not started"
  kill "$stranger"
  wait "$stranger" 2>/dev/null || true
}

a_taken_port_is_named() {
  writ_local build
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout "$SCRATCH/k" -out "$SCRATCH/c" 2>/dev/null
  openssl s_server -accept "$API_PORT" -key "$SCRATCH/k" -cert "$SCRATCH/c" >/dev/null 2>&1 </dev/zero &
  local holder=$!
  eventually 5 sh -c "ss -Hltn 'sport = :$API_PORT' | grep ." >/dev/null
  refused "port $API_PORT, which the API server needs, is taken.*pid=$holder" writ_local up
  refused "WRIT_PORT_OFFSET" writ_local up
  kill "$holder"
  wait "$holder" 2>/dev/null || true
  writ_local down 2>/dev/null
}

up_again_changes_nothing() {
  local before since
  before=$(pids)
  since=$(now_ms)
  writ_local up 2>/dev/null
  note "up on a running cluster: $(seconds_since "$since") s"
  equals "$before" "$(pids)"
}

# Another network on this machine, as if a neighbor's: it reaches a port of ours, but not that of the API server.
the_api_server_is_closed_to_other_networks() {
  local address=192.0.2.129 host neighbor
  unshare --net sleep 60 &
  host=$!
  neighbor=(nsenter --target "$host" --net)
  eventually 5 in_other_network "$host"
  ip link add writ-test type veth peer name eth0 netns "$host"
  ip address add "$address/30" dev writ-test
  ip link set writ-test up
  "${neighbor[@]}" ip address add 192.0.2.130/30 dev eth0
  "${neighbor[@]}" ip link set eth0 up
  # Refused at once (7), so the neighbor's packets arrive; then dropped (28).
  refused "code=7" "${neighbor[@]}" curl -s -m 5 -o /dev/null -w 'code=%{exitcode}' "https://$address:1"
  refused "code=28" "${neighbor[@]}" curl -s -m 1 -o /dev/null -w 'code=%{exitcode}' "https://$address:$API_PORT"
  ip link delete writ-test
  kill "$host"
  wait "$host" 2>/dev/null || true
}

in_other_network() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

down_leaves_nothing() {
  local since
  # It stops this, too.
  writ_local netpol on 2>/dev/null
  since=$(now_ms)
  writ_local down 2>/dev/null
  note "down: $(seconds_since "$since") s"
  [ ! -e "$RUN" ] || fail "$RUN is still there"
  picture_of_machine >"$SCRATCH/after"
  diff "$SCRATCH/before" "$SCRATCH/after" || fail "the machine is not as it was before"
}
