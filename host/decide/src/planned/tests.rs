//! Store and read are each other's inverse.
use super::*;
use crate::{
    model::{ActionName, Field, ObjectRef, Proposal, Risk, Uid},
    tests::fixtures::{self, digest, json, uid, web},
};
use proptest::prelude::*;

fn any_json() -> impl Strategy<Value = Json> {
    prop_oneof![Just("null"), Just("2"), Just(r#"{"a":"b"}"#), Just(r#"" 'x""#)].prop_map(json)
}

fn any_object() -> impl Strategy<Value = ObjectRef> {
    ("[a-z]{1,4}", any::<bool>()).prop_map(|(name, core)| {
        let mut object = web();
        object.name = name;
        if core {
            object.api.group = String::new();
            object.api.kind = "Pod".into();
            object.api.resource = "pods".into();
        }
        object
    })
}

fn any_uid() -> impl Strategy<Value = Option<Uid>> {
    prop_oneof![Just(None), Just(Some(uid(fixtures::TARGET)))]
}

fn any_write() -> impl Strategy<Value = Write> {
    let operation =
        prop_oneof![Just(Operation::Create), Just(Operation::Update), Just(Operation::Delete), Just(Operation::Connect)];
    (any_object(), operation, prop::option::of("[a-z]{1,5}"), any_uid()).prop_map(|(object, operation, subresource, uid)| Write {
        object,
        operation,
        subresource,
        uid,
    })
}

fn any_effect() -> impl Strategy<Value = ChangeEffect> {
    let field = ("(/[a-z]{1,3}){0,2}", prop::option::of(any_json()), prop::option::of(any_json()))
        .prop_map(|(at, before, after)| Field { at, before, after });
    prop_oneof![
        Just(ChangeEffect::Created),
        Just(ChangeEffect::Deleted),
        "[a-z]{9,12}".prop_map(ChangeEffect::Other),
        prop::collection::vec(field, 1..4).prop_map(ChangeEffect::Set),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let texts = || prop::collection::vec("[ -~]{0,6}", 0..3);
    let options = prop::collection::vec(("[a-z]{1,4}", prop::option::of("[ -~]{0,5}")), 0..3);
    let files = prop::collection::vec(("[a-z]{1,4}", ".{0,9}"), 0..2);
    (texts(), options, texts(), files).prop_map(|(verb, options, operands, files)| Command {
        program: "kubectl".into(),
        verb,
        options,
        operands,
        files,
    })
}

fn any_undo() -> impl Strategy<Value = Undo> {
    let by = prop::collection::vec("[a-z]{1,4}", 0..2).prop_map(|loses| Undo::By {
        action: ActionName::try_from("scale_deployment".to_owned()).unwrap(),
        parameters: json(r#"{"replicas":2}"#),
        loses,
    });
    prop_oneof![by, "[a-z]{0,5}".prop_map(Undo::Unneeded), "[a-z]{0,5}".prop_map(Undo::Impossible)]
}

prop_compose! {
    fn any_proposal()(
        commands in prop::collection::vec(any_command(), 1..3),
        writes in prop::collection::vec(any_write(), 1..4),
        effects in prop::collection::vec(any_effect(), 0..5),
        warnings in prop::collection::vec("[a-z]{0,5}", 0..2),
        memo in any_json(),
    ) -> Proposal {
        let changes = effects.into_iter().enumerate().map(|(n, effect)| {
            Change { object: writes[n % writes.len()].object.clone(), effect }
        });
        // As `plan` leaves it: fields of one object, one after the other, are one change.
        let changes = changes.fold(Vec::<Change>::new(), |mut out, change| {
            match (out.last_mut(), &change.effect) {
                (Some(Change { object, effect: ChangeEffect::Set(a) }), ChangeEffect::Set(b)) if *object == change.object => {
                    a.extend(b.clone());
                }
                _ => out.push(change),
            }
            out
        });
        Proposal { commands, writes, changes, warnings, memo }
    }
}

fn any_owner() -> impl Strategy<Value = crds::Owner> {
    use crds::OwnerKind::{Flux, HPA, Manager};
    let kind = prop_oneof![Just(Flux), Just(HPA), Just(Manager)];
    let text = || "[a-z]{0,5}";
    (kind, text(), text(), text(), text(), any::<bool>()).prop_map(|(kind, object, name, field, evidence, reverts)| crds::Owner {
        object,
        field,
        kind,
        name,
        evidence,
        reverts,
    })
}

prop_compose! {
    fn any_planned()(
        proposal in any_proposal(),
        undo in any_undo(),
        target in prop::option::of((any_object(), any_uid())),
        risk in prop_oneof![Just(Risk::Low), Just(Risk::Critical)],
        idempotent in any::<bool>(),
        (deadline, verify) in any::<(u32, u32)>(),
        owners in prop::collection::vec(any_owner(), 0..3),
        node in prop::option::of("[a-z]{1,5}"),
    ) -> Planned {
        let node = node.filter(|_| target.is_some());
        Planned { node, proposal, owners, undo, target, risk, idempotent, deadline, verify, ..fixtures::planned() }
    }
}

proptest! {
    #[test]
    fn a_plan_that_is_stored_is_read_back_as_it_was(planned in any_planned()) {
        let mut status = ExecutionStatus::default();
        store(&fixtures::exec(), &planned, &mut status);
        let text = serde_json::to_string(&status).unwrap();
        let status: ExecutionStatus = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read("scale_deployment", &status).unwrap(), planned);
    }
}

#[test]
fn the_way_back_is_a_line_that_can_be_typed() {
    let mut planned = fixtures::planned();
    let Undo::By { parameters, .. } = &mut planned.undo else { panic!() };
    *parameters = json(r#"{"note":"it's fine","replicas":2}"#);
    planned.plugin.digest = digest('a');
    expect_test::expect![[r#"writ run scale_deployment web 'note=it'\''s fine' replicas=2 -n shop"#]]
        .assert_eq(&rollback(&planned).command);
}
