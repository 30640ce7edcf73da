//! The `writ` binary: wiring only. Alone opens ambient authority: the clock, the environment, files of the machine, signals.
use anyhow::Context;
use cap_std::{ambient_authority, fs::Dir};
use clap::Parser;
use host::{
    cli::{Command, Exit, Writ},
    config::Operator,
    operator::{self, Authority},
    telemetry,
};
use std::{io::Read, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let writ = match Writ::try_parse() {
        Ok(writ) => writ,
        Err(words) => return usage(&words),
    };
    let ended = match writ.command {
        Command::Operator(config) => daemon(*config).await.map(|()| Exit::Done),
        command => Writ { command }.run().await,
    };
    match ended {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            host::cli::note(format_args!("writ: {}", host::cli::causes(&error)));
            ExitCode::from(Exit::Usage.code())
        }
    }
}

/// Help and version are words too, and no mistake. Clap's own code for a mistake is ours for "refused".
fn usage(words: &clap::Error) -> ExitCode {
    // Who closed the output wants to hear nothing.
    drop(words.print());
    let line: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(hint) = host::cli::dashed(words, &line) {
        host::cli::note(hint);
    }
    ExitCode::from(if words.use_stderr() { Exit::Usage } else { Exit::Done }.code())
}

async fn daemon(config: Operator) -> anyhow::Result<()> {
    let format = if config.log_json { telemetry::LogFormat::Json } else { telemetry::LogFormat::Human };
    telemetry::start(format, &config.log)?;
    let plugins = match &config.plugin_dir {
        Some(path) => {
            Some(Dir::open_ambient_dir(path, ambient_authority()).with_context(|| format!("failed to open {}", path.display()))?)
        }
        None => None,
    };
    let mut secret_key = [0; 32];
    let mut source = std::fs::File::open("/dev/urandom").context("failed to open the machine's randomness")?;
    source.read_exact(&mut secret_key).context("failed to read the machine's randomness")?;
    operator::run(config, Authority { plugins, secret_key }, asked_to_stop()).await
}

/// SIGTERM from the kubelet, or Ctrl-C from a person.
async fn asked_to_stop() {
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(error) => {
            tracing::warn!(%error, "failed to listen for SIGTERM; only Ctrl-C stops in order");
            return drop(tokio::signal::ctrl_c().await);
        }
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
