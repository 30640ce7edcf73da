//! How soon a component that breaks a limit is ended, with the one that breaks them all.
use super::{millis, number, rank, world};
use anyhow::{Context, Result, bail};
use decide::{
    canonical,
    model::{ActionName, Request, Uid},
};
use host::plugin::{Fault, Limits, Plugins};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Enough for a hundredth of them to be more than chance.
const KILLS: usize = 200;
/// So short that hundreds of them can be waited for; so long that no call is over before.
const WALL: Duration = Duration::from_millis(50);
/// DESIGN 5: ended by the deadline and 20 ms.
const GOAL: f64 = 20.0;

struct Limit {
    name: &'static str,
    deed: &'static str,
    limits: Limits,
    is: fn(&Fault) -> bool,
}

/// Each limit with the deed that breaks it. What is asked for takes next to no time where the limit is small; so the time from the call to
/// the fault is what ending it takes, and a little more. The deadline alone is counted from when it is over.
fn all() -> [Limit; 6] {
    let most = Limits::ceiling();
    let small = Limits { fuel: 3_000_000, ..most };
    [
        Limit { name: "fuel (3 M)", deed: "loop", limits: small, is: |f| matches!(f, Fault::OutOfFuel { .. }) },
        Limit {
            name: "time, past the deadline",
            deed: "loop",
            limits: Limits { fuel: u64::MAX / 2, wall: WALL, ..most },
            is: |f| matches!(f, Fault::DeadlineExceeded { .. }),
        },
        Limit { name: "memory (64 MiB)", deed: "grow", limits: most, is: |f| matches!(f, Fault::OutOfMemory { .. }) },
        Limit {
            name: "output (64 KiB)",
            deed: "huge",
            limits: Limits { output: 64 << 10, ..most },
            is: |f| matches!(f, Fault::BadOutput { .. }),
        },
        Limit { name: "log (fuel, 3 M)", deed: "flood", limits: small, is: |f| matches!(f, Fault::OutOfFuel { .. }) },
        Limit { name: "stack", deed: "recurse", limits: most, is: |f| matches!(f, Fault::Trapped { .. }) },
    ]
}

/// The 99th of a hundred, for each limit.
pub async fn measure(hostile: &Path) -> Result<Vec<Value>> {
    let bytes = std::fs::read(hostile).with_context(|| format!("failed to read {}", hostile.display()))?;
    let mut numbers = Vec::new();
    for limit in all() {
        let plugins = Plugins::new().context("failed to start the plugin engine")?;
        let on = plugins.load(bytes.clone().into(), limit.limits).await;
        let on = on.with_context(|| format!("failed to load the hostile component with {}", limit.name))?.digest;
        let request = request(limit.deed)?;
        let mut took = Vec::with_capacity(KILLS);
        for _ in 0..KILLS {
            let begun = Instant::now();
            let ended = plugins.validate(&on, &request).await;
            let after = if limit.limits.wall == WALL { WALL } else { Duration::ZERO };
            took.push(begun.elapsed().saturating_sub(after));
            match ended {
                Err(fault) if (limit.is)(&fault) => {}
                other => bail!("{}: {other:?}", limit.name),
            }
        }
        numbers.push(number(
            format!("killed by its limit: {}, p99", limit.name),
            millis(rank(&mut took, 0.99)),
            "ms",
            Some(GOAL),
        ));
    }
    Ok(numbers)
}

fn request(deed: &str) -> Result<Request> {
    Ok(Request {
        id: Uid::try_from("6d1f0c3e-0000-4000-8000-000000000001".to_owned())?,
        action: ActionName::try_from("misbehave".to_owned())?,
        namespace: "shop".into(),
        target: Some(world::target()),
        parameters: canonical::json(&json!({"in": "validate", "do": deed}))?,
        created_at: "2026-11-23T03:12:07Z".into(),
        kubernetes: "1.37".into(),
    })
}
