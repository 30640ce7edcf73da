//! Everything that people read in a status. Owns the one constructor of a record; a phase says where to and why, and adds what it
//! learnt. Messages say what happened, what it means, what to do next.
mod approval;
mod change;
mod conditions;
mod lock;
mod policy;
mod refusal;
mod review;
mod timeline;
mod undo;

use crate::{
    execution::{Execution, Progress},
    site::Site,
    step::Step,
    text::draws,
    time,
};
pub(crate) use approval::{APPROVED, EXPIRED, REJECTED, SKIPPED, WAITING, given, how, of as approval_status, sum};
pub use approval::{asked_of, asks as asks_approvals};
pub(crate) use change::summary;
use crds::{ExecutionStatus, Phase, Reason};
use jiff::{SignedDuration, Timestamp};
pub(crate) use lock::{QUEUED, WANTED, ask_for_turn};
pub use policy::status as policy_status;
pub(crate) use policy::{judge as judge_policies, owner as policy_owner};
pub(crate) use refusal::{By, No, of_judgement};
pub(crate) use review::{DUE, REVIEWED, is_due as review_is_due, reviewed_by, settle as settle_review};

/// What comes after it is a command, and the end of a message.
pub(crate) const WAY_BACK: &str = " To undo it: ";

/// A message, and apart from it the command that undoes, where it ends in one.
#[must_use]
pub fn apart(message: &str) -> (&str, Option<&str>) {
    message.rsplit_once(WAY_BACK).map_or((message, None), |(rest, command)| (rest, Some(command)))
}

/// One line of a table.
const SUMMARY: usize = 120;
/// A paragraph.
const MESSAGE: usize = 2 * 1024;

/// One pass over one execution.
pub(crate) struct Pass<'a> {
    /// The installation.
    pub site: &'a Site,
    /// As it is recorded: not before what was recorded last, and as precise as it is stored.
    pub now: Timestamp,
    /// What is looked at.
    pub exec: &'a Execution,
    /// When the host began to look; only the first record tells it.
    began: Timestamp,
    /// From when on it waits for what comes by itself.
    waits: Timestamp,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(site: &'a Site, now: Timestamp, exec: &'a Execution) -> Self {
        // Rule 5: recorded time never goes back, whatever a clock says.
        Self { site, now: time::micros(now).max(exec.at), exec, began: exec.created, waits: exec.at }
    }

    /// The creation is known to the second only. Where the host looked within two (the rounding, and a watch's delay), its own clock
    /// says better when the work began; where it looked later, people did wait.
    pub(crate) fn began(mut self, since: Timestamp) -> Self {
        let late = since.duration_since(self.exec.created);
        if (SignedDuration::ZERO..SignedDuration::from_secs(2)).contains(&late) {
            self.began = time::micros(since).min(self.now);
        }
        self
    }

    /// A host that was away did not wait: what it finds when it is back has its time from then on.
    pub(crate) fn looked(mut self, since: Timestamp) -> Self {
        self.waits = since.max(self.exec.at);
        self
    }

    /// When what should come by itself is late: since the last record, or since this host looked first.
    pub(crate) fn late(&self) -> Timestamp {
        self.after(self.waits, self.site.start_grace)
    }

    /// The one constructor of a record.
    pub(crate) fn record(&self, to: Phase, reason: Reason, tell: impl FnOnce(&mut ExecutionStatus)) -> Step {
        let at = time::text(self.now);
        let mut s = self.exec.status.clone();
        s.observed_generation = self.exec.generation;
        s.phase = to;
        s.reason = reason;
        s.seq = s.seq.saturating_add(1);
        s.at.clone_from(&at);
        s.by = self.by(to);
        s.message = String::new();
        s.started_at.get_or_insert_with(|| at.clone());
        timeline::enter(&mut s, self.began, self.now);
        lock::follow(&mut s, self.exec.phase());
        // What a freeze put there holds no longer than it does.
        if let (Reason::Frozen, Progress::Preparing(p)) = (self.exec.reason, &self.exec.progress) {
            s.summary = summary(&p.planned);
        }
        tell(&mut s);
        s.summary = shown(&s.summary, SUMMARY);
        s.message = shown(&s.message, MESSAGE);
        // Once: what is recorded after the end is not another end.
        if to.is_over() && s.finished_at.is_none() {
            s.finished_at = Some(at);
            s.duration = Some(timeline::whole(&s, self.now));
            undo::settle(&mut s, self);
        }
        conditions::set(&mut s, self.now, self.exec.phase().is_over());
        Step::Record(Box::new(s))
    }

    fn by(&self, to: Phase) -> String {
        let who = self.exec.spec.cancel.as_ref().map(|c| c.by.as_str()).filter(|by| !by.is_empty());
        who.filter(|_| to == Phase::Cancelled).unwrap_or(&self.site.by).to_owned()
    }

    /// What the execution is aimed at, in words.
    pub(crate) fn aim(&self) -> String {
        match &self.exec.status.target {
            Some(t) => format!("{} {}", t.kind, t.namespace.iter().chain([&t.name]).cloned().collect::<Vec<_>>().join("/")),
            None => format!("namespace {}", self.exec.namespace),
        }
    }

    /// A moment after another, in words.
    pub(crate) fn moment(&self, from: Timestamp, seconds: u32) -> String {
        time::words(self.after(from, seconds))
    }

    /// What comes after the yes of this record, and by when.
    pub(crate) fn identity_next(&self) -> String {
        format!("the run's identity is made next, or given up at {}.", self.moment(self.now, self.site.start_grace))
    }

    /// A moment after another.
    pub(crate) fn after(&self, from: Timestamp, seconds: u32) -> Timestamp {
        from.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
    }
}

/// Words of others, fit for a line: nothing that draws, and no longer than `most`.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let clean = |c: char| if draws(c) { ' ' } else { c };
    if text.chars().count() <= most {
        return text.chars().map(clean).collect();
    }
    text.chars().map(clean).take(most.saturating_sub(1)).chain(['…']).collect()
}

/// As a sentence begins.
pub(crate) fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `1 thing`, `2 things`.
pub(crate) fn count(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
