//! One question to a component: a fresh instance, one call, and away with it. Owns that nothing survives a call.
use super::{
    Limits, Plugins,
    edge::Wrong,
    fault::Fault,
    guest::Guest,
    load::Compiled,
    v0_1::{Plugin, PluginPre},
};
use decide::model::Digest;
use wasmtime::Store;

impl Plugins {
    /// Asks a loaded component: `call` calls the function of this name, `read` looks at its answer.
    pub(super) async fn ask<A, T, Call, Read>(&self, on: &Digest, name: &'static str, call: Call, read: Read) -> Result<T, Fault>
    where
        T: Send + 'static,
        Call: FnOnce(&Plugin, &mut Store<Guest>) -> wasmtime::Result<A> + Send + 'static,
        Read: FnOnce(&Compiled, A) -> Result<T, Wrong> + Send + 'static,
    {
        let compiled = self.compiled(on).ok_or_else(|| Fault::Gone(on.clone()))?;
        let share = compiled.share.clone();
        let whole = move || {
            let answer = once(&compiled.pre, compiled.limits, compiled.loaded.description.name.clone(), name, call)?;
            read(&compiled, answer).map_err(|wrong| wrong.fault(name))
        };
        self.0.slots.call(&share, whole).await
    }
}

/// A store, an instance, a call.
pub(super) fn once<A>(
    pre: &PluginPre<Guest>,
    limits: Limits,
    plugin: String,
    name: &str,
    call: impl FnOnce(&Plugin, &mut Store<Guest>) -> wasmtime::Result<A>,
) -> Result<A, Fault> {
    let engine_fault = |e: wasmtime::Error| Fault::Trapped { message: format!("no store for it: {e}") };
    let mut store = Guest::store(pre.engine(), limits, plugin).map_err(engine_fault)?;
    let answer = pre.instantiate(&mut store).and_then(|instance| call(&instance, &mut store));
    store.data().end();
    answer.map_err(|error| store.data().fault(name, &error))
}
