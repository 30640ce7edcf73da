//! `(&Site, &Execution, Parts) -> Planned`: everything a plugin says is checked here before it is believed; afterwards a plan
//! leaves nothing to choose. Owns what a plan may be. What the API server then lets the run do is narrower still (`access`).
mod bad;
mod changes;
mod hash;
mod texts;
mod writes;

use crate::{
    canonical, duration,
    execution::Execution,
    model::{ActionInfo, Json, Malformed, Object, ObjectRef, PlanHash, Planned, PluginId, Proposal, Reversible, Uid, Undo},
    planned, roles,
    site::Site,
    verbs,
};
pub use bad::BadProposal;
use crds::{Owner, limits};

/// What a plan is put together from.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The component that was asked.
    pub plugin: PluginId,
    /// What it declares of this action.
    pub info: &'a ActionInfo,
    /// The target as it was read; no uid where it is not there. None for actions without one.
    pub target: Option<(ObjectRef, Option<Uid>)>,
    /// The node that it is, or runs on (`lock::node`).
    pub node: Option<String>,
    /// What `validate` returned.
    pub parameters: Json,
    /// What `plan` returned.
    pub proposal: Proposal,
    /// What `rollback` returned.
    pub undo: Undo,
    /// Those of `others` that are there, as they were read.
    pub others: &'a [Object],
    /// Who else writes what `plan` changes, as `owners::of` found them.
    pub owners: Vec<Owner>,
}

/// As many as a plan may write.
const READ: usize = texts::WRITES;

/// The objects beside its target that a plan writes here, each once: the host looks at them itself.
#[must_use]
pub fn others<'a>(exec: &Execution, info: &ActionInfo, target: Option<&ObjectRef>, proposal: &'a Proposal) -> Vec<&'a ObjectRef> {
    let mut all: Vec<&ObjectRef> = Vec::new();
    let here = |object: &ObjectRef| writes::is_here(exec, object) && writes::is_looked_at(info, &object.api);
    for object in proposal.writes.iter().map(|w| &w.object) {
        if Some(object) != target && here(object) && !all.contains(&object) && all.len() < READ {
            all.push(object);
        }
    }
    all
}

/// The plan, checked and hashed.
///
/// # Errors
/// The first thing that the host does not accept of a plugin; or a `spec.timeout` that is no time.
pub fn assemble(site: &Site, exec: &Execution, parts: Parts<'_>) -> Result<Planned, BadProposal> {
    let deadline = deadline(site, exec, parts.info)?;
    texts::check(&parts.proposal)?;
    writes::check(exec, &parts)?;
    commands(&parts.proposal)?;
    let mut proposal = parts.proposal;
    proposal.memo = memo(&proposal.memo)?;
    proposal.changes = changes::normal(proposal.changes, &proposal.writes)?;
    let mut planned = Planned {
        hash: hash::none()?,
        action: parts.info.name.clone(),
        role: roles::name_of(parts.info, &parts.plugin.digest),
        plugin: parts.plugin,
        target: parts.target,
        node: parts.node,
        parameters: object("the parameters", &parts.parameters, limits::PARAMETERS)?,
        owners: parts.owners,
        undo: way_back(parts.undo, parts.info)?,
        proposal,
        risk: parts.info.risk,
        idempotent: parts.info.idempotent,
        dry_run: parts.info.dry_run,
        deadline,
        verify: parts.info.timeouts.verify.min(site.longest),
        image: site.image.clone(),
    };
    planned.hash = hash::of(exec, &planned)?;
    size(&planned)?;
    Ok(planned)
}

/// The hash of what is asked for, whichever execution asks: another one by the same person has it too, while the same would be done.
#[must_use]
pub fn request_hash(exec: &Execution, planned: &Planned) -> Option<PlanHash> {
    hash::of_request(exec, planned).ok()
}

/// Which parts of the deed differ between two plans of one execution, in words.
#[must_use]
pub fn differ(exec: &Execution, one: &Planned, other: &Planned) -> Vec<String> {
    hash::differ(exec, one, other)
}

/// What the requester wants, within what the action and the installation allow.
fn deadline(site: &Site, exec: &Execution, info: &ActionInfo) -> Result<u32, BadProposal> {
    let wanted = match &exec.spec.timeout {
        None => info.timeouts.default,
        Some(text) => duration::parse(text)
            .map(|span| u32::try_from(span.as_millis().saturating_add(999) / 1000).unwrap_or(u32::MAX))
            .ok_or_else(|| BadProposal::Timeout(text.chars().take(40).collect()))?,
    };
    Ok(wanted.min(info.timeouts.longest).min(site.longest).max(1))
}

fn commands(proposal: &Proposal) -> Result<(), BadProposal> {
    let mut numbered = proposal.commands.iter().zip(1..);
    numbered.try_for_each(|(c, n)| verbs::check(c, &proposal.writes).map_err(|why| BadProposal::Command(n, why)))
}

fn way_back(undo: Undo, info: &ActionInfo) -> Result<Undo, BadProposal> {
    match undo {
        Undo::By { action, parameters, loses } => {
            texts::several("what its undo loses", &loses)?;
            let parameters = object("the parameters of its undo", &parameters, limits::PARAMETERS)?;
            Ok(Undo::By { action, parameters, loses })
        }
        Undo::Impossible(_) if info.reversible == Reversible::Always => Err(BadProposal::Promise),
        Undo::Impossible(why) => texts::one("why it cannot be undone", &why).map(|()| Undo::Impossible(why)),
        Undo::Unneeded(why) => texts::one("why it needs no undo", &why).map(|()| Undo::Unneeded(why)),
    }
}

fn memo(text: &Json) -> Result<Json, BadProposal> {
    let what = "its memo";
    let json = canonical::again(text.as_str()).map_err(|Malformed { .. }| BadProposal::NoJson(what))?;
    texts::within(what, json.as_str().len(), limits::MEMO).map(|()| json)
}

fn object(what: &'static str, text: &Json, most: usize) -> Result<Json, BadProposal> {
    let json = canonical::again(text.as_str()).map_err(|Malformed { .. }| BadProposal::NoJson(what))?;
    if !json.as_str().starts_with('{') {
        return Err(BadProposal::NoObject(what));
    }
    texts::within(what, json.as_str().len(), most).map(|()| json)
}

/// The plan as it is stored, without its files, which have a bound of their own.
fn size(planned: &Planned) -> Result<(), BadProposal> {
    let mut status = planned::plan(planned);
    status.commands.iter_mut().for_each(|c| c.files.clear());
    let json = canonical::of(&status).map_err(|Malformed { .. }| BadProposal::NoJson("the plan"))?;
    texts::within("the plan", json.as_str().len(), limits::PLAN)
}

#[cfg(test)]
mod tests;
