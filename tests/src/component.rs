//! A component, installed as a platform team does it: by what `writ plugin install` prints.
use crate::{Cluster, PATIENCE, Standing, api, get, is, within};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Roles, ConfigMap, ActionPlugin.
pub struct Component {
    cluster: Cluster,
    objects: Vec<Value>,
}

/// The program of this build, beside which the tests and their tools are.
///
/// # Panics
/// Where the tests are nowhere.
#[must_use]
pub fn writ() -> PathBuf {
    let this = env::current_exe().expect("a program has a path");
    let beside = this.ancestors().skip(1).map(|folder| folder.join("writ")).find(|file| file.is_file());
    beside.expect("writ is built")
}

impl Component {
    /// One that `plugins/build.sh` made.
    ///
    /// # Panics
    /// Where it is not there.
    #[must_use]
    pub fn guest(name: &str) -> Vec<u8> {
        let cache = || PathBuf::from(env::var_os("HOME").expect("a home")).join(".cache/writ/guests");
        let folder = env::var_os("WRIT_GUESTS").map_or_else(cache, PathBuf::from);
        fs::read(folder.join(format!("{name}.wasm"))).expect("plugins/build.sh made it")
    }

    /// The same component with another digest: as of another build of it.
    #[must_use]
    pub fn rebuilt(mut bytes: Vec<u8>) -> Vec<u8> {
        // A custom section: id, size, length of its name, its name.
        bytes.extend(b"\x00\x08\x07another");
        bytes
    }

    /// Printed, applied, and waited for.
    ///
    /// # Panics
    /// Where it does not become active.
    pub async fn install(cluster: &Cluster, name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(format!("{name}.wasm"));
        fs::write(&file, bytes).expect("a file");
        let component = Self { cluster: cluster.clone(), objects: printed(&file) };
        component.apply().await;
        component
    }

    /// Again, over whatever is installed under its name.
    ///
    /// # Panics
    /// Where it does not become active.
    pub async fn apply(&self) {
        for object in &self.objects {
            let name = object["metadata"]["name"].as_str().expect("a name");
            let all = PatchParams::apply("a-test").force();
            api(&self.cluster.admin, object).patch(name, &all, &Patch::Apply(object)).await.expect("the administrator may");
        }
        let plugin = self.plugin();
        within(PATIENCE, "the plugin is active", async || {
            let now = get(&self.cluster.admin, plugin).await.ok()??;
            (now["spec"]["digest"] == plugin["spec"]["digest"] && is(&now, "Active")).then_some(())
        })
        .await;
    }

    fn plugin(&self) -> &Value {
        self.objects.iter().find(|o| o["kind"] == "ActionPlugin").expect("an ActionPlugin is printed")
    }

    /// `sha256:` and so on.
    #[must_use]
    pub fn digest(&self) -> &Value {
        &self.plugin()["spec"]["digest"]
    }

    /// Takes all of it away again when this is dropped, the plugin first.
    #[must_use]
    pub fn standing(self) -> Vec<Standing> {
        self.objects.iter().rev().map(|object| Standing::of(&self.cluster, object.clone())).collect()
    }
}

fn printed(file: &Path) -> Vec<Value> {
    let said = Command::new(writ())
        .args(["plugin", "install", "--owner", "platform@example.com"])
        .arg(file)
        .output()
        .expect("writ is built");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).expect("text");
    let all: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
    all.into_iter().filter(|o| *o != json!(null)).collect()
}
