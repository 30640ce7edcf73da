//! `/livez`, `/readyz`, `/metrics`. Owns what "ready" means: every check of a list that is not empty says yes. A process that is
//! not alive is killed and started again; so `/livez` says no only where nothing else helps.
use super::{Public, say};
use crate::metrics::Metrics;
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    routing::get,
};
use futures::future::BoxFuture;
use std::{future::Future, sync::Arc};

/// One thing that must be so before this host works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Such as `ledger`.
    pub name: &'static str,
    /// Or why not: what happened, what it means, what to do.
    pub is: Result<(), String>,
}

impl Check {
    /// One line of the list.
    #[must_use]
    pub const fn new(name: &'static str, is: Result<(), String>) -> Self {
        Self { name, is }
    }
}

type Ask = dyn Fn() -> BoxFuture<'static, Vec<Check>> + Send + Sync;

/// The list, made anew at every probe, so it must be quick.
#[derive(Clone)]
pub struct Readiness(Arc<Ask>);

impl Readiness {
    /// From whoever knows.
    pub fn new<F: Future<Output = Vec<Check>> + Send + 'static>(ask: impl Fn() -> F + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || Box::pin(ask())))
    }
}

/// Whether the process should go on, or why it is to be started again. Asked at every probe, so it must be quick.
#[derive(Clone)]
pub struct Liveness(Arc<dyn Fn() -> Result<(), String> + Send + Sync>);

impl Liveness {
    /// From whoever knows.
    pub fn new(ask: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

/// The routes.
pub fn health(alive: Liveness, ready: Readiness, metrics: Metrics) -> Public {
    let router = Router::new()
        .route("/livez", get(livez).with_state(alive))
        .route("/readyz", get(readyz).with_state(ready))
        .route("/metrics", get(scrape).with_state(metrics));
    Public(router)
}

async fn livez(State(alive): State<Liveness>) -> Response<Body> {
    match (alive.0)() {
        Ok(()) => say::text(StatusCode::OK, "ok\n"),
        Err(why) => say::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", one_line(&why))),
    }
}

async fn readyz(State(ready): State<Readiness>) -> Response<Body> {
    let checks = (ready.0)().await;
    if checks.is_empty() {
        return say::text(StatusCode::SERVICE_UNAVAILABLE, "starting: nothing was checked yet\n");
    }
    let missing: String =
        checks.iter().filter_map(|c| Some(format!("{}: {}\n", c.name, one_line(c.is.as_ref().err()?)))).collect();
    if missing.is_empty() { say::text(StatusCode::OK, "ok\n") } else { say::text(StatusCode::SERVICE_UNAVAILABLE, missing) }
}

/// One reason a line is the format; a reason with a line break in it must not look like two.
fn one_line(why: &str) -> String {
    why.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn scrape(State(metrics): State<Metrics>) -> Response<Body> {
    match metrics.text() {
        Ok(text) => say::body(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
        Err(_) => say::error(StatusCode::INTERNAL_SERVER_ERROR, "failed to write the metrics", "report it: this is a bug"),
    }
}
