//! Are the admission policies there that make a requester, a status and a run's identity believable, word for word as shipped? Fails
//! closed: what cannot be told is not in force.
use super::{
    client::Cluster,
    kept::Kept,
    shipped::{KINDS, SHIPPED, Specs, spec_of},
};
use crds::labels::POLICY_PREFIX;
use decide::observed::GuardsSeen;
use futures::future::join4;
use jiff::Timestamp;
use k8s_openapi::{
    api::admissionregistration::v1::{
        MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    },
    apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta},
};
use kube::{Api, Client, Resource, ResourceExt, api::ListParams, runtime::watcher::Config};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    sync::Mutex,
};

/// A policy or a binding.
#[derive(Clone, Debug, PartialEq)]
struct Guard {
    since: Timestamp,
    spec: Value,
}

/// Of each object, by uid: the generation of its spec that was seen last, and when one was seen that was another.
#[derive(Default)]
struct Changes(Mutex<HashMap<String, (i64, Timestamp)>>);

impl Changes {
    /// When this spec was seen to become what it is; long ago, where it has been the same ever since this process follows it.
    fn seen(&self, meta: &ObjectMeta, now: Timestamp) -> Option<Timestamp> {
        let (uid, generation) = (meta.uid.clone()?, meta.generation?);
        let mut all = self.0.lock().ok()?;
        let last = all.entry(uid).or_insert((generation, Timestamp::MIN));
        if last.0 != generation {
            *last = (generation, now);
        }
        Some(last.1)
    }
}

/// What is kept, one for each kind.
#[derive(Default)]
pub(super) struct Guards {
    changes: Changes,
    checks: Kept<Guard>,
    check_bindings: Kept<Guard>,
    stamps: Kept<Guard>,
    stamp_bindings: Kept<Guard>,
}

impl Guards {
    pub(super) async fn follow(&self, cluster: &Cluster) {
        join4(
            self.checks.follow(cluster.watch::<ValidatingAdmissionPolicy>(Config::default()), |o| self.followed(o)),
            self.check_bindings
                .follow(cluster.watch::<ValidatingAdmissionPolicyBinding>(Config::default()), |o| self.followed(o)),
            self.stamps.follow(cluster.watch::<MutatingAdmissionPolicy>(Config::default()), |o| self.followed(o)),
            self.stamp_bindings.follow(cluster.watch::<MutatingAdmissionPolicyBinding>(Config::default()), |o| self.followed(o)),
        )
        .await;
    }

    /// A field that is added and taken away again leaves nothing in the object that tells of it, but that its spec was written twice.
    fn followed<K: Resource<DynamicType = ()> + Serialize>(&self, object: K) -> Option<Guard> {
        let changed = self.changes.seen(object.meta(), Timestamp::now())?;
        let guard = guard(object)?;
        Some(Guard { since: guard.since.max(changed), ..guard })
    }
}

/// Each by itself, a policy with its binding, by one look: for who follows nothing. None at all: this build cannot read its own.
pub async fn each_guard(client: &Client) -> Result<BTreeMap<String, GuardsSeen>, kube::Error> {
    let seen = by_kind([
        listed::<ValidatingAdmissionPolicy>(client).await?,
        listed::<ValidatingAdmissionPolicyBinding>(client).await?,
        listed::<MutatingAdmissionPolicy>(client).await?,
        listed::<MutatingAdmissionPolicyBinding>(client).await?,
    ]);
    let mut each: BTreeMap<String, Specs> = BTreeMap::new();
    for ((kind, name), spec) in SHIPPED.iter().flatten() {
        each.entry(name.clone()).or_default().insert((*kind, name.clone()), spec.clone());
    }
    Ok(each.into_iter().map(|(name, shipped)| (name, judge(&shipped, &seen))).collect())
}

async fn listed<K>(client: &Client) -> Result<BTreeMap<String, Guard>, kube::Error>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize,
{
    let all = Api::<K>::all(client.clone()).list(&ListParams::default()).await?;
    Ok(all.into_iter().filter_map(|object| Some((object.name_any(), guard(object)?))).collect())
}

/// What is there, by kind and name.
type Seen = BTreeMap<&'static str, BTreeMap<String, Guard>>;

fn by_kind(seen: [BTreeMap<String, Guard>; 4]) -> Seen {
    KINDS.into_iter().zip(seen).collect()
}

fn judged(seen: [BTreeMap<String, Guard>; 4]) -> GuardsSeen {
    let seen = by_kind(seen);
    let unreadable = || GuardsSeen::Missing(vec!["this build cannot read its own policies".into()]);
    SHIPPED.as_ref().map_or_else(unreadable, |shipped| judge(shipped, &seen))
}

impl Cluster {
    /// All of them, and since when; or which are missing or other than shipped; or not read yet.
    #[must_use]
    pub fn guards(&self) -> GuardsSeen {
        let guards = &self.guarded;
        match (guards.checks.all(), guards.check_bindings.all(), guards.stamps.all(), guards.stamp_bindings.all()) {
            (Some(a), Some(b), Some(c), Some(d)) => judged([a, b, c, d]),
            _ => GuardsSeen::Unknown,
        }
    }

    /// Since when a guard that checks, with its binding, is as it is; none: that is not read, or it is not there.
    pub(super) fn guard_since(&self, name: &str) -> Option<Timestamp> {
        let (check, binding) = (self.guarded.checks.one(name)??, self.guarded.check_bindings.one(name)??);
        Some(check.since.max(binding.since))
    }
}

fn guard<K: Resource<DynamicType = ()> + Serialize>(object: K) -> Option<Guard> {
    if !object.name_any().starts_with(POLICY_PREFIX) {
        return None;
    }
    Some(Guard { since: since(object.meta())?, spec: spec_of(&object)? })
}

/// Since when it is as it is, by what stands in it; not just since when it is there: one that was weakened and put back is as shipped again,
/// and what was stored meanwhile nobody held. An apply that changes nothing (an installation made again) moves no time here: the API server writes one for what
/// it stores, and that it does not store. Its own verdict on the types in a policy is the status, which changes nothing.
fn since(meta: &ObjectMeta) -> Option<Timestamp> {
    let of_spec = |written: &&ManagedFieldsEntry| written.subresource.as_deref() != Some("status");
    let written = meta.managed_fields.iter().flatten().filter(of_spec).filter_map(|written| written.time.as_ref());
    written.chain([meta.creation_timestamp.as_ref()?]).map(|time| time.0).max()
}

/// Every one that is shipped must be there as shipped. One that is being changed is another from that moment on.
fn judge(shipped: &Specs, seen: &Seen) -> GuardsSeen {
    let mut since = Timestamp::MIN;
    let mut missing = Vec::new();
    for ((kind, name), spec) in shipped {
        match seen.get(kind).and_then(|all| all.get(name)) {
            None => missing.push(format!("{kind} {name} is missing")),
            Some(there) if there.spec != *spec => missing.push(format!("{kind} {name} is not the one that this version ships")),
            Some(there) => since = since.max(there.since),
        }
    }
    if missing.is_empty() { GuardsSeen::InForce { since } } else { GuardsSeen::Missing(missing) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shipped() -> Specs {
        [((KINDS[0], "writ-a".to_owned()), json!({"x": 1})), ((KINDS[1], "writ-a".to_owned()), json!({"policyName": "writ-a"}))]
            .into()
    }

    fn seen(policy: Value, binding: Value) -> Seen {
        let one = |spec, second| [("writ-a".to_owned(), Guard { since: at(second), spec })].into();
        [(KINDS[0], one(policy, 5)), (KINDS[1], one(binding, 9))].into()
    }

    /// The last is as it was at first, to the byte but for its generation.
    #[test]
    fn one_that_was_changed_and_changed_back_counts_from_then() {
        let changes = Changes::default();
        let of =
            |uid: &str, generation| ObjectMeta { uid: Some(uid.into()), generation: Some(generation), ..ObjectMeta::default() };
        let seen = |meta, second| changes.seen(&meta, at(second));
        assert_eq!(seen(of("a", 4), 1), Some(Timestamp::MIN), "whatever was before");
        assert_eq!(seen(of("a", 4), 2), Some(Timestamp::MIN), "the same, told again");
        assert_eq!((seen(of("a", 5), 3), seen(of("a", 6), 4), seen(of("a", 6), 5)), (Some(at(3)), Some(at(4)), Some(at(4))));
        assert_eq!(seen(of("b", 1), 6), Some(Timestamp::MIN), "another");
        assert_eq!(seen(ObjectMeta::default(), 7), None, "nobody knows what that is");
    }

    #[test]
    fn all_as_shipped_are_in_force_since_the_youngest() {
        let seen = seen(json!({"x": 1}), json!({"policyName": "writ-a"}));
        assert_eq!(judge(&shipped(), &seen), GuardsSeen::InForce { since: at(9) });
    }

    #[test]
    fn one_that_is_missing_or_changed_is_named() {
        let changed = judge(&shipped(), &seen(json!({"x": 2}), json!({"policyName": "writ-a"})));
        assert_eq!(changed, GuardsSeen::Missing(vec![format!("{} writ-a is not the one that this version ships", KINDS[0])]));
        let mut without = seen(json!({"x": 1}), json!({"policyName": "writ-a"}));
        without.remove(KINDS[1]);
        assert_eq!(judge(&shipped(), &without), GuardsSeen::Missing(vec![format!("{} writ-a is missing", KINDS[1])]));
    }
}
