//! The chain of judgements, from the request to a plan that the policies have seen: action, right, role, target, parameters, plan,
//! undo, policy. The first that says no is the last that is asked. The operator asks a cluster, `writ plan` asks files: both through
//! `World`. Decides nothing: `decide` does, on the `Judgement`.
mod aim;
mod owned;
mod world;

use crate::{
    catalogue::Entry,
    gate::Gate,
    metrics::Metrics,
    plugin::{Fault, Plugins, check_parameters},
};
use decide::{
    execution::Execution,
    lock,
    model::{
        ActionInfo, ActionName, Found, Json, Malformed, Object, ObjectRef, Planned, PluginFault, Proposal, Read, Request, Scope,
        State, TargetKind, Undo, Violation,
    },
    observed::{Judgement, Verdict, Writer},
    owners,
    plan::{self, Parts},
    question::{self, Facts},
    site::Site,
};
use futures::future::{try_join, try_join_all};
use jiff::Timestamp;
use std::{future::Future, time::Instant};
pub use world::{Looked, World};

/// A plugin may ask four times: pods first, then the budgets that select them, and so on; more is a loop.
const ROUNDS: usize = 4;
/// Reads in one round: each is copied into the plugin for every call.
const READS: usize = 16;

/// The outcome, with the question that was asked, which is kept before the record that names it.
pub struct Judged {
    /// As far as it got.
    pub judgement: Judgement,
    /// The document policies saw.
    pub question: Option<Vec<u8>>,
}

impl From<Judgement> for Judged {
    fn from(judgement: Judgement) -> Self {
        Self { judgement, question: None }
    }
}

/// What the chain runs on.
pub struct Bench<'a, W> {
    /// Plugins.
    pub plugins: &'a Plugins,
    /// Policies.
    pub gate: &'a Gate,
    /// Counters.
    pub metrics: &'a Metrics,
    /// What is looked at.
    pub world: &'a W,
    /// The installation.
    pub site: &'a Site,
    /// The only time there is.
    pub now: Timestamp,
}

/// One object, if it is there, and whether the requester may read it.
type Glance = (Option<Object>, Result<(), String>);

/// A judgement that ends the chain, or a fault of the world, which ends the pass.
enum Stop<E> {
    No(Box<Judgement>),
    Fault(E),
}

impl<E> From<Judgement> for Stop<E> {
    fn from(j: Judgement) -> Self {
        Self::No(Box::new(j))
    }
}

impl<W: World> Bench<'_, W> {
    /// Runs the chain for `exec` with one entry of the catalogue.
    pub async fn judge(&self, exec: &Execution, entry: &Entry) -> Result<Judged, W::Error> {
        match self.chain(exec, entry).await {
            Ok(judged) => Ok(judged),
            Err(Stop::No(judgement)) => Ok((*judgement).into()),
            Err(Stop::Fault(error)) => match W::denied(&error) {
                Some(what) => Ok(Judgement::NotGranted { missing: vec![what] }.into()),
                None => Err(error),
            },
        }
    }

    async fn chain(&self, exec: &Execution, entry: &Entry) -> Result<Judged, Stop<W::Error>> {
        let info = entry.info.as_ref();
        let aim = aim::aim(&exec.spec, &exec.namespace, info);
        // Read while the rights are asked for, and shown to nobody where one is missing.
        let (may, (target, may_read)) =
            try_join(self.world.may_run(exec), self.target(exec, aim.as_ref().ok())).await.map_err(Stop::Fault)?;
        if let Err(why) = may {
            return Err(Judgement::NotAllowed { why }.into());
        }
        may_read.map_err(|why| Judgement::NotToBeSeen { why })?;
        if let Err(missing) = &entry.granted {
            return Err(Judgement::NotGranted { missing: missing.clone() }.into());
        }
        let aim = aim?;
        let request = self.valid(exec, entry, aim.as_ref().map(|(id, _)| id.clone())).await?;
        if let (Some((id, TargetKind { may_be_absent: false, .. })), None) = (&aim, &target) {
            return Err(Judgement::TargetMissing { what: id.to_string() }.into());
        }
        let mut state = State { target, ..State::default() };
        let reads = Reads { plugins: self.plugins, metrics: self.metrics, world: self.world, exec, entry };
        reads.answer(&request, false, &mut state).await?;
        let Some(facts) = self.world.facts(exec, state.target.as_ref()).await.map_err(Stop::Fault)? else {
            return Err(Judgement::NamespaceTerminating.into());
        };
        let (planned, writers) = self.planned(exec, entry, &request, &state).await?;
        let Some(history) = self.world.history(exec, state.target.as_ref(), self.now) else {
            return Err(Judgement::Starting.into());
        };
        let facts = Facts { kubernetes: self.site.kubernetes.clone(), history, ..facts };
        let question = question::of(exec, info, &planned, &facts, self.now);
        let begun = Instant::now();
        let ruling = self.gate.decide(&question).await;
        self.metrics.decided(begun.elapsed());
        ruling.results.iter().for_each(|r| self.metrics.decision(&r.policy, word(&r.verdict)));
        let judgement = Judgement::Judged { planned: Box::new(planned), ruling, writers };
        Ok(Judged { judgement, question: Some(question.bytes()) })
    }

    /// Parameters: the schema first, then the plugin, which fills in the defaults.
    async fn valid(&self, exec: &Execution, entry: &Entry, target: Option<ObjectRef>) -> Result<Request, Stop<W::Error>> {
        let info = entry.info.as_ref();
        let parameters = serde_json::Value::Object(exec.spec.parameters.clone());
        let known = known(info);
        check_parameters(info, &parameters).map_err(|violations| Judgement::Invalid {
            by_plugin: false,
            violations,
            known: known.clone(),
        })?;
        let mut request = request(exec, info, target, &parameters, self.site).map_err(broken)?;
        let asked = self.plugins.validate(&entry.plugin.digest, &request);
        request.parameters = counted(self.metrics, entry, "validate", asked)
            .await
            .map_err(faulty)?
            .map_err(|violations| Judgement::Invalid { by_plugin: true, violations, known })?;
        Ok(request)
    }

    async fn target(&self, exec: &Execution, aim: Option<&Option<(ObjectRef, &TargetKind)>>) -> Result<Glance, W::Error> {
        match aim {
            Some(Some((id, _))) => self.read(exec, id).await,
            Some(None) | None => Ok((None, Ok(()))),
        }
    }

    /// An object, and whether the requester may read it.
    async fn read(&self, exec: &Execution, id: &ObjectRef) -> Result<Glance, W::Error> {
        try_join(self.world.target(id), self.world.may_read(exec, &Looked::at(id))).await
    }

    /// What the plan writes beside its target, as far as it is there.
    async fn others(
        &self,
        exec: &Execution,
        entry: &Entry,
        request: &Request,
        proposal: &Proposal,
    ) -> Result<Vec<Object>, Stop<W::Error>> {
        let wanted = plan::others(exec, &entry.info, request.target.as_ref(), proposal);
        let read = try_join_all(wanted.into_iter().map(|id| self.read(exec, id))).await.map_err(Stop::Fault)?;
        let one = |(object, may): Glance| may.map(|()| object).map_err(|why| Judgement::NotToBeSeen { why });
        Ok(read.into_iter().map(one).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    async fn planned(
        &self,
        exec: &Execution,
        entry: &Entry,
        request: &Request,
        state: &State,
    ) -> Result<(Planned, Vec<Writer>), Stop<W::Error>> {
        let (proposal, undo) = self.proposed(entry, request, state).await?;
        if let Undo::By { action, parameters, .. } = &undo {
            self.inverse(entry, request, action, parameters).await?;
        }
        let others = self.others(exec, entry, request, &proposal).await?;
        let written: Vec<&Object> = state.target.iter().chain(&others).collect();
        let owners = owned::by(self.world, request, &proposal, &written).await.map_err(Stop::Fault)?;
        let writers = owners::writers(&written, &proposal.changes);
        let target = request.target.clone().map(|id| (id, state.target.as_ref().map(|o| o.uid.clone())));
        let parts = Parts {
            plugin: entry.plugin.clone(),
            info: entry.info.as_ref(),
            target,
            node: state.target.as_ref().and_then(lock::node),
            parameters: request.parameters.clone(),
            proposal,
            undo,
            others: &others,
            owners,
        };
        let planned = plan::assemble(self.site, exec, parts).map_err(|bad| bad.into_judgement())?;
        Ok((planned, writers))
    }

    /// What is kept as the way back has to be taken when somebody asks for it: so its action is asked too, now.
    async fn inverse(
        &self,
        entry: &Entry,
        request: &Request,
        action: &ActionName,
        parameters: &Json,
    ) -> Result<(), Stop<W::Error>> {
        inverse(entry, action.as_str(), parameters)?;
        let back = Request { action: action.clone(), parameters: parameters.clone(), ..request.clone() };
        let asked = self.plugins.validate(&entry.plugin.digest, &back);
        let taken = counted(self.metrics, entry, "validate", asked).await.map_err(faulty)?;
        taken.map(drop).map_err(|all| not_taken(action.as_str(), "are not taken by", &all).into())
    }

    async fn proposed(&self, entry: &Entry, request: &Request, state: &State) -> Result<(Proposal, Undo), Stop<W::Error>> {
        let digest = &entry.plugin.digest;
        let proposal = counted(self.metrics, entry, "plan", self.plugins.plan(digest, request, state)).await.map_err(faulty)?;
        let proposal = proposal.map_err(Judgement::Refused)?;
        let undo =
            counted(self.metrics, entry, "rollback", self.plugins.rollback(digest, request, state)).await.map_err(faulty)?;
        Ok((proposal, undo))
    }
}

/// What a plugin is shown for one execution: in the name of its requester, who must be allowed to read it himself.
pub struct Reads<'a, W> {
    /// Plugins.
    pub plugins: &'a Plugins,
    /// Counters.
    pub metrics: &'a Metrics,
    /// What is looked at.
    pub world: &'a W,
    /// For which.
    pub exec: &'a Execution,
    /// By which action.
    pub entry: &'a Entry,
}

impl<W: World> Reads<'_, W> {
    /// Answers the plugin's reads until it asks for nothing new. Also used for `checks`, where the target is already there.
    async fn answer(&self, request: &Request, after: bool, state: &mut State) -> Result<(), Stop<W::Error>> {
        for _ in 0..ROUNDS {
            let asked = self.plugins.reads(&self.entry.plugin.digest, request, after, state);
            let wanted = counted(self.metrics, self.entry, "reads", asked).await.map_err(faulty)?;
            let new: Vec<Read> = wanted.into_iter().filter(|r| state.answers.iter().all(|(key, _)| *key != r.key)).collect();
            if new.is_empty() {
                return Ok(());
            }
            if new.len() > READS {
                return Err(bad(format!("asks for {} things at once; at most {READS}", new.len())).into());
            }
            for read in new {
                let found = self.one(request, &read).await?;
                state.answers.push((read.key, found));
            }
        }
        Err(bad(format!("still asks for more after {ROUNDS} rounds of reads")).into())
    }

    async fn one(&self, request: &Request, read: &Read) -> Result<Found, Stop<W::Error>> {
        declared(&self.entry.info, &request.namespace, read)?;
        let looked = Looked::by(read);
        let (found, may) =
            try_join(self.world.answer(read), self.world.may_read(self.exec, &looked)).await.map_err(Stop::Fault)?;
        may.map_err(|why| Judgement::NotToBeSeen { why })?;
        Ok(found)
    }

    /// What `checks` is shown: the target now, and the plugin's reads.
    pub async fn after(&self, request: &Request) -> Result<Result<State, PluginFault>, W::Error> {
        let seen = async {
            let target = match &request.target {
                Some(id) => self.world.target(id).await.map_err(Stop::Fault)?,
                None => None,
            };
            let mut state = State { target, ..State::default() };
            self.answer(request, true, &mut state).await?;
            Ok(state)
        };
        match seen.await {
            Ok(state) => Ok(Ok(state)),
            Err(Stop::Fault(error)) => match W::denied(&error) {
                Some(message) => Ok(Err(PluginFault::Unavailable { message })),
                None => Err(error),
            },
            Err(Stop::No(judgement)) => match *judgement {
                Judgement::Faulty(fault) => Ok(Err(fault)),
                Judgement::NotToBeSeen { why } => Ok(Err(PluginFault::Unavailable { message: why })),
                other => Ok(Err(PluginFault::Broken { kind: "BadOutput".into(), message: format!("{other:?}") })),
            },
        }
    }
}

/// The request as the plugin sees it.
pub fn request(
    exec: &Execution,
    info: &ActionInfo,
    target: Option<ObjectRef>,
    parameters: &serde_json::Value,
    site: &Site,
) -> Result<Request, Malformed> {
    Ok(Request {
        id: exec.uid.clone(),
        action: info.name.clone(),
        namespace: exec.namespace.clone(),
        target,
        parameters: decide::canonical::json(parameters)?,
        created_at: exec.created.to_string(),
        kubernetes: site.kubernetes.clone(),
    })
}

/// A read outside the declaration is a fault of the plugin: what it may see was granted by a human.
fn declared(info: &ActionInfo, namespace: &str, read: &Read) -> Result<(), Judgement> {
    let own = read.namespace.as_deref() == Some(namespace);
    let observed = info.observes.iter().any(|o| o.api == read.api && (own || o.scope == Scope::Cluster));
    let is_target = own && info.targets.iter().any(|t| t.api == read.api);
    if observed || is_target {
        return Ok(());
    }
    let place = read.namespace.as_deref().unwrap_or("all namespaces");
    Err(bad(format!("reads {} of {place}, which it does not declare", read.api.resource)))
}

/// The inverse is an action of the same component, and its parameters satisfy that action's schema.
fn inverse(entry: &Entry, action: &str, parameters: &Json) -> Result<(), Judgement> {
    let Some(info) = entry.actions.iter().find(|a| a.name.as_str() == action) else {
        return Err(bad(format!("its undo is {action}, which this component does not export")));
    };
    let value =
        serde_json::from_str(parameters.as_str()).map_err(|e| bad(format!("the parameters of its undo are no JSON: {e}")))?;
    check_parameters(info, &value).map_err(|all| not_taken(action, "do not satisfy", &all))
}

fn not_taken(action: &str, how: &str, violations: &[Violation]) -> Judgement {
    let all: Vec<String> = violations.iter().map(|v| format!("{} {}", v.at, v.message)).collect();
    bad(format!("the parameters of its undo {how} {action}: {}", all.join("; ")))
}

fn known(info: &ActionInfo) -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(info.parameters.as_str()).unwrap_or_default();
    schema.get("properties").and_then(|p| p.as_object()).map(|p| p.keys().cloned().collect()).unwrap_or_default()
}

fn bad(message: String) -> Judgement {
    Judgement::Faulty(PluginFault::Broken { kind: "BadOutput".into(), message })
}
fn broken(m: Malformed) -> Judgement {
    bad(m.to_string())
}
fn faulty(fault: Fault) -> Judgement {
    Judgement::Faulty(fault.into())
}

/// One call of a plugin, counted by what came back.
pub async fn counted<T>(
    metrics: &Metrics,
    entry: &Entry,
    call: &'static str,
    asked: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let begun = Instant::now();
    let answer = asked.await;
    metrics.plugin_call(&entry.plugin.name, call, answer.as_ref().map_or_else(Fault::kind, |_| "ok"), begun.elapsed());
    answer
}

/// For metrics.
const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allow(_) => "allow",
        Verdict::Deny(_) => "deny",
        Verdict::Undefined => "undefined",
        Verdict::Malformed(_) => "malformed",
        Verdict::Errored(_) => "errored",
        Verdict::TimedOut => "timed_out",
        Verdict::OutOfMemory => "out_of_memory",
        Verdict::NotReady(_) => "not_ready",
    }
}
