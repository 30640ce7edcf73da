//! Seeing something happen in the cluster at the moment it does: a watch that is open before it can.
use crate::{PATIENCE, api};
use futures::{StreamExt, stream::BoxStream};
use kube::{
    Client,
    api::DynamicObject,
    runtime::watcher::{Config, Error, Event, watcher},
};
use serde_json::Value;

/// A watch on all objects of a kind.
pub struct Sight {
    events: BoxStream<'static, Result<Event<DynamicObject>, Error>>,
    what: String,
}

impl Sight {
    /// Opens it; returns when nothing that happens from now on can be missed.
    ///
    /// # Panics
    /// Where the API server does not answer.
    pub async fn open(client: &Client, kind: &Value) -> Self {
        let mut sight = Self { events: watcher(api(client, kind), Config::default()).boxed(), what: kind.to_string() };
        while !matches!(sight.next().await, Event::InitDone) {}
        sight
    }

    /// The first object that is so.
    ///
    /// # Panics
    /// Where there is none in time.
    pub async fn until(&mut self, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Event::Apply(object) | Event::InitApply(object) = self.next().await {
                let object = serde_json::to_value(object).expect("an object");
                if is(&object) {
                    return object;
                }
            }
        }
    }

    async fn next(&mut self) -> Event<DynamicObject> {
        let next = tokio::time::timeout(PATIENCE, self.events.next()).await;
        let event = next.unwrap_or_else(|_| panic!("not seen in time: {}", self.what));
        event.expect("a watch has no end").expect("the API server answers")
    }
}
