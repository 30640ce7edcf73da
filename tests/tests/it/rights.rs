//! What a run did that nobody granted is found in the API server's audit log, whatever it is: here by a log that is made up.
use serde_json::{Value, json};
use tests::{AuditLog, Deeds, Planned, writes_of};

const EXECUTION: &str = "11111111-1111-4111-8111-111111111111";

fn run() -> String {
    format!("run-{EXECUTION}.22222222-2222-4222-8222-222222222222")
}

fn event(user: &str, verb: &str, object: Value) -> Value {
    json!({
        "stage": "ResponseComplete", "responseStatus": {"code": 200}, "verb": verb, "requestURI": "/apis/x",
        "user": {"username": user}, "objectRef": object,
    })
}

fn bound() -> Value {
    let object = json!({"resource": "rolebindings", "apiGroup": "rbac.authorization.k8s.io", "namespace": "shop", "name": run()});
    event("system:serviceaccount:writ-system:writ", "create", object)
}

/// `web` is scaled.
fn scaled() -> Value {
    let object =
        json!({"resource": "deployments", "subresource": "scale", "apiGroup": "apps", "namespace": "shop", "name": "web"});
    event(&format!("system:serviceaccount:writ-runs:{}", run()), "patch", object)
}

fn but(part: &str, value: Value) -> Value {
    let mut event = scaled();
    *event.pointer_mut(part).unwrap_or_else(|| panic!("{part}")) = value;
    event
}

/// As the ledger has it.
fn planned() -> Planned {
    let write = json!({"group": "apps", "version": "v1", "kind": "Deployment", "resource": "deployments", "subresource": "scale",
        "namespace": "shop", "name": "web", "uid": "22222222-2222-4222-8222-222222222222", "operation": "update"});
    let row = |phase: &str, writes: &Value| json!({"phase": phase, "payload": {"status": {"plan": {"writes": writes}}}});
    let earlier = json!([{"group": "", "resource": "pods", "namespace": "shop", "name": "web", "operation": "delete"}]);
    // What was planned before it drifted was never promised.
    let rows = [row("Preparing", &earlier), row("Executing", &json!([write])), row("Verifying", &json!([write]))];
    [(EXECUTION.to_owned(), writes_of(&rows))].into()
}

fn wrong(log: &[Value], planned: &Planned) -> Vec<String> {
    let mut deeds = Deeds::default();
    log.iter().for_each(|event| deeds.hear(event));
    deeds.wrong(planned)
}

#[test]
fn what_was_planned_and_done_where_it_was_bound_is_right() {
    let mut again = scaled();
    again["verb"] = json!("update");
    let mut read = scaled();
    (read["verb"], read["objectRef"]["name"]) = (json!("get"), json!("db"));
    let asked = but("/objectRef/apiGroup", json!("authorization.k8s.io"));
    assert_eq!(wrong(&[bound(), scaled(), again, read, asked], &planned()), Vec::<String>::new());
    assert_eq!(wrong(&[bound(), scaled()], &Planned::new()), Vec::<String>::new(), "of another ledger: by its name alone");
}

#[test]
fn what_is_in_no_plan_is_found_whatever_it_is() {
    let table = [
        ("another object", but("/objectRef/name", json!("db"))),
        ("another kind", but("/objectRef/resource", json!("statefulsets"))),
        ("another group", but("/objectRef/apiGroup", json!("batch"))),
        ("more of the object than its scale", but("/objectRef/subresource", json!(""))),
        ("another part", but("/objectRef/subresource", json!("status"))),
        ("deleted", but("/verb", json!("delete"))),
        ("made", but("/verb", json!("create"))),
        ("all of them", but("/verb", json!("deletecollection"))),
    ];
    for (what, event) in table {
        let found = wrong(&[bound(), event], &planned());
        assert!(found.len() == 1 && found[0].contains("did what its plan does not list"), "{what}: {found:?}");
    }
    // Nothing was promised, so nothing may have been done.
    let nothing: Planned = [(EXECUTION.to_owned(), vec![])].into();
    assert_eq!(wrong(&[bound(), scaled()], &nothing).len(), 1);
}

#[test]
fn what_is_elsewhere_or_too_much_is_found_without_a_ledger() {
    let elsewhere = wrong(&[bound(), but("/objectRef/namespace", json!("other"))], &Planned::new());
    assert!(elsewhere.len() == 1 && elsewhere[0].contains("wrote elsewhere"), "{elsewhere:?}");
    assert_eq!(wrong(&[scaled()], &Planned::new()).len(), 1, "nobody bound it");
    let two = wrong(&[bound(), scaled(), but("/objectRef/name", json!("db"))], &Planned::new());
    assert!(two.len() == 1 && two[0].contains("more objects than stand in its name"), "{two:?}");
}

#[test]
fn a_dry_run_that_wrote_is_found_and_one_that_asked_is_not() {
    let user = json!(format!("system:serviceaccount:writ-dryrun:{}", run().replace("run-", "dry-")));
    let mut asked = but("/user/username", user.clone());
    asked["requestURI"] = json!("/apis/x?fieldManager=kubectl&dryRun=All");
    let mut deletion = but("/user/username", user.clone());
    (deletion["verb"], deletion["requestObject"]) = (json!("delete"), json!({"dryRun": ["All"]}));
    assert_eq!(wrong(&[asked, deletion], &planned()), Vec::<String>::new());
    assert_eq!(wrong(&[but("/user/username", user)], &planned()).len(), 1);
}

/// The API server begins a new file when one is full.
#[test]
fn what_stands_in_a_file_that_was_full_before_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let full = but("/objectRef/name", json!("db"));
    std::fs::write(folder.path().join("audit-2026-11-23T03-12-07.000.log"), format!("{full}\n{}\n", bound())).unwrap();
    std::fs::write(folder.path().join("audit.log"), format!("{}\n{{\"half", scaled())).unwrap();
    let mut deeds = Deeds::default();
    AuditLog::at(folder.path().join("audit.log")).each(|event| deeds.hear(event)).unwrap();
    let found = deeds.wrong(&planned());
    assert!(found.iter().any(|f| f.contains("did what its plan does not list")), "{found:?}");
}

/// It may begin with a file that was full before; what was before that is gone.
#[test]
fn a_log_that_begins_too_late_or_says_nothing_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("audit.log");
    let since = |at: &str| AuditLog::at(log.clone()).all_since(at.parse().unwrap(), |_| ()).map_err(|error| error.to_string());
    let at = |at: &str| {
        let mut event = bound();
        event["requestReceivedTimestamp"] = json!(at);
        format!("{event}\n")
    };
    std::fs::write(&log, "").unwrap();
    let no = since("2026-11-23T03:12:08Z").unwrap_err();
    assert!(no.starts_with("the audit log begins after 2026-11-23T03:12:08Z"), "{no}");
    std::fs::write(&log, at("2026-11-23T03:12:08.000001Z")).unwrap();
    assert!(since("2026-11-23T03:12:08Z").is_err());
    std::fs::write(folder.path().join("audit-2026-11-23T03-12-07.500.log"), at("2026-11-23T03:12:07.000001Z")).unwrap();
    assert_eq!(since("2026-11-23T03:12:08Z"), Ok(()));
    assert!(since("2026-11-23T03:12:07Z").is_err());
}
