//! Events about an execution: the story for `kubectl describe`. Owns their form. Best effort: the record is the status and the ledger.
use super::client::{CallError, Cluster, within};
use crds::{KubernetesExecution, Reason, labels::FIELD_MANAGER};
use jiff::Timestamp;
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::apis::meta::v1::MicroTime};
use kube::{
    Api, Resource,
    api::{ObjectMeta, PostParams},
};

/// The API server's own limit of `note`, bytes.
const NOTE: usize = 1024;

impl Cluster {
    /// One Event for what `after` records. Its name follows from uid and seq, so that telling it again tells it once.
    pub async fn event(&self, after: &KubernetesExecution, reason: Reason, line: &str, warning: bool) -> Result<(), CallError> {
        let meta = after.meta();
        let namespace = meta.namespace.clone().unwrap_or_default();
        let event = Event {
            metadata: ObjectMeta { name: Some(name(after)), namespace: Some(namespace.clone()), ..ObjectMeta::default() },
            event_time: Some(MicroTime(Timestamp::now())),
            regarding: Some(after.object_ref(&())),
            type_: Some(if warning { "Warning" } else { "Normal" }.into()),
            reason: Some(format!("{reason:?}")),
            action: Some(after.status.as_ref().map(|s| format!("{:?}", s.phase)).unwrap_or_default()),
            note: Some(line.split_at(line.floor_char_boundary(NOTE)).0.to_owned()),
            reporting_controller: Some(FIELD_MANAGER.into()),
            reporting_instance: Some(self.settings.instance.clone()),
            ..Event::default()
        };
        let api: Api<Event> = Api::namespaced(self.client.clone(), &namespace);
        match within(api.create(&PostParams::default(), &event)).await {
            Err(error) if error.is(409) => Ok(()),
            answer => answer.map(drop),
        }
    }
}

fn name(after: &KubernetesExecution) -> String {
    let meta = after.meta();
    let uid: String = meta.uid.as_deref().unwrap_or_default().chars().filter(char::is_ascii_hexdigit).take(12).collect();
    let seq = after.status.as_ref().map_or(0, |s| s.seq);
    // A name is 253 characters at most; an execution's own may be as long.
    let whole = meta.name.as_deref().unwrap_or_default();
    let start = whole.split_at(whole.floor_char_boundary(200)).0.trim_end_matches(['.', '-']);
    format!("{start}.{uid}.{seq}")
}
