//! Which object is meant, and whether an action may be aimed at it from here.
use crds::{ExecutionSpec, labels::NAMESPACE_CLUSTER};
use decide::{
    model::{ActionInfo, ObjectRef, Scope, TargetKind},
    observed::Judgement,
};

/// Which object is meant, and whether this action may be aimed at it from here.
pub(super) fn aim<'a>(
    spec: &ExecutionSpec,
    namespace: &str,
    info: &'a ActionInfo,
) -> Result<Option<(ObjectRef, &'a TargetKind)>, Judgement> {
    let no = |why: String| Judgement::TargetNotAllowed { why };
    let kinds = || info.targets.iter().map(|t| t.api.kind.as_str()).collect::<Vec<_>>().join(", ");
    let Some(target) = &spec.target else {
        return match info.targets.is_empty() {
            true => Ok(None),
            false => Err(no(format!("{} needs a target: spec.target.name, a {}", info.name, kinds()))),
        };
    };
    let kind = match (&target.kind, info.targets.as_slice()) {
        (_, []) => return Err(no(format!("{} takes no target; leave spec.target out", info.name))),
        (None, [only]) => only,
        (None, _) => {
            return Err(no(format!("{} can be aimed at several kinds; set spec.target.kind to one of {}", info.name, kinds())));
        }
        (Some(wanted), all) => all
            .iter()
            .find(|t| t.api.kind == *wanted)
            .ok_or_else(|| no(format!("{} cannot be aimed at a {wanted}; it takes {}", info.name, kinds())))?,
    };
    let namespace = place(kind, namespace).map_err(no)?;
    Ok(Some((ObjectRef { api: kind.api.clone(), namespace, name: target.name.clone() }, kind)))
}

/// No confused deputy: a target is in the execution's own namespace; cluster-wide ones only from the namespace kept for them.
fn place(kind: &TargetKind, namespace: &str) -> Result<Option<String>, String> {
    let cluster = namespace == NAMESPACE_CLUSTER;
    match (kind.scope, cluster) {
        (Scope::Namespaced, false) => Ok(Some(namespace.to_owned())),
        (Scope::Cluster, true) => Ok(None),
        (Scope::Cluster, false) => Err(format!(
            "a {} belongs to the whole cluster; create this execution in the namespace {}",
            kind.api.kind, NAMESPACE_CLUSTER
        )),
        (Scope::Namespaced, true) => Err(format!("the namespace {namespace} is for cluster-wide targets only")),
    }
}
