//! What the operator weighs, looked at all the time.
use anyhow::{Result, ensure};
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

    /// None where it cannot be looked at from here.
    ///
    /// # Errors
    /// Where it is too much.
    pub(crate) fn numbers(&self, when: &str) -> Result<Option<Number>> {
        let most = self.0.lock().ok().and_then(|mut most| most.take());
        ensure!(most.is_none_or(|most| most <= MOST), "the operator weighed {most:?} MiB, {when}; at most {MOST}");
        Ok(most.map(|most| Number::new(format!("operator memory, {when}"), most, "MiB", Some(MOST))))
    }
}
