//! What was done lately, as policies see it: whatever ran or may have run. Owns how far back that goes, and how much of it is told.
//! It is part of the question and of nothing else: what is done later changes no plan.
use crate::{
    execution::Execution,
    time::{second, text},
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nobody asks for yesterday's yesterday.
const BACK: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Runs on one target that are told.
const MOST: usize = 20;

/// One that ran, or may have: its Job was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the execution.
    pub execution: String,
    /// Its namespace.
    pub namespace: String,
    /// `scale_deployment`.
    pub action: String,
    /// Who asked for it.
    pub requester: String,
    /// uid of its target.
    pub target: String,
    /// It undid another.
    pub undoes: bool,
    /// Where it is, or how it ended.
    pub phase: String,
    /// Why.
    pub reason: String,
    /// When it was accepted.
    pub started: Timestamp,
    /// When it was over.
    pub finished: Option<Timestamp>,
}

impl Run {
    /// The last that is known of it.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.finished.unwrap_or(self.started)
    }

    /// Whether it is too long ago to be told.
    #[must_use]
    pub fn is_past(&self, now: Timestamp) -> bool {
        now.duration_since(self.last()) > BACK
    }
}

/// What was done within the last 24 hours: executions that ran, may have run, or run now. What was refused before that is not among it, nor is
/// the execution itself. Seen from the operator's watch of executions: some milliseconds behind, and without those that were deleted before
/// it started. It is no lock: of two at once neither may see the other. For that there is `require.limits`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct History {
    /// On this target (by uid), whatever the action, the newest first; at most 20.
    pub target: Vec<Past>,
    /// Of this action in this namespace.
    pub action: Tally,
    /// Of this requester, whatever the action, in all namespaces.
    pub requester: Tally,
}

/// One that ran, or runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Past {
    /// Name of the execution.
    pub execution: String,
    /// `scale_deployment`.
    pub action: String,
    /// Who asked for it.
    pub requester: String,
    /// It undid another.
    pub undoes: bool,
    /// `Completed`, `Failed`, `Cancelled`; while it goes on, where it is.
    pub phase: String,
    /// `ChecksPassed`, `JobFailed`, …
    pub reason: String,
    /// When it was accepted, RFC 3339, whole seconds.
    pub started_at: String,
    /// When it was over, likewise; empty while it goes on.
    pub finished_at: String,
}

/// How many there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tally {
    /// That ran within the last hour, or run now.
    pub last_hour: u32,
    /// Of these, that ended in phase `Failed`.
    pub failed_last_hour: u32,
    /// That ran within the last 24 hours, or run now.
    pub last_day: u32,
    /// Of these, that ended in phase `Failed`.
    pub failed_last_day: u32,
}

impl History {
    /// For this execution, of all that is known.
    #[must_use]
    pub fn of<'a>(exec: &Execution, target: Option<&str>, now: Timestamp, all: impl Iterator<Item = (&'a str, &'a Run)>) -> Self {
        let all: Vec<&Run> =
            all.filter(|(uid, run)| *uid != exec.uid.as_str() && !run.is_past(now)).map(|(_, run)| run).collect();
        let who = exec.spec.requester.as_ref().map_or("", |r| r.username.as_str());
        let action = all.iter().filter(|r| r.namespace == exec.namespace && r.action == exec.spec.action);
        let requester = all.iter().filter(|r| r.requester == who);
        let (action, requester) = (Tally::of(action, now), Tally::of(requester, now));
        let mut on_target: Vec<&Run> = all.into_iter().filter(|r| target.is_some_and(|uid| r.target == uid)).collect();
        // What still goes on is the newest of all.
        on_target.sort_by_key(|r| std::cmp::Reverse((r.finished.is_none(), r.last())));
        Self { target: on_target.into_iter().take(MOST).map(past).collect(), action, requester }
    }
}

impl Tally {
    fn of<'a>(all: impl Iterator<Item = &'a &'a Run>, now: Timestamp) -> Self {
        all.fold(Self::default(), |sum, run| {
            let (failed, hour) = (run.phase == "Failed", run.finished.is_none_or(|at| now.duration_since(at) <= HOUR));
            let plus = |count: u32, one: bool| count.saturating_add(u32::from(one));
            Self {
                last_hour: plus(sum.last_hour, hour),
                failed_last_hour: plus(sum.failed_last_hour, hour && failed),
                last_day: plus(sum.last_day, true),
                failed_last_day: plus(sum.failed_last_day, failed),
            }
        })
    }
}

fn past(run: &Run) -> Past {
    let shown = |at: Timestamp| second(&text(at));
    Past {
        execution: run.execution.clone(),
        action: run.action.clone(),
        requester: run.requester.clone(),
        undoes: run.undoes,
        phase: run.phase.clone(),
        reason: run.reason.clone(),
        started_at: shown(run.started),
        finished_at: run.finished.map(shown).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{self, at};
    use expect_test::expect;

    const NOW: i64 = 200_000;

    /// That ended so many seconds ago.
    fn run(execution: &str, ago: i64) -> Run {
        Run {
            execution: execution.into(),
            namespace: "shop".into(),
            action: "scale_deployment".into(),
            requester: "maria@example.com".into(),
            target: fixtures::TARGET.into(),
            undoes: false,
            phase: "Completed".into(),
            reason: "ChecksPassed".into(),
            started: at(NOW - ago - 30),
            finished: Some(at(NOW - ago)),
        }
    }

    fn history(all: &[Run]) -> History {
        let all = all.iter().map(|r| (r.execution.as_str(), r));
        History::of(&fixtures::exec(), Some(fixtures::TARGET), at(NOW), all)
    }

    #[test]
    fn the_newest_on_the_target_comes_first_and_before_it_what_still_goes_on() {
        let runs = Run { finished: None, phase: "Executing".into(), reason: "JobSeen".into(), ..run("runs", 90_000) };
        let elsewhere = Run { target: "another".into(), ..run("elsewhere", 5) };
        let other = Run { action: "restart_workload".into(), ..run("other", 20) };
        let runs = Run { started: at(NOW - 5000), ..runs };
        let found = history(&[run("old", 4000), other, elsewhere, runs, run("day", 86_401), run(fixtures::EXECUTION, 1)]);
        let names: Vec<_> = found.target.iter().map(|p| p.execution.as_str()).collect();
        assert_eq!(names, ["runs", "other", "old"]);
        expect![[r#"{"execution":"old","action":"scale_deployment","requester":"maria@example.com","undoes":false,"phase":"Completed","reason":"ChecksPassed","startedAt":"2026-11-25T09:38:17Z","finishedAt":"2026-11-25T09:38:47Z"}"#]]
            .assert_eq(&serde_json::to_string(&found.target[2]).unwrap());
        assert_eq!(found.target[0].finished_at, "");
    }

    #[test]
    fn no_more_than_twenty_are_told() {
        let all: Vec<Run> = (0..40).map(|n| run(&format!("run-{n}"), n)).collect();
        let found = history(&all);
        assert_eq!((found.target.len(), found.target[19].execution.as_str(), found.action.last_day), (20, "run-19", 40));
    }

    #[test]
    fn an_action_is_counted_in_its_namespace_and_a_requester_everywhere() {
        let failed = |execution: &str, ago| Run { phase: "Failed".into(), ..run(execution, ago) };
        let elsewhere = Run { namespace: "pay".into(), ..failed("elsewhere", 60) };
        let other = Run { action: "restart_workload".into(), ..run("other", 60) };
        let jonas = Run { requester: "jonas@example.com".into(), ..failed("jonas", 7200) };
        let found =
            history(&[run("now", 60), failed("f", 120), failed("f2", 3601), elsewhere, other, jonas, failed("gone", 86_401)]);
        let tally = |last_hour, failed_last_hour, last_day, failed_last_day| Tally {
            last_hour,
            failed_last_hour,
            last_day,
            failed_last_day,
        };
        assert_eq!(found.action, tally(2, 1, 4, 3));
        assert_eq!(found.requester, tally(4, 2, 5, 3));
    }

    #[test]
    fn an_action_without_a_target_has_no_history_of_one() {
        let all = [Run { target: String::new(), ..run("a", 1) }];
        let found = History::of(&fixtures::exec(), None, at(NOW), all.iter().map(|r| (r.execution.as_str(), r)));
        assert_eq!((found.target.len(), found.action.last_hour), (0, 1));
    }
}
