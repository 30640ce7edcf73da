//! What a deed is: every part of it is in its hash, and in what is approved.
use super::*;

type Part = (&'static str, fn(&mut Execution, &mut Planned));

/// Each part of a deed, as another.
fn parts_of_a_deed() -> [Part; 23] {
    [
        ("cluster", |e, _| e.cluster = uid("x")),
        ("execution", |e, _| e.uid = uid(crate::tests::fixtures::TARGET.replace('6', "7").as_str())),
        ("requester", |e, _| e.spec.requester.as_mut().unwrap().username.push('x')),
        ("groups", |e, _| e.spec.requester.as_mut().unwrap().groups.clear()),
        ("action", |_, p| p.action = "x".to_owned().try_into().unwrap()),
        ("component", |_, p| p.plugin.digest = digest('a')),
        ("parameters", |_, p| p.parameters = json("{}")),
        ("target", |_, p| p.target.as_mut().unwrap().0.name.push('x')),
        ("target uid", |_, p| p.target.as_mut().unwrap().1 = Some(uid("x"))),
        ("node", |_, p| p.node = Some("n7".into())),
        ("commands", |_, p| p.proposal.commands[0].options.clear()),
        ("files", |_, p| p.proposal.commands[0].files.push(("a".into(), String::new()))),
        ("writes", |_, p| p.proposal.writes[0].subresource = None),
        ("changes", |_, p| p.proposal.changes.clear()),
        ("before", |_, p| {
            let ChangeEffect::Set(fields) = &mut p.proposal.changes[0].effect else { panic!() };
            fields[0].before = None;
        }),
        ("memo", |_, p| p.proposal.memo = json("1")),
        ("owners", |_, p| {
            let (kind, field) = (crds::OwnerKind::HPA, "/spec/replicas".into());
            p.owners.push(crds::Owner {
                object: String::new(),
                field,
                kind,
                name: "web".into(),
                evidence: "test".into(),
                reverts: true,
            });
        }),
        ("undo", |_, p| p.undo = undo(3)),
        ("role", |_, p| p.role.push('x')),
        ("image", |_, p| p.image.push('x')),
        ("deadline", |_, p| p.deadline += 1),
        ("verify", |_, p| p.verify += 1),
        ("idempotent", |_, p| p.idempotent = !p.idempotent),
    ]
}

#[test]
fn every_part_of_a_deed_changes_its_hash() {
    let plain = assembled(|_| {}).unwrap();
    assert_eq!(plain.hash, assembled(|_| {}).unwrap().hash);
    let of = |spoil: fn(&mut Execution, &mut Planned)| {
        let (mut exec, mut planned) = (exec(), plain.clone());
        spoil(&mut exec, &mut planned);
        hash::of(&exec, &planned).unwrap()
    };
    assert_eq!(of(|_, _| {}), plain.hash);
    let mut seen = vec![plain.hash.clone()];
    for (what, spoil) in parts_of_a_deed() {
        let hash = of(spoil);
        assert!(!seen.contains(&hash), "{what} is not in the hash");
        seen.push(hash);
        let (mut exec, mut planned) = (exec(), plain.clone());
        spoil(&mut exec, &mut planned);
        let same = hash::of_request(&exec, &planned).unwrap() == hash::of_request(&self::exec(), &plain).unwrap();
        assert_eq!(same, what == "execution", "{what} in the hash of the request");
    }
}

/// Whatever moves while people are asked, they are asked anew.
#[test]
fn a_deed_with_any_other_part_is_not_what_was_approved() {
    let plain = assembled(|_| {}).unwrap();
    let judged = |planned: &Planned| Judgement::Judged {
        planned: Box::new(planned.clone()),
        ruling: approving::demanding(),
        writers: vec![],
    };
    let waits = stored::through_as(kx(), vec![(1, stored::validating(judged(&plain)))]);
    let yes = Approval { hash: plain.hash.to_string(), ..approving::approval() };
    let step = |planned: &Planned| {
        let look = approving::heard(&waits, at(14), approving::awaiting(judged(planned), vec![yes.clone()]));
        table::words(&stored::step(&waits, at(14), look))
    };
    assert_eq!(step(&plain), "record Preparing/Approved", "what was approved goes on");
    for (part, spoil) in parts_of_a_deed() {
        let (mut exec, mut moved) = (waits.clone(), plain.clone());
        spoil(&mut exec, &mut moved);
        // Who asks and which execution it is cannot change under it: the API server refuses that.
        if exec == waits {
            moved.hash = hash::of(&waits, &moved).unwrap();
            assert_eq!(step(&moved), "record Validating/Drifted", "{part}");
        }
    }
}

#[test]
fn what_differs_is_named() {
    let plain = assembled(|_| {}).unwrap();
    let other = |spoil: &dyn Fn(&mut Planned)| {
        let mut planned = plain.clone();
        spoil(&mut planned);
        differ(&exec(), &plain, &planned)
    };
    assert_eq!(other(&|_| {}), Vec::<String>::new());
    assert_eq!(other(&|p| p.role.push('x')), ["role"]);
    assert_eq!(other(&|p| (p.undo, p.image) = (undo(3), "other".into())), ["image", "undo"]);
}

/// As the restart of a rollout, whose annotation is the time of the execution.
#[test]
fn what_a_plan_holds_of_its_execution_alone_is_not_in_the_hash_of_the_request() {
    let at = |exec: &Execution, more: &str| {
        let mut p = assembled(|_| {}).unwrap();
        p.proposal.memo = json(&format!(r#"{{"at":"{}","id":"{}","more":"{more}"}}"#, exec.created, exec.uid));
        (hash::of_request(exec, &p).unwrap(), hash::of(exec, &p).unwrap())
    };
    let (first, mut second) = (exec(), exec());
    (second.created, second.uid) = (crate::tests::fixtures::at(60), uid("another"));
    second.name.push('x');
    assert_eq!(at(&first, "").0, at(&second, "").0);
    assert_ne!(at(&first, "").1, at(&second, "").1);
    assert_ne!(at(&first, "").0, at(&second, "x").0);
    // What stands for them cannot be said by a plugin.
    let mut p = assembled(|_| {}).unwrap();
    p.proposal.memo = json(r#"{"at":"\u0002","id":"\u0001","more":""}"#);
    assert_ne!(at(&first, "").0, hash::of_request(&first, &p).unwrap());
}

#[test]
fn what_is_not_the_deed_does_not_change_its_hash() {
    let plain = assembled(|_| {}).unwrap();
    let warned = assembled(|p| p.proposal.warnings.push("3 pods restart".into())).unwrap();
    let spaced = assembled(|p| p.parameters = json("{ \"replicas\" : 5 }")).unwrap();
    let mut later = exec();
    later.resource_version = "999".into();
    let info = info();
    assert_eq!(warned.hash, plain.hash);
    assert_eq!(spaced.hash, plain.hash);
    assert_eq!(assemble(&site(), &later, parts(&info)).unwrap().hash, plain.hash);
}

#[test]
fn fields_of_one_object_become_one_change() {
    let field = |at: &str| Field { at: at.into(), before: None, after: None };
    let set = |at: &str| Change { object: web(), effect: ChangeEffect::Set(vec![field(at)]) };
    let planned = assembled(|p| p.proposal.changes = vec![set("/a"), set("/b")]).unwrap();
    assert_eq!(planned.proposal.changes, [Change { object: web(), effect: ChangeEffect::Set(vec![field("/a"), field("/b")]) }]);
}
