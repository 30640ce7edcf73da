//! The connection: one attempt a call, a deadline on every call that is not a watch, and one type for what may be concluded from a
//! failure. Owns the client; the other files of this engine borrow it.
use super::{echo::Echoes, facts::Facts, guards::Guards, history::Runs, queues::Queues, secret::SecretKey, undos::Undos};
use kube::{Client, Config};
use std::{
    collections::HashMap,
    error::Error as StdError,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;

/// The longest the API server may take over one call. Its own limit is 60 s; nothing here is worth more than a fraction of that,
/// and a call that was given up is looked at again (`Unknown`).
const DEADLINE: Duration = Duration::from_secs(10);
/// Where the server asks to wait without saying how long: what its own fairness filter sends as `Retry-After`.
const THROTTLE: Duration = Duration::from_secs(1);

/// A call that failed, and what its caller may conclude.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The server said no: it did not happen.
    #[error("the API server refused with {code} {reason}: {message}")]
    Refused {
        /// HTTP status; 0 where the request never left.
        code: u16,
        /// Machine-readable, such as `Forbidden`.
        reason: String,
        /// The server's words.
        message: String,
    },
    /// Timeout, reset, 5xx: it may have happened, or may yet happen.
    #[error("no telling whether the API server did it")]
    Unknown(#[source] Box<dyn StdError + Send + Sync>),
    /// It did not happen; the server is busy.
    #[error("the API server asks to wait for {after:?}")]
    Throttled {
        /// How long.
        after: Duration,
    },
}

impl CallError {
    /// Whether the server refused with this HTTP status.
    #[must_use]
    pub fn is(&self, status: u16) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == status)
    }
}

impl From<kube::Error> for CallError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 429 => {
                let asked = status.details.as_ref().map_or(0, |d| d.retry_after_seconds);
                let after = if asked == 0 { THROTTLE } else { Duration::from_secs(asked.into()) };
                Self::Throttled { after }
            }
            // 408 is the server giving up while it may still be at it.
            kube::Error::Api(status) if (400..500).contains(&status.code) && status.code != 408 => {
                Self::Refused { code: status.code, reason: status.reason, message: status.message }
            }
            kube::Error::BuildRequest(e) => never_sent(&e),
            kube::Error::HttpError(e) => never_sent(&e),
            other => Self::Unknown(Box::new(other)),
        }
    }
}

fn never_sent(error: &dyn StdError) -> CallError {
    CallError::Refused { code: 0, reason: "NotSent".into(), message: error.to_string() }
}

/// How fresh a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// As of now. It takes up to 100 ms: an API server's cache has to hear of the last write first, of whatever kind.
    Live,
    /// As a cache has it, the server's or our own.
    FromCache,
}

/// A call within the deadline.
pub(super) async fn within<T>(call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, CallError> {
    before(DEADLINE, call).await
}

async fn before<T>(deadline: Duration, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, CallError> {
    match tokio::time::timeout(deadline, call).await {
        Ok(answer) => answer.map_err(CallError::from),
        Err(late) => Err(CallError::Unknown(Box::new(late))),
    }
}

/// What to make of a call about something that may be gone.
pub(super) fn if_there<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No configuration of a cluster.
    #[error("failed to find out how to reach the cluster")]
    Infer(#[source] kube::config::InferConfigError),
    /// The configuration does not work.
    #[error("failed to build the client of the API server")]
    Build(#[source] kube::Error),
}

/// What the installation says about the cluster.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where runs live: `writ-runs`.
    pub runs_namespace: String,
    /// Name of this process, for Events: the pod's.
    pub instance: String,
    /// Key of the digests that stand in for the values of Secrets.
    pub secret_key: [u8; 32],
}

/// The cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(super) client: Client,
    pub(super) settings: Arc<Settings>,
    pub(super) secrets: Arc<SecretKey>,
    pub(super) facts: Arc<Facts>,
    pub(super) guarded: Arc<Guards>,
    /// Grants that the server refused, by execution, until the next look at them: see `identity`.
    pub(super) refused: Arc<Mutex<HashMap<String, String>>>,
    /// What this process wrote: see `echo`.
    pub(super) echoes: Arc<Echoes>,
    /// What was undone: see `undos`.
    pub(super) undos: Arc<Undos>,
    /// Who waits for what: see `queues`.
    pub(super) queues: Arc<Queues>,
    /// What ran lately: see `history`.
    pub(super) history: Arc<Runs>,
    /// Wakes everything that is not over.
    pub(super) nudge: Arc<Notify>,
}

impl Cluster {
    /// In the cluster by its own account, else by the kubeconfig of the environment.
    pub async fn infer() -> Result<Config, ConnectError> {
        Config::infer().await.map_err(ConnectError::Infer)
    }

    /// A client that asks once: kube would repeat a request that the server answered with 429, 503 or 504, and some of those were
    /// carried out.
    pub fn connect(mut config: Config, settings: Settings) -> Result<Self, ConnectError> {
        config.default_retry = false;
        config.connect_timeout = Some(DEADLINE);
        Ok(Self::with(Client::try_from(config).map_err(ConnectError::Build)?, settings))
    }

    /// On a client that is there already.
    #[must_use]
    pub fn with(client: Client, settings: Settings) -> Self {
        Self {
            client,
            secrets: Arc::new(SecretKey::new(settings.secret_key)),
            settings: Arc::new(settings),
            facts: Arc::default(),
            guarded: Arc::default(),
            refused: Arc::default(),
            echoes: Arc::default(),
            undos: Arc::default(),
            queues: Arc::default(),
            history: Arc::default(),
            nudge: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;

    fn answered(code: u16, reason: &str) -> kube::Error {
        kube::Error::Api(Status { code, reason: reason.into(), message: "m".into(), ..Status::default() }.boxed())
    }

    #[test]
    fn what_may_be_concluded_from_each_answer() {
        for code in [400, 403, 404, 409, 410, 413, 422] {
            assert!(CallError::from(answered(code, "No")).is(code), "{code} means that it did not happen");
        }
        for code in [408, 500, 502, 503, 504] {
            assert!(matches!(CallError::from(answered(code, "Oh")), CallError::Unknown(_)), "{code} leaves it open");
        }
        let busy = CallError::from(answered(429, "TooManyRequests"));
        assert!(matches!(busy, CallError::Throttled { after } if after == THROTTLE));
    }

    #[tokio::test]
    async fn a_call_without_an_answer_is_given_up_as_unknown() {
        let never = std::future::pending::<Result<(), kube::Error>>();
        assert!(matches!(before(Duration::ZERO, never).await, Err(CallError::Unknown(_))));
    }
}
