//! The object an action is aimed at: its name, its uid, and how messages and commands call it.
use crate::wire;
use std::fmt;

/// What the action acts on. Shown as `deployment/web`.
#[derive(Clone, Debug)]
pub struct Target {
    object: Option<wire::ObjectRef>,
    uid: Option<String>,
    namespace: String,
}

impl Target {
    pub(crate) fn of(request: &wire::Request, seen: Option<&wire::Object>) -> Self {
        Self {
            object: seen.map(|o| o.id.clone()).or_else(|| request.target.clone()),
            uid: seen.map(|o| o.uid.clone()),
            namespace: request.namespace.clone(),
        }
    }

    /// Its name; the namespace's where the action has no target.
    #[must_use]
    pub fn name(&self) -> &str {
        self.object.as_ref().map_or(&self.namespace, |o| &o.name)
    }

    /// The execution's own namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// `Deployment`; empty where the action has no target.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.object.as_ref().map_or("", |o| &o.api.kind)
    }

    /// Of the object as it was seen; empty where there is none (yet).
    #[must_use]
    pub fn uid(&self) -> &str {
        self.uid.as_deref().unwrap_or("")
    }

    /// As the contract has it; none where the action has no target.
    #[must_use]
    pub fn object(&self) -> Option<&wire::ObjectRef> {
        self.object.as_ref()
    }

    /// How kubectl is told it: `deployment/web`, and with its group where another kind could have that name too.
    #[must_use]
    pub fn operand(&self) -> String {
        match &self.object {
            None => format!("namespace/{}", self.namespace),
            Some(o) if o.api.group.contains('.') => format!("{}.{}/{}", o.api.resource, o.api.group, o.name),
            Some(o) => format!("{}/{}", o.api.kind.to_ascii_lowercase(), o.name),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.object.as_ref().map_or("namespace".to_owned(), |o| o.api.kind.to_ascii_lowercase());
        write!(f, "{kind}/{}", self.name())
    }
}
