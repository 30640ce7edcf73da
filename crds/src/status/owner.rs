//! Who else writes a field that a plan changes.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of owner. (Not in this list: people with kubectl, who own nothing.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum OwnerKind {
    /// An application of Argo CD.
    ArgoCD,
    /// A Kustomization or `HelmRelease` of Flux.
    Flux,
    /// A release of Helm.
    Helm,
    /// The object that its owner reference names as controller.
    Operator,
    /// A `HorizontalPodAutoscaler` that is aimed at it.
    HPA,
    /// Whatever else the API server knows as manager of the field.
    Manager,
}

/// Who else writes a field that the plan changes. Never a time in it: it is hashed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// Of which object, such as `NetworkPolicy shop/quarantine-web`; absent where it is the target.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// JSON Pointer into it; empty for the whole object.
    pub field: String,
    /// What kind of owner.
    pub kind: OwnerKind,
    /// Its name; empty where the object does not tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where it shows.
    pub evidence: String,
    /// It will put the field back, or nothing shows that it will not. False: it sets other fields, or this one not by itself.
    pub reverts: bool,
}
