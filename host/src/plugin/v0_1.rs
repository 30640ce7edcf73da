//! The contract writ:action@0.1 as wasmtime sees it: generated types, and the one function that a component may import. Owns
//! nothing else: what is answered is checked and converted in `edge`.
use super::guest::Guest;
use wasmtime::{
    StoreContextMut,
    component::{Component, InstancePre, Linker},
};

wasmtime::component::bindgen!({
    path: "../wit/v0.1",
    world: "plugin",
});

pub(super) use exports::writ::action::actions::{Check, Description, Proposal, Read, Refusal, Undo, Violation};
pub(super) use writ::action::{log::Level, types};

/// `log`, and nothing else.
pub(super) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    let write = |store: StoreContextMut<'_, Guest>, (level, message): (Level, String)| Guest::log(store, level.into(), &message);
    linker.instance("writ:action/log@0.1.0")?.func_wrap("write", write)?;
    Ok(linker)
}

/// Links a component, so far that a call only has to instantiate it.
pub(super) fn link(linker: &Linker<Guest>, component: &Component) -> wasmtime::Result<PluginPre<Guest>> {
    let pre: InstancePre<Guest> = linker.instantiate_pre(component)?;
    PluginPre::new(pre)
}

impl From<Level> for tracing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::DEBUG,
            Level::Info => Self::INFO,
            Level::Warn => Self::WARN,
            Level::Error => Self::ERROR,
        }
    }
}
