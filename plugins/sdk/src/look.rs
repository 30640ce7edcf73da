//! What an action wants to look at beside its target.
use crate::kind::Kind;
use crate::target::Target;
use crate::wire;

/// One wish, under a key of the action's own; `Seen::objects(key)` has the answer.
#[derive(Clone, Debug)]
pub struct Look(wire::Read);

// more than this in one namespace is rare, and every object is copied for every call
const LIMIT: u32 = 500;

impl Look {
    /// Objects of a kind in the namespace of the target.
    #[must_use]
    pub fn around(key: &str, kind: Kind, target: &Target) -> Self {
        Self::with(key, kind, Some(target.namespace()))
    }

    /// Objects of a kind everywhere in the cluster, or of a kind of cluster scope.
    #[must_use]
    pub fn everywhere(key: &str, kind: Kind) -> Self {
        Self::with(key, kind, None)
    }

    fn with(key: &str, kind: Kind, namespace: Option<&str>) -> Self {
        let all = wire::Query { labels: String::new(), fields: String::new() };
        Self(wire::Read {
            key: key.into(),
            api: kind.api(),
            namespace: namespace.map(str::to_owned),
            by: wire::Selector::Matching(all),
            pick: Vec::new(),
            limit: LIMIT,
        })
    }

    /// Only the one of that name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0.by = wire::Selector::Name(name.into());
        self
    }

    /// Only those with these labels, as `kubectl -l` takes them.
    #[must_use]
    pub fn labels(mut self, labels: impl Into<String>) -> Self {
        self.0.by = wire::Selector::Matching(wire::Query { labels: labels.into(), fields: String::new() });
        self
    }

    /// Keep these parts alone (JSON Pointers). Ask for little.
    #[must_use]
    pub fn pick(mut self, pointers: &[&str]) -> Self {
        self.0.pick.extend(pointers.iter().map(|p| (*p).to_owned()));
        self
    }

    /// More objects than this are too many.
    #[must_use]
    pub fn at_most(mut self, limit: u32) -> Self {
        self.0.limit = limit;
        self
    }

    pub(crate) fn into_wire(self) -> wire::Read {
        self.0
    }
}
