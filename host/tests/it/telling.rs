//! What the host says of itself: logs and metrics.
use crds::{ExecutionStatus, Phase, PluginUsed, Reason};
use decide::step::{Step, Waiting, Why};
use expect_test::expect;
use host::{
    ledger::Commit,
    metrics::Metrics,
    telemetry::{LogFormat, chain, layer},
};
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing_subscriber::layer::SubscriberExt;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(format: LogFormat, filter: &str, say: impl FnOnce()) -> String {
    let sink = Sink::default();
    let to = sink.clone();
    let subscriber = tracing_subscriber::registry().with(layer(format, filter, move || to.clone()).unwrap());
    tracing::subscriber::with_default(subscriber, say);
    let bytes = sink.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn talk() {
    tracing::info!(seq = 3, "recorded");
    tracing::debug!("details of ours");
    tracing::warn!(target: "hyper::proto", "connection lost");
    tracing::debug!(target: "hyper::proto", "authorization: Bearer abc");
    tracing::trace!(target: "h2::codec", "authorization: Bearer abc");
    tracing::debug!(target: "kube_client::client::builder", "token abc");
    tracing::trace!(target: "rustls", "bytes");
}

#[test]
fn crates_that_could_say_tokens_never_speak_in_detail_whatever_the_filter() {
    for filter in ["trace", "info,hyper=trace,h2=trace,kube_client=debug,rustls=trace,telling=debug"] {
        let log = logged(LogFormat::Human, filter, talk);
        assert!(log.contains("recorded") && log.contains("connection lost"), "{log}");
        assert!(!log.contains("abc") && !log.contains("bytes"), "{log}");
    }
    assert!(logged(LogFormat::Human, "debug", talk).contains("details of ours"));
    assert!(!logged(LogFormat::Human, "info", talk).contains("details of ours"));
}

#[test]
fn json_is_one_object_a_line() {
    let log = logged(LogFormat::Json, "info", talk);
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!((&first["message"], &first["seq"], &first["level"]), (&"recorded".into(), &3.into(), &"INFO".into()));
    assert_eq!(log.lines().count(), 2);
}

#[test]
fn a_filter_that_is_none_is_refused_with_an_example() {
    let refused = layer::<tracing_subscriber::Registry, _>(LogFormat::Human, "host=loud", io::sink).err().unwrap();
    expect!["failed to understand the log filter \"host=loud\"; write it as `info` or `info,host::ledger=debug`"]
        .assert_eq(&refused.to_string());
}

#[test]
fn an_error_is_told_with_all_it_came_from() {
    let inner = io::Error::other("connection refused");
    let outer = host::server::ServerError::Bind { address: "127.0.0.1:8080".parse().unwrap(), source: inner };
    expect!["failed to listen on 127.0.0.1:8080: connection refused"].assert_eq(&chain(&outer));
}

fn lines(metrics: &Metrics, of: &str) -> String {
    metrics.text().unwrap().lines().filter(|l| l.starts_with(of) && !l.contains("_seconds")).map(|l| format!("{l}\n")).collect()
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::new(second, 0).unwrap()
}

#[test]
fn an_action_that_no_plugin_has_is_not_a_label() {
    let metrics = Metrics::new();
    let plugin = Some(PluginUsed::default());
    let done = ExecutionStatus { phase: Phase::Completed, reason: Reason::ChecksPassed, plugin, ..Default::default() };
    let never = ExecutionStatus { phase: Phase::Refused, reason: Reason::ActionUnknown, ..Default::default() };
    metrics.over("scale_deployment", &done, at(0), at(3));
    metrics.over("made_up_1", &never, at(0), at(1));
    metrics.over("made_up_2", &never, at(0), at(1));
    let mut text: Vec<_> = lines(&metrics, "writ_executions").lines().map(str::to_owned).collect();
    text.sort();
    expect![[r#"
        writ_executions_total{action="scale_deployment",phase="Completed",reason="ChecksPassed"} 1
        writ_executions_total{action="unknown",phase="Refused",reason="ActionUnknown"} 2"#]]
    .assert_eq(&text.join("\n"));
    assert!(metrics.text().unwrap().contains(r#"writ_effect_seconds_sum{action="scale_deployment",phase="Completed"} 3.0"#));
}

#[test]
fn a_look_that_ends_in_an_error_is_counted_as_one() {
    let metrics = Metrics::new();
    metrics.pass(Phase::Executing).decided(&Step::Wait(Waiting::change(Why::JobEnd)));
    drop(metrics.pass(Phase::Preparing));
    let mut text: Vec<_> = (lines(&metrics, "writ_passes") + &lines(&metrics, "writ_waits")).lines().map(str::to_owned).collect();
    text.sort();
    expect![[r#"
        writ_passes_total{phase="Executing",step="wait"} 1
        writ_passes_total{phase="Preparing",step="error"} 1
        writ_waits_total{why="JobEnd"} 1"#]]
    .assert_eq(&text.join("\n"));
}

#[test]
fn a_failed_transaction_counts_as_an_error_and_no_rows() {
    let metrics = Metrics::new();
    metrics.committed(&Commit { rows: 5, blobs: 1, took: Duration::from_millis(3), failed: None });
    metrics.committed(&Commit { rows: 7, blobs: 0, took: Duration::from_millis(3), failed: Some("full") });
    let text = lines(&metrics, "writ_ledger_rows") + &lines(&metrics, "writ_ledger_blobs") + &lines(&metrics, "writ_errors");
    expect![[r#"
        writ_ledger_rows_total 5
        writ_ledger_blobs_total 1
        writ_errors_total{kind="full"} 1
    "#]]
    .assert_eq(&text);
}

/// The list a dashboard is made from: a name that changes here breaks somebody's. (A metric with labels shows from its first value.)
#[test]
fn the_names_are_these() {
    let metrics = Metrics::new();
    metrics.over("scale_deployment", &ExecutionStatus::default(), at(0), at(1));
    metrics.pass(Phase::Executing).decided(&Step::Wait(Waiting::change(Why::JobEnd)));
    metrics.plugin_call("workload", "plan", "ok", Duration::from_micros(50));
    metrics.decision("default", "allow");
    metrics.broke_glass("scale_deployment");
    metrics.error("full");
    let text = metrics.text().unwrap();
    let names: String = text.lines().filter_map(|l| l.strip_prefix("# TYPE ")).map(|l| format!("{l}\n")).collect();
    expect![[r#"
        writ_executions counter
        writ_passes counter
        writ_pass_seconds histogram
        writ_broken_glass counter
        writ_job_created_seconds histogram
        writ_effect_seconds histogram
        writ_plugin_calls counter
        writ_plugin_call_seconds histogram
        writ_decisions counter
        writ_decision_seconds histogram
        writ_ledger_rows counter
        writ_ledger_blobs counter
        writ_ledger_batch_size histogram
        writ_ledger_commit_seconds histogram
        writ_waits counter
        writ_errors counter
    "#]]
    .assert_eq(&names);
}
