//! What the policies said: of each its own answer, and on which conditions.
use crate::model::Digest;
use crds::Limits;
use serde::{Deserialize, Serialize};

/// What the policies said, each by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Empty: there is no policy.
    pub results: Vec<PolicyRuling>,
    /// The question, a blob in the ledger.
    pub input: Digest,
}

impl Ruling {
    /// Those that are obeyed and say yes, each with its conditions.
    pub(crate) fn allowing(&self) -> impl Iterator<Item = (&PolicyRuling, &Obligations)> {
        self.results.iter().filter(|r| !r.shadow).filter_map(|r| match &r.verdict {
            Verdict::Allow(conditions) => Some((r, conditions)),
            _ => None,
        })
    }
}

/// What one policy said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRuling {
    /// Its name.
    pub policy: String,
    /// Of its modules and data.
    pub digest: Digest,
    /// Who can change it.
    pub owner: String,
    /// Evaluated and recorded, not obeyed.
    pub shadow: bool,
    /// Its answer.
    pub verdict: Verdict,
}

/// The answer of one policy. Each way of not saying yes is its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Yes, on these conditions.
    Allow(Obligations),
    /// No, and why.
    Deny(Vec<Denial>),
    /// It came to no decision.
    Undefined,
    /// It answered what is no answer.
    Malformed(String),
    /// Evaluation failed.
    Errored(String),
    /// Evaluation took too long.
    TimedOut,
    /// Evaluation held too much memory.
    OutOfMemory,
    /// It was not asked, and why: it did not pass its check, has not yet, or stands still.
    NotReady(String),
}

/// One no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// In the policy's words.
    pub message: String,
    /// `default.rego:31`; empty where it cannot be told.
    pub rule: String,
}

/// On which conditions. What means nothing to this build is no answer: the gate says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligations {
    /// A dry run first.
    pub dry_run: bool,
    /// People who must approve.
    pub approvals: u32,
    /// All of these groups, a different person of each among them; whoever may approve, where there are none.
    pub approver_groups: Vec<String>,
    /// ServiceAccounts that count too, by their whole user names; a program counts only where each policy that wants approvals names it, and
    /// stands for no group.
    pub approver_accounts: Vec<String>,
    /// Within this time it must have started; a day where it is empty.
    pub expires: String,
    /// Whoever breaks the glass may go without the approvals that this policy wants.
    pub break_glass: bool,
    /// Afterwards, within this time, somebody is to look at what was done.
    pub review: String,
    /// No more at work at once.
    pub limits: Limits,
}
