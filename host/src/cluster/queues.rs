//! Who waits for what, in order: for a target, or for a limit. Told by the watch of executions. Owns no turn: that is the claim's (`claims`).
//! What is not known yet makes an order less fair, never two turns out of one.
use decide::execution::Execution;
use std::{collections::HashMap, sync::Mutex};

/// One that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    /// In which line: the name of the claim on a target (`decide::lock`), or that of a limit (`decide::limits`).
    pub line: String,
    /// Undoes something: it comes first, so that it finds what it is to undo.
    pub undoes: bool,
    /// When it was accepted: `status.startedAt`, in which later times are later texts.
    pub since: String,
    pub namespace: String,
    pub name: String,
    /// It waits for a thaw: its action.
    pub frozen: Option<String>,
}

impl Waiter {
    /// Before which others it comes.
    fn place(&self) -> (bool, &str, &str) {
        (!self.undoes, &self.since, &self.name)
    }
}

/// By uid of the execution.
#[derive(Default)]
pub(super) struct Queues(Mutex<HashMap<String, Waiter>>);

impl Queues {
    /// It waits, or does not wait any more.
    pub(super) fn note(&self, uid: &str, waiter: Option<Waiter>) {
        if let Ok(mut all) = self.0.lock() {
            match waiter {
                Some(waiter) => drop(all.insert(uid.to_owned(), waiter)),
                None => drop(all.remove(uid)),
            }
        }
    }

    /// All that wait in this line, in order.
    pub(super) fn of(&self, line: &str) -> Vec<Waiter> {
        let Ok(all) = self.0.lock() else { return vec![] };
        let mut waiting: Vec<Waiter> = all.values().filter(|w| w.line == line).cloned().collect();
        waiting.sort_by(|a, b| a.place().cmp(&b.place()));
        waiting
    }

    /// The first `most` that may go on when the line moves: who is frozen is woken by the thaw, and takes nobody's place here.
    pub(super) fn first(&self, line: &str, most: usize) -> Vec<Waiter> {
        self.of(line).into_iter().filter(|waiter| waiter.frozen.is_none()).take(most).collect()
    }

    /// Those that come before it.
    pub(super) fn before(&self, exec: &Execution, line: &str) -> Vec<Waiter> {
        let since = exec.status.started_at.as_deref().unwrap_or_default();
        let own = (exec.spec.rollback_of.is_none(), since, exec.name.as_str());
        let own_place = (exec.namespace.as_str(), exec.name.as_str());
        let before = self.of(line).into_iter().take_while(|w| w.place() < own);
        before.filter(|w| (w.namespace.as_str(), w.name.as_str()) != own_place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiter(line: &str, name: &str, undoes: bool, second: u8) -> Waiter {
        let since = format!("2026-11-23T03:12:{second:02}.000000Z");
        Waiter { line: line.into(), undoes, since, namespace: "shop".into(), name: name.into(), frozen: None }
    }

    #[test]
    fn who_is_frozen_is_woken_by_the_thaw_and_not_by_the_line() {
        let queues = Queues::default();
        for n in 0..11 {
            let frozen = Some("scale_deployment".to_owned());
            queues.note(&n.to_string(), Some(Waiter { frozen, ..waiter("web", "frozen", false, n) }));
        }
        queues.note("late", Some(waiter("web", "late", false, 12)));
        let woken: Vec<_> = queues.first("web", 10).into_iter().map(|w| w.name).collect();
        assert_eq!(woken, ["late"]);
    }

    #[test]
    fn an_undo_comes_first_then_the_oldest() {
        let queues = Queues::default();
        queues.note("1", Some(waiter("web", "late", false, 9)));
        queues.note("2", Some(waiter("web", "undo", true, 9)));
        queues.note("3", Some(waiter("web", "early", false, 1)));
        queues.note("4", Some(waiter("api", "other", false, 0)));
        queues.note("5", Some(waiter("web", "gone", false, 0)));
        queues.note("5", None);
        let names = |line| queues.of(line).into_iter().map(|w| w.name).collect::<Vec<_>>();
        assert_eq!((names("web"), names("api")), (vec!["undo".into(), "early".into(), "late".into()], vec!["other".to_owned()]));
    }
}
