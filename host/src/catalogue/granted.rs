//! Are the roles in the cluster exactly what a component declares? A human applies them; the host only compares.
use crate::cluster::Cluster;
use decide::{
    model::{ActionInfo, PluginId},
    roles,
};

/// What is missing or different, in words; nothing where all is granted.
pub fn granted(cluster: &Cluster, plugin: &PluginId, info: &ActionInfo) -> Result<(), Vec<String>> {
    let declared = roles::of(plugin, info).map_err(|forbidden| vec![forbidden.to_string()])?;
    let name = declared.metadata.name.clone().unwrap_or_default();
    match cluster.role(&name) {
        None => Err(vec![format!("role {name} is missing")]),
        Some(there) if there.rules.clone().unwrap_or_default() != declared.rules.unwrap_or_default() => {
            Err(vec![format!("role {name} is not what the component declares")])
        }
        Some(_) => Ok(()),
    }
}
