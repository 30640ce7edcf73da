//! `&Execution, &Planned -> Claim`: the one object that says whose turn it is on a target. Its name follows from the target's uid alone, so
//! its creation is the claim. It counts only while its holder's own status says that it is at work in the very turn that it was made
//! for: so it cannot leak, and nobody has to renew it.
use crate::{
    canonical,
    execution::Execution,
    model::{Object, Planned, Uid},
};
use serde::{Deserialize, Serialize};

/// What a claim says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// On which object.
    pub target: Uid,
    /// Who claims it.
    pub holder: Uid,
    /// Where the holder is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `status.lock.seq` of the holder at the time: which of its turns.
    pub turn: i64,
    /// What it counts for.
    pub counts: Counts,
}

/// For which limits an execution counts: those of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Its namespace.
    pub namespace: String,
    /// Its action.
    pub action: String,
    /// Its requester, as a label can hold him.
    pub requester: String,
    /// The node that its target is, or runs on.
    pub node: Option<Node>,
}

/// A node, which contains its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name, as a label can hold it.
    pub name: String,
    /// The node itself, and so all that is on it.
    pub whole: bool,
}

/// How a label says that it is the node itself.
const WHOLE: &str = ".all";

impl Node {
    /// By the name of the node.
    #[must_use]
    pub fn new(name: &str, whole: bool) -> Self {
        Self { name: digits(name), whole }
    }

    /// Of what an execution is aimed at, as its status names it.
    #[must_use]
    pub fn of(kind: &str, node: &str) -> Option<Self> {
        (!node.is_empty()).then(|| Self::new(node, kind == NODE))
    }

    /// As a label.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}{}", self.name, if self.whole { WHOLE } else { "" })
    }

    /// The other direction.
    #[must_use]
    pub fn read(label: &str) -> Self {
        let name = label.strip_suffix(WHOLE);
        Self { name: name.unwrap_or(label).to_owned(), whole: name.is_some() }
    }

    /// Two pods of one node are no matter to each other; the node itself is to all of them.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.name == other.name && (self.whole || other.whole)
    }
}

/// Of a Pod, the node that it runs on; of a Node, its name.
#[must_use]
pub fn node(object: &Object) -> Option<String> {
    let api = &object.id.api;
    match (api.group.as_str(), api.kind.as_str()) {
        ("", NODE) => Some(object.id.name.clone()),
        ("", "Pod") => {
            let body = canonical::value(object.body.as_str()).ok()?;
            Some(body.pointer("/spec/nodeName")?.as_str()?.to_owned()).filter(|name| !name.is_empty())
        }
        _ => None,
    }
}

const NODE: &str = "Node";

/// Whoever has no more than so many before him is told each place in the line. Who is further back is told about how many: each record is
/// a row and a write, and the line would make as many of them as the square of its length.
pub const NEAR: usize = 9;

/// So many; beyond `NEAR` no more than that, to one digit.
#[must_use]
pub fn about(ahead: usize) -> usize {
    let digits = ahead.checked_ilog10().unwrap_or(0);
    ahead.next_multiple_of(10_usize.saturating_pow(digits))
}

/// Digits of the digest of a name: a label has at most 63 characters.
const DIGITS: usize = 40;

impl Counts {
    /// Of an execution of this action, by this user.
    #[must_use]
    pub fn new(namespace: &str, action: &str, requester: &str, node: Option<Node>) -> Self {
        Self { namespace: namespace.to_owned(), action: action.to_owned(), requester: digits(requester), node }
    }

    /// Of this execution.
    #[must_use]
    pub fn of(exec: &Execution) -> Self {
        let requester = exec.spec.requester.as_ref().map_or("", |r| r.username.as_str());
        let node = exec.status.target.as_ref().and_then(|t| Node::of(&t.kind, &t.node));
        Self::new(&exec.namespace, &exec.spec.action, requester, node)
    }
}

fn digits(text: &str) -> String {
    canonical::sha256(text.as_bytes()).trim_start_matches("sha256:").chars().take(DIGITS).collect()
}

impl Claim {
    /// Name of the object.
    #[must_use]
    pub fn object(&self) -> String {
        object(&self.target)
    }

    /// Made by this execution, for this turn.
    #[must_use]
    pub fn is_of(&self, holder: &Uid, turn: i64) -> bool {
        self.holder == *holder && self.turn == turn
    }
}

/// Name of the claim on a target.
#[must_use]
pub fn object(target: &Uid) -> String {
    line(target.as_str())
}

/// The same name is that of the line of those who wait for it.
#[must_use]
pub fn line(target: &str) -> String {
    format!("target-{target}")
}

/// The other direction.
#[must_use]
pub fn target(object: &str) -> Option<&str> {
    object.strip_prefix("target-")
}

/// What is claimed: the target. Where there is none (yet), the execution's own uid, so that it counts for the limits; of two that create the same
/// target the API server refuses the second.
#[must_use]
pub fn key<'a>(exec: &'a Execution, planned: &'a Planned) -> &'a Uid {
    planned.target.as_ref().and_then(|(_, uid)| uid.as_ref()).unwrap_or(&exec.uid)
}

/// The claim of this execution on its target.
#[must_use]
pub fn of(exec: &Execution, planned: &Planned, turn: i64) -> Claim {
    Claim {
        target: key(exec, planned).clone(),
        holder: exec.uid.clone(),
        namespace: exec.namespace.clone(),
        name: exec.name.clone(),
        turn,
        counts: Counts::of(exec),
    }
}
