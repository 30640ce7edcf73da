# shellcheck shell=bash
# wait.sh owns waiting for an effect: it polls, and gives up early when a part has died.

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  local deadline=$(($(now_ms) + $1 * 1000)) what=$2 part
  shift 2
  until "$@" >/dev/null 2>&1; do
    for part in "${PARTS[@]}"; do
      [ ! -e "$RUN/pid/$part" ] || alive "$part" || report_dead "$part"
    done
    [ "$(now_ms)" -lt "$deadline" ] || die "waited in vain for: $what" "what the parts say: writ-local logs PART (${PARTS[*]})"
    sleep 0.1
  done
}

report_dead() {
  tail -n 8 "$RUN/log/$1.log" >&2 || true
  die "$1 ended right after its start; above is the end of its log" "the whole log: $RUN/log/$1.log; then: writ-local down && writ-local up"
}

admin_curl() { curl -sf --max-time 5 --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$API_URL$1"; }

api_ready() { admin_curl /readyz; }

containerd_ready() { ctr_ours version; }

# node_ready: Ready, and the taint of a new node is off, or the first pod would wait for the scheduler's next round.
node_ready() {
  admin_curl "/api/v1/nodes/$NODE" | jq -e '
    any(.status.conditions[]; .type == "Ready" and .status == "True") and ((.spec.taints // []) == [])'
}

# A pod of a namespace without its default account is refused, and its controller comes back a good while later.
accounts_ready() { admin_curl /api/v1/namespaces/default/serviceaccounts/default; }

# The rule that takes pods to the API server's service address is there.
service_ready() { iptables-save -t nat | grep -- "-d $SERVICE_IP/32 .*-j KUBE-SVC" >/dev/null; }
