//! `writ approvals`: what waits for approvals, and whether for yours.
use super::{
    Where, actions,
    ballot::{self, You},
    connect::{Connected, said},
    human::{Exit, age, table},
    me::me,
    out,
};
use crds::{Identity, KubernetesExecution, labels::object_name};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use kube::{ResourceExt, api::ListParams};

/// What waits for approvals, and whether for yours.
#[derive(Debug, clap::Args)]
pub struct Approvals {
    /// In all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    #[command(flatten)]
    place: Where,
}

const HEAD: [&str; 9] = ["NAMESPACE", "EXECUTION", "ACTION", "TARGET", "CHANGE", "BY", "WAITING", "EXPIRES", "YOU CAN"];

impl Approvals {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let api = if self.all_namespaces { cluster.all() } else { cluster.here::<KubernetesExecution>() };
        let waiting = ListParams::default().fields("status.phase=AwaitingApproval");
        let all = api.list(&waiting).await.map_err(said)?.items;
        if all.is_empty() {
            let place =
                if self.all_namespaces { String::new() } else { format!(" in {}; -A looks everywhere", cluster.namespace) };
            out::line(format_args!("Nothing waits for an approval{place}."));
            return Ok(Exit::Done);
        }
        let me = me(&cluster).await?;
        let rows = stream::iter(&all).map(|kx| row(&cluster, &me, kx)).buffered(8).try_collect::<Vec<_>>().await?;
        out::text(table(&HEAD, &rows));
        out::line("To look at one and decide: writ approve EXECUTION -n NAMESPACE, or writ reject.");
        Ok(Exit::Done)
    }
}

async fn row(cluster: &Connected, me: &Identity, kx: &KubernetesExecution) -> anyhow::Result<Vec<String>> {
    let (namespace, now) = (kx.namespace().unwrap_or_default(), Timestamp::now());
    let status = kx.status.clone().unwrap_or_default();
    let approval = status.approval.unwrap_or_default();
    let may = actions::may(cluster, "approve", &namespace, &object_name(&kx.spec.action)).await?;
    let requester = kx.spec.requester.as_ref();
    let since = approval.since.parse().map(|at| age(at, now)).unwrap_or_default();
    let left = approval.expires_at.parse().map(|at| age(now, at)).unwrap_or_default();
    let you = match ballot::can(&You { me, may }, requester, &approval) {
        Ok(groups) if groups.is_empty() && approval.groups.is_empty() => "approve".to_owned(),
        Ok(groups) if groups.is_empty() => format!("- (you are of none of {})", approval.groups.join(", ")),
        Ok(groups) => format!("approve as {}", groups.join(", ")),
        Err(why) => format!("- ({why})"),
    };
    Ok(vec![
        namespace,
        kx.name_any(),
        kx.spec.action.clone(),
        kx.spec.target.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
        status.summary,
        requester.map(|r| r.username.clone()).unwrap_or_default(),
        since,
        left,
        you,
    ])
}
