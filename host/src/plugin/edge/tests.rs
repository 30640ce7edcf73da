//! The table of what may not stand in an answer: a good one, one thing wrong with it, and the place that is named.
use super::{
    super::v0_1::{self, types as wit},
    Checked, answer, declared,
};

pub(super) fn api() -> wit::Api {
    wit::Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() }
}

pub(super) fn object() -> wit::ObjectRef {
    wit::ObjectRef { api: api(), namespace: Some("shop".into()), name: "web".into() }
}

fn file(name: &str, size: usize) -> wit::File {
    wit::File { name: name.into(), content: "x".repeat(size) }
}

fn plan() -> v0_1::Proposal {
    let command = wit::Command {
        program: "kubectl".into(),
        verb: vec!["patch".into()],
        options: vec![wit::CommandOption { name: "patch-file".into(), value: Some("/writ/in/patch.json".into()) }],
        operands: vec!["deployment/web".into()],
        files: vec![file("patch.json", 100)],
    };
    let write = wit::Write {
        object: object(),
        operation: wit::Operation::Update,
        subresource: Some("scale".into()),
        uid: Some("21ab0000-0000-4000-8000-000000000002".into()),
    };
    let field = wit::Field { at: "/spec/replicas".into(), before: Some("2".into()), after: Some("5".into()) };
    v0_1::Proposal {
        commands: vec![command],
        writes: vec![write],
        changes: vec![wit::Change { object: object(), effect: wit::Effect::Set(vec![field]) }],
        warnings: vec!["Pods start.".into()],
        memo: "null".into(),
    }
}

pub(super) fn place<T: std::fmt::Debug>(checked: Checked<T>) -> String {
    checked.expect_err("believed").at
}

fn spoiled(spoil: fn(&mut v0_1::Proposal)) -> String {
    let mut plan = plan();
    spoil(&mut plan);
    place(answer::planned(Ok(plan)))
}

#[test]
fn a_good_plan_is_believed_whole() {
    let plan = answer::planned(Ok(plan())).unwrap().unwrap();
    assert_eq!(plan.commands[0].files[0].1.len(), 100);
    assert_eq!(plan.memo.as_str(), "null");
}

/// One way to spoil a plan, and the place that must be named.
type Row = (fn(&mut v0_1::Proposal), &'static str);

fn each_is_named(table: &[Row]) {
    for (n, (spoil, at)) in table.iter().enumerate() {
        assert_eq!(spoiled(*spoil), *at, "row {n}");
    }
}

#[test]
fn one_wrong_thing_in_a_command_is_named_by_its_place() {
    each_is_named(&[
        (|p| p.commands.clear(), "commands"),
        (|p| p.commands = vec![p.commands[0].clone(); 9], "commands"),
        (|p| p.commands[0].program = "/bin/sh".into(), "commands[0].program"),
        (|p| p.commands[0].program = "kubectl ".into(), "commands[0].program"),
        (|p| p.commands[0].verb.clear(), "commands[0].verb"),
        (|p| p.commands[0].verb = vec!["a".into(); 5], "commands[0].verb"),
        (|p| p.commands[0].verb[0] = "scale --all".into(), "commands[0].verb[0]"),
        (|p| p.commands[0].options[0].name = "-n".into(), "commands[0].options[0].name"),
        (|p| p.commands[0].options[0].name = "a=b".into(), "commands[0].options[0].name"),
        (|p| p.commands[0].options[0].value = Some("a\0b".into()), "commands[0].options[0].value"),
        (|p| p.commands[0].options[0].value = Some("a".repeat(33 << 10)), "commands[0].options[0].value"),
        (|p| p.commands[0].options = vec![p.commands[0].options[0].clone(); 65], "commands[0].options"),
        (|p| p.commands[0].operands[0] = String::new(), "commands[0].operands[0]"),
        (|p| p.commands[0].operands[0] = "a\nb".into(), "commands[0].operands[0]"),
        (|p| p.commands[0].operands[0] = "a".repeat(5000), "commands[0].operands[0]"),
        (|p| p.commands[0].operands = vec!["a".into(); 65], "commands[0].operands"),
        (|p| p.commands[0].files = (0..65).map(|n| file(&n.to_string(), 1)).collect(), "commands[0].files"),
        (|p| p.commands[0].files[0].name = "../patch".into(), "commands[0].files[0].name"),
        (|p| p.commands[0].files[0].name = "a".repeat(64), "commands[0].files[0].name"),
        (|p| p.commands[0].files[0].content = "\u{1b}[2J".into(), "commands[0].files[0].content"),
        (|p| p.commands[0].files[0].content = "a".repeat(65 << 10), "commands[0].files[0].content"),
        (|p| p.commands.push(p.commands[0].clone()), "files"),
        (|p| p.commands[0].files = vec![file("a", 40 << 10), file("b", 40 << 10)], ""),
    ]);
}

#[test]
fn one_wrong_thing_in_what_a_plan_changes_is_named_by_its_place() {
    each_is_named(&[
        (|p| p.writes = vec![p.writes[0].clone(); 65], "writes"),
        (|p| p.writes[0].object.name = "a/b".into(), "writes[0].object.name"),
        (|p| p.writes[0].object.name = "--all".into(), "writes[0].object.name"),
        (|p| p.writes[0].object.namespace = Some("Shop".into()), "writes[0].object.namespace"),
        (|p| p.writes[0].object.namespace = Some(String::new()), "writes[0].object.namespace"),
        (|p| p.writes[0].object.api.group = "Apps".into(), "writes[0].object.api.group"),
        (|p| p.writes[0].object.api.version = "v1/x".into(), "writes[0].object.api.version"),
        (|p| p.writes[0].object.api.kind = "deployment".into(), "writes[0].object.api.kind"),
        (|p| p.writes[0].object.api.resource = "*".into(), "writes[0].object.api.resource"),
        (|p| p.writes[0].subresource = Some("scale/x".into()), "writes[0].subresource"),
        (|p| p.writes[0].uid = Some("x y".into()), "writes[0].uid"),
        (|p| p.changes = vec![p.changes[0].clone(); 65], "changes"),
        (|p| p.changes[0].effect = wit::Effect::Other("a\u{7f}".into()), "changes[0].effect.other"),
        (|p| p.changes[0].effect = wit::Effect::Other(String::new()), "changes[0].effect.other"),
        (|p| p.changes[0].effect = wit::Effect::Other("a".repeat(1025)), "changes[0].effect.other"),
        (
            |p| p.changes[0].effect = wit::Effect::Set(vec![field(&format!("/{}", "a".repeat(1024)), "1")]),
            "changes[0].effect.set[0].at",
        ),
        (
            |p| p.changes[0].effect = wit::Effect::Set(vec![field("", &format!("1{}", " ".repeat(33 << 10)))]),
            "changes[0].effect.set[0].after",
        ),
        (|p| p.changes[0].effect = wit::Effect::Set(vec![field("/a\nb", "1")]), "changes[0].effect.set[0].at"),
        (|p| p.changes[0].effect = wit::Effect::Set(vec![field("spec", "1")]), "changes[0].effect.set[0].at"),
        (|p| p.changes[0].effect = wit::Effect::Set(vec![field("", "{")]), "changes[0].effect.set[0].after"),
        (|p| p.changes[0].effect = wit::Effect::Set(vec![field("", "1"); 65]), "changes[0].effect.set"),
        (|p| p.warnings[0] = "a\r\nb".into(), "warnings[0]"),
        (|p| p.warnings[0] = " ".into(), "warnings[0]"),
        (|p| p.warnings[0] = "a".repeat(1025), "warnings[0]"),
        (|p| p.warnings = vec!["a".into(); 17], "warnings"),
        (|p| p.memo = format!("{:?}", "m".repeat(4095)), "memo"),
        (|p| p.memo = String::new(), "memo"),
    ]);
}

fn field(at: &str, after: &str) -> wit::Field {
    wit::Field { at: at.into(), before: None, after: Some(after.into()) }
}

/// Every part fits, and the whole does not.
#[test]
fn a_plan_is_bounded_as_a_whole() {
    let mut plan = plan();
    plan.commands[0].operands = vec!["x".repeat(4096); 8];
    assert!(answer::planned(Ok(plan.clone())).is_err());
    plan.commands[0].operands.truncate(7);
    assert!(answer::planned(Ok(plan)).is_ok());
}

#[test]
fn a_refusal_has_a_reason_that_programs_can_compare_and_words_for_people() {
    let refusal = |reason: &str, message: &str, remedy: &str| {
        let refusal = v0_1::Refusal { reason: reason.into(), message: message.into(), remedy: remedy.into() };
        answer::planned(Err(refusal))
    };
    let long = "a".repeat(1025);
    assert!(refusal("OwnedByAutoscaler", "An HPA owns it.", "").unwrap().is_err());
    assert_eq!(place(refusal("owned by", "An HPA owns it.", "")), "err.reason");
    for message in ["", "a\nb", &long] {
        assert_eq!(place(refusal("OwnedByAutoscaler", message, "")), "err.message");
    }
    for remedy in ["a\nb", &long] {
        assert_eq!(place(refusal("OwnedByAutoscaler", "An HPA owns it.", remedy)), "err.remedy");
    }
}

pub(in crate::plugin) fn info() -> wit::ActionInfo {
    wit::ActionInfo {
        name: "scale_deployment".into(),
        summary: "Scale it.".into(),
        texts: wit::PlannerTexts {
            what: String::new(),
            when_to_use: String::new(),
            when_not_to_use: String::new(),
            preconditions: String::new(),
        },
        parameters: r#"{"type":"object","additionalProperties":false}"#.into(),
        examples: vec!["{}".into()],
        targets: vec![wit::TargetKind { api: api(), scope: wit::Scope::Namespaced, may_be_absent: false }],
        needs: vec![wit::Rule {
            scope: wit::Scope::Namespaced,
            groups: vec!["apps".into()],
            resources: vec!["deployments".into()],
            resource_names: vec![],
            verbs: vec!["get".into()],
        }],
        observes: vec![wit::Observation { api: api(), scope: wit::Scope::Namespaced }],
        risk: wit::Risk::Low,
        reversible: wit::Reversible::Always,
        idempotent: true,
        dry_run: wit::DryRun::Server,
        timeouts: wit::Timeouts { default: 1, longest: 1, verify: 1 },
        annotations: vec![("category".into(), "core".into())],
    }
}

#[test]
fn a_declaration_of_another_form_is_named_by_its_place() {
    let said = |spoil: fn(&mut wit::ActionInfo)| {
        let mut info = info();
        spoil(&mut info);
        declared::description(v0_1::Description { name: "workload".into(), version: "1.0.0".into(), actions: vec![info] })
    };
    assert!(said(|_| ()).is_ok());
    type Row = (fn(&mut wit::ActionInfo), &'static str);
    let table: &[Row] = &[
        (|a| a.name = "scale-deployment".into(), "actions[0].name"),
        (|a| a.name = "a".repeat(49), "actions[0].name"),
        (|a| a.summary = "a\nb".into(), "actions[0].summary"),
        (|a| a.summary = "x".repeat(161), "actions[0].summary"),
        (|a| a.summary = String::new(), "actions[0].summary"),
        (|a| a.texts.what = "x".repeat(5000), "actions[0].texts.what"),
        (|a| a.texts.preconditions = "\u{1b}[31m".into(), "actions[0].texts.preconditions"),
        (|a| a.parameters = "{".into(), "actions[0].parameters"),
        (|a| a.parameters = format!("{:?}", "x".repeat(17 << 10)), "actions[0].parameters"),
        (|a| a.examples = vec!["{\"a\":1,\"a\":1}".into()], "actions[0].examples[0]"),
        (|a| a.examples = vec![format!("{:?}", "x".repeat(17 << 10))], "actions[0].examples[0]"),
        (|a| a.examples = vec!["{}".into(); 17], "actions[0].examples"),
        (|a| a.targets = vec![a.targets[0].clone(); 33], "actions[0].targets"),
        (|a| a.targets[0].api.kind = String::new(), "actions[0].targets[0].api.kind"),
        (|a| a.needs[0].verbs = vec!["get\0".into()], "actions[0].needs[0].verbs[0]"),
        (|a| a.needs[0].verbs = vec!["a".repeat(254)], "actions[0].needs[0].verbs[0]"),
        (|a| a.needs[0].resource_names = vec!["web".into(); 33], "actions[0].needs[0].resource-names"),
        (|a| a.needs = vec![a.needs[0].clone(); 33], "actions[0].needs"),
        (|a| a.observes[0].api.resource = "pods/log".into(), "actions[0].observes[0].api.resource"),
        (|a| a.observes = vec![a.observes[0].clone(); 33], "actions[0].observes"),
        (|a| a.annotations[0].0 = String::new(), "actions[0].annotations[0].0"),
        (|a| a.annotations[0].0 = "a\nb".into(), "actions[0].annotations[0].0"),
        (|a| a.annotations[0].0 = "a".repeat(64), "actions[0].annotations[0].0"),
        (|a| a.annotations[0].1 = "a\nb".into(), "actions[0].annotations[0].1"),
        (|a| a.annotations[0].1 = "a".repeat(1025), "actions[0].annotations[0].1"),
        (|a| a.annotations = vec![a.annotations[0].clone(); 33], "actions[0].annotations"),
    ];
    for (n, (spoil, at)) in table.iter().enumerate() {
        assert_eq!(place(said(*spoil)), *at, "row {n}");
    }
}
