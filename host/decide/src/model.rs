//! The internal model of the plugin contract, and the newtypes of the border. Each WIT version is converted into this, in
//! `host/src/plugin`. Values only.
use crate::owners::Manager;
use crds::Owner;
use serde::{Deserialize, Serialize};

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident: $ok:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
        impl TryFrom<String> for $name {
            type Error = Malformed;
            fn try_from(s: String) -> Result<Self, Malformed> {
                let ok: fn(&str) -> bool = $ok;
                if ok(&s) { Ok(Self(s)) } else { Err(Malformed { what: stringify!($name), is: s.chars().take(80).collect() }) }
            }
        }
        impl From<$name> for String { fn from(n: $name) -> String { n.0 } }
    )*};
}

/// A text that is not what its type says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {what}: {is:?}")]
pub struct Malformed {
    /// The type.
    pub what: &'static str,
    /// The text, cut off.
    pub is: String,
}

fn sha256(s: &str) -> bool {
    s.strip_prefix("sha256:")
        .is_some_and(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}
fn snake(s: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    s.len() <= 48 && s.bytes().all(inner) && s.starts_with(|c: char| c.is_ascii_lowercase()) && !s.ends_with('_')
}
fn name(s: &str) -> bool {
    !s.is_empty() && s.len() <= 253
}

text! {
    /// `sha256:` and 64 hex digits: of a component, a policy, a blob.
    Digest: sha256;
    /// What was planned, in one hash.
    PlanHash: sha256;
    /// snake_case, at most 48 characters; as the CRD has it.
    ActionName: snake;
    /// uid of an object (or of a cluster: that of the namespace kube-system).
    Uid: name;
    /// Name of a Job.
    JobName: name;
    /// Canonical JSON text (RFC 8785).
    Json: |s| !s.is_empty();
}

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(crate::canonical::sha256(bytes))
    }
}

impl ActionName {
    /// As the name of an object: `scale-deployment`.
    #[must_use]
    pub fn dashed(&self) -> String {
        self.0.replace('_', "-")
    }
}

/// A kind of object, complete enough that nothing has to be discovered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Api {
    /// Empty for the core group.
    pub group: String,
    /// Such as `v1`.
    pub version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Plural, such as `deployments`.
    pub resource: String,
}

impl Api {
    /// `apps/v1`, or `v1` for the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// One object, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Its kind.
    pub api: Api,
    /// None for kinds of cluster scope.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(ns) => write!(f, "{} {ns}/{}", self.api.kind, self.name),
            None => write!(f, "{} {}", self.api.kind, self.name),
        }
    }
}

/// An object as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Which.
    pub id: ObjectRef,
    /// Its uid.
    pub uid: Uid,
    /// Without `metadata.managedFields`; the values of a Secret replaced by keyed digests.
    pub body: Json,
    /// Who set which fields, from `metadata.managedFields`: for the host alone, no plugin is shown it.
    #[serde(default)]
    pub managers: Vec<Manager>,
}

/// All that a plugin is shown of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The target, whole.
    pub target: Option<Object>,
    /// Answers to its reads, by key.
    pub answers: Vec<(String, Found)>,
}

/// The answer to a read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// Ordered by namespace, then name.
    Objects(Vec<Object>),
    /// The cluster does not serve that kind.
    NoSuchKind,
    /// More than the limit.
    TooMany(u32),
}

/// A wish for something to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Comes back with the answer.
    pub key: String,
    /// Kind.
    pub api: Api,
    /// None: all namespaces, or a kind of cluster scope.
    pub namespace: Option<String>,
    /// Which.
    pub by: Selector,
    /// Parts to keep; none at all means everything.
    pub pick: Vec<String>,
    /// More objects than this answer `TooMany`.
    pub limit: u32,
}

/// Which objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selector {
    /// One.
    Name(String),
    /// Many; as kubectl takes them, empty selects all.
    Matching {
        /// Label selector.
        labels: String,
        /// Field selector.
        fields: String,
    },
}

/// What a plugin is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// uid of the execution.
    pub id: Uid,
    /// The action.
    pub action: ActionName,
    /// The execution's own namespace.
    pub namespace: String,
    /// The target.
    pub target: Option<ObjectRef>,
    /// In `validate` what the requester wrote; afterwards what `validate` returned.
    pub parameters: Json,
    /// When the execution was created; does not move.
    pub created_at: String,
    /// `major.minor` of the API server.
    pub kubernetes: String,
}

/// One thing that is wrong with the parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON Pointer.
    pub at: String,
    /// Keyword of the schema, or empty where the plugin found it.
    pub rule: String,
    /// In words.
    pub message: String,
}

/// Why this may not be done now, though the parameters are well formed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// UpperCamelCase, stable.
    pub reason: String,
    /// In words.
    pub message: String,
    /// Who can change what, so that it would go through.
    pub remedy: String,
}

/// What a plugin proposes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Run one after the other.
    pub commands: Vec<Command>,
    /// Everything they write.
    pub writes: Vec<Write>,
    /// What will be different.
    pub changes: Vec<Change>,
    /// What the changes do not show.
    pub warnings: Vec<String>,
    /// Given back to `checks`.
    pub memo: Json,
}

/// The parts of a command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// `kubectl`.
    pub program: String,
    /// Such as `scale`.
    pub verb: Vec<String>,
    /// Long name without dashes, and value.
    pub options: Vec<(String, Option<String>)>,
    /// What stands after `--`.
    pub operands: Vec<String>,
    /// Name and text; read-only at `/writ/in/NAME`.
    pub files: Vec<(String, String)>,
}

/// One write the commands will make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// On what.
    pub object: ObjectRef,
    /// Which.
    pub operation: Operation,
    /// Such as `scale`.
    pub subresource: Option<String>,
    /// None where it is created.
    pub uid: Option<Uid>,
}

/// Kinds of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A new object.
    Create,
    /// An existing one.
    Update,
    /// Away with it.
    Delete,
    /// `exec`, `attach`, `port-forward`.
    Connect,
}

/// One change to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub object: ObjectRef,
    /// How.
    pub effect: ChangeEffect,
}

/// How an object changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeEffect {
    /// It comes to be.
    Created,
    /// It goes.
    Deleted,
    /// Fields change.
    Set(Vec<Field>),
    /// What is no field.
    Other(String),
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// JSON Pointer.
    pub at: String,
    /// Value before; none where it is absent.
    pub before: Option<Json>,
    /// Value after; none where it is removed.
    pub after: Option<Json>,
}

/// How to get back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Undo {
    /// By an action of the same component on the same target.
    By {
        /// The action.
        action: ActionName,
        /// Its parameters.
        parameters: Json,
        /// What stays different all the same.
        loses: Vec<String>,
    },
    /// Nothing changes that would need undoing.
    Unneeded(String),
    /// There is no way back.
    Impossible(String),
}

/// One of the action's own checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What it says.
    pub verdict: CheckVerdict,
    /// About which object.
    pub object: Option<ObjectRef>,
}

/// Three values: waiting helps, or it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckVerdict {
    /// It holds; what was seen, for people.
    Holds(String),
    /// Not yet.
    Pending(String),
    /// And it will not come by waiting.
    Failed(String),
}

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// RFC 1123 label.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// What it can do.
    pub actions: Vec<ActionInfo>,
}

/// What a component says of one action. What it declares is what a human grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionInfo {
    /// Unique among active plugins.
    pub name: ActionName,
    /// One screen line.
    pub summary: String,
    /// For a planner, human or not.
    pub texts: Texts,
    /// JSON Schema 2020-12.
    pub parameters: Json,
    /// The first one is *the* example.
    pub examples: Vec<Json>,
    /// What it can be aimed at; none: no target.
    pub targets: Vec<TargetKind>,
    /// What the Job's identity needs.
    pub needs: Vec<Rule>,
    /// What `reads` may ask for, beside the target.
    pub observes: Vec<Observation>,
    /// How bad it can go.
    pub risk: Risk,
    /// Whether there is a way back.
    pub reversible: Reversible,
    /// Running it again after it was cut off does no harm.
    pub idempotent: bool,
    /// Whether every command has a dry run.
    pub dry_run: DryRunForm,
    /// Seconds.
    pub timeouts: Timeouts,
    /// Shown, and nothing decided on them.
    pub annotations: Vec<(String, String)>,
}

/// The four texts a planner reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Texts {
    /// What it does.
    pub what: String,
    /// When to use it.
    pub when_to_use: String,
    /// When not.
    pub when_not_to_use: String,
    /// What must be so before.
    pub preconditions: String,
}

/// A kind of target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetKind {
    /// The kind.
    pub api: Api,
    /// Of a namespace or of the cluster.
    pub scope: Scope,
    /// The action may create it.
    pub may_be_absent: bool,
}

/// Of a namespace or of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Of a namespace.
    Namespaced,
    /// Of the cluster.
    Cluster,
}

/// As in RBAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Granted in the namespace, or cluster-wide.
    pub scope: Scope,
    /// API groups.
    pub groups: Vec<String>,
    /// `deployments`, `deployments/scale`.
    pub resources: Vec<String>,
    /// Empty: all.
    pub resource_names: Vec<String>,
    /// Never a wildcard.
    pub verbs: Vec<String>,
}

/// What a plugin may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The kind.
    pub api: Api,
    /// `Cluster`: across namespaces, or a kind of cluster scope.
    pub scope: Scope,
}

/// How bad it can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// A person would not be woken for it.
    Low,
    /// Users may notice.
    Medium,
    /// Users will notice if it is wrong.
    High,
    /// Data or the cluster may be lost.
    Critical,
}

impl Risk {
    /// As written in objects and policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Whether there is a way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reversible {
    /// Always.
    Always,
    /// Only `rollback`, which sees the state before, can tell.
    Depends,
    /// Never.
    Never,
}

/// Whether every command has a dry run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DryRunForm {
    /// The API server carries it out without persisting.
    Server,
    /// Only the plan's own list of changes can be shown.
    Predicted,
}

/// Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// Of the Job, where the requester gives none.
    pub default: u32,
    /// The longest the requester may give.
    pub longest: u32,
    /// How long `checks` may stay pending.
    pub verify: u32,
}

/// The component that plans, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginId {
    /// Name of the plugin.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of the bytes.
    pub digest: Digest,
}

/// A proposal with everything that was decided with it: immutable, hashed once, all that later phases need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Of all the rest.
    pub hash: PlanHash,
    /// The action.
    pub action: ActionName,
    /// The component.
    pub plugin: PluginId,
    /// The target as it was found; none for actions without one. No uid where the action creates it.
    pub target: Option<(ObjectRef, Option<Uid>)>,
    /// The node that the target is, or runs on.
    pub node: Option<String>,
    /// With every default filled in.
    pub parameters: Json,
    /// What to do.
    pub proposal: Proposal,
    /// Who else writes what it changes.
    pub owners: Vec<Owner>,
    /// How to get back.
    pub undo: Undo,
    /// ClusterRole of the run.
    pub role: String,
    /// How bad it can go.
    pub risk: Risk,
    /// Running it again after it was cut off does no harm.
    pub idempotent: bool,
    /// Whether every command has a dry run.
    pub dry_run: DryRunForm,
    /// Of the Job, seconds.
    pub deadline: u32,
    /// How long `checks` may stay pending, seconds.
    pub verify: u32,
    /// Of the Job, by digest.
    pub image: String,
}

/// A plugin that did not do what the contract says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PluginFault {
    /// Same input, same fault: asking again is pointless.
    Broken {
        /// `Trapped`, `OutOfFuel`, `OutOfMemory`, `BadOutput`.
        kind: String,
        /// In words.
        message: String,
    },
    /// Of the machine: wait.
    Unavailable {
        /// In words.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_action_is_what_the_crd_takes() {
        let is = |text: &str| ActionName::try_from(text.to_owned()).is_ok();
        assert!(["a", "scale_deployment", "v2_a", &"a".repeat(48)].into_iter().all(is));
        assert!(!["", "_a", "a_", "2a", "A", "a-b", "a b", &"a".repeat(49)].into_iter().any(is));
    }
}
