# What a careful platform team starts from. Who may run an action is RBAC's business (verb `run` on actions.writ.dev); this file
# says under what conditions. Its settings are in default.yaml and are read as `data.settings`; the question it is asked is
# described by question.schema.json and read as `input`.
package writ

# Every path ends here; what is not said is no.
default decision := {"allow": false, "deny": ["this policy came to no decision"], "require": {}}

decision := {"allow": count(deny) == 0, "deny": sort(deny), "require": require}

# A deny rule over a field that is not there never fires. The host holds the question against its schema before it asks; this
# holds where the policy is evaluated by anything else.
deny contains "the question is incomplete (a host and a policy that do not fit together)" if not complete

complete if {
	is_string(input.execution.namespace)
	is_object(input.execution.namespaceLabels)
	is_string(input.execution.reason)
	is_boolean(input.execution.breakGlass)
	is_string(input.requester.username)
	is_array(input.requester.groups)
	is_string(input.action.name)
	input.action.risk in {"low", "medium", "high", "critical"}
	is_boolean(input.action.reversible)
	is_array(input.plan.changes)
	is_array(input.plan.writes)
	is_array(input.plan.owners)
	is_array(input.history.target)
	is_number(input.cluster.nodes.ready)
	is_array(input.targets)
	every t in input.targets {
		is_string(t.kind)
		is_string(t.namespace) # "" for a node
		is_object(t.namespaceLabels)
	}
}

deny contains "the policy's settings are incomplete (see default.yaml)" if not has_settings

has_settings if {
	s := data.settings
	is_array(s.protected_namespaces)
	is_number(s.max_replicas)
	is_number(s.free_replicas)
	is_number(s.min_ready_nodes)
	is_string(s.production.label)
	is_array(s.production.values)
	is_string(s.reason_pattern)
	is_array(s.approver_groups)
	is_string(s.approval_expires)
	is_array(s.break_glass.groups)
	is_array(s.break_glass.risks)
	is_string(s.review_within)
	is_boolean(s.dry_run)
	is_array(s.overruled_owners)
	is_string(s.cooldown)
	is_object(s.limits)
}

# --- refusals: each names what is wrong ----------------------------------------------------------------------------

deny contains sprintf("namespace %s is protected", [ns]) if {
	some ns in namespaces
	ns in data.settings.protected_namespaces
}

deny contains sprintf("%s %s is critical to the cluster (%s)", [t.kind, t.name, t.priorityClass]) if {
	some t in input.targets
	t.priorityClass in {"system-cluster-critical", "system-node-critical"}
}

deny contains sprintf("%s would have %v replicas; at most %v are allowed here", [c.object, c.after, limit]) if {
	some c in scalings
	limit := data.settings.max_replicas
	c.after > limit
}

# Not by its words: what is no number may be as long as a plugin likes.
deny contains sprintf("%s would have a number of replicas that is none", [c.object]) if {
	some c in rescaled
	not is_number(c.after)
}

deny contains sprintf("node %s belongs to the control plane", [t.name]) if {
	some t in input.targets
	t.kind == "Node"
	"node-role.kubernetes.io/control-plane" in object.keys(t.labels)
}

deny contains sprintf("%v of %v nodes are ready; none may be taken away", [n.ready, n.total]) if {
	input.action.name in {"drain_node", "cordon_node"}
	n := input.cluster.nodes
	n.ready - 1 < data.settings.min_ready_nodes
}

# A change that somebody puts back within minutes helps nobody, and who owns the field is not asked.
deny contains sprintf("%s (change it there)", [o.text]) if {
	some o in input.plan.owners
	o.reverts
	not o.kind in data.settings.overruled_owners
}

# What was changed a moment ago is left alone, so that its effect is seen before the next change. An undo is not held back.
deny contains sprintf(
	"%s ran on it until %s, and a cooldown of %s lets nothing else before %s; ask again then, or take it back: writ undo %s",
	[last.execution, last.finishedAt, data.settings.cooldown, time.format(cooled_down), last.execution],
) if {
	cools_down
	time.parse_rfc3339_ns(input.now) < cooled_down
}

deny contains sprintf(
	"%s runs on it now, and a cooldown lets nothing else for %s after its end; ask again then",
	[last.execution, data.settings.cooldown],
) if {
	cools_down
	last.finishedAt == ""
}

deny contains "production needs a reason that starts with an incident or change number, such as INC-4312" if {
	production
	not regex.match(data.settings.reason_pattern, input.execution.reason)
}

deny contains "a service account may not run what cannot be undone; a person may" if {
	startswith(input.requester.username, "system:serviceaccount:")
	not input.action.reversible
}

# --- obligations ---------------------------------------------------------------------------------------------------

require := {
	"dry_run": dry_run,
	"approvals": approvals,
	"approver_groups": approver_groups,
	"expires": expires,
	"break_glass": break_glass,
	"review": review,
	"limits": limits,
}

default dry_run := false

dry_run if {
	data.settings.dry_run
	input.action.dryRun == "Server"
}

# Also where the glass is broken: what is skipped is named in the record.
approvals := max(needed | {0})

needed contains 1 if {
	production
	added_replicas > data.settings.free_replicas
}

needed contains 1 if {
	production
	some c in scalings
	c.after == 0
}

needed contains 1 if {
	production
	input.action.risk in {"medium", "high"}
	some w in input.plan.writes
	not sprintf("%s %s/%s", [w.kind, w.namespace, w.name]) in scaled
}

needed contains 2 if {
	production
	not input.action.reversible
	input.action.risk != "low"
}

needed contains 2 if input.action.risk == "critical"

default approver_groups := []

approver_groups := data.settings.approver_groups if approvals > 0

default expires := ""

expires := data.settings.approval_expires if approvals > 0

default review := ""

review := data.settings.review_within if {
	break_glass
	approvals > 0
}

default limits := {}

limits := data.settings.limits

# --- facts ---------------------------------------------------------------------------------------------------------

# Open to some people, for actions that are not too dangerous, where they ask for it: the approvals are not waited for then.
default break_glass := false

break_glass if {
	input.execution.breakGlass
	input.action.risk in data.settings.break_glass.risks
	some g in input.requester.groups
	g in data.settings.break_glass.groups
}

# The last that ran on the target, or runs.
last := input.history.target[0]

cools_down if {
	time.parse_duration_ns(data.settings.cooldown) > 0
	object.get(input.execution, "rollbackOf", null) == null
}

cooled_down := time.parse_rfc3339_ns(last.finishedAt) + time.parse_duration_ns(data.settings.cooldown) if last.finishedAt != ""

# The namespace that is acted in, or that of any target, says that it is production.
default production := false

production if {
	some labels in ({t.namespaceLabels | some t in input.targets} | {input.execution.namespaceLabels})
	labels[data.settings.production.label] in data.settings.production.values
}

namespaces contains input.execution.namespace

namespaces contains t.namespace if some t in input.targets

namespaces contains w.namespace if some w in input.plan.writes

namespaces contains w.name if {
	some w in input.plan.writes
	w.kind == "Namespace"
}

# Changes of a number of replicas, also of those that an autoscaler may make.
rescaled := [c | some c in input.plan.changes; c.field in {"/spec/replicas", "/spec/maxReplicas"}]

scalings := [c | some c in rescaled; is_number(c.after)]

scaled := {c.object | some c in rescaled}

added_replicas := sum([n | some c in scalings; n := c.after - count_of(c.before); n > 0])

count_of(replicas) := replicas if is_number(replicas)

# None was set, or what was set is no number.
count_of(replicas) := 0 if not is_number(replicas)
