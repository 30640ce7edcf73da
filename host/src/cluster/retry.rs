//! When to try again what failed: later and later, or when the API server said so.
use super::client::CallError;
use std::{error::Error, time::Duration};

const FIRST: Duration = Duration::from_millis(200);
const LAST: Duration = Duration::from_secs(30);

/// How long to wait after so many failures in a row, of which this is the last.
#[must_use]
pub fn retry_after(failures: u32, error: &(dyn Error + 'static)) -> Duration {
    asked_to_wait(error).unwrap_or_else(|| later(failures))
}

fn later(failures: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LAST)
}

/// Where the API server said how long to wait, however deep it stands.
fn asked_to_wait(error: &(dyn Error + 'static)) -> Option<Duration> {
    match error.downcast_ref::<CallError>() {
        Some(CallError::Throttled { after }) => Some(*after),
        _ => asked_to_wait(error.source()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Box<dyn Error + Send + Sync>);

    #[test]
    fn retries_come_later_and_later_up_to_a_bound() {
        let error = Outer("inner".into());
        let after = |failures| retry_after(failures, &error);
        assert_eq!([after(1), after(2), after(3)], [200, 400, 800].map(Duration::from_millis));
        assert_eq!(after(40), LAST);
    }

    #[test]
    fn the_server_is_waited_for_as_long_as_it_asks() {
        let busy = || Box::new(CallError::Throttled { after: Duration::from_secs(7) });
        assert_eq!(retry_after(1, &Outer(Box::new(Outer(busy())))), Duration::from_secs(7));
    }
}
