//! A small cluster made of JSON, and the host's questions about it.
use super::document::{as_wire, is_of, matches_labels, put, text};
use super::rules;
use crate::json::at;
use crate::{Plugin, Refusal, wire};
use serde_json::{Value, json};
use wire::Moment::{After, Before};

/// A target, what else is there, and a plugin to ask.
#[derive(Clone, Debug)]
pub struct Scene {
    plugin: Plugin,
    target: Value,
    gone: bool,
    others: Vec<Value>,
    missing: Vec<String>,
    created_at: String,
}

/// What a plugin proposed, with the way back.
#[derive(Clone, Debug)]
pub struct Planned {
    /// its name
    pub action: String,
    /// as `validate` returned them
    pub parameters: Value,
    /// of the contract
    pub proposal: wire::Proposal,
    /// of the contract
    pub undo: wire::Undo,
}

impl Planned {
    /// As the host would render them, without what it adds itself.
    #[must_use]
    pub fn command_lines(&self) -> Vec<String> {
        self.proposal.commands.iter().map(line).collect()
    }

    /// The patch of the first command that has one.
    #[must_use]
    pub fn patch(&self) -> Value {
        let file = self.proposal.commands.iter().find_map(|c| c.files.first());
        file.and_then(|f| serde_json::from_str(&f.content).ok()).unwrap_or_default()
    }

    /// The action that undoes it, with its parameters.
    #[must_use]
    pub fn inverse(&self) -> Option<(String, Value)> {
        match &self.undo {
            wire::Undo::By(inverse) => {
                Some((inverse.action.clone(), serde_json::from_str(&inverse.parameters).unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// The object as a command of the plan makes it, with a uid as the API server would give it one.
    fn creates(&self, object: &wire::ObjectRef) -> Option<Value> {
        let files = self.proposal.commands.iter().flat_map(|c| &c.files);
        let mut made = files.filter_map(|f| serde_json::from_str::<Value>(&f.content).ok()).find(|o| is_it(o, object))?;
        put(&mut made, "/metadata/uid", json!(format!("uid of {}", object.name)));
        Some(made)
    }

    /// Each as `/spec/replicas 2 -> 5`.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        self.proposal.changes.iter().flat_map(|c| lines(&c.effect)).collect()
    }
}

fn is_it(object: &Value, id: &wire::ObjectRef) -> bool {
    is_of(object, &id.api) && text(object, "/metadata/name") == id.name
}

fn line(command: &wire::Command) -> String {
    let option = |o: &wire::CommandOption| match &o.value {
        Some(value) => format!("--{}={value}", o.name),
        None => format!("--{}", o.name),
    };
    let mut words = vec![command.program.clone()];
    words.extend(command.verb.iter().cloned());
    words.extend(command.options.iter().map(option));
    words.push("--".to_owned());
    words.extend(command.operands.iter().cloned());
    words.join(" ")
}

fn lines(effect: &wire::Effect) -> Vec<String> {
    let shown = |v: &Option<String>| v.clone().unwrap_or_else(|| "-".to_owned());
    match effect {
        wire::Effect::Created => vec!["created".to_owned()],
        wire::Effect::Deleted => vec!["deleted".to_owned()],
        wire::Effect::Other(what) => vec![what.clone()],
        wire::Effect::Set(fields) => {
            fields.iter().map(|f| format!("{} {} -> {}", f.at, shown(&f.before), shown(&f.after))).collect()
        }
    }
}

impl Scene {
    /// `target` needs `apiVersion`, `kind` and `metadata` with name, namespace and uid.
    #[must_use]
    pub fn on(plugin: Plugin, target: Value) -> Self {
        let created_at = "2026-11-23T03:12:00Z".to_owned();
        Self { plugin, target, gone: false, others: Vec::new(), missing: Vec::new(), created_at }
    }

    /// The target is asked for by its name, and is not there.
    #[must_use]
    pub fn gone(mut self) -> Self {
        self.gone = true;
        self
    }

    /// Another object in the cluster.
    #[must_use]
    pub fn with(mut self, object: Value) -> Self {
        self.others.push(object);
        self
    }

    /// The cluster does not serve that kind.
    #[must_use]
    pub fn without_kind(mut self, kind: &str) -> Self {
        self.missing.push(kind.to_owned());
        self
    }

    /// When the execution was created.
    #[must_use]
    pub fn at(mut self, created_at: &str) -> Self {
        self.created_at = created_at.to_owned();
        self
    }

    /// The target, changed at one place (`Null` takes it away).
    #[must_use]
    pub fn set(mut self, pointer: &str, value: impl crate::IntoJson) -> Self {
        put(&mut self.target, pointer, value.into_json());
        self
    }

    /// The target as it is.
    #[must_use]
    pub fn target(&self) -> &Value {
        &self.target
    }

    /// As the plan would leave it: the changes of the target, a generation that moved with the spec, and what else comes and goes.
    #[must_use]
    pub fn after(&self, planned: &Planned) -> Self {
        let mut after = self.clone();
        for change in &planned.proposal.changes {
            match &change.effect {
                wire::Effect::Set(fields) => after.set_all(fields),
                wire::Effect::Created => after.others.extend(planned.creates(&change.object)),
                wire::Effect::Deleted => after.others.retain(|o| !is_it(o, &change.object)),
                wire::Effect::Other(_) => {}
            }
        }
        if at(&after.target, "/spec") != at(&self.target, "/spec") {
            let generation = at(&self.target, "/metadata/generation").as_i64().unwrap_or(0);
            put(&mut after.target, "/metadata/generation", json!(generation + 1));
        }
        after
    }

    fn set_all(&mut self, fields: &[wire::Field]) {
        for field in fields {
            let value = field.after.as_deref().and_then(|v| serde_json::from_str(v).ok());
            put(&mut self.target, &field.at, value.unwrap_or_default());
        }
    }

    /// The host's first question.
    pub fn validate(&self, action: &str, parameters: &Value) -> Result<Value, Vec<wire::Violation>> {
        let request = self.request(action, parameters.to_string());
        let valid = self.plugin.validate(&request)?;
        let again = self.plugin.validate(&self.request(action, valid.clone()));
        assert_eq!(again.as_ref(), Ok(&valid), "what validate returns must validate to itself");
        Ok(serde_json::from_str(&valid).unwrap_or_default())
    }

    /// Everything the host asks before the commands run; panics where an answer breaks the contract.
    pub fn plan(&self, action: &str, parameters: Value) -> Result<Planned, Refusal> {
        let parameters = match self.validate(action, &parameters) {
            Ok(valid) => valid,
            Err(bad) => panic!("{parameters} is not valid: {bad:?}"),
        };
        let request = self.request(action, parameters.to_string());
        let state = self.state(&request, Before);
        let proposal = self.plugin.plan(&request, &state)?;
        assert_eq!(Ok(&proposal), self.plugin.plan(&request, &state).as_ref(), "plan must be pure");
        let target = Some(&self.target).filter(|_| !self.gone);
        let broken = rules::proposal(&self.info(action), &proposal, target);
        assert!(broken.is_empty(), "{action} breaks the contract: {broken:#?}");
        let undo = self.plugin.rollback(&request, &state);
        self.inverse_is_ours(&undo);
        Ok(Planned { action: action.to_owned(), parameters, proposal, undo })
    }

    fn inverse_is_ours(&self, undo: &wire::Undo) {
        if let wire::Undo::By(inverse) = undo {
            let valid = self.plugin.validate(&self.request(&inverse.action, inverse.parameters.clone()));
            assert!(valid.is_ok(), "the inverse is not valid: {inverse:?}: {valid:?}");
        }
    }

    /// The checks of what was planned, in this scene: each as `holds: …`, `pending: …` or `failed: …`.
    #[must_use]
    pub fn checks(&self, planned: &Planned) -> Vec<String> {
        let request = self.request(&planned.action, planned.parameters.to_string());
        let state = self.state(&request, After);
        let checks = self.plugin.checks(&request, &planned.proposal.memo, &state);
        checks.iter().map(|c| format!("{} {}", c.name, verdict(&c.verdict))).collect()
    }

    fn info(&self, action: &str) -> wire::ActionInfo {
        match self.plugin.describe().actions.into_iter().find(|a| a.name == action) {
            Some(info) => info,
            None => panic!("{:?} has no action {action}", self.plugin),
        }
    }

    fn request(&self, action: &str, parameters: String) -> wire::Request {
        let targets = self.info(action).targets;
        let api = targets.iter().find(|t| is_of(&self.target, &t.api)).or(targets.first()).map(|t| t.api.clone());
        let target = api.map(|api| as_wire(&self.target, &api, &[]).id);
        let namespace = text(&self.target, "/metadata/namespace");
        wire::Request {
            id: "5f0c1c9e-0000-4000-8000-000000000001".into(),
            action: action.into(),
            namespace: if namespace.is_empty() { "demo".into() } else { namespace.into() },
            target,
            parameters,
            created_at: self.created_at.clone(),
            kubernetes: "1.37".into(),
        }
    }

    /// The rounds of `reads`, until nothing new is asked for.
    fn state(&self, request: &wire::Request, when: wire::Moment) -> wire::State {
        let info = self.info(&request.action);
        let target = info.targets.iter().find(|t| !self.gone && is_of(&self.target, &t.api));
        let target = target.map(|t| as_wire(&self.target, &t.api, &[]));
        let mut state = wire::State { target, answers: Vec::new() };
        // 4 is the contract's limit
        for _ in 0..4 {
            let reads = self.plugin.reads(request, when, &state);
            let new: Vec<_> = reads.into_iter().filter(|r| !state.answers.iter().any(|a| a.key == r.key)).collect();
            if new.is_empty() {
                return state;
            }
            state.answers.extend(new.into_iter().map(|read| self.answer(&info, read)));
        }
        panic!("{} asks for something new in every round", request.action)
    }

    fn answer(&self, info: &wire::ActionInfo, read: wire::Read) -> wire::Answer {
        let declared = info.observes.iter().any(|o| o.api == read.api);
        assert!(declared, "{} reads {} and does not declare it", info.name, read.api.kind);
        assert!((1..=500).contains(&read.limit), "{}: a limit of {}", read.key, read.limit);
        let found = if self.missing.contains(&read.api.kind) { wire::Found::NoSuchKind } else { self.find(&read) };
        wire::Answer { key: read.key, found }
    }

    fn find(&self, read: &wire::Read) -> wire::Found {
        let in_place =
            |o: &&Value| is_of(o, &read.api) && read.namespace.as_deref().is_none_or(|n| text(o, "/metadata/namespace") == n);
        let selected = |o: &&Value| match &read.by {
            wire::Selector::Name(name) => text(o, "/metadata/name") == name,
            wire::Selector::Matching(query) => matches_labels(o, &query.labels),
        };
        let all = self.others.iter().filter(in_place).filter(selected);
        let mut objects: Vec<_> = all.map(|o| as_wire(o, &read.api, &read.pick)).collect();
        objects.sort_by(|a, b| (&a.id.namespace, &a.id.name).cmp(&(&b.id.namespace, &b.id.name)));
        if objects.len() > read.limit as usize { wire::Found::TooMany(read.limit) } else { wire::Found::Objects(objects) }
    }
}

fn verdict(verdict: &wire::Verdict) -> String {
    match verdict {
        wire::Verdict::Holds(what) => format!("holds: {what}"),
        wire::Verdict::Pending(what) => format!("pending: {what}"),
        wire::Verdict::Failed(what) => format!("failed: {what}"),
    }
}
