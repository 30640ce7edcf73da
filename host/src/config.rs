//! How the operator is started: flags and environment, read once.
use std::{net::SocketAddr, path::PathBuf};

/// The daemon. Runs in the cluster, under its own ServiceAccount.
#[derive(Clone, Debug, clap::Args)]
pub struct Operator {
    /// The ledger's SQLite file, on a volume that outlives the pod.
    #[arg(long, env = "WRIT_LEDGER", default_value = "/var/lib/writ/ledger.db")]
    pub ledger: PathBuf,
    /// Image of the Jobs, with kubectl in it, pinned by digest.
    #[arg(long, env = "WRIT_RUN_IMAGE", value_parser = pinned)]
    pub run_image: String,
    /// Where kubectl is in that image.
    #[arg(long, env = "WRIT_RUN_PROGRAM", default_value = "/bin/kubectl")]
    pub run_program: String,
    /// Directory of components that `ActionPlugin.spec.source.file` may name.
    #[arg(long, env = "WRIT_PLUGIN_DIR")]
    pub plugin_dir: Option<PathBuf>,
    /// Health and metrics.
    #[arg(long, env = "WRIT_LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// The audit trail, for those who may forward a port to this pod. Loopback only.
    #[arg(long, env = "WRIT_AUDIT_LISTEN", default_value = "127.0.0.1:8081")]
    pub audit_listen: SocketAddr,
    /// CPU limit of a run.
    #[arg(long, env = "WRIT_RUN_CPU", default_value = "500m")]
    pub run_cpu: String,
    /// Memory limit of a run: kubectl needs about 40 MiB.
    #[arg(long, env = "WRIT_RUN_MEMORY", default_value = "128Mi")]
    pub run_memory: String,
    /// The longest any run may take, seconds.
    #[arg(long, env = "WRIT_LONGEST", default_value_t = 3600)]
    pub longest: u32,
    /// How long no container may start before a run is given up, seconds.
    #[arg(long, env = "WRIT_START_GRACE", default_value_t = 120)]
    pub start_grace: u32,
    /// How long a finished Job stays, seconds.
    #[arg(long, env = "WRIT_KEEP_JOB", default_value_t = 3600)]
    pub keep_job: u32,
    /// Name of this pod, for the record.
    #[arg(long, env = "POD_NAME", default_value = "writ")]
    pub pod_name: String,
    /// What to log, as in RUST_LOG.
    #[arg(long, env = "WRIT_LOG", default_value = "info")]
    pub log: String,
    /// Log as JSON.
    #[arg(long, env = "WRIT_LOG_JSON")]
    pub log_json: bool,
}

impl Operator {
    /// As `writ plan` sees the installation: the defaults, and an image that no cluster has.
    #[must_use]
    pub fn offline() -> Self {
        /// Only the flags, to let clap fill in the defaults.
        #[derive(clap::Parser)]
        struct Flags {
            #[command(flatten)]
            operator: Operator,
        }
        let image = format!("kubectl@sha256:{}", "0".repeat(64));
        <Flags as clap::Parser>::parse_from(["writ", "--run-image", &image]).operator
    }
}

/// What a tag names can be another program tomorrow: of the operator, and of every run.
pub(crate) fn pinned(image: &str) -> Result<String, String> {
    let digest = image.split_once("@sha256:").map(|(_, digest)| digest);
    let is_one = digest.is_some_and(|d| d.len() == 64 && d.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)));
    if is_one {
        Ok(image.to_owned())
    } else {
        Err("not pinned by digest: a tag can name another program tomorrow; give NAME@sha256:… with the 64 digits that the registry shows".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Writ;
    use clap::Parser;

    #[test]
    fn an_image_is_one_program_for_ever() {
        let digest = "0123456789abcdef".repeat(4);
        assert!(pinned(&format!("registry.example.com/writ@sha256:{digest}")).is_ok());
        let loose = [
            "writ",
            "writ:1.0",
            "writ@sha256:",
            "writ@sha256:…",
            &format!("writ@sha256:{digest}0"),
            &format!("writ@sha256:{}", digest.to_uppercase()),
        ];
        for image in loose {
            assert!(pinned(image).is_err(), "{image}");
        }
    }

    #[test]
    fn an_operator_does_not_start_with_an_image_that_can_become_another() {
        let started = |image: &str| Writ::try_parse_from(["writ", "operator", "--run-image", image]);
        assert!(started(&Operator::offline().run_image).is_ok());
        let refused = started("registry.example.com/kubectl:1.37").unwrap_err().to_string();
        assert!(refused.contains("--run-image") && refused.contains("not pinned by digest"), "{refused}");
    }
}
