//! `writ install --print`: the whole installation as YAML, for a human to read and apply.
use super::human::Exit;

/// In the order they are applied: admission policies before the objects they protect.
const PARTS: &[&str] = &[
    include_str!("../../../deploy/00-namespaces.yaml"),
];

/// The installation, as YAML.
#[derive(Debug, clap::Args)]
pub struct Install {
    /// Print it; applying is yours: `writ install --print … | kubectl apply -f -`.
    #[arg(long, required = true)]
    print: bool,
    /// The operator's image.
    #[arg(long)]
    image: String,
    /// Image of the Jobs, with kubectl in it, pinned by digest.
    #[arg(long)]
    run_image: String,
}

impl Install {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Exit> {
        anyhow::ensure!(self.run_image.contains("@sha256:"), "--run-image must be pinned by digest (…@sha256:…): runs trust no tag");
        for part in PARTS {
            println!("---");
            print!("{}", part.replace("WRIT_IMAGE", &self.image).replace("WRIT_RUN_IMAGE", &self.run_image));
        }
        Ok(Exit::Done)
    }
}
