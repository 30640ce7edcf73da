//! From bytes to a component that may be asked: admit, compile, describe twice, check, keep. Owns what is known of a loaded
//! component. Which of them are active is not known here.
use super::{
    Limits, Plugins, admit, ask,
    describe::{self, Described},
    digest_of,
    edge::Wrong,
    fault::{Fault, LoadError},
    guest::Guest,
    schema::Schema,
    slots::Share,
    v0_1::{self, PluginPre},
};
use decide::model::{ActionName, Description, Digest};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use wasmtime::component::Component;

/// A component that may be asked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Of its bytes.
    pub digest: Digest,
    /// What it says of itself, checked.
    pub description: Arc<Description>,
    /// Its size.
    pub bytes: usize,
    /// How long compiling took.
    pub compiled_in: Duration,
}

/// A component, linked.
pub(super) struct Compiled {
    pub(super) loaded: Loaded,
    pub(super) pre: PluginPre<Guest>,
    pub(super) limits: Limits,
    pub(super) schemas: Arc<BTreeMap<ActionName, Schema>>,
    pub(super) share: Share,
}

impl Plugins {
    /// Loads a component. The same bytes again cost nothing, and take the limits that are given now.
    ///
    /// # Errors
    /// Why it is not loaded; what was loaded before stays as it is.
    pub async fn load(&self, bytes: Arc<[u8]>, limits: Limits) -> Result<Loaded, LoadError> {
        let digest = digest_of(&bytes);
        if let Some(there) = self.compiled(&digest) {
            return Ok(self.with_limits(&there, limits));
        }
        admit::admit(&bytes)?;
        let place = self.0.slots.loading().await?;
        // Whoever had the place before may have loaded the same bytes.
        if let Some(there) = self.compiled(&digest) {
            return Ok(self.with_limits(&there, limits));
        }
        let (size, plugins) = (bytes.len(), self.clone());
        let compile = move || {
            let begin = Instant::now();
            let component = Component::new(&plugins.0.engine.wasm, &bytes).map_err(|e| LoadError::Compile(e.into()))?;
            let pre = v0_1::link(&plugins.0.linker, &component).map_err(|e| LoadError::Link(e.into()))?;
            Ok((pre, begin.elapsed()))
        };
        let (place, (pre, compiled_in)) = place.compile(compile).await?;
        let described = self.described(&pre, limits, digest.clone()).await?;
        let loaded = Loaded { digest: digest.clone(), description: Arc::new(described.description), bytes: size, compiled_in };
        let (share, schemas) = (self.0.slots.share(), Arc::new(described.schemas));
        self.keep(digest, Arc::new(Compiled { loaded: loaded.clone(), pre, limits, schemas, share }));
        drop(place);
        Ok(loaded)
    }

    fn with_limits(&self, there: &Arc<Compiled>, limits: Limits) -> Loaded {
        let Compiled { loaded, pre, schemas, share, .. } = there.as_ref();
        if there.limits != limits {
            let (pre, schemas, share) = (pre.clone(), schemas.clone(), share.clone());
            self.keep(loaded.digest.clone(), Arc::new(Compiled { loaded: loaded.clone(), pre, limits, schemas, share }));
        }
        loaded.clone()
    }

    /// Asks it twice, in two instances: whoever answers differently now will later, when it matters.
    async fn described(&self, pre: &PluginPre<Guest>, limits: Limits, digest: Digest) -> Result<Described, LoadError> {
        let share = self.0.slots.share();
        let pre = pre.clone();
        let twice = move || {
            let name = digest.to_string();
            let ask = || ask::once(&pre, limits, name.clone(), DESCRIBE, |p, s| p.writ_action_actions().call_describe(s));
            let read = |answer| describe::read(answer, &digest);
            Ok((read(ask()?), read(ask()?)))
        };
        let (first, second) = self.0.slots.call(&share, twice).await.map_err(LoadError::Describe)?;
        same(first?, &second?)
    }
}

fn same(first: Described, second: &Described) -> Result<Described, LoadError> {
    match first.description == second.description {
        true => Ok(first),
        false => Err(LoadError::Unsteady),
    }
}

const DESCRIBE: &str = "describe";

impl From<Wrong> for LoadError {
    fn from(wrong: Wrong) -> Self {
        let fault: Fault = wrong.fault(DESCRIBE);
        Self::Describe(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(version: &str) -> Described {
        let description = Description { name: "p".into(), version: version.into(), actions: vec![] };
        Described { description, schemas: BTreeMap::new() }
    }

    /// An instance has no clock, no randomness and no memory of the last call, so no component can be made that differs by itself.
    #[test]
    fn two_descriptions_that_differ_are_no_description() {
        assert!(same(described("1.0.0"), &described("1.0.0")).is_ok());
        assert!(matches!(same(described("1.0.0"), &described("1.0.1")), Err(LoadError::Unsteady)));
    }

    /// Asked for again by everything that looks at it, also while another one takes its seconds to compile.
    #[tokio::test]
    async fn what_is_loaded_already_does_not_wait_for_who_is_compiled() {
        let guests = std::env::var_os("WRIT_GUESTS").expect("WRIT_GUESTS is not set; `make test` sets it");
        let bytes: Arc<[u8]> = std::fs::read(std::path::Path::new(&guests).join("workload.wasm")).unwrap().into();
        let plugins = Plugins::new().unwrap();
        plugins.load(bytes.clone(), Limits::ceiling()).await.unwrap();
        let _other = plugins.0.slots.loading().await.unwrap();
        assert!(plugins.load(bytes, Limits::ceiling()).await.is_ok());
    }
}
