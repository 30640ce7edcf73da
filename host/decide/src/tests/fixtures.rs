//! For tests: one scale of `Deployment shop/web` from 2 to 5, and the pieces it is made of.
use crate::{
    execution::Execution,
    model::{
        ActionInfo, ActionName, Api, Change, ChangeEffect, Command, Digest, DryRunForm, Field, Json, ObjectRef, Operation,
        Planned, PluginId, Proposal, Reversible, Risk, Rule, Scope, TargetKind, Texts, Timeouts, Uid, Undo, Write,
    },
    observed::{Obligations, PolicyRuling, Ruling, Verdict, Writer},
    plan::{self, Parts},
    site::Site,
};
use crds::{ExecutionSpec, Identity, KubernetesExecution, Target};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use std::sync::LazyLock;

pub const EXECUTION: &str = "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b";
pub const TARGET: &str = "6d1f8e90-1111-4222-8333-444455556666";

pub fn site() -> Site {
    Site {
        runs_namespace: "writ-runs".into(),
        image: "registry.example/kubectl@sha256:11".into(),
        program: "/bin/kubectl".into(),
        cpu: "500m".into(),
        memory: "128Mi".into(),
        keep_job: 3600,
        start_grace: 120,
        longest: 3600,
        kubernetes: "1.37".into(),
        by: "writ-0".into(),
    }
}

pub fn uid(text: &str) -> Uid {
    text.to_owned().try_into().unwrap()
}
pub fn json(text: &str) -> Json {
    text.to_owned().try_into().unwrap()
}
pub fn digest(c: char) -> Digest {
    format!("sha256:{}", c.to_string().repeat(64)).try_into().unwrap()
}
/// Read once: the crash matrix asks for it in every look.
static CREATED: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-23T03:12:07Z".parse().unwrap());

/// Seconds after the execution was created.
pub fn at(seconds: i64) -> Timestamp {
    *CREATED + SignedDuration::from_secs(seconds)
}

pub fn kx() -> KubernetesExecution {
    let spec = ExecutionSpec {
        action: "scale_deployment".into(),
        target: Some(Target { name: "web".into(), kind: None }),
        parameters: serde_json::from_str(r#"{"replicas":5}"#).unwrap(),
        reason: "INC-4312".into(),
        requester: Some(Identity { username: "maria@example.com".into(), uid: String::new(), groups: vec!["oncall".into()] }),
        ..ExecutionSpec::default()
    };
    let metadata = ObjectMeta {
        name: Some("scale-web-x7k2p".into()),
        namespace: Some("shop".into()),
        uid: Some(EXECUTION.into()),
        resource_version: Some("1".into()),
        generation: Some(1),
        creation_timestamp: Some(Time(at(0))),
        finalizers: Some(vec![crate::execution::FINALIZER.into()]),
        ..ObjectMeta::default()
    };
    KubernetesExecution { metadata, spec, status: None }
}

pub fn parse(kx: &KubernetesExecution) -> Execution {
    Execution::parse(&uid("cluster"), kx).unwrap()
}
pub fn exec() -> Execution {
    parse(&kx())
}

pub fn web() -> ObjectRef {
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    ObjectRef { api, namespace: Some("shop".into()), name: "web".into() }
}

pub fn info() -> ActionInfo {
    let rule = Rule {
        scope: Scope::Namespaced,
        groups: vec!["apps".into()],
        resources: vec!["deployments".into(), "deployments/scale".into()],
        resource_names: vec![],
        verbs: vec!["get".into(), "patch".into(), "update".into()],
    };
    ActionInfo {
        name: ActionName::try_from("scale_deployment".to_owned()).unwrap(),
        summary: "Set the number of replicas".into(),
        texts: Texts::default(),
        parameters: json(r#"{"type":"object"}"#),
        examples: vec![json(r#"{"replicas":3}"#)],
        targets: vec![TargetKind { api: web().api, scope: Scope::Namespaced, may_be_absent: false }],
        needs: vec![rule],
        observes: vec![],
        risk: Risk::Medium,
        reversible: Reversible::Always,
        idempotent: false,
        dry_run: DryRunForm::Server,
        timeouts: Timeouts { default: 60, longest: 600, verify: 300 },
        annotations: vec![],
    }
}

pub fn plugin() -> PluginId {
    PluginId { name: "workload".into(), version: "1.4.0".into(), digest: digest('9') }
}

pub fn command(from: u32, to: u32) -> Command {
    Command {
        program: "kubectl".into(),
        verb: vec!["scale".into()],
        options: vec![("current-replicas".into(), Some(from.to_string())), ("replicas".into(), Some(to.to_string()))],
        operands: vec!["deployment/web".into()],
        files: vec![],
    }
}

pub fn proposal(from: u32, to: u32) -> Proposal {
    let field = Field { at: "/spec/replicas".into(), before: Some(json(&from.to_string())), after: Some(json(&to.to_string())) };
    Proposal {
        commands: vec![command(from, to)],
        writes: vec![Write {
            object: web(),
            operation: Operation::Update,
            subresource: Some("scale".into()),
            uid: Some(uid(TARGET)),
        }],
        changes: vec![Change { object: web(), effect: ChangeEffect::Set(vec![field]) }],
        warnings: vec![],
        memo: json("{}"),
    }
}

pub fn undo(to: u32) -> Undo {
    Undo::By { action: info().name, parameters: json(&format!(r#"{{"replicas":{to}}}"#)), loses: vec![] }
}

pub fn parts(info: &ActionInfo) -> Parts<'_> {
    Parts {
        plugin: plugin(),
        info,
        target: Some((web(), Some(uid(TARGET)))),
        node: None,
        parameters: json(r#"{"replicas":5}"#),
        proposal: proposal(2, 5),
        undo: undo(2),
        others: &[],
        owners: vec![],
    }
}

/// From `from` replicas to 5.
pub fn planned_from(from: u32, idempotent: bool) -> Planned {
    let info = ActionInfo { idempotent, ..info() };
    let parts = Parts { proposal: proposal(from, 5), undo: undo(from), ..parts(&info) };
    plan::assemble(&site(), &exec(), parts).unwrap()
}
pub fn planned() -> Planned {
    planned_from(2, false)
}

pub fn ruling(verdicts: &[Verdict]) -> Ruling {
    let result = |(n, verdict): (usize, &Verdict)| PolicyRuling {
        policy: if n == 0 { "default".into() } else { format!("p{n}") },
        digest: digest('7'),
        owner: "platform@example.com".into(),
        shadow: false,
        verdict: verdict.clone(),
    };
    Ruling { results: verdicts.iter().enumerate().map(result).collect(), input: digest('1') }
}
pub fn allow() -> Verdict {
    Verdict::Allow(Obligations::default())
}

/// Who wrote the replicas of the target.
pub fn wrote(manager: &str, at: Option<Timestamp>) -> Writer {
    let (object, field, manager) = ("Deployment shop/web".into(), "/spec/replicas".into(), manager.into());
    Writer { object, field, manager, subresource: "scale".into(), at }
}
