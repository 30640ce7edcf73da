//! What a test expects of a cluster that says no, and of one that is not there yet.
use std::{fmt::Debug, future::Future, time::Duration};

/// The cluster under test does in seconds what it does at all; a busy machine takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Often enough that nobody waits for it.
const AGAIN: Duration = Duration::from_millis(50);

/// The API server refused it, and says these words. The whole message.
///
/// # Panics
/// Where it did not.
#[track_caller]
pub fn refused<T: Debug>(answer: kube::Result<T>, words: &str) -> String {
    match answer {
        Err(kube::Error::Api(status)) if matches!(status.code, 403 | 422) && status.message.contains(words) => status.message,
        other => panic!("expected a refusal that says {words:?}, got {other:#?}"),
    }
}

/// Looks until it sees something: caches of the API server (roles, policies) follow what is written a moment later.
///
/// # Panics
/// Where it never does.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    within(PATIENCE, what, look).await
}

/// The same for what takes longer: a run, the start of an operator.
///
/// # Panics
/// Where it never does.
pub async fn within<T, F: Future<Output = Option<T>>>(patience: Duration, what: &str, mut look: impl FnMut() -> F) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(AGAIN).await;
        }
    };
    match tokio::time::timeout(patience, seen).await {
        Ok(seen) => seen,
        Err(_) => panic!("{what}: not within {patience:?}"),
    }
}
