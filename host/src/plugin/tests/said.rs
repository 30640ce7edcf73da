//! All that a plugin says of one execution, and what becomes of it: the way from its words to a plan, in the order in which the host asks.
use super::{
    super::{
        describe,
        edge::{Checked, answer, tests::info},
        fault::{Fault, LoadError},
        untrusted,
        v0_1::{self, types as wit},
    },
    word,
};
use crds::KubernetesExecution;
use decide::{
    canonical,
    execution::Execution,
    model::{ActionInfo, Object, Proposal, Uid, Undo},
    plan::{self, BadProposal, Parts},
    site::Site,
};
use serde_json::json;

/// Of the Deployment that everything is about, as `untrusted` has it.
const UID: &str = "6d1f8e90-1111-4222-8333-444455556666";
/// Of each that is there beside it.
pub(super) const OTHER: &str = "1c0de000-1111-4222-8333-444455556666";

pub(super) struct Said {
    pub(super) description: v0_1::Description,
    pub(super) validated: Result<String, Vec<v0_1::Violation>>,
    pub(super) reads: Vec<v0_1::Read>,
    pub(super) plan: v0_1::Proposal,
    /// Said instead of a plan.
    pub(super) refusal: Option<v0_1::Refusal>,
    pub(super) undo: v0_1::Undo,
    pub(super) checks: Vec<v0_1::Check>,
    /// Deployments beside the target that are there, by group and name.
    pub(super) there: Vec<(&'static str, &'static str)>,
}

/// In which words, and which of the core's names those have, if any.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) core: Vec<String>,
}

impl Said {
    /// What becomes of an honest plugin with one thing wrong.
    pub(super) fn spoiled(spoil: fn(&mut Self)) -> Result<(), Refused> {
        let mut said = honest();
        spoil(&mut said);
        said.heard()
    }

    fn heard(self) -> Result<(), Refused> {
        let read = describe::read(self.description, &untrusted::digest()).map_err(loading)?;
        let info = read.description.actions.first().expect("there is one").clone();
        let schema = read.schemas.get(&info.name);
        edge("validate", answer::validated(self.validated, &info.name, schema))?.expect("it takes the parameters");
        edge("reads", answer::reads(self.reads))?;
        let planned = self.refusal.map_or(Ok(self.plan), Err);
        let Ok(proposal) = edge("plan", answer::planned(planned))? else { return Ok(()) };
        let undo = edge("rollback", answer::undo(self.undo, &read.description, &read.schemas))?;
        assembled(&info, proposal, undo, &self.there)?;
        edge("checks", answer::checks(self.checks)).map(drop)
    }
}

fn edge<T>(asked: &str, checked: Checked<T>) -> Result<T, Refused> {
    checked.map_err(|wrong| fault(&wrong.fault(asked)))
}

fn fault(fault: &Fault) -> Refused {
    let Fault::BadOutput { at, why } = fault else { panic!("{fault}") };
    Refused { message: format!("{at}: {why}"), core: vec![] }
}

fn loading(error: LoadError) -> Refused {
    match error {
        LoadError::Describe(wrong) => fault(&wrong),
        LoadError::Forbidden(why) => Refused { message: why.to_string(), core: vec![] },
        other => panic!("{other}"),
    }
}

fn in_the_core(bad: &BadProposal) -> Refused {
    let mut names = vec![word(&format!("{bad:?}")).to_owned()];
    if let BadProposal::Command(_, why) = bad {
        names.push(word(&format!("{why:?}")).to_owned());
    }
    Refused { message: bad.to_string(), core: names }
}

fn assembled(info: &ActionInfo, proposal: Proposal, undo: Undo, there: &[(&str, &str)]) -> Result<(), Refused> {
    let others: Vec<Object> = there.iter().map(|(group, name)| object(group, name)).collect();
    let parts = Parts {
        plugin: untrusted::id(),
        info,
        target: Some((untrusted::target(), Some(untrusted::uid()))),
        node: None,
        parameters: canonical::json(&json!({})).expect("it is JSON"),
        proposal,
        undo,
        others: &others,
        owners: vec![],
    };
    plan::assemble(&site(), &execution(), parts).map(drop).map_err(|bad| in_the_core(&bad))
}

fn object(group: &str, name: &str) -> Object {
    let mut id = untrusted::target();
    (id.api.group, id.name) = (group.to_owned(), name.to_owned());
    Object { id, uid: uid(OTHER), body: canonical::json(&json!({})).expect("it is JSON"), managers: vec![] }
}

fn uid(text: &str) -> Uid {
    Uid::try_from(text.to_owned()).expect("it is a uid")
}

fn site() -> Site {
    Site {
        runs_namespace: "writ-runs".into(),
        image: format!("kubectl@sha256:{}", "0".repeat(64)),
        program: "/kubectl".into(),
        cpu: "1".into(),
        memory: "64Mi".into(),
        keep_job: 60,
        start_grace: 60,
        longest: 3600,
        kubernetes: "1.37".into(),
        by: "writ/test".into(),
    }
}

fn execution() -> Execution {
    let kx: KubernetesExecution = serde_json::from_value(json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {
            "name": "scale-web", "namespace": "shop", "uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b", "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-11-23T03:12:07Z",
        },
        "spec": {"action": "scale_deployment", "target": {"name": "web"}},
    }))
    .expect("it is an execution");
    Execution::parse(&uid("cluster"), &kx).expect("it is new")
}

fn honest() -> Said {
    let mut action = info();
    let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect();
    action.needs[0].resources = words(&["deployments", "deployments/scale"]);
    action.needs[0].verbs = words(&["get", "create", "update", "patch", "delete"]);
    Said {
        description: v0_1::Description { name: "workload".into(), version: "1.0.0".into(), actions: vec![action] },
        validated: Ok("{}".into()),
        reads: vec![reads("pods")],
        plan: plan(),
        refusal: None,
        undo: wit::Undo::By(wit::Inverse { action: "scale_deployment".into(), parameters: "{}".into(), loses: vec![] }),
        checks: vec![v0_1::Check { name: "replicas_ready".into(), verdict: wit::Verdict::Holds("5 of 5".into()), object: None }],
        there: vec![],
    }
}

pub(super) fn reads(key: &str) -> v0_1::Read {
    let by = wit::Selector::Matching(wit::Query { labels: "app=web".into(), fields: String::new() });
    v0_1::Read { key: key.into(), api: target().api, namespace: Some("shop".into()), by, pick: vec![], limit: 50 }
}

fn plan() -> v0_1::Proposal {
    let field = wit::Field { at: "/spec/replicas".into(), before: Some("2".into()), after: Some("5".into()) };
    v0_1::Proposal {
        commands: vec![wit::Command {
            program: "kubectl".into(),
            verb: vec!["scale".into()],
            options: vec![option("current-replicas", "2"), option("replicas", "5")],
            operands: vec!["deployment/web".into()],
            files: vec![],
        }],
        writes: vec![wit::Write {
            object: target(),
            operation: wit::Operation::Update,
            subresource: Some("scale".into()),
            uid: Some(UID.into()),
        }],
        changes: vec![wit::Change { object: target(), effect: wit::Effect::Set(vec![field]) }],
        warnings: vec!["Pods start.".into()],
        memo: "{}".into(),
    }
}

/// `Deployment shop/web`.
pub(super) fn target() -> wit::ObjectRef {
    let api = wit::Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    wit::ObjectRef { api, namespace: Some("shop".into()), name: "web".into() }
}

pub(super) fn option(name: &str, value: &str) -> wit::CommandOption {
    wit::CommandOption { name: name.into(), value: Some(value.into()) }
}

pub(super) fn file(name: &str, content: &str) -> wit::File {
    wit::File { name: name.into(), content: content.into() }
}
