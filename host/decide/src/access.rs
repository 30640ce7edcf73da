//! `&Execution, &Planned -> Access`: the identity of one run and its one binding. Names follow from uids alone.
use crate::{
    execution::Execution,
    model::{Operation, Planned, Uid, Write},
};

/// The identity of one run, and what it must be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose.
    pub execution: Uid,
    /// Name of the ServiceAccount and of the RoleBinding: `run-<execution uid>.<target uid>`.
    pub name: String,
    /// Where the binding is: the execution's namespace.
    pub namespace: String,
    /// The ClusterRole.
    pub role: String,
    /// What must be allowed before the Job is created.
    pub writes: Vec<Write>,
}

/// None where this build cannot hold the run to what it plans: several objects, or one that is created, or one of cluster scope.
#[must_use]
pub fn of(exec: &Execution, planned: &Planned) -> Option<Access> {
    let (target, Some(uid)) = planned.target.as_ref()? else { return None };
    let namespace = target.namespace.as_ref().filter(|ns| **ns == exec.namespace)?;
    let held = |w: &Write| {
        w.object == *target
            && w.uid.as_ref() == Some(uid)
            && matches!(w.operation, Operation::Update | Operation::Delete)
    };
    let writes = &planned.proposal.writes;
    if writes.is_empty() || !writes.iter().all(held) {
        return None;
    }
    Some(Access {
        execution: exec.uid.clone(),
        name: name(&exec.uid, uid)?,
        namespace: namespace.clone(),
        role: planned.role.clone(),
        writes: writes.clone(),
    })
}

/// Admission compares the second half with the uid of every object the run writes, so only real uids may stand here.
fn name(execution: &Uid, target: &Uid) -> Option<String> {
    let real = |uid: &Uid| uid.as_str().len() == 36 && uid.as_str().bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    (real(execution) && real(target)).then(|| format!("run-{execution}.{target}"))
}
