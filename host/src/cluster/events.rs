//! Events about an execution: the story for `kubectl describe`. Owns their form. Best effort: the record is the status and the ledger.
use super::{
    client::{CallError, Cluster, within},
    progress::AtWork,
};
use crds::{KubernetesExecution, Reason, labels::FIELD_MANAGER};
use jiff::Timestamp;
use k8s_openapi::{
    api::{core::v1::ObjectReference, events::v1::Event},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Resource,
    api::{ObjectMeta, PostParams},
};

/// The API server's own limit of `note`, bytes.
const NOTE: usize = 1024;

/// What an Event says.
pub(super) struct Told<'a> {
    pub(super) regarding: ObjectReference,
    /// Whose number it is: a uid.
    pub(super) told_by: &'a str,
    pub(super) number: i64,
    pub(super) reason: String,
    pub(super) action: String,
    pub(super) note: &'a str,
    pub(super) warning: bool,
}

impl Cluster {
    /// One Event for what `after` records. Its name follows from uid and seq, so that telling it again tells it once.
    pub async fn event(&self, after: &KubernetesExecution, reason: Reason, line: &str, warning: bool) -> Result<(), CallError> {
        let status = after.status.as_ref();
        self.publish(Told {
            regarding: after.object_ref(&()),
            told_by: after.meta().uid.as_deref().unwrap_or_default(),
            number: status.map_or(0, |s| s.seq),
            reason: format!("{reason:?}"),
            action: status.map(|s| format!("{:?}", s.phase)).unwrap_or_default(),
            note: line,
            warning,
        })
        .await
    }

    pub(super) async fn publish(&self, told: Told<'_>) -> Result<(), CallError> {
        let namespace = told.regarding.namespace.clone().unwrap_or_default();
        let event = Event {
            metadata: ObjectMeta { name: Some(name(&told)), namespace: Some(namespace.clone()), ..ObjectMeta::default() },
            event_time: Some(MicroTime(Timestamp::now())),
            regarding: Some(told.regarding),
            type_: Some(if told.warning { "Warning" } else { "Normal" }.into()),
            reason: Some(told.reason),
            action: Some(told.action),
            note: Some(told.note.split_at(told.note.floor_char_boundary(NOTE)).0.to_owned()),
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

impl From<&AtWork> for ObjectReference {
    fn from(who: &AtWork) -> Self {
        Self {
            api_version: Some(KubernetesExecution::api_version(&()).into_owned()),
            kind: Some(KubernetesExecution::kind(&()).into_owned()),
            namespace: Some(who.namespace.clone()),
            name: Some(who.name.clone()),
            uid: Some(who.uid.to_string()),
            ..Self::default()
        }
    }
}

fn name(told: &Told<'_>) -> String {
    let uid: String = told.told_by.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    // A name is 253 characters at most; an execution's own may be as long.
    let whole = told.regarding.name.as_deref().unwrap_or_default();
    let start = whole.split_at(whole.floor_char_boundary(200)).0.trim_end_matches(['.', '-']);
    format!("{start}.{uid}.{}", told.number)
}
