//! Claims on targets: one Lease for each, where runs live. Owns how one is read, made, taken over and let go, each by the version that was
//! looked at, so that of several only one gets it. Whether one counts, `decide::observed::LockSeen` says.
use super::{
    client::{CallError, Cluster, Listed, within},
    identity::labeled,
};
use crds::KubernetesExecution;
use crds::labels::{
    ANNOTATION_EXECUTION, ANNOTATION_TURN, LABEL_ACTION, LABEL_EXECUTION_UID, LABEL_NAMESPACE, LABEL_NODE, LABEL_REQUESTER,
};
use decide::{
    awaited_undo,
    execution::Execution,
    keeps_target, limits,
    lock::{self, Claim, Counts, Node},
    model::Uid,
    observed::{AtWork, Claimant, Grants, LockSeen, UndoSeen},
};
use futures::future::try_join_all;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, PostParams, Preconditions},
};
use std::collections::{BTreeMap, BTreeSet};

impl Cluster {
    /// Whose turn it is: the claim first, then the status of whoever made it, then what is left of his run.
    pub async fn lock(&self, exec: &Execution, target: &Uid, turn: i64) -> Result<LockSeen, CallError> {
        let Some(lease) = within(self.leases().get_opt(&lock::object(target))).await? else { return Ok(LockSeen::Free) };
        let version = lease.resource_version().unwrap_or_default();
        let Some(claim) = claim(&lease) else {
            // Nobody but the operator makes any here (admission, 15): whatever it is, it is no leave to go on.
            return Ok(LockSeen::Held { by: format!("Lease {}, which Writ did not make,", lease.name_any()) });
        };
        if claim.holder == exec.uid {
            return Ok(LockSeen::of(exec, turn, &claim, version, None, false));
        }
        let holder = self.execution(&claim.namespace, &claim.name).await?;
        let seen = |identity| LockSeen::of(exec, turn, &claim, version.clone(), holder.as_deref(), identity);
        match seen(false) {
            LockSeen::Stale { .. } => {
                let left = self.leftovers(&claim.holder, &claim.namespace).await? != Grants::None;
                Ok(seen(left || self.is_kept(exec, &claim, holder.as_deref()).await?))
            }
            other => Ok(other),
        }
    }

    /// Whoever failed keeps its target for its undo, and for nobody else.
    async fn is_kept(&self, exec: &Execution, claim: &Claim, holder: Option<&KubernetesExecution>) -> Result<bool, CallError> {
        if exec.spec.rollback_of.as_ref().is_some_and(|of| of.uid == claim.holder.as_str()) {
            return Ok(false);
        }
        // What does not parse owes nothing that this build could give.
        let holder = holder.and_then(|kx| Execution::parse(&exec.cluster, kx).ok()).filter(|h| h.uid == claim.holder);
        let Some((holder, undo)) = holder.and_then(|h| awaited_undo(&h).map(|undo| (h, undo))) else { return Ok(false) };
        let undo = self.execution(&holder.namespace, &undo).await?;
        Ok(keeps_target(&holder, Some(UndoSeen::of(&holder, undo.as_deref()))))
    }

    /// All others that claimed anything and count for something that this one counts for, each held against its holder. A list that is live is
    /// as of now, so that of two that claim and then look, at least one sees the other.
    pub async fn claimants(&self, exec: &Execution, how: Listed) -> Result<Vec<Claimant>, CallError> {
        let ours = ListParams::default().labels(LABEL_EXECUTION_UID);
        let ours = if how == Listed::FromCache { ours.match_any() } else { ours };
        let all = within(self.leases().list_metadata(&ours)).await?.items;
        let own = Counts::of(exec);
        let shared = |c: &Counts| limits::ALL.iter().any(|of| limits::same(*of, c, &own));
        let others = all.iter().filter_map(|l| Some((claim(l)?, l.resource_version().unwrap_or_default())));
        let others = others.filter(|(claim, _)| claim.holder != exec.uid && shared(&claim.counts));
        try_join_all(others.map(|(claim, version)| self.claimant(claim, version))).await
    }

    async fn claimant(&self, claim: Claim, version: String) -> Result<Claimant, CallError> {
        let holder = self.execution(&claim.namespace, &claim.name).await?;
        let mut at_work = AtWork::of(&claim, holder.as_deref());
        if at_work == AtWork::No && self.leftovers(&claim.holder, &claim.namespace).await? != Grants::None {
            at_work = AtWork::Runs;
        }
        Ok(Claimant { place: (claim.namespace, claim.name), counts: claim.counts, version, at_work })
    }

    /// Makes a claim, in the place of that one. Who comes too late sees it at the next look.
    pub async fn claim(&self, claim: &Claim, over: Option<&str>) -> Result<(), CallError> {
        let (api, lease, how) = (self.leases(), made(claim, over), PostParams::default());
        let answer = match over {
            None => within(api.create(&how, &lease)).await,
            Some(_) => within(api.replace(&claim.object(), &how, &lease)).await,
        };
        settled(answer)
    }

    /// Lets targets go: what another has taken over since stays.
    pub async fn unclaim(&self, claims: &[(String, String)]) -> Result<(), CallError> {
        for (name, version) in claims {
            let this = Preconditions { resource_version: Some(version.clone()), uid: None };
            let params = DeleteParams { preconditions: Some(this), ..DeleteParams::default() };
            settled(within(self.leases().delete(name, &params)).await)?;
        }
        Ok(())
    }

    /// All of one execution: name and version of each.
    pub(super) async fn claims(&self, holder: &Uid) -> Result<Vec<(String, String)>, CallError> {
        let all = labeled(&self.leases(), holder, Listed::Live).await?;
        Ok(all.into_iter().map(|l| (l.name.unwrap_or_default(), l.resource_version.unwrap_or_default())).collect())
    }

    /// Lets go what belongs to no execution that has anything left to do (`busy`, their uids; asked after the look): a request that was lost
    /// on its way made it.
    pub async fn sweep_claims(&self, busy: impl FnOnce() -> BTreeSet<String>) -> Result<usize, CallError> {
        let ours = ListParams::default().labels(LABEL_EXECUTION_UID).match_any();
        let all = within(self.leases().list_metadata(&ours)).await?.items;
        let busy = busy();
        let lost = all.iter().filter(|l| l.labels().get(LABEL_EXECUTION_UID).is_some_and(|uid| !busy.contains(uid)));
        let lost: Vec<_> = lost.map(|l| (l.name_any(), l.resource_version().unwrap_or_default())).collect();
        self.unclaim(&lost).await?;
        Ok(lost.len())
    }

    pub(super) fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.client.clone(), &self.settings.runs_namespace)
    }
}

/// Gone, or another's by now: as good as done.
fn settled<T>(answer: Result<T, CallError>) -> Result<(), CallError> {
    match answer {
        Err(error) if error.is(409) || error.is(404) => Ok(()),
        answer => answer.map(drop),
    }
}

fn made(claim: &Claim, over: Option<&str>) -> Lease {
    let place = format!("{}/{}", claim.namespace, claim.name);
    Lease {
        metadata: ObjectMeta {
            name: Some(claim.object()),
            resource_version: over.map(ToOwned::to_owned),
            labels: Some(labels(claim)),
            annotations: Some(
                [(ANNOTATION_EXECUTION.to_owned(), place.clone()), (ANNOTATION_TURN.to_owned(), claim.turn.to_string())].into(),
            ),
            ..ObjectMeta::default()
        },
        spec: Some(LeaseSpec { holder_identity: Some(place), ..LeaseSpec::default() }),
    }
}

fn labels(claim: &Claim) -> BTreeMap<String, String> {
    let Counts { namespace, action, requester, node } = claim.counts.clone();
    let all = [
        (LABEL_EXECUTION_UID, Some(claim.holder.to_string())),
        (LABEL_NAMESPACE, Some(namespace)),
        (LABEL_ACTION, Some(action)),
        (LABEL_REQUESTER, Some(requester)),
        (LABEL_NODE, node.map(|node| node.label())),
    ];
    all.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?))).collect()
}

/// For what a claim counts.
pub(super) fn counts(lease: &impl ResourceExt) -> Counts {
    let label = |name: &str| lease.labels().get(name).cloned().unwrap_or_default();
    Counts {
        namespace: label(LABEL_NAMESPACE),
        action: label(LABEL_ACTION),
        requester: label(LABEL_REQUESTER),
        node: lease.labels().get(LABEL_NODE).map(|label| Node::read(label)),
    }
}

/// The other direction.
fn claim(lease: &impl ResourceExt) -> Option<Claim> {
    let (namespace, name) = lease.annotations().get(ANNOTATION_EXECUTION)?.split_once('/')?;
    Some(Claim {
        target: Uid::try_from(lock::target(&lease.name_any())?.to_owned()).ok()?,
        holder: Uid::try_from(lease.labels().get(LABEL_EXECUTION_UID)?.clone()).ok()?,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        turn: lease.annotations().get(ANNOTATION_TURN)?.parse().ok()?,
        counts: counts(lease),
    })
}
