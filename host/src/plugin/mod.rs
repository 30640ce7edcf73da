//! ENGINE: alone knows wasmtime. Bytes in, model values out. Owns how a component is admitted, compiled, limited and asked, and
//! what of its answers is believed. May not touch: the cluster, policies, the ledger; it does not know what an execution is.
mod admit;
mod ask;
mod calls;
mod describe;
mod edge;
mod engine;
mod fault;
mod guest;
mod json;
mod limits;
mod load;
mod nearest;
mod parameters;
mod schema;
mod slots;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod untrusted;
mod v0_1;
mod version;

pub use engine::EngineError;
pub use fault::{Fault, LoadError};
pub use limits::{Limits, LimitsError};
pub use load::Loaded;
pub use nearest::nearest;
pub use parameters::check_parameters;

use arc_swap::ArcSwap;
use decide::{
    canonical,
    model::{Description, Digest},
};
use load::Compiled;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The components that are loaded, and the engine that runs them. Cheap to clone: all clones are the same.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    engine: engine::Engine,
    linker: wasmtime::component::Linker<guest::Guest>,
    slots: slots::Slots,
    /// Swapped whole, read without a lock; a call that runs keeps its component alive.
    compiled: ArcSwap<BTreeMap<Digest, Arc<Compiled>>>,
}

impl Plugins {
    /// An engine with nothing loaded.
    ///
    /// # Errors
    /// Where this machine cannot run WebAssembly at all.
    pub fn new() -> Result<Self, EngineError> {
        let engine = engine::Engine::new()?;
        let linker = v0_1::linker(&engine.wasm).map_err(|e| EngineError::Link(e.into()))?;
        let slots = slots::Slots::new(engine.slots());
        Ok(Self(Arc::new(Inner { engine, linker, slots, compiled: ArcSwap::default() })))
    }

    /// What the component of this digest says of itself, if it is loaded.
    #[must_use]
    pub fn loaded(&self, digest: &Digest) -> Option<Arc<Description>> {
        self.0.compiled.load().get(digest).map(|c| c.loaded.description.clone())
    }

    /// Drops every component that is not named. A call that runs goes on.
    pub fn retain(&self, keep: &BTreeSet<Digest>) {
        self.0.compiled.rcu(|all| {
            let kept = all.iter().filter(|(digest, _)| keep.contains(digest));
            kept.map(|(d, c)| (d.clone(), c.clone())).collect::<BTreeMap<_, _>>()
        });
    }

    fn compiled(&self, digest: &Digest) -> Option<Arc<Compiled>> {
        self.0.compiled.load().get(digest).cloned()
    }

    fn keep(&self, digest: Digest, compiled: Arc<Compiled>) {
        self.0.compiled.rcu(|all| {
            let mut all = BTreeMap::clone(all);
            all.insert(digest.clone(), compiled.clone());
            all
        });
    }
}

/// The name of a component: the sha256 of its bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> Digest {
    match Digest::try_from(canonical::sha256(bytes)) {
        Ok(digest) => digest,
        Err(_) => unreachable!("a sha256 in hex digits is a digest"),
    }
}

#[cfg(test)]
mod tests;
