#!/usr/bin/env bash
# idle.sh runs a command in the time that everything else on this machine leaves: in a control group that is idle, which makes way at
# once for whoever wakes (niceness only gives it less, and whoever wakes waits for the end of a slice). Usage: deploy/idle.sh COMMAND...
# Ends with 3, and runs nothing, where the machine cannot be told so.
set -euo pipefail

enter() {
  local group=$1/writ-idle
  mkdir -p "$group" && echo 1 >"$group/cpu.idle" && echo $$ >"$group/cgroup.procs"
}
for tree in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
  if enter "$tree" 2>/dev/null; then exec "$@"; fi
done
exit 3
