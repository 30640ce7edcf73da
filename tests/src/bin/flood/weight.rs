//! What the operator weighs, looked at all the time.
use anyhow::{Context, Result, ensure};
use kube::Client;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests::{Number, memory};

/// MiB that it may weigh with ten thousand executions.
const MOST: f64 = 150.0;
const LOOK: Duration = Duration::from_millis(500);

/// MiB at its most since it was last asked. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Weight(Arc<Mutex<Option<f64>>>);

impl Weight {
    pub(crate) async fn follow(client: &Client) -> Self {
        let all = Self(Arc::new(Mutex::new(memory::of_operator(client).await)));
        let (most, client) = (all.clone(), client.clone());
        tokio::spawn(async move {
            loop {
                most.note(memory::of_operator(&client).await);
                tokio::time::sleep(LOOK).await;
            }
        });
        all
    }

    fn note(&self, now: Option<f64>) {
        if let (Ok(mut most), Some(now)) = (self.0.lock(), now) {
            *most = Some(most.map_or(now, |before| before.max(now)));
        }
    }

    /// The most since this was asked last.
    ///
    /// # Errors
    /// Where it is too much, and where it was never seen: the local cluster's operator is a process of this machine, whose control group names
    /// its pod.
    pub(crate) fn number(&self, when: &str) -> Result<Number> {
        let most = self.0.lock().ok().and_then(|mut most| most.take());
        let most = most.with_context(|| {
            format!("what the operator weighed, {when}, could not be read: no process of this machine has its pod in the name of its control group")
        })?;
        ensure!(most <= MOST, "the operator weighed {most} MiB, {when}; at most {MOST}");
        Ok(Number::new(format!("operator memory, {when}"), most, "MiB", Some(MOST)))
    }
}
