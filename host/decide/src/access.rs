//! `&Execution, &Planned -> Access`: the identity of one run and its one binding. Names follow from uids alone.
use crate::{
    execution::Execution,
    model::{Planned, Uid, Write},
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

/// None where this build cannot hold the run to what it plans: several objects, or one that is created.
#[must_use]
pub fn of(exec: &Execution, planned: &Planned) -> Option<Access> {
    let _ = (exec, planned);
    None
}
