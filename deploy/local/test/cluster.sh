# shellcheck shell=bash
# Tests of what the cluster can do.

up_makes_a_ready_node() {
  local since
  since=$(now_ms)
  writ_local up 2>/dev/null
  note "from nothing to a Ready node: $(seconds_since "$since") s"
  writ_local status >"$SCRATCH/status" || fail "status: $(cat "$SCRATCH/status")"
  note "memory of all parts: $(awk '$2 == "running" {sum += $5} END {print sum}' "$SCRATCH/status") MB"
  k wait --for=condition=Ready "node/$NODE" --timeout=1s >/dev/null
}

# kubectl_image: the reference by digest.
kubectl_image() { writ_local image kubectl | sed -n 2p; }

create_job() { sed "s|IMAGE|$(kubectl_image)|" "$HERE/test/job.yaml" | k create -f - >/dev/null; }

job_pod() { k get pods -n test-runs -l job-name=scale -o "jsonpath={.items[*].metadata.name}"; }

remove_job() {
  k patch pod -n test-runs "$(job_pod)" --type=merge -p '{"metadata":{"finalizers":null}}' >/dev/null
  k delete job -n test-runs scale >/dev/null
  eventually 30 test_no_pod
}

test_no_pod() { [ -z "$(job_pod)" ]; }

a_restricted_job_scales_a_deployment() {
  k create -f "$HERE/test/run.yaml" >/dev/null
  eventually 60 field_is deployment/web shop '{.status.readyReplicas}' 1
  create_job
  k wait -n test-runs --for=condition=Complete job/scale --timeout=60s >/dev/null
  equals 3 "$(field deployment/web shop '{.spec.replicas}')"
  equals deployment.apps/web "$(k logs -n test-runs "$(job_pod)")"
  # By digest: what ran is what the reference names, so a host can compare it.
  equals "$(kubectl_image)" "$(field "pod/$(job_pod)" test-runs '{.status.containerStatuses[0].imageID}')"
  eventually 60 field_is deployment/web shop '{.status.readyReplicas}' 3
  remove_job
}

a_job_sees_its_end_quickly() {
  local since
  k scale -n shop deployment/web --replicas=1 >/dev/null
  since=$(now_ms)
  create_job
  eventually 60 container_ended
  note "Job created to container terminated: $(seconds_since "$since") s (seen by polling)"
  k wait -n test-runs --for=condition=Complete job/scale --timeout=60s >/dev/null
  note "Job created to Job Complete: $(seconds_since "$since") s"
  remove_job
}

container_ended() { [ "$(k get pods -n test-runs -l job-name=scale -o 'jsonpath={.items[*].status.containerStatuses[*].state.terminated.exitCode}')" = 0 ]; }

a_dynamic_program_writes_a_default_volume() {
  local image
  ldd /usr/bin/touch | grep libc.so >/dev/null || fail "/usr/bin/touch is static here: this proves nothing"
  image=$(writ_local image touch dev /usr/bin/touch 2>/dev/null | tail -n 1)
  equals "$image" "$(writ_local image touch dev /usr/bin/touch 2>/dev/null | tail -n 1)"
  sed "s|IMAGE|$image|" "$HERE/test/volume.yaml" | k create -f - >/dev/null
  eventually 60 field_is pod/writer default '{.status.phase}' Succeeded
  equals 65532 "$(stat -c %u "$RUN"/volumes/*/written)"
}

pods_reach_a_service_on_their_own_bridge() {
  k create -f "$HERE/test/service.yaml" >/dev/null
  eventually 90 field_is pod/asker default '{.status.phase}' Succeeded
  k logs asker | grep gitVersion >/dev/null
}

logs_and_exec_go_through_the_kubelet() {
  k logs front | grep "Starting to serve" >/dev/null
  k exec front -- /bin/kubectl version --client | grep "Client Version: v1" >/dev/null
}

a_made_up_user_is_forbidden() {
  refused "Forbidden.*User \"mallory\" cannot list" as mallory -- get pods
  refused "Forbidden" as mallory some-group -- get pods
  as mallory some-group -- auth whoami -o 'jsonpath={.status.userInfo.groups}' | grep some-group >/dev/null
  as mallory system:masters -- get pods >/dev/null
}

admission_policies_of_both_kinds_are_served() {
  k get --raw /apis/admissionregistration.k8s.io/v1 >"$SCRATCH/resources"
  grep -q '"mutatingadmissionpolicies"' "$SCRATCH/resources"
  grep -q '"validatingadmissionpolicies"' "$SCRATCH/resources"
}

policy() { sed "s/NAME/$1/" "$HERE/test/policy.yaml"; }

only_policy_admins_touch_writ_policies() {
  local why="changed by the group writ:policy-admins only" kind=validatingadmissionpolicy
  k auth whoami -o 'jsonpath={.status.userInfo.groups}' | grep writ:policy-admins >/dev/null
  policy writ-test | k create -f - >/dev/null
  refused "$why" as root system:masters -- delete "$kind" writ-test
  refused "$why" as root system:masters -- delete "$kind" -l test=lock
  refused "$why" as root system:masters -- label "$kind" writ-test x=y
  policy writ-other >"$SCRATCH/policy"
  refused "$why" as root system:masters -- create -f "$SCRATCH/policy"
  policy unused | sed 's/name: unused/generateName: writ-/' >"$SCRATCH/policy"
  refused "$why" as root system:masters -- create -f "$SCRATCH/policy"
  # The rest of admission is still theirs, and ours is the policy admins'.
  policy other >"$SCRATCH/policy"
  as root system:masters -- create -f "$SCRATCH/policy" >/dev/null
  as root system:masters -- delete "$kind" other >/dev/null
  k delete "$kind" writ-test >/dev/null
  # An identity of Writ with all rights changes none at all.
  k create clusterrolebinding writ-test --clusterrole=cluster-admin --serviceaccount=writ-system:writ >/dev/null
  refused "no Writ identity touches admission" k create -f "$SCRATCH/policy" --as=system:serviceaccount:writ-system:writ --dry-run=server
  refused "NotFound" k delete "$kind" writ-lock.static.k8s.io
}

# One pod asks another, over and over, while a policy that lets it ask nobody is only there, is enforced, and is only there again.
network_policies_are_enforced_once_asked_for() {
  local since
  k create -f "$HERE/test/policies.yaml" >/dev/null
  eventually 60 closed_reaches_listener
  since=$(now_ms)
  writ_local netpol on 2>/dev/null
  note "network policies in force (the first time their controller is built): $(seconds_since "$since") s"
  writ_local status | grep "^netpol *running" >/dev/null
  eventually 30 closed_is_refused
  since=$(now_ms)
  writ_local netpol off 2>/dev/null
  note "and no longer: $(seconds_since "$since") s"
  equals "" "$(policy_rules)"
  eventually 30 closed_reaches_listener
  k delete -f "$HERE/test/policies.yaml" --wait=false >/dev/null
}

policy_rules() {
  iptables-save | grep -E 'KUBE-(ROUTER|POD-FW|NWPLCY)' || true
  ipset list -name | grep -E '^KUBE-' || true
}

# closed_asks: into a file, since behind a pipe its failure would be the pipe's.
closed_asks() {
  local listener
  listener=$(field pod/listener default '{.status.podIP}')
  k exec closed -- /bin/kubectl get --raw /static/ --request-timeout=3s "--server=http://$listener:8001" >"$SCRATCH/asked" 2>&1
}

closed_reaches_listener() { closed_asks && grep kubectl "$SCRATCH/asked"; }

closed_is_refused() { ! closed_asks && grep "was refused" "$SCRATCH/asked"; }

the_audit_log_names_who_wrote() {
  local written='select(.verb == "create" and .objectRef.resource == "jobs" and .objectRef.name == "scale") | .user.username'
  jq -r "$written" "$RUN/audit/audit.log" | sort -u >"$SCRATCH/who"
  equals admin "$(cat "$SCRATCH/who")"
  [ -z "$(jq -r 'select(.requestObject) | .verb' "$RUN/audit/audit.log")" ] || fail "the audit log holds bodies"
}
