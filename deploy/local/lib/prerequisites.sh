# shellcheck shell=bash
# prerequisites.sh owns what the machine must have: root, one run at a time, Debian packages, kernel features, free ports.

# Commands we use, and the Debian package of each. The CNI plugins are files, so they are checked apart.
readonly COMMANDS=(containerd:containerd runc:runc iptables:iptables conntrack:conntrack openssl:openssl
  curl:curl ip:iproute2 ss:iproute2 mount:mount setsid:util-linux flock:util-linux jq:jq)
readonly CNI_BIN=/usr/lib/cni

# become_root COMMAND...: runs the same command again through sudo when we are not root.
become_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null ||
    die "'$1' needs root: it starts a kubelet, containers and network rules" "run it as root, or install sudo"
  exec sudo env "WRIT_CACHE=$WRIT_CACHE" "PATH=$PATH" "WRIT_PORT_OFFSET=${WRIT_PORT_OFFSET:-$OFFSET}" \
    "WRIT_STATIC_ADMISSION=$STATIC_ADMISSION" "$HERE/writ-local" "$@"
}

# take_lock: two commands at once would start everything twice. The parts must not inherit the lock: see start_part.
take_lock() {
  check_paths
  mkdir -p "$WRIT_CACHE"
  exec 9>"$WRIT_CACHE/lock"
  flock -n 9 && return
  say "another writ-local is at work; waiting for it"
  flock -w 1800 9 || die "another writ-local holds $WRIT_CACHE/lock for 30 minutes" "see what it does: fuser -v $WRIT_CACHE/lock"
}

# A unix socket's path has at most 107 bytes, and the kubelet and containerd add up to 45 to ours.
check_paths() {
  case $WRIT_CACHE in
    /*) ;;
    *) die "WRIT_CACHE must be an absolute path, not '$WRIT_CACHE'" "set WRIT_CACHE=/some/directory" ;;
  esac
  case $WRIT_CACHE in
    *[!A-Za-z0-9/._-]*) die "WRIT_CACHE '$WRIT_CACHE' has a character that mount tables or configuration files escape" \
      "choose a path of letters, digits and / . _ -" ;;
  esac
  [ ${#RUN} -le 60 ] || die "WRIT_CACHE is too long for the sockets below it: $WRIT_CACHE" "choose a path of at most 56 characters"
}

missing_packages() {
  local entry
  for entry in "${COMMANDS[@]}"; do
    command -v "${entry%%:*}" >/dev/null || echo "${entry##*:}"
  done
  [ -x "$CNI_BIN/bridge" ] && [ -x "$CNI_BIN/host-local" ] && [ -x "$CNI_BIN/loopback" ] || echo containernetworking-plugins
}

ensure_packages() {
  local missing
  missing=$(missing_packages | sort -u | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || die "missing on this machine: $missing" \
    "this is not a Debian system (no apt-get): install these by hand, the CNI plugins below $CNI_BIN"
  [ "$(id -u)" -eq 0 ] || die "missing on this machine: $missing" "run as root: apt-get install $missing"
  say "installing from Debian: $missing"
  # shellcheck disable=SC2086 # a list of words on purpose
  apt_install $missing
}

apt_install() {
  local log=$WRIT_CACHE/apt.log
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 && return
  # The package lists may be old or absent: once more with new ones.
  DEBIAN_FRONTEND=noninteractive apt-get update >>"$log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
    die "apt-get could not install: $*" "its output is in $log"
}

check_kernel() {
  [ "$(uname -s)" = Linux ] || die "this is not Linux" "use another cluster: CLUSTER=current"
  [ -e /dev/kmsg ] || die "/dev/kmsg is missing: the kubelet cannot start" \
    "this looks like a container; run on a machine or a virtual machine, or: ln -s /dev/console /dev/kmsg"
  iptables -w 5 -t nat -S >/dev/null 2>&1 || die "iptables cannot read the nat table" \
    "see why: iptables -t nat -S (a kernel without nat, or no CAP_NET_ADMIN)"
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
    die "the kernel has no overlay file system, which containerd stacks images with" "load it: modprobe overlay"
}

# check_port PORT WHAT
check_port() {
  local holder
  holder=$(ss -Hltnp "sport = :$1")
  [ -z "$holder" ] || die "port $1, which the $2 needs, is taken: ${holder##* users:}" \
    "stop that program, or move all ports of this cluster: WRIT_PORT_OFFSET=10000 writ-local up"
}

# check_ports: only of parts that we are about to start.
check_ports() {
  alive etcd || { check_port "$ETCD_PORT" etcd; check_port "$ETCD_PEER_PORT" etcd; }
  alive kube-apiserver || check_port "$API_PORT" "API server"
  alive kube-controller-manager || check_port "$CONTROLLER_PORT" "controller manager"
  alive kube-scheduler || check_port "$SCHEDULER_PORT" scheduler
  alive kubelet || { check_port "$KUBELET_PORT" kubelet; check_port "$KUBELET_HEALTH_PORT" kubelet; }
  alive kube-proxy || { check_port "$PROXY_METRICS_PORT" kube-proxy; check_port "$PROXY_HEALTH_PORT" kube-proxy; }
}
