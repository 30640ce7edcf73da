//! The loop of a controller of the catalogue: the newest whole list is looked at when one comes, and again after a look that failed.
use crate::cluster::{CallError, retry_after};
use futures::{Stream, StreamExt};
use std::{error::Error, time::Duration};
use tokio::time::{Instant, interval, sleep_until};

/// How often what a controller has in memory is compared with what it showed: only for what `kubectl get` shows.
const COMPARE: Duration = Duration::from_secs(1);

/// What follows a kind of object.
pub trait Controller: Send {
    /// The kind.
    type Object: Clone + Send;
    /// Brings everything into line with these, which are all there are. Harmless to repeat.
    fn update(&mut self, objects: Vec<Self::Object>) -> impl Future<Output = Result<(), UpdateError>> + Send;
    /// Whether something beside the objects moved since the last `update`.
    fn moved(&self) -> bool {
        false
    }
}

/// A look that has to be repeated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// What is in force may not be what the objects in the cluster say.
    #[error("failed to write how it went")]
    Write(#[from] CallError),
    /// It says nothing of the component, but of this machine at this moment.
    #[error("failed to load the component of plugin {plugin}: {why}")]
    Load {
        /// Whose.
        plugin: String,
        /// As in its condition.
        why: String,
    },
    /// It says nothing of the policy, but of this machine at this moment.
    #[error("failed to check policy {policy}: {why}")]
    Check {
        /// Whose.
        policy: String,
        /// As in its condition.
        why: String,
    },
    /// Its source may come, or answer, later.
    #[error("failed to fetch the component of plugin {plugin}: {why}")]
    Fetch {
        /// Whose.
        plugin: String,
        /// As in its condition.
        why: String,
    },
}

/// Until `lists` end.
pub async fn follow<C: Controller>(mut controller: C, lists: impl Stream<Item = Vec<C::Object>> + Send) {
    let mut lists = std::pin::pin!(lists);
    let mut compare = interval(COMPARE);
    let mut failures = 0_u32;
    let mut due = Instant::now();
    let mut objects = Vec::new();
    loop {
        tokio::select! {
            list = lists.next() => match list {
                Some(list) => objects = list,
                None => return,
            },
            () = sleep_until(due), if failures > 0 => {}
            _ = compare.tick() => if !controller.moved() { continue },
        }
        match controller.update(objects.clone()).await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures = failures.saturating_add(1);
                let after = retry_after(failures, &error);
                tracing::warn!(failures, retry_in = ?after, error = &error as &dyn Error, "the catalogue is behind");
                due = Instant::now().checked_add(after).unwrap_or(due);
            }
        }
    }
}
