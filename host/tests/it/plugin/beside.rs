//! Everything that is bad, while a good plugin is asked all the time beside it: each call of that one is served.
use super::{
    births::{Birth, births, harmless},
    deeds::{DEEDS, trapped},
    guests::{FUNCTIONS, LATE, component, engine, fault, hostile, in_time, limits, misbehave, request, state, still_good},
};
use decide::model::Digest;
use host::plugin::{Fault, Limits, LoadError, Plugins, digest_of};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// Somebody who asks a good plugin again and again.
pub struct Good {
    on: Digest,
    served: Arc<AtomicUsize>,
    enough: Arc<AtomicBool>,
    asking: JoinHandle<()>,
}

impl Good {
    pub async fn beside(plugins: &Plugins) -> Self {
        let on = plugins.load(component("workload").into(), Limits::ceiling()).await.unwrap().digest;
        let (served, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let asking = tokio::spawn({
            let (plugins, on, served, enough) = (plugins.clone(), on.clone(), served.clone(), enough.clone());
            let scale = request("scale_deployment", &json!({"replicas": 5}));
            async move {
                while !enough.load(Ordering::Relaxed) {
                    let answer = plugins.validate(&on, &scale).await;
                    assert!(matches!(answer, Ok(Ok(_))), "{answer:?}");
                    served.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { on, served, enough, asking }
    }

    /// It was served so often at least, and never failed.
    pub async fn end(self, least: usize) {
        while self.served.load(Ordering::Relaxed) < least && !self.asking.is_finished() {
            tokio::task::yield_now().await;
        }
        self.enough.store(true, Ordering::Relaxed);
        self.asking.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deed_in_each_function_ends_in_its_own_fault_in_time_and_nobody_notices() {
    let (plugins, _) = engine(limits()).await;
    let good = Good::beside(&plugins).await;
    for (deed, limits, ends) in DEEDS {
        let limits = limits();
        let on = plugins.load(hostile(""), limits).await.unwrap().digest;
        for function in FUNCTIONS {
            let what = format!("{deed} in {function}");
            let fault = in_time(limits.wall + LATE, &what, async || fault(&plugins, &on, function, deed).await).await;
            assert!(ends(&fault), "{what}: {fault:?}");
            still_good(&plugins, &on).await;
        }
        match plugins.load(hostile(deed), limits).await {
            Err(LoadError::Describe(fault)) => assert!(ends(&fault), "{deed} in describe: {fault:?}"),
            other => panic!("{deed} in describe: {other:?}"),
        }
    }
    good.end(200).await;
}

/// What compiling takes is no part of its time: that is as long as the same takes that does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn each_birth_ends_in_its_own_fault_in_time_and_nobody_notices() {
    let (plugins, on) = engine(limits()).await;
    let good = Good::beside(&plugins).await;
    for Birth { what, bytes, limits, ends } in births() {
        let most = around(&plugins).await + limits.wall + LATE;
        let error = in_time(most, what, async || refused(&plugins, bytes.clone(), limits).await).await;
        assert!(ends(&error), "{what}: {error:?}");
        still_good(&plugins, &on).await;
    }
    good.end(50).await;
}

async fn refused(plugins: &Plugins, bytes: Arc<[u8]>, limits: Limits) -> LoadError {
    plugins.load(bytes, limits).await.expect_err("it was loaded")
}

async fn around(plugins: &Plugins) -> Duration {
    let begin = Instant::now();
    refused(plugins, harmless(), limits()).await;
    begin.elapsed()
}

/// While the host copies arguments into a component or has copied its answer out, that one may call nothing.
#[tokio::test(flavor = "multi_thread")]
async fn who_calls_out_in_the_middle_of_a_call_traps() {
    let plugins = Plugins::new().unwrap();
    let good = Good::beside(&plugins).await;
    // `describe` has no arguments to be copied; all other functions have.
    let on = plugins.load(hostile("alloc-out"), limits()).await.unwrap().digest;
    for function in FUNCTIONS {
        let fault = fault(&plugins, &on, function, "").await;
        assert!(trapped(&fault, "cannot leave component instance"), "{function}: {fault:?}");
    }
    // Its answer has parts that are given back.
    match plugins.load(hostile("free-out"), limits()).await {
        Err(LoadError::Describe(fault)) => assert!(trapped(&fault, "cannot leave component instance"), "{fault:?}"),
        other => panic!("{other:?}"),
    }
    good.end(50).await;
}

/// A hundred different ones at the same moment: one after another is compiled, on one core, and all of them are there in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_components_at_once_are_all_loaded_and_nobody_notices() {
    let plugins = Plugins::new().unwrap();
    let good = Good::beside(&plugins).await;
    let load = |n: u32| {
        let (plugins, bytes) = (plugins.clone(), hostile(&format!("n{n}")));
        tokio::spawn(async move {
            loop {
                match plugins.load(bytes.clone(), limits()).await {
                    // It stood in line for too long, and comes again, as the catalogue does.
                    Err(error) if error.passes() => {}
                    loaded => return loaded.map(|l| l.digest),
                }
            }
        })
    };
    let loads: Vec<_> = (0..100).map(load).collect();
    let mut all = BTreeSet::new();
    for one in loads {
        let on = one.await.unwrap().unwrap();
        still_good(&plugins, &on).await;
        all.insert(on);
    }
    assert_eq!(all.len(), 100);
    good.end(200).await;
}

/// A plugin gets a new version again and again: who asks the old one is answered or told that it is gone, and the others do not notice.
#[tokio::test(flavor = "multi_thread")]
async fn versions_come_and_go_under_a_thousand_calls_of_another() {
    let plugins = Plugins::new().unwrap();
    let good = Good::beside(&plugins).await;
    let enough = good.enough.clone();
    let callers = ["one", "two"].map(|mode| {
        let (plugins, on, enough) = (plugins.clone(), digest_of(&hostile(mode)), enough.clone());
        tokio::spawn(async move {
            let mut answered = 0_usize;
            while !enough.load(Ordering::Relaxed) {
                match plugins.plan(&on, &misbehave("plan", ""), &state(1)).await {
                    Ok(Ok(_)) => answered += 1,
                    Err(Fault::Gone(gone)) if gone == on => tokio::task::yield_now().await,
                    other => panic!("{other:?}"),
                }
            }
            answered
        })
    });
    let mut swaps = 0;
    while swaps < 20 || good.served.load(Ordering::Relaxed) < 1_000 {
        for mode in ["one", "two"] {
            let on = plugins.load(hostile(mode), limits()).await.unwrap().digest;
            still_good(&plugins, &on).await;
            plugins.retain(&BTreeSet::from([good.on.clone(), on]));
            swaps += 1;
        }
    }
    good.end(1_000).await;
    for caller in callers {
        assert!(caller.await.unwrap() > 0, "a version that was there was never asked");
    }
}
