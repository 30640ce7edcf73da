//! What is active now: which plugin exports which action, whether its roles are granted. Swapped whole,
//! read without a lock. `None` means that not everything has been looked at yet, which is not "unknown".
pub mod action;
pub mod conditions;
pub mod follow;
pub mod granted;
pub mod plugins;
pub mod policies;

use arc_swap::ArcSwapOption;
use decide::{
    model::{ActionInfo, ActionName, Description, PluginId},
    observed::Judgement,
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// One action of one active plugin.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The component.
    pub plugin: PluginId,
    /// The action.
    pub info: Arc<ActionInfo>,
    /// All actions of the component: an inverse must be one of them.
    pub actions: Arc<Vec<ActionInfo>>,
    /// Whether the roles in the cluster were what the component declares, when it was last looked at; else what was missing.
    pub granted: Result<(), Vec<String>>,
}

impl Entry {
    /// One action of a component.
    #[must_use]
    pub fn of(
        plugin: PluginId,
        description: &Description,
        action: &ActionName,
        granted: Result<(), Vec<String>>,
    ) -> Option<Self> {
        let info = description.actions.iter().find(|a| a.name == *action)?;
        Some(Self { plugin, info: Arc::new(info.clone()), actions: Arc::new(description.actions.clone()), granted })
    }
}

/// An action of a plugin that somebody suspended.
#[derive(Clone, Debug)]
pub struct Suspended {
    /// Name of its `ActionPlugin`.
    pub plugin: String,
    /// Who answers for that.
    pub owner: String,
    /// It is not active since then.
    pub since: Timestamp,
}

impl From<&Suspended> for Judgement {
    fn from(Suspended { plugin, owner, since }: &Suspended) -> Self {
        Self::Suspended { plugin: plugin.clone(), owner: owner.clone(), since: *since }
    }
}

/// All actions there are.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    /// Those that can be run.
    pub active: BTreeMap<ActionName, Entry>,
    /// Those that cannot for now: who names one is told so, and not that there is none.
    pub suspended: BTreeMap<ActionName, Suspended>,
    /// Components of suspended plugins, whether or not they could be loaded: by digest, and by name for those of another version.
    pub off: BTreeMap<String, Suspended>,
}

impl Actions {
    /// The entry of an action.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.active.iter().find(|(n, _)| n.as_str() == name).map(|(_, e)| e)
    }

    /// Why an action that is not active cannot be run.
    #[must_use]
    pub fn absent(&self, name: &str) -> Judgement {
        match self.suspended.iter().find(|(n, _)| n.as_str() == name) {
            Some((_, suspended)) => suspended.into(),
            None => Judgement::ActionUnknown { nearest: self.nearest(name) },
        }
    }

    /// Why what this component planned does not start any more: it was switched off meanwhile, or a later version of it was. What another
    /// plugin offers by the same component goes on.
    #[must_use]
    pub fn switched_off(&self, component: &PluginId) -> Option<Judgement> {
        if self.active.values().any(|entry| entry.plugin.digest == component.digest) {
            return None;
        }
        self.off.get(component.digest.as_str()).or_else(|| self.off.get(&component.name)).map(Judgement::from)
    }

    /// Did you mean.
    fn nearest(&self, name: &str) -> Option<ActionName> {
        let near = crate::plugin::nearest(name, self.active.keys().map(ActionName::as_str))?;
        self.active.keys().find(|a| a.as_str() == near).cloned()
    }
}

/// What is active now.
#[derive(Default)]
pub struct Catalogue {
    actions: ArcSwapOption<Actions>,
}

impl Catalogue {
    /// All active actions; none while not every plugin has been looked at.
    #[must_use]
    pub fn actions(&self) -> Option<Arc<Actions>> {
        self.actions.load_full()
    }
    /// Swaps the actions.
    pub fn set_actions(&self, actions: Actions) {
        self.actions.store(Some(Arc::new(actions)));
    }
}
