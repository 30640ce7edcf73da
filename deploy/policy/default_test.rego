package writ_test

import data.writ

settings := {
	"protected_namespaces": ["kube-system", "writ-system"],
	"max_replicas": 20,
	"free_replicas": 2,
	"min_ready_nodes": 2,
	"production": {"label": "environment", "values": ["production"]},
	"reason_pattern": "^(INC|CHG)-[0-9]+",
	"approver_groups": ["sre-leads"],
	"approval_expires": "15m",
	"break_glass": {"groups": ["oncall"], "risks": ["low", "medium"]},
	"review_within": "24h",
	"dry_run": false,
	"overruled_owners": [],
	"cooldown": "0s",
	"limits": {},
}

# A Deployment in production is scaled by somebody who is on call.
scale(before, after) := {
	"now": "2026-11-23T03:12:07Z",
	"requester": {"username": "maria@example.com", "groups": ["oncall"]},
	"execution": {
		"namespace": "shop",
		"namespaceLabels": {"environment": "production"},
		"reason": "INC-4312 checkout is slow",
		"breakGlass": false,
		"rollbackOf": null,
	},
	"action": {"name": "scale_deployment", "risk": "medium", "reversible": true, "dryRun": "Server"},
	"targets": [web],
	"plan": {"changes": [replicas(before, after)], "writes": [{"kind": "Deployment", "namespace": "shop", "name": "web"}], "owners": []},
	"history": {"target": []},
	"cluster": {"nodes": {"total": 5, "ready": 5}},
}

web := {
	"kind": "Deployment", "namespace": "shop", "name": "web", "labels": {},
	"namespaceLabels": {"environment": "production"}, "priorityClass": "",
}

autoscaler(after) := object.union(scale(2, 2), {"plan": {"changes": [object.union(replicas(2, after), {"field": "/spec/maxReplicas"})]}})

replicas(before, after) := {"object": "Deployment shop/web", "field": "/spec/replicas", "before": before, "after": after}

# The same in a namespace that nobody calls production.
staging(i) := object.union(i, {
	"execution": {"namespaceLabels": {"environment": "staging"}},
	"targets": [object.union(t, {"namespaceLabels": {"environment": "staging"}}) | some t in i.targets],
})

aimed(i, at) := object.union(i, {"targets": [object.union(t, at) | some t in i.targets]})

ask(i) := ask_with(i, {})

ask_with(i, changed) := d if {
	all := object.union(settings, changed)
	d := writ.decision with input as i with data.settings as all
}

refused(i, why) if {
	d := ask(i)
	d.allow == false
	d.deny == [why]
}

# --- what goes through -----------------------------------------------------------------------------------------------

test_a_small_scale_up_needs_nobody if {
	d := ask(scale(2, 4))
	d.allow
	d.deny == []
	d.require == {"dry_run": false, "approvals": 0, "approver_groups": [], "expires": "", "break_glass": false, "review": "", "limits": {}}
}

test_a_big_scale_up_in_production_needs_one if {
	d := ask(scale(2, 5))
	d.allow
	d.require.approvals == 1
	d.require.approver_groups == ["sre-leads"]
	d.require.expires == "15m"
}

test_the_same_outside_production_needs_nobody_and_no_reason if {
	d := ask(object.union(staging(scale(2, 12)), {"execution": {"reason": ""}}))
	d.allow
	d.require.approvals == 0
}

test_scaling_down_in_production_needs_nobody if {
	d := ask(scale(9, 2))
	d.allow
	d.require.approvals == 0
}

test_scaling_to_nothing_in_production_needs_one if {
	d := ask(scale(2, 0))
	d.allow
	d.require.approvals == 1
}

test_what_an_autoscaler_may_do_counts_as_scaling if {
	ask(autoscaler(4)).require.approvals == 0
	ask(autoscaler(5)).require.approvals == 1
	not ask(autoscaler(21)).allow
}

test_exactly_the_most_replicas_are_allowed if {
	ask(scale(2, 20)).allow
}

test_an_action_that_does_not_scale_needs_one_in_production if {
	d := ask(object.union(scale(2, 3), {"plan": {"changes": []}}))
	d.allow
	d.require.approvals == 1
}

test_an_action_of_low_risk_needs_nobody if {
	d := ask(object.union(scale(2, 3), {"plan": {"changes": []}, "action": {"risk": "low"}}))
	d.allow
	d.require.approvals == 0
}

test_what_cannot_be_undone_needs_two_in_production if {
	d := ask(object.union(scale(2, 3), {"action": {"reversible": false}}))
	d.allow
	d.require.approvals == 2
}

test_what_cannot_be_undone_and_is_of_low_risk_needs_nobody if {
	ask(object.union(scale(2, 3), {"action": {"reversible": false, "risk": "low"}})).require.approvals == 0
}

test_critical_risk_needs_two_everywhere if {
	ask(object.union(staging(scale(2, 3)), {"action": {"risk": "critical"}})).require.approvals == 2
}

test_an_action_without_a_target_is_judged_by_its_namespace if {
	d := ask(object.union(scale(2, 5), {"targets": []}))
	d.allow
	d.require.approvals == 1
}

test_a_target_in_production_counts_wherever_it_is_asked_from if {
	d := ask(object.union(scale(2, 5), {"execution": {"namespaceLabels": {"environment": "staging"}}}))
	d.require.approvals == 1
}

test_a_dry_run_is_asked_where_the_settings_want_it if {
	ask_with(scale(2, 3), {"dry_run": true}).require.dry_run
	not ask_with(object.union(scale(2, 3), {"action": {"dryRun": "None"}}), {"dry_run": true}).require.dry_run
}

test_who_is_on_call_may_break_the_glass_and_owes_a_review if {
	d := ask(object.union(scale(2, 9), {"execution": {"breakGlass": true}}))
	d.allow
	d.require.approvals == 1
	d.require.approver_groups == ["sre-leads"]
	d.require.break_glass
	d.require.review == "24h"
}

test_where_nobody_is_asked_nothing_is_broken if {
	ask(object.union(scale(2, 4), {"execution": {"breakGlass": true}})).require.review == ""
}

test_without_break_glass_no_review_is_owed if {
	ask(scale(2, 9)).require.review == ""
	not ask(scale(2, 9)).require.break_glass
}

test_draining_with_nodes_to_spare_is_allowed if {
	i := object.union(scale(2, 3), {"action": {"name": "drain_node"}, "cluster": {"nodes": {"total": 5, "ready": 3}}})
	ask(i).allow
}

# --- what does not ---------------------------------------------------------------------------------------------------

test_too_many_replicas_are_refused if {
	refused(scale(2, 21), "Deployment shop/web would have 21 replicas; at most 20 are allowed here")
}

test_a_number_of_replicas_that_is_none_is_refused if {
	every none in ["21", null, {"many": 3}, [3]] {
		refused(scale(2, none), "Deployment shop/web would have a number of replicas that is none")
	}
}

test_where_none_was_set_all_are_added if {
	ask(scale(null, 2)).require.approvals == 0
	ask(scale(null, 4)).require.approvals == 1
	ask(scale("2", 4)).require.approvals == 1
}

test_a_protected_namespace_is_refused_as_the_execution_s_own if {
	refused(object.union(scale(2, 3), {"execution": {"namespace": "kube-system"}}), "namespace kube-system is protected")
}

test_a_protected_namespace_is_refused_as_a_target_s if {
	refused(aimed(scale(2, 3), {"namespace": "writ-system"}), "namespace writ-system is protected")
}

test_a_protected_namespace_is_refused_as_one_that_is_written if {
	i := object.union(scale(2, 3), {"plan": {"writes": [{"kind": "Deployment", "namespace": "kube-system", "name": "web"}]}})
	refused(i, "namespace kube-system is protected")
}

test_a_protected_namespace_is_refused_itself if {
	i := object.union(scale(2, 3), {"plan": {"writes": [{"kind": "Namespace", "namespace": "", "name": "kube-system"}]}})
	refused(i, "namespace kube-system is protected")
}

test_what_the_cluster_needs_is_refused if {
	every class in ["system-cluster-critical", "system-node-critical"] {
		refused(aimed(scale(2, 3), {"priorityClass": class}), sprintf("Deployment web is critical to the cluster (%s)", [class]))
	}
}

test_a_control_plane_node_is_refused if {
	node := {"kind": "Node", "namespace": "", "name": "cp1", "labels": {"node-role.kubernetes.io/control-plane": ""}}
	refused(aimed(scale(2, 3), node), "node cp1 belongs to the control plane")
}

test_another_node_is_not_refused if {
	node := {"kind": "Node", "namespace": "", "name": "n1", "labels": {"node-role.kubernetes.io/worker": ""}}
	ask(aimed(scale(2, 3), node)).allow
}

test_draining_the_last_nodes_is_refused if {
	every name in ["drain_node", "cordon_node"] {
		i := object.union(scale(2, 3), {"action": {"name": name}, "cluster": {"nodes": {"total": 5, "ready": 2}}})
		refused(i, "2 of 5 nodes are ready; none may be taken away")
	}
}

owned(kind, reverts) := object.union(scale(2, 3), {"plan": {"owners": [{
	"kind": kind, "name": "shop", "field": "/spec/replicas", "reverts": reverts, "text": "it will put it back",
}]}})

test_what_somebody_puts_back_is_refused if {
	every kind in ["ArgoCD", "Flux", "Operator", "HPA"] {
		refused(owned(kind, true), "it will put it back (change it there)")
	}
}

test_who_does_not_put_it_back_is_no_reason_to_refuse if {
	every kind in ["ArgoCD", "Flux", "Helm", "Operator", "Manager"] {
		ask(owned(kind, false)).allow
	}
}

test_who_may_be_overruled_is_a_setting_for_each if {
	ask_with(owned("Flux", true), {"overruled_owners": ["Flux"]}).allow
	not ask_with(owned("Flux", true), {"overruled_owners": ["ArgoCD", "HPA"]}).allow
}

test_production_wants_a_reason if {
	every reason in ["because", "", "see INC-4312"] {
		i := object.union(scale(2, 3), {"execution": {"reason": reason}})
		refused(i, "production needs a reason that starts with an incident or change number, such as INC-4312")
	}
}

test_a_service_account_may_not_run_what_cannot_be_undone if {
	robot := object.union(scale(2, 3), {"requester": {"username": "system:serviceaccount:ci:bot"}})
	ask(robot).allow
	refused(
		object.union(robot, {"action": {"reversible": false}}),
		"a service account may not run what cannot be undone; a person may",
	)
}

test_break_glass_is_not_for_everybody if {
	every changed in [{"requester": {"groups": ["dev"]}}, {"requester": {"groups": []}}, {"action": {"risk": "high"}}] {
		i := object.union(object.union(scale(2, 9), {"execution": {"breakGlass": true}}), changed)
		d := ask(i)
		d.require.approvals > 0
		d.require.break_glass == false
		d.require.review == ""
	}
}

# --- when the question or the settings are not whole -----------------------------------------------------------------

test_an_empty_question_is_refused if {
	not ask({}).allow
}

test_missing_settings_are_refused if {
	every name, _ in settings {
		some_settings := object.remove(settings, [name])
		d := writ.decision with input as scale(2, 3) with data.settings as some_settings
		d.allow == false
		"the policy's settings are incomplete (see default.yaml)" in d.deny
	}
}

test_every_part_is_needed if {
	every path in [
		"targets", "targets/0/namespace", "targets/0/namespaceLabels", "targets/0/kind",
		"plan", "plan/changes", "plan/writes", "plan/owners",
		"action", "action/name", "action/risk", "action/reversible",
		"requester", "requester/username", "requester/groups",
		"execution", "execution/namespace", "execution/namespaceLabels", "execution/reason", "execution/breakGlass",
		"cluster", "cluster/nodes/ready", "history", "history/target",
	] {
		d := ask(json.remove(scale(2, 3), [path]))
		d.allow == false
		count(d.deny) > 0
	}
}

# --- the settings that ship ------------------------------------------------------------------------------------------

test_the_settings_that_ship_let_a_small_change_through if {
	d := writ.decision with input as staging(scale(1, 3))
	d.allow
	d.require.approvals == 0
	d.require.dry_run == false
}

test_the_settings_that_ship_protect_the_cluster_and_writ if {
	every ns in ["kube-system", "kube-public", "kube-node-lease", "writ-system", "writ-runs", "writ-dryrun"] {
		d := writ.decision with input as object.union(staging(scale(1, 3)), {"execution": {"namespace": ns}})
		d.deny == [sprintf("namespace %s is protected", [ns])]
	}
}

# --- what was done lately, and at once ----------------------------------------------------------------------------------

before(finished) := object.union(scale(2, 3), {"history": {"target": [
	{"execution": "scale-web-abcde", "finishedAt": finished},
	{"execution": "scale-web-older", "finishedAt": "2026-11-23T02:00:00Z"},
]}})

cooled(i) := ask_with(i, {"cooldown": "10m"})

test_what_was_changed_a_moment_ago_is_left_alone_and_the_refusal_says_until_when if {
	d := cooled(before("2026-11-23T03:10:00Z"))
	d.allow == false
	d.deny == [concat("", [
		"scale-web-abcde ran on it until 2026-11-23T03:10:00Z, and a cooldown of 10m lets nothing else before 2026-11-23T03:20:00Z; ",
		"ask again then, or take it back: writ undo scale-web-abcde",
	])]
}

test_a_cooldown_ends_with_its_last_second if {
	not cooled(before("2026-11-23T03:02:08Z")).allow
	cooled(before("2026-11-23T03:02:07Z")).allow
	cooled(scale(2, 3)).allow
}

test_what_runs_now_is_not_over_yet if {
	d := cooled(before(""))
	d.deny == ["scale-web-abcde runs on it now, and a cooldown lets nothing else for 10m after its end; ask again then"]
}

test_an_undo_waits_for_no_cooldown if {
	undo := {"execution": {"rollbackOf": {"name": "scale-web-abcde", "uid": "0c4e"}}}
	cooled(object.union(before("2026-11-23T03:12:06Z"), undo)).allow
	cooled(object.union(before(""), undo)).allow
}

test_without_a_cooldown_nothing_is_left_alone if {
	ask(before("2026-11-23T03:12:07Z")).allow
	ask(before("")).allow
}

test_how_many_may_be_at_work_is_a_setting if {
	d := ask_with(scale(2, 3), {"limits": {"namespace": 5, "requester": 2}})
	d.require.limits == {"namespace": 5, "requester": 2}
}
