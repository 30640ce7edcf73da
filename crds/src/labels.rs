//! The names that tie things in the cluster together: group, namespaces, users, labels, annotations, finalizers. Owns the one list
//! of protected namespaces. Manifests and policies in `deploy/` repeat some of them in YAML; a test holds them together.

/// The API group.
pub const GROUP: &str = "writ.dev";
/// The version that is served.
pub const VERSION: &str = "v1alpha1";

/// Where the operator lives.
pub const NAMESPACE_SYSTEM: &str = "writ-system";
/// Where Jobs and their identities live.
pub const NAMESPACE_RUNS: &str = "writ-runs";
/// Where the Jobs and identities of dry runs live: whatever acts from there can persist nothing.
pub const NAMESPACE_DRYRUN: &str = "writ-dryrun";
/// The only namespace whose executions may be aimed at things of cluster scope, such as nodes. It holds nothing else.
pub const NAMESPACE_CLUSTER: &str = "writ-cluster";
/// Namespaces in which no run ever gets a right: the cluster's own parts, and ours. Shared by the admission policy on bindings and
/// by the default Rego policy.
pub const NAMESPACES_PROTECTED: [&str; 6] =
    ["kube-node-lease", "kube-public", "kube-system", NAMESPACE_DRYRUN, NAMESPACE_RUNS, NAMESPACE_SYSTEM];

/// A ServiceAccount that nobody may make: the operator asks for it, to see that the guard of dry runs is in force (`deploy/admission/19`).
pub const DRY_RUN_PROBE: &str = "dry-probe";
/// Name of that guard, and of its binding.
pub const DRY_RUN_GUARD: &str = "writ-dry-run-only";
/// What that guard answers to everything that would be persisted.
pub const DRY_RUN_ONLY: &str = "writ: this identity may only dry-run";

/// The operator, as the API server knows it.
pub const OPERATOR_USER: &str = "system:serviceaccount:writ-system:writ";
/// Who reports Events and owns fields.
pub const FIELD_MANAGER: &str = "writ.dev/operator";
/// Reason of the Events that tell what a run prints while it runs.
pub const EVENT_PROGRESS: &str = "Progress";
/// Every admission policy of Writ, and its binding, has a name that starts so. Reserved: see `deploy/local/static-admission`.
pub const POLICY_PREFIX: &str = "writ-";

/// Label on everything that is made for one execution: its uid.
pub const LABEL_EXECUTION_UID: &str = "writ.dev/execution-uid";
/// Label on executions, stamped at admission from `spec.action`; on the roles of an action; on claims.
pub const LABEL_ACTION: &str = "writ.dev/action";
/// Label on roles that a plugin needs: its name.
pub const LABEL_PLUGIN: &str = "writ.dev/plugin";
/// Label on claims (Leases): the namespace of the execution.
pub const LABEL_NAMESPACE: &str = "writ.dev/namespace";
/// Label on claims (Leases): the beginning of the SHA-256 of the requester's name.
pub const LABEL_REQUESTER: &str = "writ.dev/requester";
/// Label on claims (Leases) on a Pod or a Node: the beginning of the SHA-256 of the node's name, and of the node itself `.all` after it.
pub const LABEL_NODE: &str = "writ.dev/node";
/// Label on ClusterRoles that become a part of the operator's own.
pub const LABEL_AGGREGATE: &str = "writ.dev/aggregate-to-operator";

/// Annotation on Jobs and pods: `namespace/name` of the execution.
pub const ANNOTATION_EXECUTION: &str = "writ.dev/execution";
/// Annotation on claims (Leases): for which turn of the execution it was made, `status.lock.seq`.
pub const ANNOTATION_TURN: &str = "writ.dev/turn";
/// Annotation on Jobs: the hash of what was planned.
pub const ANNOTATION_PLAN_HASH: &str = "writ.dev/plan-hash";

/// Finalizer on executions: the host still owes something.
pub const FINALIZER_RECORD: &str = "writ.dev/record";
/// Finalizer on the pods of runs: they stay, with their exit codes, until these are recorded.
pub const FINALIZER_OUTCOME: &str = "writ.dev/outcome";

/// Name of the `Action` object, and in RBAC, of an action: `scale-deployment` for `scale_deployment`.
#[must_use]
pub fn object_name(action: &str) -> String {
    action.replace('_', "-")
}
