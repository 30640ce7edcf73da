//! What torture counts, over a log that was made up: whatever is done twice or not at all is seen.
use serde_json::{Value, json};
use tests::{Expected, Seen, Witness};

fn writes(uid: &str, verb: &str) -> Value {
    json!({
        "verb": verb, "user": {"username": format!("system:serviceaccount:writ-runs:run-{uid}.6d1f")},
        "objectRef": {"resource": "deployments", "name": "web", "subresource": "scale"},
    })
}

fn job(uid: &str) -> Value {
    json!({
        "verb": "create", "user": {"username": "system:serviceaccount:writ-system:writ"},
        "objectRef": {"resource": "jobs", "name": format!("run-{uid}")},
    })
}

fn done(uid: &str) -> Expected {
    Expected { uid: uid.to_owned(), writes: 1, done: true, ..Expected::default() }
}

fn seen(log: &[Value], one: Expected) -> Seen {
    let mut witness = Witness::default();
    log.iter().for_each(|event| witness.hear(event));
    witness.seen(&[one])
}

const ONCE: Seen = Seen { mutations: 1, double_mutations: 0, double_jobs: 0, unseen_mutations: 0 };

#[test]
fn what_is_done_once_is_in_order_and_reads_are_no_writes() {
    assert_eq!(seen(&[job("a"), writes("a", "get"), writes("a", "update"), writes("b", "update")], done("a")), ONCE);
    let refused = Expected { done: false, ..done("a") };
    assert_eq!(seen(&[], refused), Seen::default(), "nothing is wanted of one that did not run");
}

#[test]
fn a_double_write_a_missing_one_and_a_second_job_are_each_seen() {
    let twice = seen(&[job("a"), writes("a", "update"), writes("a", "patch")], done("a"));
    assert_eq!(twice, Seen { mutations: 2, double_mutations: 1, ..ONCE });
    assert_eq!(seen(&[job("a")], done("a")), Seen { mutations: 0, unseen_mutations: 1, ..ONCE });
    assert_eq!(seen(&[writes("a", "update")], done("a")), Seen { unseen_mutations: 1, ..ONCE }, "a write, and no Job");
    assert_eq!(seen(&[job("a"), job("a"), writes("a", "update")], done("a")), Seen { double_jobs: 1, ..ONCE });
    let followed = json!({"verb": "update", "objectRef": {"resource": "jobs", "name": "run-a", "subresource": "status"}});
    let unheard = [followed, writes("a", "update")];
    assert_eq!(seen(&unheard, done("a")), ONCE, "its create was answered 504 and carried out");
    let both = Expected { writes: 2, ..done("a") };
    assert_eq!(seen(&[job("a"), writes("a", "create")], both), Seen { unseen_mutations: 1, ..ONCE }, "one of two writes");
}

#[test]
fn what_may_come_again_may_come_so_often_and_no_more() {
    let evicted = Expected { runs_again: 1, ..done("a") };
    let log = [job("a"), writes("a", "patch"), writes("a", "patch")];
    assert_eq!(seen(&log, evicted.clone()), Seen { mutations: 2, ..ONCE });
    assert_eq!(seen(&[log.as_slice(), &[writes("a", "patch")]].concat(), evicted).double_mutations, 1);
    let deleted = Expected { jobs_again: 1, ..done("a") };
    assert_eq!(seen(&[job("a"), job("a"), writes("a", "update")], deleted), ONCE);
}
