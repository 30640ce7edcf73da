#!/usr/bin/env bash
# Proves the local cluster on the machine it runs on, and takes it down at the end. It waits for effects, never for a time;
# durations are printed, not judged. Usage: test.sh [--force] [TEST...]; --force also takes down a cluster that is up.
set -eEuo pipefail
trap 'echo "at ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND" >&2' ERR

HERE=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly HERE
for part in settings say; do
  # shellcheck source=/dev/null
  . "$HERE/lib/$part.sh"
done
for part in helpers machine cluster faults; do
  # shellcheck source=/dev/null
  . "$HERE/test/$part.sh"
done

# The order matters: the first finds no cluster, the last leaves none.
readonly TESTS=(
  down_without_a_cluster_is_fine
  down_spares_a_process_that_got_our_number
  a_taken_port_is_named
  up_makes_a_ready_node
  up_again_changes_nothing
  a_restricted_job_scales_a_deployment
  a_job_sees_its_end_quickly
  a_dynamic_program_writes_a_default_volume
  pods_reach_a_service_on_their_own_bridge
  the_api_server_is_closed_to_other_networks
  logs_and_exec_go_through_the_kubelet
  a_made_up_user_is_forbidden
  admission_policies_of_both_kinds_are_served
  only_policy_admins_touch_writ_policies
  the_audit_log_names_who_wrote
  network_policies_are_enforced_once_asked_for
  up_repairs_each_killed_part
  down_and_up_survive_each_killed_part
  down_leaves_nothing
)

running=
ended() {
  local code=$?
  rm -rf "$SCRATCH"
  [ -z "$running" ] || printf 'FAILED            %s (exit %s)\n' "${running//_/ }" "$code" >&2
}

main() {
  [ "${1:-}" != --force ] || { shift; writ_local down; }
  [ ! -d "$RUN" ] || die "a cluster is up, and this test takes it down" "test.sh --force"
  mkdir -p "$SCRATCH"
  trap ended EXIT
  picture_of_machine >"$SCRATCH/before"
  local test since began
  began=$(now_ms)
  for test in "${TESTS[@]}"; do
    [ $# -eq 0 ] || [[ " $* up_makes_a_ready_node " == *" $test "* ]] || continue
    since=$(now_ms)
    # Not `"$test" || fail`: behind || bash no longer stops at the first command that fails.
    running=$test
    "$test"
    running=
    printf 'ok    %5s s  %s\n' "$(seconds_since "$since")" "${test//_/ }"
  done
  printf 'all passed in %s s\n' "$(seconds_since "$began")"
}

main "$@"
