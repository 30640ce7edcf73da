//! What a run that takes long prints while it runs, as the Events of its execution tell it. Nothing follows from it: who may not read Events
//! goes on without.
use super::{connect::Connected, human::plain, out::Words};
use crds::{ExecutionStatus, Phase, labels::EVENT_PROGRESS};
use decide::{duration, time};
use futures::{StreamExt, stream, stream::BoxStream};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Event;
use kube::runtime::{WatchStreamExt, watcher};
use std::future::ready;

/// Lines of the execution with this uid as they come, without an end; of those that are there already, the newest.
pub fn lines(cluster: &Connected, uid: &str) -> BoxStream<'static, String> {
    let config = watcher::Config::default().fields(&format!("involvedObject.uid={uid},reason={EVENT_PROGRESS}"));
    let events = watcher(cluster.here::<Event>(), config).default_backoff().take_while(|event| ready(!is_forbidden(event)));
    let lines = events.scan(None, |newest, event| ready(Some(event.ok().and_then(|event| hear(newest, event)))));
    lines.filter_map(ready).chain(stream::pending()).boxed()
}

fn is_forbidden(event: &watcher::Result<watcher::Event<Event>>) -> bool {
    use watcher::Error::{InitialListFailed, WatchStartFailed};
    let Err(InitialListFailed(error) | WatchStartFailed(error)) = event else { return false };
    matches!(error, kube::Error::Api(status) if status.code == 403)
}

/// `newest`: of a list that is being read.
fn hear(newest: &mut Option<Event>, event: watcher::Event<Event>) -> Option<String> {
    match event {
        watcher::Event::Init => *newest = None,
        watcher::Event::InitApply(event) => {
            let at = |e: &Event| e.event_time.as_ref().map(|t| t.0);
            if newest.as_ref().is_none_or(|n| at(n) <= at(&event)) {
                *newest = Some(event);
            }
        }
        watcher::Event::InitDone => return newest.take()?.message,
        watcher::Event::Apply(event) => return event.message,
        watcher::Event::Delete(_) => {}
    }
    None
}

/// What was shown of it.
#[derive(Default)]
pub struct Shown {
    /// Since when it executes, and for how many seconds at most; none while it does not.
    runs: Option<(Timestamp, u32)>,
    newest: String,
    shown: String,
}

impl Shown {
    /// Its status says something.
    pub fn status(&mut self, status: &ExecutionStatus, words: Words) {
        self.runs = runs(status);
        self.show(words);
    }

    /// It printed something.
    pub fn line(&mut self, line: String, words: Words) {
        self.newest = line;
        self.show(words);
    }

    fn show(&mut self, words: Words) {
        words.text(self.unshown(Timestamp::now(), &words.paint().green("●")));
    }

    /// Only while it executes: how it went is told by what comes then.
    fn unshown(&mut self, now: Timestamp, mark: &str) -> String {
        let Some((since, most)) = self.runs.filter(|_| self.newest != self.shown) else { return String::new() };
        let head = match self.shown.is_empty() {
            true => format!("  {mark} {:<11} {}\n", "running", running(since, most, now)),
            false => String::new(),
        };
        self.shown.clone_from(&self.newest);
        format!("{head}    {}\n", plain(&self.shown))
    }
}

fn runs(status: &ExecutionStatus) -> Option<(Timestamp, u32)> {
    let entered = status.timeline.iter().rev().take_while(|e| e.phase == Phase::Executing).last()?;
    Some((time::read(&entered.at).ok()?, status.plan.as_ref()?.deadline_seconds))
}

/// `12s of 5m00s`.
fn running(since: Timestamp, most: u32, now: Timestamp) -> String {
    let most = SignedDuration::from_secs(most.into());
    format!("{} of {}", duration::words(now.duration_since(since)), duration::words(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::{PlanStatus, TimelineEntry};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
    use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn event(second: i64, line: &str) -> Event {
        Event { event_time: Some(MicroTime(at(second))), message: Some(line.into()), ..Event::default() }
    }

    fn status(phases: &[Phase]) -> ExecutionStatus {
        let entry =
            |(phase, n): (&Phase, i64)| TimelineEntry { at: time::text(at(n)), phase: *phase, ..TimelineEntry::default() };
        ExecutionStatus {
            timeline: phases.iter().zip(1..).map(entry).collect(),
            plan: Some(PlanStatus { deadline_seconds: 300, ..PlanStatus::default() }),
            ..ExecutionStatus::default()
        }
    }

    #[test]
    fn of_what_was_printed_before_the_newest_is_told_and_then_each_line_as_it_comes() {
        let mut newest = None;
        let events =
            [Init, InitApply(event(2, "b")), InitApply(event(1, "a")), InitDone, Apply(event(3, "c")), Delete(event(1, "a"))];
        let told: Vec<_> = events.into_iter().filter_map(|e| hear(&mut newest, e)).collect();
        assert_eq!(told, ["b", "c"]);
    }

    #[test]
    fn a_line_is_shown_once_while_it_executes_and_not_afterwards() {
        let mut shown = Shown { newest: "1 of 3\u{1b}[2J".into(), ..Shown::default() };
        let say = |shown: &mut Shown| shown.unshown(at(16), "●");
        assert_eq!(say(&mut shown), "", "it is not known to execute");
        shown.runs = runs(&status(&[Phase::Preparing, Phase::Executing, Phase::Executing]));
        assert_eq!(say(&mut shown), "  ● running     14s of 5m00s\n    1 of 3\u{fffd}[2J\n");
        assert_eq!(say(&mut shown), "", "twice the same");
        shown.newest = "2 of 3".into();
        assert_eq!(say(&mut shown), "    2 of 3\n");
        shown.newest = "3 of 3".into();
        shown.runs = runs(&status(&[Phase::Executing, Phase::Verifying]));
        assert_eq!(say(&mut shown), "");
    }

    #[test]
    fn who_may_not_read_events_is_told_apart_from_a_lost_connection() {
        let answered = |code| {
            let status = kube::core::Status { code, ..kube::core::Status::default() };
            Err(watcher::Error::InitialListFailed(kube::Error::Api(status.boxed())))
        };
        assert!(is_forbidden(&answered(403)));
        assert!(!is_forbidden(&answered(500)) && !is_forbidden(&Ok(Init)));
    }
}
