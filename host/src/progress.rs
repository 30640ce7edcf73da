//! What a run that takes long prints, as Events on its execution, for `kubectl describe` and `writ watch`. Owns when a line is worth one.
//! Best effort and beside the loop: nothing waits for it, nothing follows from it, and the status, which is a log, does not hold it.
use crate::{
    cluster::{AtWork, CallError, Cluster, Printed},
    telemetry,
};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Between two looks at one execution. What is over before the second of them is never looked at.
const EVERY: Duration = Duration::from_secs(5);
/// The longest look.
const LOOK: Duration = Duration::from_secs(4);
/// Executions that are looked at at the same time.
const AT_ONCE: usize = 16;

/// For ever.
pub async fn follow(cluster: Cluster, now: fn() -> Timestamp) {
    let mut ticks = interval(EVERY);
    // Who is late is not hurried: no execution is looked at sooner than after `EVERY`.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = HashMap::new();
    loop {
        ticks.tick().await;
        let looks = seen_before(&mut known, cluster.at_work()).into_iter().map(|(who, told)| look(&cluster, who, told, now));
        stream::iter(looks).for_each_concurrent(AT_ONCE, |look| look).await;
    }
}

async fn look(cluster: &Cluster, who: &AtWork, told: &mut Told, now: fn() -> Timestamp) {
    match timeout(LOOK, tell(cluster, who, told, now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(execution = %who.name, error = %telemetry::chain(&error), "failed to tell what a run prints")
        }
        Err(_) => tracing::debug!(execution = %who.name, "what a run prints was not read in time"),
    }
}

async fn tell(cluster: &Cluster, who: &AtWork, told: &mut Told, now: fn() -> Timestamp) -> Result<(), CallError> {
    let Some(printed) = cluster.printed_last(who).await? else { return Ok(()) };
    if let Some(number) = told.worth(&printed, now()) {
        cluster.progress(who, &printed, number).await?;
        *told = Told { number: Some(number), line: printed.line };
    }
    Ok(())
}

/// What was told of one execution.
#[derive(Debug, Default)]
struct Told {
    number: Option<i64>,
    line: String,
}

impl Told {
    /// The number of its Event; none where it is worth none.
    fn worth(&self, printed: &Printed, now: Timestamp) -> Option<i64> {
        let number = number(printed.since, now)?;
        (printed.line != self.line && self.number != Some(number)).then_some(number)
    }
}

/// The number of an Event is how long the run has been at work: so whoever tells, and after a restart, never tells more often. One each five
/// seconds, sixty times; then one a minute.
fn number(since: Timestamp, now: Timestamp) -> Option<i64> {
    match now.duration_since(since).as_secs() {
        ..5 => None,
        seconds @ 5..300 => Some(seconds / 5),
        seconds => Some(60 + (seconds - 300) / 60),
    }
}

/// Those that were at work at the last look, too; what is over is forgotten.
fn seen_before(known: &mut HashMap<AtWork, Told>, at_work: HashSet<AtWork>) -> Vec<(&AtWork, &mut Told)> {
    known.retain(|who, _| at_work.contains(who));
    let new: Vec<AtWork> = at_work.into_iter().filter(|who| !known.contains_key(who)).collect();
    let first: HashSet<AtWork> = new.iter().cloned().collect();
    known.extend(new.into_iter().map(|who| (who, Told::default())));
    known.iter_mut().filter(|(who, _)| !first.contains(*who)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn printed(line: &str) -> Printed {
        Printed { pod: "p".into(), since: at(0), line: line.into() }
    }

    fn who(name: &str) -> AtWork {
        AtWork { uid: name.to_owned().try_into().unwrap(), namespace: "shop".into(), name: name.into() }
    }

    #[test]
    fn a_line_is_told_once_and_no_two_in_five_seconds() {
        let mut told = Told::default();
        assert_eq!(told.worth(&printed("a"), at(4)), None, "it has hardly begun");
        assert_eq!(told.worth(&printed("a"), at(6)), Some(1));
        told = Told { number: Some(1), line: "a".into() };
        assert_eq!(told.worth(&printed("b"), at(9)), None, "too soon");
        assert_eq!(told.worth(&printed("b"), at(10)), Some(2));
        assert_eq!(told.worth(&printed("a"), at(100)), None, "the same again");
    }

    #[test]
    fn what_takes_very_long_is_told_once_a_minute() {
        let all = |from: i64, to: i64| (from..to).filter_map(|s| number(at(0), at(s))).collect::<HashSet<_>>().len();
        assert_eq!([all(0, 5), all(0, 300), all(300, 3600), all(-60, 0)], [0, 59, 55, 0]);
        assert_eq!((number(at(0), at(299)), number(at(0), at(300))), (Some(59), Some(60)));
    }

    #[test]
    fn what_is_over_before_the_second_look_is_never_looked_at() {
        let mut known = HashMap::new();
        let names = |seen: Vec<(&AtWork, &mut Told)>| seen.into_iter().map(|(who, _)| who.name.clone()).collect::<Vec<_>>();
        assert!(names(seen_before(&mut known, [who("short"), who("long")].into())).is_empty());
        assert_eq!(names(seen_before(&mut known, [who("long"), who("new")].into())), ["long"]);
        assert!(names(seen_before(&mut known, [].into())).is_empty());
        assert!(known.is_empty(), "what is over is kept");
        assert!(names(seen_before(&mut known, [who("long")].into())).is_empty());
    }
}
