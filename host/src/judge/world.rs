//! What the chain looks at, and in whose name.
use decide::{
    execution::Execution,
    model::{Api, Found, Object, ObjectRef, Read, Selector},
    question::{Facts, History},
};
use jiff::Timestamp;

/// What the chain looks at.
pub trait World: Sync {
    /// Why it could not be looked at.
    type Error: std::error::Error + Send + Sync + 'static;
    /// Whether the host itself was told that it may not look, and the words for it: a role that it reads by is missing.
    fn denied(_: &Self::Error) -> Option<String> {
        None
    }
    /// The object, whole.
    fn target(&self, id: &ObjectRef) -> impl Future<Output = Result<Option<Object>, Self::Error>> + Send;
    /// The answer to one read.
    fn answer(&self, read: &Read) -> impl Future<Output = Result<Found, Self::Error>> + Send;
    /// May the requester run it here? The missing right in words, where not.
    fn may_run(&self, exec: &Execution) -> impl Future<Output = Result<Result<(), String>, Self::Error>> + Send;
    /// May the requester read this himself? The missing right in words, where not.
    fn may_read(
        &self,
        exec: &Execution,
        what: &Looked<'_>,
    ) -> impl Future<Output = Result<Result<(), String>, Self::Error>> + Send;
    /// What policies want to know beside the plan. `None`: the namespace is being deleted.
    fn facts(&self, exec: &Execution, target: Option<&Object>)
    -> impl Future<Output = Result<Option<Facts>, Self::Error>> + Send;
    /// What was done lately. `None`: that is not known yet. A world in which nothing was done needs none of its own.
    fn history(&self, _exec: &Execution, _target: Option<&Object>, _now: Timestamp) -> Option<History> {
        Some(History::default())
    }
}

/// What is looked at in somebody's name.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// Of this kind.
    pub api: &'a Api,
    /// Where; none: everywhere, or a kind of cluster scope.
    pub namespace: Option<&'a str>,
    /// One; none: any number of them.
    pub name: Option<&'a str>,
}

impl<'a> Looked<'a> {
    pub(super) fn at(id: &'a ObjectRef) -> Self {
        Self { api: &id.api, namespace: id.namespace.as_deref(), name: Some(&id.name) }
    }

    pub(super) fn by(read: &'a Read) -> Self {
        let name = match &read.by {
            Selector::Name(name) => Some(name.as_str()),
            Selector::Matching { .. } => None,
        };
        Self { api: &read.api, namespace: read.namespace.as_deref(), name }
    }
}
