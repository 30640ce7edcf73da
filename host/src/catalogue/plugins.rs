//! `ActionPlugin` objects to the catalogue: fetch, verify, compile, compare the roles, publish `Action` objects, say how it went.
//! A plugin that fails to activate leaves the last good one serving.
use super::{
    Actions, Catalogue, Entry, Suspended,
    follow::{Controller, UpdateError},
};
use crate::{
    cluster::{CallError, Cluster},
    ledger::Ledger,
    plugin::{Limits, Loaded, Plugins},
};
use cap_std::fs::Dir;
use crds::{ActionPlugin, ActionPluginStatus, PluginSource};
use decide::model::{ActionInfo, ActionName, Digest, PluginId};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// What the controller works on.
pub struct PluginController {
    /// Reads objects and roles, writes statuses and `Action` objects.
    pub cluster: Cluster,
    /// Compiles.
    pub plugins: Plugins,
    /// Where the result goes.
    pub catalogue: Arc<Catalogue>,
    /// Files that `source.file` may name; none: the source is refused.
    pub directory: Option<Arc<Dir>>,
    /// Components are kept there: an execution that is under way needs the one that planned it, also after a restart.
    pub ledger: Ledger,
    /// The last component of each plugin that activated.
    last_good: BTreeMap<String, Arc<Loaded>>,
    /// So many looks in a row left out a component that this machine had no room or no time for.
    crowded: u32,
    now: fn() -> Timestamp,
}

/// What became of one plugin.
struct Looked {
    plugin: ActionPlugin,
    steps: Steps,
    loaded: Option<Arc<Loaded>>,
    missing: Option<Missing>,
}

/// Why nobody knows yet what it is: the same bytes may be good at the next look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// The API server did not say what its source holds: that is no answer, as "it does not exist" is one.
    Unread,
    /// This machine had no room or no time for it (`LoadError::passes`).
    Crowded,
}

/// Why there are no bytes.
enum NotFetched {
    /// Nobody knows whether they are there.
    Unread(CallError),
    /// They are not, in these words.
    Absent(String),
}

impl Looked {
    /// What the world may mend: all else says something about bytes that stay the same.
    fn again(&self) -> Option<UpdateError> {
        let failed = |step| self.steps.0.iter().find(|(of, ok, ..)| *of == step && !ok).map(|(_, _, _, why)| why.clone());
        let plugin = || self.plugin.metadata.name.clone().unwrap_or_default();
        if let Some(why) = failed(FETCHED) {
            return Some(UpdateError::Fetch { plugin: plugin(), why });
        }
        let why = failed(COMPILED).filter(|_| self.missing == Some(Missing::Crowded))?;
        Some(UpdateError::Load { plugin: plugin(), why })
    }
}

const FETCHED: &str = "Fetched";
const COMPILED: &str = "Compiled";
/// So many looks a first catalogue waits for a component that this machine is too busy to load. Then it is not the machine: who asks for less
/// time than he takes is tried on, and holds nobody else up.
const PATIENCE: u32 = 5;

impl From<CallError> for NotFetched {
    fn from(error: CallError) -> Self {
        // What the operator may not read stays so until somebody changes his rights. Any other no to a read says nothing about what is there.
        if error.is(403) { Self::Absent(crate::telemetry::chain(&error)) } else { Self::Unread(error) }
    }
}

/// The conditions, in order; the first that failed is the last that was tried.
#[derive(Default)]
struct Steps(Vec<(&'static str, bool, &'static str, String)>);

impl Steps {
    fn ok(&mut self, condition: &'static str, reason: &'static str, message: impl Into<String>) {
        self.0.push((condition, true, reason, message.into()));
    }
    fn no(&mut self, condition: &'static str, reason: &'static str, message: impl Into<String>) {
        self.0.push((condition, false, reason, message.into()));
    }
}

impl PluginController {
    /// Nothing is active before the first `update`.
    #[must_use]
    pub fn new(
        cluster: Cluster,
        plugins: Plugins,
        catalogue: Arc<Catalogue>,
        ledger: Ledger,
        directory: Option<Arc<Dir>>,
        now: fn() -> Timestamp,
    ) -> Self {
        Self { cluster, plugins, catalogue, directory, ledger, last_good: BTreeMap::new(), crowded: 0, now }
    }

    /// What no plugin names any more is dropped. An execution that was planned by it gets it back from the ledger.
    fn forget(&mut self, looked: &[Looked]) {
        let there = |name: &String| looked.iter().any(|one| one.plugin.metadata.name.as_ref() == Some(name));
        self.last_good.retain(|name, _| there(name));
        let named = looked.iter().filter_map(|one| one.loaded.as_ref()).chain(self.last_good.values());
        self.plugins.retain(&named.map(|loaded| loaded.digest.clone()).collect());
    }

    /// Whoever names an action that is not there is refused for good: a catalogue that lacks one for want of an answer is none yet, and
    /// everybody waits for the next look.
    fn is_whole(&mut self, looked: &[Looked]) -> bool {
        let lacks = |what| looked.iter().any(|one| one.missing == Some(what));
        self.crowded = if lacks(Missing::Crowded) { self.crowded.saturating_add(1) } else { 0 };
        !lacks(Missing::Unread) && (self.crowded == 0 || self.crowded > PATIENCE)
    }

    async fn look(&self, plugin: ActionPlugin) -> Looked {
        let mut steps = Steps::default();
        let loaded = match self.fetch(&plugin.spec.source).await {
            Ok(bytes) => self.load(&plugin, bytes, &mut steps).await,
            Err(why) => {
                let (missing, why) = match why {
                    NotFetched::Unread(error) => (Some(Missing::Unread), crate::telemetry::chain(&error)),
                    NotFetched::Absent(why) => (None, why),
                };
                steps.no(FETCHED, "FetchFailed", why);
                Err(missing)
            }
        };
        let (loaded, missing) = loaded.map_or_else(|missing| (None, missing), |loaded| (Some(Arc::new(loaded)), None));
        Looked { plugin, steps, loaded, missing }
    }

    /// A component that may be asked; else whether that may be otherwise at the next look.
    async fn load(&self, plugin: &ActionPlugin, bytes: Vec<u8>, steps: &mut Steps) -> Result<Loaded, Option<Missing>> {
        steps.ok(FETCHED, "Fetched", format!("{} KiB", bytes.len() / 1024));
        let digest = crate::plugin::digest_of(&bytes);
        if digest.as_str() != plugin.spec.digest {
            steps.no("Verified", "DigestMismatch", format!("the source holds {digest}, spec.digest says {}", plugin.spec.digest));
            return Err(None);
        }
        steps.ok("Verified", "DigestMatches", "unsigned; trusted by its digest");
        let limits = match Limits::of(plugin.spec.limits.as_ref()) {
            Ok(limits) => limits,
            Err(why) => {
                steps.no(COMPILED, "LimitsInvalid", why.to_string());
                return Err(None);
            }
        };
        let bytes: Arc<[u8]> = bytes.into();
        match self.plugins.load(bytes.clone(), limits).await {
            Ok(loaded) => {
                self.keep(&bytes).await;
                let ms = loaded.compiled_in.as_millis();
                steps.ok(COMPILED, "Compiled", format!("{} KiB in {ms} ms; contract writ:action@0.1", loaded.bytes / 1024));
                Ok(loaded)
            }
            Err(error) => {
                steps.no(COMPILED, error.reason(), crate::telemetry::chain(&error));
                Err(error.passes().then_some(Missing::Crowded))
            }
        }
    }

    /// Best effort: while its plugin names it, it is there without.
    async fn keep(&self, component: &[u8]) {
        if let Err(error) = self.ledger.keep(component).await {
            tracing::warn!(%error, "failed to keep a component in the ledger");
        }
    }

    async fn fetch(&self, source: &PluginSource) -> Result<Vec<u8>, NotFetched> {
        let Some(map) = &source.config_map else { return self.file(source).map_err(NotFetched::Absent) };
        let bytes = self.cluster.config_map_bytes(&map.name, &map.key).await?;
        let place = format!("ConfigMap {}/{}", crds::labels::NAMESPACE_SYSTEM, map.name);
        bytes.ok_or_else(|| NotFetched::Absent(format!("{place} or its binaryData key {} does not exist", map.key)))
    }

    fn file(&self, source: &PluginSource) -> Result<Vec<u8>, String> {
        let Some(file) = &source.file else { return Err("spec.source names nothing; set configMap or file".into()) };
        let Some(directory) = &self.directory else {
            return Err("spec.source.file: this operator was started without --plugin-dir".into());
        };
        directory.read(file).map_err(|e| format!("failed to read {file} in the plugin directory: {e}"))
    }

    /// Enters what is good into the catalogue; else what was good last.
    fn activate(&mut self, one: &mut Looked, actions: &mut Actions) {
        let name = one.plugin.metadata.name.clone().unwrap_or_default();
        let loaded = one.loaded.clone().or_else(|| self.last_good.get(&name).cloned());
        if one.plugin.spec.suspended {
            self.suspend(&one.plugin, loaded.as_deref(), actions);
            return one.steps.no("Active", "Suspended", "spec.suspended is true: nothing new starts");
        }
        let Some(loaded) = loaded else {
            return one.steps.no("Active", "NotActive", "see the first condition that is False");
        };
        let exported = match self.exported(one, &loaded, actions) {
            Ok(exported) => exported,
            Err((reason, message)) => return one.steps.no("Active", reason, message),
        };
        let missing: Vec<String> = exported.values().filter_map(|e| e.granted.as_ref().err()).flatten().cloned().collect();
        match missing.is_empty() {
            true => {
                one.steps.ok("Granted", "Granted", format!("{0} of {0} roles equal what the component declares", exported.len()))
            }
            false => one.steps.no(
                "Granted",
                "RolesMissing",
                format!("{}. Fix: writ plugin rbac COMPONENT.wasm | kubectl apply -f -", missing.join("; ")),
            ),
        }
        actions.active.extend(exported);
        match &one.loaded {
            Some(loaded) => {
                self.last_good.insert(name, loaded.clone());
                one.steps.ok("Active", "Active", "");
            }
            None => {
                one.steps.no("Active", "LastGood", format!("{} {} is still serving", loaded.description.version, loaded.digest))
            }
        }
    }

    /// Its component, and what it would export. Of two plugins, the older one is told of.
    fn suspend(&self, plugin: &ActionPlugin, loaded: Option<&Loaded>, actions: &mut Actions) {
        let suspended = Suspended {
            plugin: plugin.metadata.name.clone().unwrap_or_default(),
            owner: plugin.spec.owner.clone(),
            since: inactive_since(plugin).unwrap_or_else(self.now),
        };
        // The name of the object stands for that of a component nobody could load: so `writ plugin install` names it.
        let known = loaded.map(|loaded| [loaded.digest.to_string(), loaded.description.name.clone()]);
        for key in [plugin.spec.digest.clone(), suspended.plugin.clone()].into_iter().chain(known.into_iter().flatten()) {
            actions.off.entry(key).or_insert_with(|| suspended.clone());
        }
        let offered = loaded.and_then(|loaded| chosen(plugin, &loaded.description.actions).ok());
        for info in offered.into_iter().flatten() {
            actions.suspended.entry(info.name.clone()).or_insert_with(|| suspended.clone());
        }
    }

    fn exported(
        &self,
        one: &Looked,
        loaded: &Loaded,
        taken: &Actions,
    ) -> Result<BTreeMap<ActionName, Entry>, (&'static str, String)> {
        let description = &loaded.description;
        let id = PluginId { name: description.name.clone(), version: description.version.clone(), digest: loaded.digest.clone() };
        let mut exported = BTreeMap::new();
        for info in chosen(&one.plugin, &description.actions)? {
            if let Some(other) = taken.active.get(&info.name) {
                let (action, owner, version) = (&info.name, &other.plugin.name, &other.plugin.version);
                let message =
                    format!("{action} is already exported by plugin {owner} {version} (active). Disable one: spec.actions.");
                return Err(("ActionConflict", message));
            }
            let granted = super::granted::granted(&self.cluster, &id, info);
            if let Some(entry) = Entry::of(id.clone(), description, &info.name, granted) {
                exported.insert(info.name.clone(), entry);
            }
        }
        Ok(exported)
    }

    /// One `Action` object for each active action, and none beside.
    async fn publish(&self, actions: &Actions) -> Result<(), CallError> {
        let wanted = actions.active.values().map(|e| super::action::object(&e.plugin, &e.info)).collect();
        self.cluster.publish_actions(wanted).await
    }

    async fn say(&self, one: &Looked) -> Result<(), CallError> {
        let last = self.last_good.get(one.plugin.metadata.name.as_deref().unwrap_or_default());
        let generation = one.plugin.metadata.generation.unwrap_or_default();
        let before = one.plugin.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
        let conditions = super::conditions::merged(before, &one.steps.0, generation, (self.now)());
        let status = ActionPluginStatus {
            observed_generation: generation,
            digest: last.map(|l| short(&l.digest)).unwrap_or_default(),
            exported: last.map_or(0, |l| i64::try_from(l.description.actions.len()).unwrap_or(i64::MAX)),
            version: last.map(|l| l.description.version.clone()).unwrap_or_default(),
            actions: last.map(|l| l.description.actions.iter().map(|a| a.name.to_string()).collect()).unwrap_or_default(),
            conditions,
            last_good: last.map(|l| crds::LastGood { digest: l.digest.to_string(), version: l.description.version.clone() }),
        };
        self.cluster.plugin_status(&one.plugin, status).await
    }
}

impl Controller for PluginController {
    type Object = ActionPlugin;

    /// Looks at all plugins and swaps the catalogue whole. `objects` oldest first: of two that export one action, the older has it.
    async fn update(&mut self, objects: Vec<ActionPlugin>) -> Result<(), UpdateError> {
        let mut looked = Vec::new();
        for plugin in objects {
            looked.push(self.look(plugin).await);
        }
        let mut actions = Actions::default();
        for one in &mut looked {
            self.activate(one, &mut actions);
        }
        self.forget(&looked);
        if self.catalogue.actions().is_some() || self.is_whole(&looked) {
            self.catalogue.set_actions(actions.clone());
            self.publish(&actions).await?;
        }
        for one in &looked {
            self.say(one).await?;
        }
        looked.iter().find_map(Looked::again).map_or(Ok(()), Err)
    }

    /// Whether roles came, went or changed.
    fn moved(&self) -> bool {
        let Some(actions) = self.catalogue.actions() else { return false };
        actions.active.values().any(|e| super::granted::granted(&self.cluster, &e.plugin, &e.info) != e.granted)
    }
}

/// As in the names of its roles.
fn short(digest: &Digest) -> String {
    digest.as_str().trim_start_matches("sha256:").get(..10).unwrap_or_default().to_owned()
}

/// As its own status says; none while that says that it is active.
fn inactive_since(plugin: &ActionPlugin) -> Option<Timestamp> {
    let active = plugin.status.as_ref()?.conditions.iter().find(|c| c.type_ == "Active")?;
    (active.status == "False").then_some(active.last_transition_time.0)
}

/// `spec.actions`, or all.
fn chosen<'a>(plugin: &ActionPlugin, all: &'a [ActionInfo]) -> Result<Vec<&'a ActionInfo>, (&'static str, String)> {
    let Some(names) = &plugin.spec.actions else { return Ok(all.iter().collect()) };
    let find = |name: &String| {
        let missing = || ("ActionUnknown", format!("spec.actions names {name}, which the component does not export"));
        all.iter().find(|a| a.name.as_str() == name).ok_or_else(missing)
    };
    names.iter().map(find).collect()
}
