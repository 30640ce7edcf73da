//! `writ approve`, `writ reject` and `writ review`: the change first, then the question. The API server stamps who says it; the host says whether it counts.
mod shown;
mod since;
mod vote;

use super::{
    Where, actions,
    ballot::{self, You},
    connect::Connected,
    follow,
    go::refused,
    human::{Exit, age},
    me::me,
    out::{self, Words},
    page,
};
use anyhow::Context;
use crds::{
    ApprovalStatus, Decision, ExecutionApproval, ExecutionStatus, Identity, KubernetesExecution, Phase, labels::object_name,
};
use jiff::Timestamp;
use kube::{ResourceExt, api::PostParams};
use std::io::IsTerminal;

/// Show the change, ask, say yes to exactly that.
#[derive(Debug, clap::Args)]
pub struct Approve {
    /// Say yes to this alone, not to its undo too.
    #[arg(long)]
    no_undo: bool,
    #[command(flatten)]
    ballot: Ballot,
}

/// Show the change, ask, say no; that ends it.
#[derive(Debug, clap::Args)]
pub struct Reject {
    #[command(flatten)]
    ballot: Ballot,
}

/// Show what was done without approvals, ask, say that you looked at it.
#[derive(Debug, clap::Args)]
pub struct Review {
    #[command(flatten)]
    ballot: Ballot,
}

#[derive(Debug, clap::Args)]
struct Ballot {
    /// The execution, as `writ approvals` lists it.
    name: String,
    /// Why; the requester and the ledger see it.
    #[arg(long, default_value = "")]
    comment: String,
    /// Do not ask; needed where there is no terminal to ask on.
    #[arg(short = 'y', long)]
    yes: bool,
    #[command(flatten)]
    place: Where,
}

impl Approve {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        self.ballot.cast(Decision::Approve, !self.no_undo).await
    }
}

impl Reject {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        self.ballot.cast(Decision::Reject, false).await
    }
}

impl Review {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        self.ballot.cast(Decision::Review, false).await
    }
}

/// What somebody is to look at: how it ended, when, and what became of it since.
fn outcome(status: &ExecutionStatus, now: Timestamp) -> String {
    let ended = status.finished_at.as_deref().and_then(|at| at.parse().ok()).unwrap_or(now);
    let undone = status.rollback.as_ref().filter(|r| !r.undone_by.is_empty());
    let since = undone.map_or_else(|| "not undone since".to_owned(), |r| format!("undone by {}", r.undone_by));
    format!("{:?} {} ago, {since}: {}", status.phase, age(ended, now), page::message(status).0)
}

/// Its record says so a moment after the review counts.
fn reviewed(status: &ExecutionStatus) -> bool {
    status.review.as_ref().is_some_and(|review| review.state != "Due")
}

impl Ballot {
    async fn cast(mut self, decision: Decision, covers_undo: bool) -> anyhow::Result<Exit> {
        let asks = !self.yes;
        anyhow::ensure!(
            !asks || std::io::stdin().is_terminal(),
            "there is no terminal to ask on, so nothing was said; -y says it without asking"
        );
        let cluster = self.place.connect().await?;
        let kx = cluster.execution(&self.name).await?;
        let status = kx.status.clone().unwrap_or_default();
        let approval = self.asked(&cluster.namespace, &status, decision)?;
        let me = me(&cluster).await?;
        let undoes = since::undoes(&cluster, &kx).await;
        let place = (cluster.namespace.as_str(), cluster.context.as_str());
        out::text(shown::page(place, &kx, undoes.as_deref(), &approval, Timestamp::now()));
        if decision == Decision::Review {
            out::text(page::labelled(&[("outcome", outcome(&status, Timestamp::now()))]));
        } else {
            let since = since::look(&cluster, &kx, Timestamp::now()).await;
            out::text(page::labelled(&since.lines));
            if since.void && decision == Decision::Approve {
                out::line(format_args!(
                    "Nothing was said: it is planned anew within a minute. Look again: writ approve {} -n {}",
                    self.name, cluster.namespace
                ));
                return Ok(Exit::Refused);
            }
        }
        let covered = ballot::covers(&kx).filter(|_| covers_undo);
        if let Some(covered) = &covered {
            out::text(page::labelled(&[("covers", covered.clone())]));
        }
        if let Err(why) = self.open(&cluster, &kx, &approval, &me, decision).await? {
            out::line(format_args!("You are {}: {why}. Nothing was said.", me.username));
            return Ok(Exit::Refused);
        }
        if let Some(glass) = ballot::glass(&kx) {
            out::line(Words::Stdout.paint().red(&glass));
        }
        if asks && !self.confirmed(decision, &me, &approval)? {
            out::line("Nothing was said.");
            return Ok(Exit::Cancelled);
        }
        let api = cluster.here::<ExecutionApproval>();
        let vote = vote::of(&kx, &approval, decision, &self.comment, covered.is_some());
        let said = api.create(&PostParams::default(), &vote).await.map_err(refused)?;
        Ok(self.heard(&cluster, &said, decision).await)
    }

    /// What is asked of people now.
    fn asked(&self, ns: &str, status: &ExecutionStatus, decision: Decision) -> anyhow::Result<ApprovalStatus> {
        let (name, is) = (&self.name, format!("it is {:?} ({:?})", status.phase, status.reason));
        if decision == Decision::Review {
            let due = status.review.as_ref().filter(|r| r.state == "Due");
            let due =
                due.with_context(|| format!("{name} in {ns} has no review due: {is}. Others that do: writ approvals -n {ns}"))?;
            anyhow::ensure!(status.phase.is_over(), "{name} in {ns} is not over, and is reviewed then: {is}");
            let (plan_hash, groups) = (due.plan_hash.clone(), due.groups.clone());
            return Ok(ApprovalStatus { plan_hash, groups, ..ApprovalStatus::default() });
        }
        // What goes without approvals can still be stopped by who says no.
        let skipped = decision == Decision::Reject && status.phase == Phase::Preparing && status.approval.is_some();
        anyhow::ensure!(
            status.phase == Phase::AwaitingApproval || skipped,
            "{name} in {ns} waits for no approval: {is}. Others that do: writ approvals -n {ns}"
        );
        status.approval.clone().context("its status names no approval; is the operator another version?")
    }

    /// What the host would not count is not even asked. Who may not say yes may still say no.
    async fn open(
        &self,
        cluster: &Connected,
        kx: &KubernetesExecution,
        approval: &ApprovalStatus,
        me: &Identity,
        decision: Decision,
    ) -> anyhow::Result<Result<(), String>> {
        let may = actions::may(cluster, "approve", &cluster.namespace, &object_name(&kx.spec.action)).await?;
        Ok(match (decision, ballot::can(&You { me, may }, kx.spec.requester.as_ref(), approval)) {
            (Decision::Reject, _) if may => Ok(()),
            (Decision::Reject, _) => Err("you lack the verb approve on this action, which a no takes too".into()),
            (_, Ok(groups)) if groups.is_empty() && !approval.groups.is_empty() => {
                Err(format!("you are of none of {}", approval.groups.join(", ")))
            }
            (_, can) => can.map(drop),
        })
    }

    fn confirmed(&mut self, decision: Decision, me: &Identity, approval: &ApprovalStatus) -> anyhow::Result<bool> {
        let groups: Vec<&str> = approval.groups.iter().filter(|g| me.groups.contains(g)).map(String::as_str).collect();
        let counted = if groups.is_empty() { String::new() } else { format!(", counted for {}", groups.join(", ")) };
        let question = match decision {
            Decision::Approve => format!("Approve exactly this as {}{counted}?", me.username),
            Decision::Reject => format!("Reject it as {}? That ends it.", me.username),
            Decision::Review => format!("Say as {}{counted}, that you looked at this?", me.username),
        };
        if self.comment.is_empty() {
            self.comment = out::answer(Words::Stdout, "Comment (Enter for none): ")?;
        }
        out::confirmed(Words::Stdout, question)
    }

    async fn is_gone(&self, cluster: &Connected) -> bool {
        cluster.here::<KubernetesExecution>().get_metadata_opt(&self.name).await.is_ok_and(|found| found.is_none())
    }

    /// What waited for nothing but its review goes with it, before anybody can read there that it was reviewed.
    fn let_go(&self, ns: &str) -> Exit {
        let name = &self.name;
        out::line(format_args!(
            "Reviewed: {name} waited in the list for that alone, and is gone. Its story: writ audit query {name} -n {ns}"
        ));
        Exit::Done
    }

    /// What becomes of it.
    async fn heard(&self, cluster: &Connected, said: &ExecutionApproval, decision: Decision) -> Exit {
        let (name, ns) = (&self.name, &cluster.namespace);
        let Some(told) = vote::counted(cluster, &said.name_any()).await else {
            if decision == Decision::Review && self.is_gone(cluster).await {
                return self.let_go(ns);
            }
            out::line(format_args!(
                "Said, and not counted yet. Whether it counts: kubectl get executionapproval {} -n {ns}",
                said.name_any()
            ));
            return Exit::StillRunning;
        };
        match (told.status.as_str(), decision) {
            ("True", Decision::Approve) => {
                out::line(format_args!("Approved: {}. Follow it: writ watch {name} -n {ns}", told.message));
                Exit::Done
            }
            ("True", Decision::Review) if !follow::recorded(cluster, name, reviewed).await => {
                if self.is_gone(cluster).await {
                    return self.let_go(ns);
                }
                out::line(format_args!("It counts, and is not recorded yet. To see it: writ get {name} -n {ns}"));
                Exit::StillRunning
            }
            ("True", Decision::Review) => {
                out::line(format_args!("Reviewed: {name} owes nothing more."));
                Exit::Done
            }
            ("True", Decision::Reject) => {
                out::line(format_args!("Rejected: {name} ends, and nothing was touched."));
                Exit::Done
            }
            _ => {
                out::line(format_args!(
                    "{} ({}): {}.",
                    Words::Stdout.paint().red("It does not count"),
                    told.reason,
                    told.message
                ));
                Exit::Refused
            }
        }
    }
}
