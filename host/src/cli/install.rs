//! `writ install --print`: the whole installation as YAML, for a human to read and apply.
use super::{human::Exit, out};
use crate::config::pinned;

/// In the order they are applied: admission policies before the objects they protect, so that none is ever stored without its stamps.
const PARTS: &[&str] = &[
    include_str!("../../../deploy/00-namespaces.yaml"),
    include_str!("../../../deploy/admission/10-stamp.yaml"),
    include_str!("../../../deploy/admission/11-identity.yaml"),
    include_str!("../../../deploy/admission/12-records.yaml"),
    include_str!("../../../deploy/admission/13-may-run.yaml"),
    include_str!("../../../deploy/admission/14-one-target.yaml"),
    include_str!("../../../deploy/admission/15-runs.yaml"),
    include_str!("../../../deploy/admission/16-system.yaml"),
    include_str!("../../../deploy/admission/17-operator.yaml"),
    include_str!("../../../deploy/admission/18-roles.yaml"),
    include_str!("../../../deploy/admission/19-dry-run.yaml"),
    include_str!("../../../crds/yaml/kubernetesexecutions.yaml"),
    include_str!("../../../crds/yaml/actionplugins.yaml"),
    include_str!("../../../crds/yaml/actions.yaml"),
    include_str!("../../../crds/yaml/executionpolicies.yaml"),
    include_str!("../../../crds/yaml/executionfreezes.yaml"),
    include_str!("../../../crds/yaml/executionapprovals.yaml"),
    include_str!("../../../deploy/30-rbac.yaml"),
    include_str!("../../../deploy/50-policy.yaml"),
    include_str!("../../../deploy/40-operator.yaml"),
];

/// The installation, as YAML.
#[derive(Debug, clap::Args)]
pub struct Install {
    /// Print it; applying is yours: `writ install --print … | kubectl apply --server-side -f -`.
    #[arg(long, required = true)]
    print: bool,
    /// The operator's image, pinned by digest.
    #[arg(long, value_parser = pinned)]
    image: String,
    /// Image of the Jobs, with kubectl in it, pinned by digest.
    #[arg(long, value_parser = pinned)]
    run_image: String,
}

impl Install {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Exit> {
        for part in PARTS {
            out::line("---");
            out::text(part.replace("kubectl:IMAGE", &self.run_image).replace("writ:IMAGE", &self.image));
        }
        Ok(Exit::Done)
    }
}
