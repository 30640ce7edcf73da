# shellcheck shell=bash
# Tests of parts that die: kill -9 of each, then `up` alone, or `down` and `up`.

readonly EVERY_PART=(etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)

pid_in() { cut -d ' ' -f 1 "$RUN/pid/$1"; }

kill_part() {
  local pid
  pid=$(pid_in "$1")
  kill -9 "$pid"
  eventually 10 not_running "$pid"
}

not_running() { [ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"; }

# The cluster really works: a new pod runs and ends.
a_pod_runs() {
  k run "$1" --image=docker.io/writ/kubectl:dev --image-pull-policy=Never --restart=Never -- version --client >/dev/null
  eventually 60 field_is "pod/$1" default '{.status.phase}' Succeeded
}

up_repairs_each_killed_part() {
  local part before since web
  web=$(field pods shop '{.items[0].status.containerStatuses[0].containerID}')
  for part in "${EVERY_PART[@]}"; do
    before=$(pid_in "$part")
    kill_part "$part"
    refused "$part *stopped" writ_local status
    since=$(now_ms)
    writ_local up 2>/dev/null
    [ "$(pid_in "$part")" != "$before" ] || fail "$part was not started again"
    a_pod_runs "after-$part"
    note "$part killed, up and a pod done: $(seconds_since "$since") s"
  done
  # The pods that ran all the while are the same containers.
  equals "$web" "$(field pods shop '{.items[0].status.containerStatuses[0].containerID}')"
}

# One round a part that `down` meets as a special case; the others, which hold nothing, share one.
down_and_up_survive_each_killed_part() {
  local round part since
  for round in etcd containerd kube-apiserver kubelet "kube-controller-manager kube-scheduler kube-proxy"; do
    for part in $round; do kill_part "$part"; done
    since=$(now_ms)
    writ_local down 2>/dev/null
    picture_of_machine >"$SCRATCH/after"
    diff "$SCRATCH/before" "$SCRATCH/after" || fail "after kill -9 of $round, down left something"
    writ_local up 2>/dev/null
    [ -z "$(k get deployments -A -o name)" ] || fail "not a fresh cluster"
    a_pod_runs fresh
    note "$round killed, down, up and a pod done: $(seconds_since "$since") s"
  done
}
