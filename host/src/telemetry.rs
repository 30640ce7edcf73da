//! Logs: one subscriber, to standard error. Owns their form, and the list of crates that may not speak in detail, because in detail
//! they say headers, and headers say tokens.
use std::{error::Error, io};
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line, for programs.
    Json,
}

/// What is logged where nothing else is asked for.
pub const DEFAULT_FILTER: &str = "info";

/// At debug and trace these write requests, headers or bytes of TLS: bearer tokens among them. No filter opens them further than info.
const NEVER_IN_DETAIL: [&str; 9] =
    ["h2", "hyper", "hyper_util", "hyper_rustls", "kube", "kube_client", "rustls", "tower", "tower_http"];

/// Logs could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("failed to understand the log filter {filter:?}; write it as `info` or `info,host::ledger=debug`")]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong with it.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// It is set up already.
    #[error("failed to set up logs")]
    Start(#[source] tracing_subscriber::util::TryInitError),
}

/// Once, by `main`. The filter has the syntax of `RUST_LOG`.
pub fn start(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let layer = layer(format, filter, io::stderr)?;
    tracing_subscriber::registry().with(layer).try_init().map_err(TelemetryError::Start)
}

/// The same, to anywhere.
pub fn layer<S, W>(format: LogFormat, filter: &str, to: W) -> Result<Box<dyn Layer<S> + Send + Sync>, TelemetryError>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let asked = EnvFilter::try_new(filter).map_err(|source| TelemetryError::Filter { filter: filter.to_owned(), source })?;
    let filter = asked.and(filter_fn(is_harmless).with_max_level_hint(LevelFilter::TRACE));
    Ok(match format {
        LogFormat::Human => fmt::layer().with_writer(to).with_target(false).with_ansi(false).with_filter(filter).boxed(),
        LogFormat::Json => fmt::layer().with_writer(to).json().flatten_event(true).with_filter(filter).boxed(),
    })
}

fn is_harmless(event: &Metadata<'_>) -> bool {
    let of = event.target().split("::").next().unwrap_or_default();
    *event.level() <= Level::INFO || !NEVER_IN_DETAIL.contains(&of)
}

/// An error and what it came from, in one line: "failed to record: connection refused".
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
