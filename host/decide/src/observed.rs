//! What a pass may look at, by phase: a phase cannot decide on what it did not gather. Values only, so that any decision can
//! be replayed from a file.
mod approval;
mod dry_run;
mod ledger;
mod limits;
mod lock;
mod original;
mod over;
mod ruling;

use crate::model::{ActionName, Check, Digest, Planned, PluginFault, Refusal, Uid, Violation};
pub use approval::{Approval, AwaitingApproval, Told};
pub use dry_run::{After, Answer, DryGuard, DryJob, DryRunning};
use jiff::Timestamp;
pub use ruling::{Denial, Obligations, PolicyRuling, Ruling, Verdict};
use serde::{Deserialize, Serialize};

pub use ledger::LedgerSeen;
pub use limits::{AtWork, Claimant, Others, Waiter};
pub use lock::{Ahead, LockSeen};
pub use original::{OriginalSeen, Writer};
pub use over::{LeftJob, Over, UndoSeen};

/// One look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Where the ledger stands for this execution.
    pub ledger: LedgerSeen,
    /// What this phase needs.
    pub phase: PhaseSeen,
}

/// What each phase needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PhaseSeen {
    /// For `Validating`.
    Validating(Box<Validating>),
    /// For `AwaitingApproval`.
    AwaitingApproval(Box<AwaitingApproval>),
    /// For `DryRunning`.
    DryRunning(Box<DryRunning>),
    /// For `Preparing`.
    Preparing(Box<Preparing>),
    /// For `Executing`.
    Executing(Box<Executing>),
    /// For `Verifying`.
    Verifying(Box<Verifying>),
    /// For everything that is over.
    Over(Over),
}

/// For `Validating`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validating {
    /// When the host began to look at it, in this wake-up. (`created` is known to the second only: no duration can come from it.)
    pub since: Timestamp,
    /// Stamps and records.
    pub guards: GuardsSeen,
    /// The chain of judgements.
    pub judged: Judgement,
    /// What an earlier plan was granted. Asked only where there was one, and it drifted.
    pub left: Option<Grants>,
    /// What this one undoes. Asked only where it says that it does.
    pub original: Option<OriginalSeen>,
}

/// Are the admission policies there that make the requester and the status believable?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuardsSeen {
    /// All, and none made or changed after this.
    InForce {
        /// Creation of the youngest.
        since: Timestamp,
    },
    /// These are not, or are not what was shipped.
    Missing(Vec<String>),
    /// Not read yet.
    Unknown,
}

impl GuardsSeen {
    /// What is younger was stamped under them. Where they are not in force, nothing is.
    pub(crate) const fn since(&self) -> Timestamp {
        match self {
            Self::InForce { since } => *since,
            Self::Missing(_) | Self::Unknown => Timestamp::MAX,
        }
    }
}

/// The chain of judgements, as far as it got: the first that says no is the last that was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Judgement {
    /// Catalogue or policies not loaded yet: neither "unknown" nor "no policy" may be said.
    Starting,
    /// No active plugin exports it.
    ActionUnknown {
        /// Did you mean.
        nearest: Option<ActionName>,
    },
    /// A plugin exports it, and somebody suspended that.
    Suspended {
        /// Name of the `ActionPlugin`.
        plugin: String,
        /// Who answers for it.
        owner: String,
        /// It is not active since then.
        since: Timestamp,
    },
    /// The requester may not run it here (any more).
    NotAllowed {
        /// The right that is missing.
        why: String,
    },
    /// The requester may not read himself what this looks at.
    NotToBeSeen {
        /// What, and the right that is missing.
        why: String,
    },
    /// Roles missing, or other than declared.
    NotGranted {
        /// Which.
        missing: Vec<String>,
    },
    /// Not this kind, or not here.
    TargetNotAllowed {
        /// Why.
        why: String,
    },
    /// There is no such object.
    TargetMissing {
        /// `Deployment shop/web`.
        what: String,
    },
    /// The target's namespace is being deleted.
    NamespaceTerminating,
    /// By the schema, or by the plugin.
    Invalid {
        /// The plugin said so; else the schema.
        by_plugin: bool,
        /// All of it.
        violations: Vec<Violation>,
        /// The parameters there are, for the message.
        known: Vec<String>,
    },
    /// The plugin says: not now.
    Refused(Refusal),
    /// The plugin broke the contract, or cannot be asked.
    Faulty(PluginFault),
    /// Planned, and the policies were asked.
    Judged {
        /// The plan.
        planned: Box<Planned>,
        /// What they said.
        ruling: Ruling,
        /// Who wrote last what it would change: told where that moved. No policy sees it, and no hash covers it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        writers: Vec<Writer>,
    },
}

impl Judgement {
    /// Who wrote last what it would change; nobody where there is no plan.
    #[must_use]
    pub fn writers(&self) -> &[Writer] {
        match self {
            Self::Judged { writers, .. } => writers,
            _ => &[],
        }
    }
}

/// For `Preparing`: everything that can still say no, asked again with the component that planned it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparing {
    /// When this host looked at it first, in this phase: it waited for nothing before.
    pub since: Timestamp,
    /// Stamps and records.
    pub guards: GuardsSeen,
    /// The whole chain again; drift is "the plan has another hash", nothing else. Asked last: not before there is an identity.
    pub judged: Option<Judgement>,
    /// The identity and its rights.
    pub grants: Grants,
    /// Whose turn it is on the target.
    pub lock: LockSeen,
    /// Names of the executions that wait for the target and come before this one: undoing first, then as they were accepted. From the watch: it
    /// makes the order fair, and keeps nobody from anything that the claim does not.
    pub ahead: Vec<Ahead>,
    /// Who else is at work or waits, where a policy allows only so many at once.
    pub others: Others,
    /// All freezes there are. Read live wherever a promise could be made on the strength of it.
    pub freezes: Vec<Freeze>,
    /// All approvals that name this execution. Read live, together with the judgement.
    pub approvals: Vec<Approval>,
    /// All that name the one that this one undoes, with the rights of their givers on *this* action. Likewise.
    pub covering: Vec<Approval>,
    /// What this one undoes. Asked only where it says that it does, and with the chain.
    pub original: Option<OriginalSeen>,
}

/// An `ExecutionFreeze`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Its name.
    pub name: String,
    /// Who froze, as the API server authenticated him.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// In these namespaces only.
    pub namespaces: Option<Vec<String>>,
    /// These actions only.
    pub actions: Option<Vec<String>>,
}

impl Freeze {
    /// Of those that hold this action in this namespace now, the one that lasts longest.
    #[must_use]
    pub fn holding<'a>(all: &'a [Self], now: Timestamp, namespace: &str, action: &str) -> Option<&'a Self> {
        let means = |list: &Option<Vec<String>>, it: &str| list.as_ref().is_none_or(|all| all.iter().any(|one| one == it));
        let holds =
            |f: &&Self| f.until.is_none_or(|until| now < until) && means(&f.namespaces, namespace) && means(&f.actions, action);
        all.iter().filter(holds).max_by_key(|f| (f.until.unwrap_or(Timestamp::MAX), &f.name))
    }
}

/// The identity of a run and its rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grants {
    /// Nothing of it is there.
    None,
    /// Some of it: it is made whole again (every part is idempotent).
    Partly,
    /// All of it is there, and a SubjectAccessReview does not say yes yet: the authorizer catches up in a moment.
    Pending,
    /// There, and a SubjectAccessReview says that it may do what the plan writes.
    Whole,
    /// The API server refuses to grant it.
    Forbidden {
        /// Its words.
        why: String,
    },
}

/// For `Executing`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Executing {
    /// The Job and its pod.
    pub job: JobSeen,
    /// The identity: a Job is created only under a whole one. Asked only while the Job was never seen.
    pub grants: Option<Grants>,
}

/// Read live, never from a cache, wherever a Job could be created on the strength of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobSeen {
    /// No Job of that name, and no pod that carries our uid: nothing of it is there. (One that is being deleted is still `Ours`.)
    Absent,
    /// The name is taken by something that does not carry our uid *and* plan hash.
    Foreign {
        /// Its uid.
        uid: Uid,
    },
    /// Ours. Also where only a pod of it is left, because somebody deleted the Job alone: our finalizer holds the pod, its owner
    /// reference says the Job's uid, and the Job counts as `stopping`.
    Ours {
        /// Its uid.
        uid: Uid,
        /// It is being deleted (our finalizer on the pod keeps both in sight): it is not stopped twice, and no pod of it starts
        /// any more.
        stopping: bool,
        /// What became of its pod; of several (a disrupted one was replaced) the youngest.
        pod: PodSeen,
        /// Set when the Job controller gave it up.
        failed_by: Option<JobEnd>,
    },
}

/// What became of the pod. Believed only if its image and template are those we asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodSeen {
    /// There is none (yet).
    None,
    /// The cluster refuses to create it.
    Rejected {
        /// Its words.
        why: String,
    },
    /// No container of any pod of this Job has ever started: unschedulable, image pull, sandbox. (Where an earlier pod was
    /// disrupted, that is what is said until its replacement starts.)
    NotStarted {
        /// Creation of the pod.
        since: Timestamp,
        /// Why.
        why: String,
    },
    /// It is over (a terminal phase, or it was deleted before a node had it), and no container of any pod of this Job ever started:
    /// certainly nothing was touched.
    NeverRan {
        /// Why.
        why: String,
    },
    /// A command runs.
    Running {
        /// Index of the command.
        command: u32,
    },
    /// The last command, or the first that failed, has ended.
    Ended {
        /// Index of the command.
        command: u32,
        /// Its exit code.
        exit_code: i32,
        /// What was printed.
        output: Output,
        /// When it ended.
        at: Timestamp,
    },
    /// Evicted, preempted, node lost: it ran, and nobody knows how far.
    Disrupted {
        /// Why.
        why: String,
    },
    /// Not the pod that was asked for: image or template differ.
    Untrusted {
        /// What differs.
        why: String,
    },
}

/// What a Job printed: bounded and redacted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The tail.
    pub tail: String,
    /// There was more.
    pub truncated: bool,
    /// The whole, a blob in the ledger.
    pub digest: Option<Digest>,
}

/// Why the Job controller gave a Job up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobEnd {
    /// `activeDeadlineSeconds`.
    Deadline,
    /// A pod failed.
    BackoffLimit,
    /// Anything else.
    Other,
}

/// For `Verifying`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verifying {
    /// The identity goes before the checks are believed.
    pub grants: Grants,
    /// The action's own checks. Not asked before it is gone.
    pub checks: Option<ChecksSeen>,
}

/// The action's own checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChecksSeen {
    /// Their answers.
    Asked(Vec<Check>),
    /// The component that planned it is not loaded.
    PluginGone(Digest),
    /// It broke the contract, or cannot be asked now.
    Faulty(PluginFault),
}
