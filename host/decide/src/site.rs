//! What the installation decides, not the plan.

/// What the installation decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Where runs live.
    pub runs_namespace: String,
    /// Image of the Job with `kubectl` in it, by digest.
    pub image: String,
    /// Where `kubectl` is in that image.
    pub program: String,
    /// CPU limit of a run, as Kubernetes writes it.
    pub cpu: String,
    /// Memory limit of a run, as Kubernetes writes it.
    pub memory: String,
    /// How long a finished Job stays, seconds.
    pub keep_job: u32,
    /// How long no container may start before a run is given up, seconds.
    pub start_grace: u32,
    /// The longest any Job may run, seconds.
    pub longest: u32,
    /// `major.minor` of the API server, such as `1.37`; empty where there is none.
    pub kubernetes: String,
    /// Who records: `writ` and the pod's name.
    pub by: String,
}
