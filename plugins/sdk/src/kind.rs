//! Kinds of Kubernetes objects, complete enough for URLs and RBAC, as constants.
use crate::wire;

/// A kind: group, version, kind and the plural used in URLs and RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// empty for the core group
    pub group: &'static str,
    /// such as `v1`
    pub version: &'static str,
    /// such as `Deployment`
    pub kind: &'static str,
    /// such as `deployments`
    pub resource: &'static str,
}

impl Kind {
    /// Any kind, also one of a custom resource.
    #[must_use]
    pub const fn new(group: &'static str, version: &'static str, kind: &'static str, resource: &'static str) -> Self {
        Self { group, version, kind, resource }
    }

    /// As the contract has it.
    #[must_use]
    pub fn api(&self) -> wire::Api {
        wire::Api {
            group: self.group.into(),
            version: self.version.into(),
            kind: self.kind.into(),
            resource: self.resource.into(),
        }
    }
}

/// `pods`
pub const POD: Kind = Kind::new("", "v1", "Pod", "pods");
/// `events`
pub const EVENT: Kind = Kind::new("", "v1", "Event", "events");
/// `persistentvolumeclaims`
pub const PERSISTENT_VOLUME_CLAIM: Kind = Kind::new("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims");
/// `resourcequotas`
pub const RESOURCE_QUOTA: Kind = Kind::new("", "v1", "ResourceQuota", "resourcequotas");
/// `deployments`
pub const DEPLOYMENT: Kind = Kind::new("apps", "v1", "Deployment", "deployments");
/// `statefulsets`
pub const STATEFUL_SET: Kind = Kind::new("apps", "v1", "StatefulSet", "statefulsets");
/// `daemonsets`
pub const DAEMON_SET: Kind = Kind::new("apps", "v1", "DaemonSet", "daemonsets");
/// `replicasets`
pub const REPLICA_SET: Kind = Kind::new("apps", "v1", "ReplicaSet", "replicasets");
/// `controllerrevisions`
pub const CONTROLLER_REVISION: Kind = Kind::new("apps", "v1", "ControllerRevision", "controllerrevisions");
/// `horizontalpodautoscalers`
pub const HORIZONTAL_POD_AUTOSCALER: Kind = Kind::new("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers");
/// `poddisruptionbudgets`
pub const POD_DISRUPTION_BUDGET: Kind = Kind::new("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets");
/// `networkpolicies`
pub const NETWORK_POLICY: Kind = Kind::new("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies");
/// `jobs`
pub const JOB: Kind = Kind::new("batch", "v1", "Job", "jobs");
