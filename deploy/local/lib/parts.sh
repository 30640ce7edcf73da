# shellcheck shell=bash
# parts.sh owns the processes: the command line of each part, and starting, finding and stopping it.
# A process is ours when the number in run/pid/PART still belongs to the program that we started: same start time since
# boot, same program. A number alone may be anybody's by now.

# start_missing PART...
start_missing() {
  local part
  mkdir -p "$RUN/pid"
  ln -sfn "$BIN_IN_USE" "$RUN/bin"
  for part in "$@"; do
    alive "$part" || "start_${part//-/_}"
  done
}

start_etcd() {
  # No fsync: a power cut may cost the cluster, which is made again in seconds. 8 GiB: a load test writes 1 GiB in 5 minutes.
  start_part etcd etcd --data-dir "$RUN/etcd" --log-level warn --unsafe-no-fsync --quota-backend-bytes $((8 << 30)) \
    --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT" --initial-advertise-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT" \
    --initial-cluster "default=http://127.0.0.1:$ETCD_PEER_PORT"
}

start_containerd() {
  start_part containerd "$(command -v containerd)" --config "$CONFIG/containerd.toml" --log-level warn
}

# The audit log keeps 4 GB: a full torture after all tests is a few hundred thousand requests, and none of them may have gone before it counts.
# It listens on every address because pods come by NODE_IP and people by 127.0.0.1; network.sh closes the port to others.
start_kube_apiserver() {
  start_part kube-apiserver kube-apiserver \
    --etcd-servers "http://127.0.0.1:$ETCD_PORT" --bind-address 0.0.0.0 --secure-port "$API_PORT" --advertise-address "$NODE_IP" \
    --tls-cert-file "$PKI/kube-apiserver.crt" --tls-private-key-file "$PKI/kube-apiserver.key" --client-ca-file "$PKI/ca.crt" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --admission-control-config-file "$CONFIG/admission.yaml" \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/sa.pub" \
    --service-account-signing-key-file "$PKI/sa.key" --service-cluster-ip-range "$SERVICE_CIDR" --allow-privileged \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-client-certificate "$PKI/kubelet-client.crt" \
    --kubelet-client-key "$PKI/kubelet-client.key" --kubelet-preferred-address-types InternalIP \
    --audit-policy-file "$CONFIG/audit-policy.yaml" --audit-log-path "$RUN/audit/audit.log" \
    --audit-log-maxsize 100 --audit-log-maxbackup 40 --profiling=false
}

# Ten times the default rates: with 20 Jobs at once the controllers would wait for themselves, and a test would measure that.
start_kube_controller_manager() {
  start_part kube-controller-manager kube-controller-manager --kubeconfig "$RUN/kubeconfig/kube-controller-manager" \
    --leader-elect=false --use-service-account-credentials --kube-api-qps 1000 --kube-api-burst 2000 \
    --service-account-private-key-file "$PKI/sa.key" --root-ca-file "$PKI/ca.crt" \
    --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key" \
    --flex-volume-plugin-dir "$RUN/volume-plugins" \
    --bind-address 127.0.0.1 --secure-port "$CONTROLLER_PORT" --tls-cert-file "$PKI/kube-controller-manager.crt" \
    --tls-private-key-file "$PKI/kube-controller-manager.key" --profiling=false \
    --concurrent-job-syncs 20 --concurrent-deployment-syncs 20 --concurrent-replicaset-syncs 20 --concurrent-serviceaccount-token-syncs 20 \
    --concurrent-gc-syncs 20 --concurrent-namespace-syncs 20 --concurrent-ttl-after-finished-syncs 20
}

start_kube_scheduler() {
  start_part kube-scheduler kube-scheduler --config "$CONFIG/scheduler.yaml" --bind-address 127.0.0.1 --secure-port "$SCHEDULER_PORT" \
    --tls-cert-file "$PKI/kube-scheduler.crt" --tls-private-key-file "$PKI/kube-scheduler.key"
}

start_kubelet() {
  start_part kubelet kubelet --config "$CONFIG/kubelet.yaml" --kubeconfig "$RUN/kubeconfig/kubelet" --hostname-override "$NODE" \
    --root-dir "$RUN/kubelet" --cert-dir "$RUN/kubelet/pki" --node-ip "$NODE_IP"
}

start_kube_proxy() { start_part kube-proxy kube-proxy --config "$CONFIG/proxy.yaml"; }

# start_part PART PROGRAM ARGUMENT...
start_part() {
  local part=$1 program=$2
  shift 2
  [[ $program = /* ]] || program=$BIN_IN_USE/$program
  # A session of its own (no signal of our terminal), nothing inherited (the lock is descriptor 9), and room for watches.
  (
    ulimit -Sn 65536 2>/dev/null || true
    cd "$RUN" || exit 1
    exec setsid "$program" "$@" </dev/null >>"$RUN/log/$part.log" 2>&1 9>&-
  ) &
  echo "$! $(start_time $!)" >"$RUN/pid/$part"
}

# start_time PID: clock ticks since boot, empty when there is no such process or only its zombie.
start_time() {
  local stat state fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  # After the last parenthesis: the program's name before it may hold anything.
  read -ra fields <<<"${stat##*) }"
  state=${fields[0]}
  [ "$state" = Z ] || echo "${fields[19]}"
}

# pid_of PART: prints the number when that part runs, else nothing.
pid_of() {
  local pid since program
  { read -r pid since <"$RUN/pid/$1"; } 2>/dev/null || return 0
  [ -n "$since" ] && [ "$since" = "$(start_time "$pid")" ] || return 0
  { IFS= read -r -d '' program <"/proc/$pid/cmdline"; } 2>/dev/null || true
  # Between fork and exec the name is still that of the shell, with the start time of ours.
  case ${program##*/} in "$1" | setsid | bash | writ-local) echo "$pid" ;; esac
}

alive() { [ -n "$(pid_of "$1")" ]; }

# stop_parts PART...: asks all, waits 1 s (nothing is kept, so nothing needs longer), then insists.
stop_parts() {
  local part deadline
  deadline=$(($(now_ms) + 1000))
  for part in "$@"; do signal_part "$part" TERM; done
  for part in "$@"; do
    while alive "$part"; do
      [ "$(now_ms)" -lt "$deadline" ] || signal_part "$part" KILL
      sleep 0.05
    done
    rm -f "$RUN/pid/$part"
  done
}

signal_part() {
  local pid
  pid=$(pid_of "$1")
  [ -z "$pid" ] || kill -s "$2" "$pid" 2>/dev/null || true
}

# restart PART: as if it had died by itself; what it was doing is not waited for.
restart() {
  local part=${1:-}
  [ -n "$(pid_of "${part:-none}")" ] || die "no part '$part' is running" "one of: ${PARTS[*]}"
  BIN_IN_USE=$(running_bin)
  while alive "$part"; do
    signal_part "$part" KILL
    sleep 0.05
  done
  start_missing "$part"
}

# logs PART [tail options]
logs() {
  local part=${1:-} file
  [ -n "$part" ] || die "which log?" "one of: ${PARTS[*]} audit"
  shift
  file=$RUN/log/$part.log
  [ "$part" != audit ] || file=$RUN/audit/audit.log
  [ -r "$file" ] || die "there is no log of '$part' at $file" "one of: ${PARTS[*]} audit (of a running cluster)"
  if [ $# -eq 0 ]; then set -- -n 100; fi
  tail "$@" "$file"
}
