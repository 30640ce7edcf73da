# shellcheck shell=bash
# cgroup.sh owns the control groups below which all pods run: cgroup v1 and v2. Everything in them is ours.

cgroup_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# cgroup_trees: the directory of ours in each hierarchy (v2 has one).
cgroup_trees() {
  if cgroup_v2; then
    echo "/sys/fs/cgroup/$CGROUP"
    return
  fi
  # Co-mounted controllers (cpu,cpuacct) are one directory behind two links. Where v2 is mounted beside v1, runc makes groups there, too.
  awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/mounts | sort -u | sed "s|\$|/$CGROUP|"
}

cgroup_up() {
  local tree
  if cgroup_v2; then enable_controllers; fi
  for tree in $(cgroup_trees); do
    mkdir -p "$tree"
    # A new cpuset has no processors, and no process may enter it.
    [ ! -e "$tree/cpuset.cpus" ] || cgroup_v2 || {
      cat "${tree%/*}/cpuset.cpus" >"$tree/cpuset.cpus"
      cat "${tree%/*}/cpuset.mems" >"$tree/cpuset.mems"
    }
  done
}

# The kubelet wants these in its root group; a parent hands them down.
enable_controllers() {
  local controller
  for controller in cpu cpuset memory pids io hugetlb; do
    grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers || continue
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null ||
      say "warning: cannot enable the cgroup controller $controller"
  done
}

# cgroup_down: kills whatever runs in ours, and removes the groups. Killed processes take a moment to leave.
cgroup_down() {
  local tree deadline
  deadline=$(($(now_ms) + 10000))
  for tree in $(cgroup_trees); do
    while [ -d "$tree" ] && ! remove_tree "$tree"; do
      [ "$(now_ms)" -lt "$deadline" ] || die "processes in $tree do not die" "see: cat \$(find $tree -name cgroup.procs)"
      sleep 0.05
    done
  done
}

remove_tree() {
  find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -9 2>/dev/null || true
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
  [ ! -d "$1" ]
}
