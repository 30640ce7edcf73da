//! The binary as a person or a script starts it: what it prints where, and how it ends. Before an API server that only plays one.
mod doctor;
mod terminal;

use crate::plugin::guests::component;
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde_json::{Value, json};
use std::{
    process::{Output, Stdio},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::process::Command;

const REASON: &str = "INC-4312 checkout p99 3.1 s, web at 97 % CPU";

/// Every call, what was posted, and how executions end here: in this phase, with more in their status (and what is named `spec.…`, in that).
#[derive(Clone)]
struct Api {
    calls: Arc<Mutex<Vec<String>>>,
    posted: Arc<Mutex<Vec<(String, Value)>>>,
    phase: &'static str,
    more: Value,
}

impl Api {
    fn execution(&self) -> Value {
        let refusal = (self.phase == "Refused").then(|| json!({"by": "Policy", "violations": [{"message": "too many"}]}));
        let approval = (self.phase == "AwaitingApproval").then(|| {
            json!({"state": "Waiting", "count": "0 of 1", "needed": 1, "groups": ["sre-leads"], "planHash": "sha256:7f3a", "how": "",
                "since": "2026-11-23T03:12:09Z", "expiresAt": "2026-11-23T03:27:09Z"})
        });
        let mut status = json!({"phase": self.phase, "message": "as told", "refusal": refusal, "approval": approval});
        let mut spec = json!({"action": "scale_deployment", "parameters": {}, "reason": REASON});
        for (key, value) in self.more.as_object().into_iter().flatten() {
            match key.strip_prefix("spec.") {
                Some(key) => spec[key] = value.clone(),
                None => status[key] = value.clone(),
            }
        }
        json!({"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {"name": "scale-web-1", "namespace": "shop", "resourceVersion": "1"},
            "spec": spec, "status": status})
    }
}

async fn answer(State(api): State<Api>, request: Request) -> impl IntoResponse {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    api.calls.lock().unwrap().push(format!("{} {path}", head.method));
    if head.method == Method::POST {
        let body = to_bytes(body, usize::MAX).await.unwrap();
        api.posted.lock().unwrap().push((path.clone(), serde_json::from_slice(&body).unwrap()));
    }
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": "freeze-1"},
        "spec": {"reason": "", "by": "jonas"}});
    let action = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "Action", "metadata": {"name": "scale-deployment"}, "spec":
        {"name": "scale_deployment", "plugin": "workload", "targets": [{"apiVersion": "apps/v1", "kind": "Deployment"}]}});
    let list = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecutionList",
        "metadata": {"resourceVersion": "1"}, "items": [api.execution()]});
    let me = json!({"status": {"userInfo": {"username": "jonas", "groups": ["sre-leads"]}}});
    let allowed = json!({"spec": {}, "status": {"allowed": true}});
    let counted = json!({"type": "Counted", "status": "False", "reason": "WrongPlan", "message": "look again",
        "lastTransitionTime": "2026-11-23T03:12:07Z"});
    let approval = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval",
        "metadata": {"name": "approve-1", "namespace": "shop", "uid": "u", "resourceVersion": "1"},
        "spec": {"execution": {"name": "scale-web-1", "uid": ""}, "action": "scale_deployment", "planHash": "sha256:7f3a",
            "decision": "Approve", "approver": {"username": "jonas"}},
        "status": {"conditions": [counted]}});
    let approvals = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApprovalList",
        "metadata": {"resourceVersion": "1"}, "items": [approval]});
    // Who is not shown any may not read them.
    let freezes = api
        .more
        .get("freezes")
        .map(|items| json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreezeList", "metadata": {}, "items": items}));
    let (code, body) = match (&head.method, path.rsplit('/').next().unwrap()) {
        (_, "scale-deployment") => (StatusCode::OK, action),
        (_, "shop") => (StatusCode::OK, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})),
        (_, "selfsubjectreviews") => (StatusCode::CREATED, me),
        (_, "selfsubjectaccessreviews") => (StatusCode::CREATED, allowed),
        (&Method::POST, "executionapprovals") => (StatusCode::CREATED, approval),
        (_, "executionapprovals") => (StatusCode::OK, approvals),
        (&Method::POST, "executionfreezes") => (StatusCode::CREATED, freeze),
        (&Method::GET, "executionfreezes") => match freezes {
            Some(list) => (StatusCode::OK, list),
            None => (StatusCode::FORBIDDEN, json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden"})),
        },
        (&Method::DELETE, "freeze-1") => (StatusCode::OK, json!({"kind": "Status", "status": "Success"})),
        (&Method::POST, _) => (StatusCode::CREATED, api.execution()),
        (_, "scale-web-1") => (StatusCode::OK, api.execution()),
        (_, "kubernetesexecutions") => (StatusCode::OK, list),
        (_, "version") => (
            StatusCode::OK,
            json!({"major": "1", "minor": "37", "gitVersion": "v1.37.2", "gitCommit": "", "gitTreeState": "",
            "buildDate": "", "goVersion": "", "compiler": "", "platform": ""}),
        ),
        _ => (StatusCode::NOT_FOUND, json!({"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound"})),
    };
    (code, [(CONTENT_TYPE, "application/json")], body.to_string())
}

/// A machine with a kubeconfig, and the calls made from it.
struct Machine {
    home: TempDir,
    api: Api,
}

impl Machine {
    async fn new(phase: &'static str) -> Self {
        Self::with(phase, json!({})).await
    }

    async fn with(phase: &'static str, more: Value) -> Self {
        let api = Api { calls: Arc::default(), posted: Arc::default(), phase, more };
        Self::before(Router::new().fallback(answer).with_state(api.clone()), api).await
    }

    async fn before(router: Router, api: Api) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let home = TempDir::new().unwrap();
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": server}}], "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}]});
        std::fs::write(home.path().join("config"), config.to_string()).unwrap();
        Self { home, api }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_writ"));
        command.args(line.split(' ')).env("KUBECONFIG", self.home.path().join("config")).current_dir(self.home.path());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn writ(&self, line: &str) -> Output {
        self.command(line).output().await.unwrap()
    }

    /// What was posted there.
    fn posted(&self, resource: &str) -> Vec<Value> {
        let posted = self.api.posted.lock().unwrap();
        posted.iter().filter(|(path, _)| path.ends_with(resource)).map(|(_, body)| body.clone()).collect()
    }

    fn created(&self) -> Vec<String> {
        let calls = self.api.calls.lock().unwrap();
        calls.iter().filter(|c| c.starts_with("POST")).cloned().collect()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn without_a_terminal_nothing_runs_unless_told_so() {
    let machine = Machine::new("Completed").await;
    let asked = machine.writ("run scale_deployment web").await;
    assert_eq!((asked.status.code(), text(&asked.stdout)), (Some(1), ""));
    assert!(text(&asked.stderr).contains("no terminal to ask on"), "{}", text(&asked.stderr));
    assert_eq!(machine.created(), Vec::<String>::new());
    assert_eq!(machine.writ("run scale_deployment web -y").await.status.code(), Some(0));
    for dry in ["plan", "server"] {
        assert_eq!(machine.writ(&format!("run scale_deployment web --dry-run={dry}")).await.status.code(), Some(0));
    }
    assert_eq!(machine.created().len(), 3);
    // As with kubectl it may stand alone: then the API server is asked.
    assert_eq!(machine.writ("run scale_deployment --dry-run web").await.status.code(), Some(0));
    assert_eq!(machine.posted("/kubernetesexecutions")[3]["spec"]["dryRun"], "Server");
}

#[tokio::test]
async fn standard_output_is_for_the_object_alone() {
    for (phase, code) in [("Completed", 0), ("Refused", 2)] {
        let machine = Machine::new(phase).await;
        for how in ["-y", "--dry-run=plan"] {
            let ran = machine.writ(&format!("run scale_deployment web {how} -o json")).await;
            assert_eq!(ran.status.code(), Some(code), "{phase} {how}: {}", text(&ran.stderr));
            let object: Value = serde_json::from_slice(&ran.stdout).unwrap();
            assert_eq!(object["status"]["phase"], phase);
            assert_ne!(text(&ran.stderr), "");
        }
    }
}

#[tokio::test]
async fn nobody_who_reads_on_is_no_reason_to_panic() {
    let machine = Machine::new("Completed").await;
    let mut command = machine.command("get -o json");
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let ended = command.stdout(write).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().await.unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(141), ""));
}

#[tokio::test]
async fn a_mistake_on_the_line_is_not_a_refusal() {
    let machine = Machine::new("Completed").await;
    let mistakes = ["nope", "run", "watch", "get --nope", "run --bogus", "run a b --dry-run=client"].map(|line| (line, 1));
    let none = ["--help", "--version", "run --help"].map(|line| (line, 0));
    for (line, code) in mistakes.into_iter().chain(none) {
        assert_eq!(machine.writ(line).await.status.code(), Some(code), "{line}");
    }
}

#[tokio::test]
async fn what_is_written_otherwise_is_answered_with_how_it_is_written() {
    let machine = Machine::new("Completed").await;
    let times = [
        "run scale_deployment web -y --wait 5",
        "run scale_deployment web -y --timeout soon",
        "watch scale-web-1 --wait 7d",
        "freeze INC-1 --for long",
        "audit query --since yesterday",
        "policy replay . --since 10",
    ];
    let dashes = ("run scale_deployment web --replicas=4 -y", "parameters are written replicas=4\n");
    for (line, hint) in times.map(|line| (line, "such as 45s, 10m, 1h30m or 24h")).into_iter().chain([dashes]) {
        let said = machine.writ(line).await;
        assert_eq!(said.status.code(), Some(1), "{line}");
        assert!(text(&said.stderr).contains(hint), "{line}: {}", text(&said.stderr));
    }
    assert_eq!(*machine.api.calls.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_runs_in_its_own_namespace_and_only_there() {
    let machine = Machine::new("Completed").await;
    let file = "apiVersion: writ.dev/v1alpha1\nkind: KubernetesExecution\nmetadata: {namespace: other}\n\
        spec: {action: scale_deployment, target: {name: web}}\n";
    std::fs::write(machine.home.path().join("kx.yaml"), file).unwrap();
    let elsewhere = machine.writ("run -f kx.yaml -y -n shop").await;
    assert_eq!(elsewhere.status.code(), Some(1));
    assert!(text(&elsewhere.stderr).contains("is for namespace other"), "{}", text(&elsewhere.stderr));
    assert_eq!(machine.writ("run -f kx.yaml -y").await.status.code(), Some(0));
    assert_eq!(machine.created(), ["POST /apis/writ.dev/v1alpha1/namespaces/other/kubernetesexecutions"]);
}

#[tokio::test]
async fn what_is_not_there_is_answered_with_where_to_look() {
    let machine = Machine::new("Completed").await;
    let lost = "no execution nope in namespace shop, and no other was named: -n NAMESPACE, or writ get -A";
    let none = "no execution nope in namespace shop; `writ get -n shop` lists those there are";
    let commands = ["get nope", "logs nope", "watch nope", "cancel nope", "undo nope -y", "approve nope -y"];
    for command in commands {
        for (place, words) in [("", lost), (" -n shop", none)] {
            let said = machine.writ(&format!("{command}{place}")).await;
            assert_eq!(said.status.code(), Some(1), "{command}");
            assert_eq!(text(&said.stderr), format!("writ: {words}\n"), "{command}");
        }
    }
    // Of what was there once the ledger knows; here is none.
    for (place, words) in [("", lost), (" -n shop", none)] {
        let said = machine.writ(&format!("policy input nope{place}")).await;
        assert_eq!(said.status.code(), Some(1));
        let words = format!("writ: {words}. The ledger could not be asked whether there was one");
        assert!(text(&said.stderr).starts_with(&words), "{}", text(&said.stderr));
    }
}

#[tokio::test]
async fn what_the_doctor_cannot_see_is_not_in_force() {
    let said = Machine::new("Completed").await.writ("doctor").await;
    assert_eq!(said.status.code(), Some(1));
    let words = text(&said.stdout);
    for part in ["admission could not be looked at", "the operator is not installed", "policies could not be looked at"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains('✓') && !words.contains("in force."), "{words}");
}

#[tokio::test]
async fn what_is_over_cannot_be_stopped_and_says_how_it_ended() {
    let job = json!({"job": {"namespace": "writ-runs", "name": "run-1", "serviceAccount": "run-1"}});
    for (phase, code, more) in
        [("Completed", 3, &job), ("Completed", 2, &json!({})), ("Failed", 3, &job), ("Cancelled", 0, &json!({}))]
    {
        let machine = Machine::with(phase, more.clone()).await;
        let said = machine.writ("cancel scale-web-1").await;
        assert_eq!(said.status.code(), Some(code));
        assert!(text(&said.stdout).contains(&format!("was over already: {phase}")), "{}", text(&said.stdout));
        assert!(machine.api.calls.lock().unwrap().iter().all(|c| !c.starts_with("PATCH")));
    }
}

fn approved(machine: &Machine) -> Vec<String> {
    machine.created().into_iter().filter(|c| c.ends_with("/executionapprovals")).collect()
}

#[tokio::test]
async fn an_approver_sees_the_change_and_hears_that_it_does_not_count() {
    let machine = Machine::new("AwaitingApproval").await;
    let listed = machine.writ("approvals").await;
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed.stderr));
    assert!(text(&listed.stdout).contains("approve as sre-leads"), "{}", text(&listed.stdout));
    let (head, row) = text(&listed.stdout).split_once('\n').unwrap();
    assert!(head.contains("REASON") && row.contains("   INC-4312 checkout p99 3.1 s, web at 97 %…   "), "{row}");
    let whole: Value = serde_json::from_slice(&machine.writ("approvals -o json").await.stdout).unwrap();
    assert_eq!(whole[0]["spec"]["reason"], REASON);
    let unasked = machine.writ("approve scale-web-1").await;
    assert_eq!(unasked.status.code(), Some(1));
    assert!(text(&unasked.stderr).contains("no terminal to ask on"), "{}", text(&unasked.stderr));
    assert_eq!(approved(&machine), Vec::<String>::new());
    let said = machine.writ("approve scale-web-1 -y --comment ok").await;
    let out = text(&said.stdout);
    assert!(out.contains("1 person of sre-leads, until 2026-11-23T03:27:09Z") && out.contains("sha256:7f3a"), "{out}");
    assert!(out.contains("It does not count (WrongPlan): look again."), "{out}");
    assert_eq!(said.status.code(), Some(2), "{}", text(&said.stderr));
    assert_eq!(approved(&machine).len(), 1);
}

#[tokio::test]
async fn what_waits_for_nobody_cannot_be_approved() {
    let machine = Machine::new("Completed").await;
    for command in ["approve", "reject"] {
        let said = machine.writ(&format!("{command} scale-web-1 -y")).await;
        assert_eq!(said.status.code(), Some(1));
        assert!(text(&said.stderr).contains("waits for no approval: it is Completed"), "{}", text(&said.stderr));
    }
    assert_eq!(approved(&machine), Vec::<String>::new());
    assert!(text(&machine.writ("approvals").await.stdout).contains("scale-web-1"), "this server knows no field selectors");
}

/// Good by the schema, and refused by its own action: as an undo it would be a promise that nobody keeps.
#[tokio::test]
async fn an_undo_that_its_own_action_does_not_take_is_a_fault_of_the_plugin() {
    let machine = Machine::new("Completed").await;
    let write = |name: &str, bytes: &[u8]| std::fs::write(machine.home.path().join(name), bytes).unwrap();
    write("hostile.wasm", &component("hostile"));
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 2}});
    write("web.json", web.to_string().as_bytes());
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": "freeze-1"},
        "spec": {"reason": "INC-1", "by": "jonas"}});
    write("freeze.json", freeze.to_string().as_bytes());
    for (deed, code, said) in
        [("", 0, "no cluster touched"), ("dead-end", 2, "its undo are not taken by misbehave: /do is never done")]
    {
        let spec = json!({"action": "misbehave", "target": {"name": "web"}, "parameters": {"in": "rollback", "do": deed}, "reason": "a test"});
        let kx =
            json!({"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {"name": "x"}, "spec": spec});
        write("kx.json", kx.to_string().as_bytes());
        let planned = machine.writ("plan -f kx.json --plugin hostile.wasm --object web.json").await;
        assert_eq!(planned.status.code(), Some(code), "{}{}", text(&planned.stdout), text(&planned.stderr));
        assert!(text(&planned.stdout).contains(said), "{}", text(&planned.stdout));
        let held = machine.writ("plan -f kx.json --plugin hostile.wasm --object web.json --object freeze.json").await;
        let frozen = text(&held.stdout).contains("  frozen     until it is thawed: INC-1; it will wait\n");
        assert_eq!(frozen, code == 0, "what is refused waits for nothing: {}", text(&held.stdout));
    }
}
