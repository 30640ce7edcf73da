//! Whose turn it is to be worked on: so many at once, and of those that wait the first of each namespace in turn. So whoever floods his
//! namespace keeps the others waiting for one of his, not for all of them. Owns the order; what is done in a turn is the caller's.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot::{Receiver, Sender, channel};

/// All of them.
pub(super) struct Turns(Mutex<Line>);

struct Line {
    /// Turns that nobody has. Nobody waits while there are any.
    free: usize,
    closed: bool,
    /// By namespace, the next one first.
    waiting: VecDeque<(String, VecDeque<Sender<Turn>>)>,
}

/// One of them, until it is dropped.
pub(super) struct Turn(Option<Arc<Turns>>);

impl Turns {
    pub(super) fn new(at_once: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Line { free: at_once, closed: false, waiting: VecDeque::new() })))
    }

    /// Waits for one. None: there are no more.
    pub(super) async fn of(self: &Arc<Self>, namespace: &str) -> Option<Turn> {
        let waiting = {
            let mut line = self.line();
            if line.closed {
                return None;
            }
            if let Some(left) = line.free.checked_sub(1) {
                line.free = left;
                return Some(Turn(Some(self.clone())));
            }
            line.wait(namespace)
        };
        waiting.await.ok()
    }

    /// Nobody gets one any more, nor does who waits.
    pub(super) fn close(&self) {
        let mut line = self.line();
        line.closed = true;
        line.waiting.clear();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn wait(&mut self, namespace: &str) -> Receiver<Turn> {
        let (give, get) = channel();
        match self.waiting.iter_mut().find(|(of, _)| of == namespace) {
            Some((_, all)) => all.push_back(give),
            None => self.waiting.push_back((namespace.to_owned(), VecDeque::from([give]))),
        }
        get
    }

    /// Who is next; none: the turn is free.
    fn next(&mut self) -> Option<Sender<Turn>> {
        while let Some((namespace, mut all)) = self.waiting.pop_front() {
            let first = all.pop_front();
            if !all.is_empty() {
                self.waiting.push_back((namespace, all));
            }
            if first.is_some() {
                return first;
            }
        }
        self.free = self.free.saturating_add(1);
        None
    }
}

impl Drop for Turn {
    /// To whoever is next. Who went away meanwhile gives it back.
    fn drop(&mut self) {
        while let Some(turns) = self.0.take() {
            let Some(next) = turns.line().next() else { return };
            if let Err(mut back) = next.send(Turn(Some(turns))) {
                self.0 = back.0.take();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, future::BoxFuture};

    type Waiting = (&'static str, BoxFuture<'static, Option<Turn>>);

    /// Who waits, in the order in which they come.
    fn line(turns: &Arc<Turns>, namespaces: &[&'static str]) -> Vec<Waiting> {
        let one = |namespace: &'static str| {
            let turns = turns.clone();
            let mut turn = async move { turns.of(namespace).await }.boxed();
            assert!((&mut turn).now_or_never().is_none(), "{namespace} does not have to wait");
            (namespace, turn)
        };
        namespaces.iter().copied().map(one).collect()
    }

    /// Whoever has a turn now.
    fn served(waiting: &mut Vec<Waiting>) -> (&'static str, Option<Turn>) {
        let ready = waiting.iter_mut().enumerate().find_map(|(n, (_, turn))| Some((n, turn.now_or_never()?)));
        let (n, turn) = ready.expect("nobody has a turn");
        (waiting.remove(n).0, turn)
    }

    #[tokio::test]
    async fn whoever_floods_keeps_the_others_waiting_for_one_of_his() {
        let turns = Turns::new(1);
        let mut has = turns.of("flood").await;
        let mut waiting = line(&turns, &["flood", "flood", "flood", "flood", "quiet", "other", "quiet"]);
        let mut order = vec![];
        while !waiting.is_empty() {
            drop(has.take());
            let (namespace, turn) = served(&mut waiting);
            order.push(namespace);
            has = turn;
        }
        assert_eq!(order, ["flood", "quiet", "other", "flood", "quiet", "flood", "flood"]);
    }

    #[tokio::test]
    async fn a_turn_is_not_lost_with_whoever_went_away() {
        let turns = Turns::new(2);
        let has = [turns.of("a").await, turns.of("a").await];
        let waiting = line(&turns, &["a", "b"]);
        drop(waiting);
        drop(has);
        assert_eq!(turns.line().free, 2);
    }

    #[tokio::test]
    async fn when_there_are_no_more_nobody_waits_for_one() {
        let turns = Turns::new(1);
        let _has = turns.of("a").await;
        let mut waiting = line(&turns, &["a"]);
        turns.close();
        assert!(served(&mut waiting).1.is_none() && turns.of("b").await.is_none());
    }
}
