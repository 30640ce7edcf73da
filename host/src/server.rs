//! Health, metrics, and the audit trail for those on this machine. Owns the two listeners: a public one that says nothing about
//! anybody's executions, and one for the ledger that exists on loopback only (whoever may `port-forward` to the pod may read it).
//! Decides nothing; may not touch the cluster.
mod audit;
mod health;
mod say;

pub use audit::audit;
pub use health::{Check, Liveness, Readiness, health};

use axum::Router;
use std::{future::Future, io, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};

/// How long requests under way may go on after the stop: a scrape takes milliseconds, and a leader that goes should go.
const GRACE: Duration = Duration::from_secs(3);

/// A listener failed.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be had.
    #[error("failed to listen on {address}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others on the network could reach it.
    #[error(
        "failed to listen on {address}: the audit trail is served on loopback only; use 127.0.0.1 and `kubectl port-forward`"
    )]
    NotLoopback {
        /// Which.
        address: SocketAddr,
    },
    /// It stopped.
    #[error("failed to serve")]
    Serve(#[source] io::Error),
}

/// A listener, and who may reach it.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Anybody who can reach the pod: for `health`.
    pub async fn public(address: SocketAddr) -> Result<Self, ServerError> {
        TcpListener::bind(address).await.map(Self).map_err(|source| ServerError::Bind { address, source })
    }

    /// Only this machine (in a pod: only this pod): for `audit`. Any other address is refused before anything listens.
    pub async fn loopback(address: SocketAddr) -> Result<Loopback, ServerError> {
        if !address.ip().is_loopback() {
            return Err(ServerError::NotLoopback { address });
        }
        Self::public(address).await.map(Loopback)
    }

    /// Where it listens, the port known.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A listener on loopback; there is no other way to one than `Listener::loopback`.
#[derive(Debug)]
pub struct Loopback(Listener);

impl Loopback {
    /// Where it listens, the port known.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.address()
    }
}

/// Routes that say nothing about anybody's executions.
#[derive(Clone, Debug)]
pub struct Public(Router);

/// Routes for the loopback listener.
#[derive(Clone, Debug)]
pub struct Private(Router);

/// Until `stop`, then a short while for what is under way.
pub async fn serve(on: Listener, routes: Public, stop: impl Future<Output = ()> + Send) -> Result<(), ServerError> {
    run(on.0, routes.0, stop).await
}

/// The same for the audit trail: its routes go nowhere but to a loopback listener.
pub async fn serve_private(on: Loopback, routes: Private, stop: impl Future<Output = ()> + Send) -> Result<(), ServerError> {
    run(on.0.0, routes.0, stop).await
}

async fn run(on: TcpListener, routes: Router, stop: impl Future<Output = ()> + Send) -> Result<(), ServerError> {
    let (tell, told) = oneshot::channel::<()>();
    let server = axum::serve(on, routes).with_graceful_shutdown(async { drop(told.await) });
    let end = async {
        stop.await;
        drop(tell);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server => ended.map_err(ServerError::Serve),
        () = end => Ok(()),
    }
}
