//! What ran lately, for policies to look back at: told by the watch of executions, which begins with a list of them all. Owns how long it is
//! kept: for as long as it is told, also where the execution is deleted meanwhile. A process that starts knows of those only that are there.
use super::{client::Cluster, progress::AtWork};
use crds::Phase;
use decide::{
    execution::Execution,
    model::Uid,
    question::{History, Run},
};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

/// By uid of the execution; whether the first list was complete.
#[derive(Default)]
pub(super) struct Runs(Mutex<(bool, HashMap<String, Run>)>);

impl Runs {
    /// All that there are were told.
    pub(super) fn read(&self) {
        if let Ok(mut kept) = self.0.lock() {
            kept.0 = true;
        }
    }

    pub(super) fn note(&self, uid: &str, run: Run) {
        if let Ok(mut kept) = self.0.lock() {
            kept.1.insert(uid.to_owned(), run);
        }
    }

    /// It was deleted: what it did is still so. Of one that was not over nobody will tell any more.
    pub(super) fn gone(&self, uid: &str) {
        if let Ok(mut kept) = self.0.lock() {
            kept.1.retain(|of, run| of != uid || run.finished.is_some());
        }
    }

    /// Those whose Job runs now.
    pub(super) fn at_work(&self) -> HashSet<AtWork> {
        let executing = format!("{:?}", Phase::Executing);
        let one = |(uid, run): (&String, &Run)| {
            let uid = Uid::try_from(uid.clone()).ok()?;
            (run.phase == executing).then(|| AtWork { uid, namespace: run.namespace.clone(), name: run.execution.clone() })
        };
        self.0.lock().map(|kept| kept.1.iter().filter_map(one).collect()).unwrap_or_default()
    }

    fn of(&self, exec: &Execution, target: Option<&str>, now: Timestamp) -> Option<History> {
        let mut kept = self.0.lock().ok()?;
        kept.1.retain(|_, run| !run.is_past(now));
        kept.0.then(|| History::of(exec, target, now, kept.1.iter().map(|(uid, run)| (uid.as_str(), run))))
    }
}

impl Cluster {
    /// What was done lately on the target, of the action, by the requester. None: not all executions were told yet.
    #[must_use]
    pub fn history(&self, exec: &Execution, target: Option<&str>, now: Timestamp) -> Option<History> {
        self.history.of(exec, target, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn run(execution: &str, finished: Option<i64>) -> Run {
        Run {
            execution: execution.into(),
            namespace: "shop".into(),
            action: "scale_deployment".into(),
            requester: "maria@example.com".into(),
            target: "web".into(),
            undoes: false,
            phase: "Completed".into(),
            reason: "ChecksPassed".into(),
            started: at(0),
            finished: finished.map(at),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn exec() -> Execution {
        let kx: crds::KubernetesExecution = serde_json::from_value(serde_json::json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {
                "name": "x", "namespace": "shop", "uid": "00000000-0000-4000-8000-000000000001", "resourceVersion": "1",
                "creationTimestamp": "2026-11-23T03:12:07Z",
            },
            "spec": {"action": "scale_deployment"},
        }))
        .unwrap();
        Execution::parse(&"cluster".to_owned().try_into().unwrap(), &kx).unwrap()
    }

    fn names(runs: &Runs, now: i64) -> Option<Vec<String>> {
        Some(runs.of(&exec(), Some("web"), at(now))?.target.into_iter().map(|p| p.execution).collect())
    }

    #[test]
    fn what_is_not_read_yet_is_no_empty_history() {
        let runs = Runs::default();
        runs.note("1", run("a", Some(9)));
        assert_eq!(names(&runs, 10), None);
        runs.read();
        assert_eq!(names(&runs, 10), Some(vec!["a".into()]));
    }

    #[test]
    fn at_work_is_what_executes_now() {
        let runs = Runs::default();
        let phase = |phase: &str| Run { phase: phase.into(), ..run("a", None) };
        runs.note("1", phase("Executing"));
        let who = AtWork { uid: "1".to_owned().try_into().unwrap(), namespace: "shop".into(), name: "a".into() };
        assert_eq!(runs.at_work(), [who].into());
        runs.note("1", phase("Verifying"));
        assert_eq!(runs.at_work(), HashSet::new());
    }

    #[test]
    fn what_was_done_stays_done_when_its_execution_is_deleted_and_is_kept_for_a_day() {
        let runs = Runs::default();
        runs.read();
        runs.note("1", run("a", None));
        runs.note("2", run("b", Some(9)));
        runs.note("1", run("a", Some(8)));
        runs.note("3", run("torn out", None));
        ["1", "3"].into_iter().for_each(|uid| runs.gone(uid));
        assert_eq!(names(&runs, 10), Some(vec!["b".into(), "a".into()]));
        assert_eq!(names(&runs, 24 * 3600 + 9), Some(vec!["b".into()]));
        assert_eq!(runs.0.lock().unwrap().1.len(), 1, "what is past is not kept");
    }
}
