//! An execution that is over, from outside: the object, its ledger rows, what was made for it. Owns what must be so of every one of them,
//! however it ended.
use crate::{Run, all, eventually};
use crds::labels::FINALIZER_OUTCOME;
use jiff::Timestamp;
use serde_json::{Value, json};

/// An execution that is over.
pub struct Story {
    /// The object.
    pub object: Value,
    /// Its ledger rows, oldest first.
    pub rows: Vec<Value>,
    /// Its Jobs that are still there.
    pub jobs: Vec<Value>,
    /// The pods of these.
    pub pods: Vec<Value>,
    /// What is left of its identity.
    pub identity: Vec<Value>,
    uid: String,
}

fn time(at: &Value) -> Timestamp {
    at.as_str().and_then(|at| at.parse().ok()).expect("a time")
}

impl Story {
    pub(crate) async fn of(run: &Run, object: Value) -> Self {
        let rows = rows(run).await;
        let (jobs, pods, identity) = (run.jobs().await, run.pods().await, run.identity().await);
        Self { object, rows, jobs, pods, identity, uid: run.uid.clone() }
    }

    /// What was recorded stands in the ledger, every record once, one end, and it is the last; nothing is left that could still do
    /// something, and nothing stays for ever.
    pub(crate) fn is_sound(&self) {
        let status = &self.object["status"];
        sound_rows(&self.rows, &self.uid);
        let last = self.rows.last().expect("a row");
        for part in ["phase", "reason", "seq", "by"] {
            assert_eq!(last[part], status[part], "{part} of the last row is not that of the status");
        }
        assert_eq!(time(&last["at"]), time(&status["at"]));
        for row in &self.rows {
            assert_eq!(row["payload"]["requester"], self.object["spec"]["requester"], "{row:#}");
        }
        assert_eq!(self.condition("Finished"), ("True", self.phase()));
        assert_eq!(self.identity, Vec::<Value>::new(), "an identity is left");
        for pod in &self.pods {
            let held = pod["metadata"]["finalizers"].as_array().is_some_and(|f| f.contains(&json!(FINALIZER_OUTCOME)));
            assert!(!held, "a pod is still held: {pod:#}");
        }
        for job in self.jobs.iter().filter(|j| j["metadata"].get("deletionTimestamp").is_none()) {
            assert!(job["spec"]["ttlSecondsAfterFinished"].is_number(), "a Job stays for ever: {job:#}");
        }
    }

    /// Whether a row, or a status, tells of an end.
    #[must_use]
    pub fn is_end(told: &Value) -> bool {
        matches!(told["phase"].as_str().unwrap_or_default(), "Completed" | "Failed" | "Refused" | "Cancelled")
    }

    /// Its phase.
    #[must_use]
    pub fn phase(&self) -> &str {
        self.status("/phase")
    }

    /// Phase and reason.
    #[must_use]
    pub fn end(&self) -> (&str, &str) {
        (self.phase(), self.status("/reason"))
    }

    /// A text in the status.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn status(&self, at: &str) -> &str {
        let found = self.object["status"].pointer(at).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {at} of {:#}", self.object))
    }

    /// Status and reason of a condition.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn condition(&self, kind: &str) -> (&str, &str) {
        let all = self.object["status"]["conditions"].as_array().expect("conditions");
        let one = all.iter().find(|c| c["type"] == kind).unwrap_or_else(|| panic!("no condition {kind} in {all:#?}"));
        (one["status"].as_str().unwrap_or_default(), one["reason"].as_str().unwrap_or_default())
    }

    /// It ended so, the reason in its message says these words, and no Job was ever asked for.
    ///
    /// # Panics
    /// Where it is not so.
    #[track_caller]
    pub fn refused(&self, reason: &str, by: &str, words: &str) {
        assert_eq!(self.end(), ("Refused", reason), "{:#}", self.object["status"]);
        assert_eq!(self.status("/refusal/by"), by);
        let message = self.status("/message");
        assert!(message.contains(words) && message.contains("Nothing was touched."), "{words:?} is not in {message:?}");
        assert_eq!(self.condition("Accepted"), ("False", reason));
        assert_eq!(self.condition("Succeeded"), ("False", reason));
        self.made_no_job();
    }

    /// No Job is there, none was promised, and the ledger tells of none.
    ///
    /// # Panics
    /// Where there is one.
    #[track_caller]
    pub fn made_no_job(&self) {
        assert_eq!(self.jobs, Vec::<Value>::new());
        assert_eq!(self.object["status"].get("job"), None);
        assert!(self.rows.iter().all(|r| r["phase"] != "Executing"), "{:#?}", self.rows);
    }

    /// The reasons of the Events about it, once these are all there.
    pub async fn events(&self, run: &Run, wanted: &[&str]) {
        let kind = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"namespace": run.namespace}});
        eventually(&format!("Events {wanted:?}"), async || {
            let all = all(&run.cluster.admin, &kind, "").await.ok()?;
            let ours: Vec<_> = all.iter().filter(|e| e["regarding"]["uid"] == json!(run.uid)).map(|e| &e["reason"]).collect();
            wanted.iter().all(|w| ours.contains(&&json!(w))).then_some(())
        })
        .await;
    }
}

async fn rows(run: &Run) -> Vec<Value> {
    eventually("the ledger answers", async || run.cluster.rows(&run.uid).await.ok()).await
}

/// Every record once, and exactly one end, which is the last.
fn sound_rows(rows: &[Value], uid: &str) {
    let seqs: Vec<i64> = rows.iter().filter_map(|r| r["seq"].as_i64()).collect();
    let each_once: Vec<i64> = (1..).take(rows.len()).collect();
    assert_eq!(seqs, each_once, "{rows:#?}");
    assert!(rows.iter().all(|r| r["uid"] == uid), "{rows:#?}");
    // That it was undone, or reviewed, is told once each, after the end.
    let after = |r: &Value| ["RollbackStarted", "RolledBack", "Reviewed"].contains(&r["reason"].as_str().unwrap_or_default());
    let told = rows.iter().position(after).unwrap_or(rows.len());
    let (way, told) = rows.split_at(told);
    assert!(told.iter().all(after), "told before the end: {rows:#?}");
    let reasons: Vec<_> = told.iter().map(|r| r["reason"].as_str()).collect();
    assert!(reasons.iter().all(|r| reasons.iter().filter(|other| *other == r).count() == 1), "told twice: {rows:#?}");
    let ends = way.iter().filter(|r| Story::is_end(r)).count();
    assert!(ends == 1 && way.last().is_some_and(Story::is_end), "not exactly one end: {rows:#?}");
}

impl Run {
    /// For what is deleted: when the object is gone, its rows, which are held to the same.
    pub async fn gone(&self) -> Vec<Value> {
        crate::within(crate::PATIENCE, "the object is gone", async || self.now().await.is_none().then_some(())).await;
        let rows = rows(self).await;
        sound_rows(&rows, &self.uid);
        assert_eq!(self.identity().await, Vec::<Value>::new(), "an identity is left");
        rows
    }
}
