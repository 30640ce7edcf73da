//! `&Execution, &Planned -> Access`: the identity of one run, or of its dry run, and its one binding. Names follow from the execution and from
//! what the plan writes alone. Owns how an account's name says which objects it may write: admission (14) reads it the same way.
use crate::{
    execution::Execution,
    model::{ObjectRef, Operation, Planned, Uid, Write},
};
use crds::labels::{NAMESPACE_CLUSTER, NAMESPACE_DRYRUN, NAMESPACE_RUNS};

/// The longest name that an account may have.
const LONGEST: usize = 253;

/// The identity of one run, and what it must be able to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose.
    pub execution: Uid,
    /// Name of the ServiceAccount and of its binding: `run-<execution uid>.<what it may write>…`, or `dry-…`.
    pub name: String,
    /// Where the ServiceAccount is: which of the two decides what the API server lets it do.
    pub home: String,
    /// Where the binding is: the execution's namespace. None: it binds in the whole cluster, and all it writes is of that.
    pub namespace: Option<String>,
    /// The ClusterRole.
    pub role: String,
    /// What must be allowed before the Job is created.
    pub writes: Vec<Write>,
}

/// None where this build cannot hold the run to what it plans: what is neither an existing object nor a new one (a connection, an eviction),
/// or more objects than a name can hold.
#[must_use]
pub fn of(exec: &Execution, planned: &Planned) -> Option<Access> {
    held(exec, planned, "run", NAMESPACE_RUNS)
}

/// Of the dry run: the same role, and held to the same objects, in the namespace from which nothing can be persisted.
#[must_use]
pub fn dry(exec: &Execution, planned: &Planned) -> Option<Access> {
    held(exec, planned, "dry", NAMESPACE_DRYRUN)
}

/// Where the binding of a run of this execution is; none: cluster-wide.
#[must_use]
pub fn place(namespace: &str) -> Option<&str> {
    (namespace != NAMESPACE_CLUSTER).then_some(namespace)
}

fn held(exec: &Execution, planned: &Planned, kind: &str, home: &str) -> Option<Access> {
    let writes = &planned.proposal.writes;
    let own = |w: &Write| w.object.namespace.as_deref() == place(&exec.namespace) && !is_another(planned, w);
    if writes.is_empty() || !writes.iter().all(own) {
        return None;
    }
    Some(Access {
        execution: exec.uid.clone(),
        name: name(kind, &exec.uid, writes)?,
        home: home.to_owned(),
        namespace: place(&exec.namespace).map(str::to_owned),
        role: planned.role.clone(),
        writes: writes.clone(),
    })
}

/// It has the target's name, and is not what the host saw there.
fn is_another(planned: &Planned, write: &Write) -> bool {
    planned.target.as_ref().is_some_and(|(target, uid)| write.object == *target && write.uid != *uid)
}

fn name(kind: &str, execution: &Uid, writes: &[Write]) -> Option<String> {
    let mut parts = vec![format!("{kind}-{}", real(execution)?)];
    for write in writes {
        let part = part(write)?;
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    Some(parts.join(".")).filter(|name| name.len() <= LONGEST)
}

fn part(write: &Write) -> Option<String> {
    match (write.operation, &write.subresource, &write.uid) {
        (Operation::Update | Operation::Delete, _, Some(uid)) => real(uid).map(str::to_owned),
        (Operation::Create, None, None) => Some(new(&write.object)),
        _ => None,
    }
}

/// Admission compares this with the uid of every object the run writes, so only real uids may stand here.
fn real(uid: &Uid) -> Option<&str> {
    let hex = |b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-');
    Some(uid.as_str()).filter(|text| text.len() == 36 && text.bytes().all(hex))
}

/// And this with every object it creates. No two objects have the same: in each part a dash is followed by a digit that says what it is.
fn new(object: &ObjectRef) -> String {
    let api = &object.api;
    let parts = [api.resource.as_str(), &api.group, object.namespace.as_deref().unwrap_or_default(), &object.name];
    parts
        .iter()
        .map(|part| format!("-2{}", part.replace('-', "-0").replace('.', "-1")))
        .fold("c".to_owned(), |all, part| all + &part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Api, tests::fixtures::*};

    const OTHER: &str = "7e1f8e90-1111-4222-8333-444455556666";

    fn policy(name: &str) -> Write {
        let api = Api {
            group: "networking.k8s.io".into(),
            version: "v1".into(),
            kind: "NetworkPolicy".into(),
            resource: "networkpolicies".into(),
        };
        let object = ObjectRef { api, namespace: Some("shop".into()), name: name.into() };
        Write { object, operation: Operation::Create, subresource: None, uid: None }
    }

    fn other(uid: &str) -> Write {
        let mut write = planned().proposal.writes.remove(0);
        (write.object.name, write.uid) = ("api".into(), Some(crate::tests::fixtures::uid(uid)));
        write
    }

    fn with(writes: &[Write]) -> Planned {
        let mut planned = planned();
        planned.proposal.writes.extend_from_slice(writes);
        planned
    }

    #[test]
    fn the_name_holds_both_uids() {
        let access = of(&exec(), &planned()).unwrap();
        assert_eq!(access.name, format!("run-{EXECUTION}.{TARGET}"));
        assert_eq!(
            (access.namespace.as_deref(), access.role.as_str()),
            (Some("shop"), "writ:action:scale-deployment:9999999999")
        );
    }

    #[test]
    fn the_name_holds_each_object_once_and_what_is_new_by_its_name() {
        let again = planned().proposal.writes.remove(0);
        let access = of(&exec(), &with(&[other(OTHER), again, policy("quarantine-web.v1")])).unwrap();
        let new = "c-2networkpolicies-2networking-1k8s-1io-2shop-2quarantine-0web-1v1";
        assert_eq!(access.name, format!("run-{EXECUTION}.{TARGET}.{OTHER}.{new}"));
        assert_eq!(access.writes.len(), 4, "each is proven");
    }

    #[test]
    fn no_two_new_objects_have_the_same_name() {
        let part = |resource: &str, group: &str, namespace: Option<&str>, name: &str| {
            let api = Api { group: group.into(), version: "v1".into(), kind: "X".into(), resource: resource.into() };
            new(&ObjectRef { api, namespace: namespace.map(Into::into), name: name.into() })
        };
        let all = [
            part("a", "", Some("b"), "c"),
            part("a", "b", None, "c"),
            part("a", "b-2c", None, "d"),
            part("a", "b", Some("c"), "d"),
            part("a", "b.c", None, "d"),
            part("a", "b-c", None, "d"),
            part("a", "b-1c", None, "d"),
            part("a", "b", None, "c-d"),
            part("a", "b", None, "c.d"),
        ];
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:#?}");
    }

    #[test]
    fn a_dry_run_has_the_same_role_on_the_same_object_and_another_home() {
        let (run, dry) = (of(&exec(), &planned()).unwrap(), super::dry(&exec(), &planned()).unwrap());
        assert_eq!((run.home.as_str(), dry.home.as_str()), ("writ-runs", "writ-dryrun"));
        assert_eq!(dry, Access { name: format!("dry-{EXECUTION}.{TARGET}"), home: dry.home.clone(), ..run });
    }

    #[test]
    fn what_is_of_the_whole_cluster_is_bound_there_and_only_for_who_asks_in_its_namespace() {
        let mut planned = planned();
        planned.target.as_mut().unwrap().0.namespace = None;
        planned.proposal.writes[0].object.namespace = None;
        assert_eq!(of(&exec(), &planned), None);
        let mut there = exec();
        there.namespace = "writ-cluster".into();
        assert_eq!(of(&there, &planned).unwrap().namespace, None);
    }

    #[test]
    fn a_run_that_cannot_be_held_to_its_plan_has_no_identity() {
        let spoilt: [fn(&mut Planned); 9] = [
            |p| p.target.as_mut().unwrap().1 = None,
            |p| p.target.as_mut().unwrap().1 = Some(uid("no uid")),
            |p| p.proposal.writes[0].uid = Some(uid(OTHER)),
            |p| p.proposal.writes[0].uid = None,
            |p| p.proposal.writes[0].operation = Operation::Create,
            |p| p.proposal.writes[0].operation = Operation::Connect,
            |p| p.proposal.writes.push(Write { uid: Some(uid("no uid")), ..other(OTHER) }),
            |p| p.proposal.writes.extend((0..6).map(|n| other(&OTHER.replace('7', &n.to_string())))),
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
