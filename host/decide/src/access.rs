//! `&Execution, &Planned -> Access`: the identity of one run, or of its dry run, and its one binding. Names follow from uids alone.
use crate::{
    execution::Execution,
    model::{Operation, Planned, Uid, Write},
};
use crds::labels::{NAMESPACE_DRYRUN, NAMESPACE_RUNS};

/// The identity of one run, and what it must be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose.
    pub execution: Uid,
    /// Name of the ServiceAccount and of the RoleBinding: `run-<execution uid>.<target uid>`, or `dry-…`.
    pub name: String,
    /// Where the ServiceAccount is: which of the two decides what the API server lets it do.
    pub home: String,
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
    held(exec, planned, "run", NAMESPACE_RUNS)
}

/// Of the dry run: the same role, and held to the same object, in the namespace from which nothing can be persisted.
#[must_use]
pub fn dry(exec: &Execution, planned: &Planned) -> Option<Access> {
    held(exec, planned, "dry", NAMESPACE_DRYRUN)
}

fn held(exec: &Execution, planned: &Planned, kind: &str, home: &str) -> Option<Access> {
    let (target, Some(uid)) = planned.target.as_ref()? else { return None };
    let namespace = target.namespace.as_ref().filter(|ns| **ns == exec.namespace)?;
    let own = |w: &Write| {
        w.object == *target && w.uid.as_ref() == Some(uid) && matches!(w.operation, Operation::Update | Operation::Delete)
    };
    let writes = &planned.proposal.writes;
    if writes.is_empty() || !writes.iter().all(own) {
        return None;
    }
    Some(Access {
        execution: exec.uid.clone(),
        name: name(kind, &exec.uid, uid)?,
        home: home.to_owned(),
        namespace: namespace.clone(),
        role: planned.role.clone(),
        writes: writes.clone(),
    })
}

/// Admission compares the second half with the uid of every object the run writes, so only real uids may stand here.
fn name(kind: &str, execution: &Uid, target: &Uid) -> Option<String> {
    let real =
        |uid: &Uid| uid.as_str().len() == 36 && uid.as_str().bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    (real(execution) && real(target)).then(|| format!("{kind}-{execution}.{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::*;

    #[test]
    fn the_name_holds_both_uids() {
        let access = of(&exec(), &planned()).unwrap();
        assert_eq!(access.name, format!("run-{EXECUTION}.{TARGET}"));
        assert_eq!((access.namespace.as_str(), access.role.as_str()), ("shop", "writ:action:scale-deployment:9999999999"));
    }

    #[test]
    fn a_dry_run_has_the_same_role_on_the_same_object_and_another_home() {
        let (run, dry) = (of(&exec(), &planned()).unwrap(), super::dry(&exec(), &planned()).unwrap());
        assert_eq!((run.home.as_str(), dry.home.as_str()), ("writ-runs", "writ-dryrun"));
        assert_eq!(dry, Access { name: format!("dry-{EXECUTION}.{TARGET}"), home: dry.home.clone(), ..run });
    }

    #[test]
    fn a_run_that_cannot_be_held_to_its_plan_has_no_identity() {
        let spoilt: [fn(&mut Planned); 7] = [
            |p| p.target = None,
            |p| p.target.as_mut().unwrap().1 = None,
            |p| p.target.as_mut().unwrap().1 = Some(uid("no uid")),
            |p| p.proposal.writes[0].object.name = "api".into(),
            |p| p.proposal.writes[0].uid = Some(uid("other")),
            |p| p.proposal.writes[0].operation = Operation::Create,
            |p| p.proposal.writes.clear(),
        ];
        for (n, spoil) in spoilt.into_iter().enumerate() {
            let mut planned = planned();
            spoil(&mut planned);
            assert_eq!((of(&exec(), &planned), super::dry(&exec(), &planned)), (None, None), "{n}");
        }
        let mut elsewhere = exec();
        elsewhere.namespace = "other".into();
        assert_eq!(of(&elsewhere, &planned()), None);
    }
}
