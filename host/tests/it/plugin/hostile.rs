//! Components that do what none should. Each ends in the fault that is its own, soon after its limit, and nobody else notices.
use super::guests::{ENOUGH, LATE, alone, engine, hostile, in_time, limits, misbehave, state, still_good};
use decide::model::PluginFault;
use host::plugin::{Fault, Limits, LoadError, Plugins};
use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Asks `validate` for a deed. It must fail, in time, and the next call must not notice.
async fn deed(limits: Limits, deed: &str) -> Fault {
    deed_within(limits.wall + LATE, limits, deed).await
}

async fn deed_within(most: Duration, limits: Limits, deed: &str) -> Fault {
    let (plugins, on) = engine(limits).await;
    let fault = in_time(most, deed, async || plugins.validate(&on, &misbehave("validate", deed)).await).await;
    still_good(&plugins, &on).await;
    fault.expect_err("it came back")
}

#[tokio::test]
async fn a_loop_is_out_of_fuel_long_before_its_time_is_over() {
    assert_eq!(deed_within(limits().wall / 4, limits(), "loop").await, Fault::OutOfFuel { fuel: limits().fuel });
}

#[tokio::test]
async fn a_loop_with_fuel_left_is_ended_by_the_clock_and_asked_again() {
    let limits = Limits { fuel: ENOUGH, wall: Duration::from_millis(100), ..limits() };
    let fault = deed(limits, "loop").await;
    assert_eq!(fault, Fault::DeadlineExceeded { millis: 100 });
    // A slow machine is no fault of the component's.
    assert!(matches!(PluginFault::from(fault), PluginFault::Unavailable { .. }));
}

#[tokio::test]
async fn a_loop_in_describe_is_never_loaded() {
    let error = super::guests::load("loop").await.expect_err("it was loaded");
    assert!(matches!(error, LoadError::Describe(Fault::OutOfFuel { .. })), "{error:?}");
}

#[tokio::test]
async fn memory_that_grows_for_ever_is_out_of_memory() {
    let wanted = Fault::OutOfMemory { what: "memory", limit: "16 MiB".into() };
    assert_eq!(deed(limits(), "grow").await, wanted);
    assert_eq!(deed(limits(), "allocate").await, wanted);
}

#[tokio::test]
async fn a_panic_says_in_the_fault_what_it_was() {
    let Fault::Trapped { message } = deed(limits(), "panic").await else { panic!("no trap") };
    assert!(message.contains("the widget is upside down"), "{message}");
    let Fault::Trapped { message } = deed(limits(), "trap").await else { panic!("no trap") };
    assert!(message.contains("unreachable"), "{message}");
}

#[tokio::test]
async fn recursion_without_end_is_a_trap_of_its_own_and_not_ours() {
    let Fault::Trapped { message } = deed(Limits { fuel: 200_000_000, ..limits() }, "recurse").await else { panic!("no trap") };
    assert!(message.contains("call stack exhausted"), "{message}");
}

/// Few instructions, much work: what they copy is paid for by the byte.
#[tokio::test]
async fn much_work_by_few_instructions_is_out_of_fuel_too() {
    assert_eq!(deed(limits(), "fill").await, Fault::OutOfFuel { fuel: limits().fuel });
}

/// In a process of its own: what any thread of it logs is heard.
#[tokio::test]
async fn a_flood_of_log_lines_is_out_of_fuel_and_most_of_it_is_dropped() {
    if !alone("plugin::hostile::a_flood_of_log_lines_is_out_of_fuel_and_most_of_it_is_dropped") {
        return;
    }
    let log = Log::heard();
    assert_eq!(deed(limits(), "flood").await, Fault::OutOfFuel { fuel: limits().fuel });
    let text = log.text();
    // Each flood says how much of it is not there; on a slow machine it was tried again.
    let dropped: Vec<u32> = text.lines().filter_map(|l| l.split_once("dropped=")?.1.trim().parse().ok()).collect();
    assert!(!dropped.is_empty() && dropped.iter().all(|n| *n > 1_000), "{text}");
    assert_eq!(text.matches("and another thing").count(), dropped.len() * limits().log_lines as usize, "{text}");
    // Who comes to an end is answered all the same.
    let (plugins, on) = engine(limits()).await;
    let answer = plugins.validate(&on, &misbehave("validate", "chatter")).await;
    assert!(matches!(answer, Ok(Ok(_))), "{answer:?}");
    let text = log.text();
    assert_eq!(text.matches("plugin: line ").count(), limits().log_lines as usize, "{text}");
    assert!(text.contains("dropped=490"), "{text}");
}

/// What this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// From now on.
    fn heard() -> Self {
        let log = Self::default();
        let kept = log.clone();
        let all = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || kept.clone());
        tracing::subscriber::set_global_default(all.finish()).unwrap();
        log
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_line_of_the_log_that_is_larger_than_an_answer_is_bad_output() {
    assert!(matches!(deed(limits(), "long-line").await, Fault::BadOutput { .. }));
}

#[tokio::test]
async fn an_answer_larger_than_its_limit_is_not_copied_out() {
    for huge in ["huge", "many"] {
        let Fault::BadOutput { at, why } = deed(limits(), huge).await else { panic!("{huge} was taken") };
        assert_eq!(at, "validate");
        assert!(why.contains("at most 256 KiB are taken"), "{why}");
    }
}

/// The limits a component is asked with are those it was loaded with last.
#[tokio::test]
async fn each_limit_is_the_components_own() {
    let plugins = Plugins::new().unwrap();
    let small = Limits { fuel: 3_000_000, ..limits() };
    for fuel in [limits(), small] {
        let on = plugins.load(hostile(""), fuel).await.unwrap().digest;
        let fault = plugins.validate(&on, &misbehave("validate", "loop")).await;
        assert_eq!(fault, Err(Fault::OutOfFuel { fuel: fuel.fuel }));
    }
}

/// All the places a bad one may take are taken all the time; a good one is served all the same, and nothing fails.
#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_good_plugin_go_on_beside_a_bad_one() {
    let plugins = Plugins::new().unwrap();
    let bad = plugins.load(hostile(""), limits()).await.unwrap().digest;
    let good = plugins.load(super::guests::component("workload").into(), Limits::ceiling()).await.unwrap().digest;
    let attack = |deed: &'static str| {
        let (plugins, bad) = (plugins.clone(), bad.clone());
        tokio::spawn(async move {
            for _ in 0..5 {
                plugins.validate(&bad, &misbehave("validate", deed)).await.expect_err("it came back");
            }
        })
    };
    let attackers: Vec<_> = ["loop", "allocate", "panic", "flood", "huge", "recurse"].map(attack).into_iter().collect();
    let scale = super::guests::request("scale_deployment", &serde_json::json!({"replicas": 5}));
    let mut served = 0;
    while served < 50 || attackers.iter().any(|a| !a.is_finished()) {
        let answer = plugins.validate(&good, &scale).await;
        assert!(matches!(answer, Ok(Ok(_))), "{answer:?}");
        served += 1;
    }
    for attacker in attackers {
        attacker.await.unwrap();
    }
}

/// Nothing one call leaves behind is there in the next: a count that the component keeps is always at its first.
#[tokio::test]
async fn every_call_is_the_first_of_its_instance() {
    let (plugins, on) = engine(limits()).await;
    for _ in 0..5 {
        let plan = plugins.plan(&on, &misbehave("plan", "count"), &state(1)).await.unwrap().unwrap();
        assert_eq!(plan.warnings, ["call 1 of this instance"]);
    }
}

#[tokio::test]
async fn who_is_not_loaded_is_gone_and_not_broken() {
    let (plugins, on) = engine(limits()).await;
    plugins.retain(&std::collections::BTreeSet::new());
    let fault = plugins.validate(&on, &misbehave("nothing", "")).await.expect_err("it was asked");
    assert_eq!(fault, Fault::Gone(on));
    assert!(matches!(PluginFault::from(fault), PluginFault::Unavailable { .. }));
}
