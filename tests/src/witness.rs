//! What the API server's audit log tells of executions: how often the run of each wrote, and how often a Job was made for it. Owns what counts
//! as once, as too often, and as never: a witness that saw nothing has nothing to say for anybody.
use crds::labels::NAMESPACE_RUNS;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What may be seen of one execution.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Its uid.
    pub uid: String,
    /// Writes of one whole run.
    pub writes: usize,
    /// Its checks passed: so its run was there, and wrote all of it.
    pub done: bool,
    /// How often more a pod of it may have run: it was evicted, and its action may run again.
    pub runs_again: usize,
    /// How often more its Job may have been made: one that was deleted before the operator saw it, and before a pod of it was there, is made
    /// again, for nothing of it ran.
    pub jobs_again: usize,
}

/// What was seen, by uid of the execution.
#[derive(Debug, Default)]
pub struct Witness {
    mutations: BTreeMap<String, usize>,
    jobs: BTreeMap<String, usize>,
    /// Those of whose Job anything was heard. A request whose client went away is answered 504, for nobody, and may be carried out all the same.
    followed: BTreeSet<String>,
}

/// What is wrong with what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Writes of runs, all together.
    pub mutations: usize,
    /// Executions whose runs wrote more than once.
    pub double_mutations: usize,
    /// Executions for which a Job was made more than once.
    pub double_jobs: usize,
    /// Executions that are done, and no Job of theirs was seen, or not all that it wrote.
    pub unseen_mutations: usize,
}

impl Witness {
    /// One request that the API server carried out.
    pub fn hear(&mut self, event: &Value) {
        let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
        let verb = text(&event["verb"]);
        let reads = matches!(verb.as_str(), "get" | "list" | "watch");
        if let Some(uid) = writer(&text(&event["user"]["username"])).filter(|_| !reads) {
            *self.mutations.entry(uid).or_default() += 1;
        }
        let object = &event["objectRef"];
        let name = text(&object["name"]);
        if let Some(uid) = name.strip_prefix("run-").filter(|_| object["resource"] == "jobs") {
            self.followed.insert(uid.to_owned());
            if verb == "create" && object.get("subresource").is_none() {
                *self.jobs.entry(uid.to_owned()).or_default() += 1;
            }
        }
    }

    /// How often the run of an execution wrote.
    #[must_use]
    pub fn mutations_of(&self, uid: &str) -> usize {
        self.mutations.get(uid).copied().unwrap_or_default()
    }

    /// Held against what these may have done.
    #[must_use]
    pub fn seen(&self, all: &[Expected]) -> Seen {
        let mut seen = Seen::default();
        for one in all {
            let of = |counts: &BTreeMap<String, usize>| counts.get(&one.uid).copied().unwrap_or_default();
            let (mutations, jobs) = (of(&self.mutations), of(&self.jobs));
            seen.mutations += mutations;
            seen.double_mutations += usize::from(mutations > one.writes * (1 + one.runs_again));
            seen.double_jobs += usize::from(jobs > 1 + one.jobs_again);
            seen.unseen_mutations += usize::from(one.done && (mutations < one.writes || !self.followed.contains(&one.uid)));
        }
        seen
    }
}

/// The execution whose run this is: `run-UID.` and what it may write, as the account is called.
fn writer(username: &str) -> Option<String> {
    let account = username.strip_prefix("system:serviceaccount:")?.strip_prefix(NAMESPACE_RUNS)?.strip_prefix(":run-")?;
    account.split_once('.').map(|(uid, _)| uid.to_owned())
}
