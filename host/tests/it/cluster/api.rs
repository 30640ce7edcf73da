//! A mock of the API server that writes down what it hears, and the objects that the tests are about.
use decide::{
    execution::{Executing, Execution, Progress},
    model::{
        ActionName, Api, Command, Digest, DryRunForm, Json, ObjectRef, Operation, PlanHash, Planned, PluginId, Proposal, Risk,
        Uid, Undo, Write,
    },
};
use host::cluster::{Cluster, Settings};
use http::{Request, Response};
use jiff::Timestamp;
use kube::{Client, client::Body};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tower_test::mock;

pub const EXECUTION: &str = "00000000-0000-4000-8000-000000000001";
pub const TARGET: &str = "00000000-0000-4000-8000-000000000002";
pub const HASH: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const IMAGE: &str = "registry.example/kubectl@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Far longer than it takes to ask for two things at once.
const AT_ONCE: Duration = Duration::from_millis(50);

/// One call that was heard.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GET /api/v1/…`, query included.
    pub line: String,
    pub body: Value,
}

impl Call {
    pub fn is(&self, start: &str) -> bool {
        self.line.starts_with(start)
    }
}

/// What the server does about a call.
pub enum Answer {
    Json(u16, Value),
    Text(&'static str),
    /// The connection breaks.
    Broken,
    /// It never answers: a watch without news.
    Hang,
}

pub fn ok(body: Value) -> Answer {
    Answer::Json(200, body)
}

/// As the API server refuses.
pub fn no(code: u16, reason: &str, message: &str) -> Answer {
    let status =
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code});
    Answer::Json(code, status)
}

/// A 404 about an object: it names it.
pub fn missing(name: &str) -> Answer {
    let details = json!({"name": name, "kind": "things"});
    let status =
        json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "message": "no", "code": 404, "details": details});
    Answer::Json(404, status)
}

pub fn list(items: &[Value]) -> Answer {
    ok(json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}))
}

/// Everything that was heard, in order.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Call>>>);

impl Heard {
    pub fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }
    pub fn lines(&self) -> Vec<String> {
        self.calls().into_iter().map(|c| c.line).collect()
    }
    /// Of calls made together, which order is chance.
    pub fn sorted(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.sort();
        lines
    }
    pub fn position(&self, start: &str) -> usize {
        self.lines()
            .iter()
            .position(|l| l.starts_with(start))
            .unwrap_or_else(|| panic!("{start} was not heard: {:?}", self.lines()))
    }
}

pub fn settings() -> Settings {
    Settings { runs_namespace: "writ-runs".into(), instance: "writ-0".into(), secret_key: [7; 32] }
}

/// A cluster whose API server answers as `answer` says.
pub fn cluster(answer: impl Fn(&Call) -> Answer + Send + 'static) -> (Cluster, Heard) {
    let (service, mut handle) = mock::pair::<Request<Body>, Response<Body>>();
    let heard = Heard::default();
    let ears = heard.clone();
    tokio::spawn(async move {
        let mut hanging = vec![];
        while let Some((request, reply)) = handle.next_request().await {
            let call = call(request).await;
            ears.0.lock().unwrap().push(call.clone());
            hanging.extend(replied(reply, answer(&call)));
        }
    });
    (Cluster::with(Client::new(service, "default"), settings()), heard)
}

/// The same; of what is asked at once, what was asked last is answered first.
pub fn last_first(answer: impl Fn(&Call) -> Answer + Send + 'static) -> Cluster {
    let (service, mut handle) = mock::pair::<Request<Body>, Response<Body>>();
    tokio::spawn(async move {
        let mut asked = vec![];
        loop {
            match tokio::time::timeout(AT_ONCE, handle.next_request()).await {
                Ok(Some(one)) => asked.push(one),
                Ok(None) => return,
                // Nobody asks for more.
                Err(_) => {
                    let Some((request, reply)) = asked.pop() else { continue };
                    let call = call(request).await;
                    replied(reply, answer(&call));
                }
            }
        }
    });
    Cluster::with(Client::new(service, "default"), settings())
}

/// What is left of it: one that never is.
fn replied(reply: mock::SendResponse<Response<Body>>, answer: Answer) -> Option<mock::SendResponse<Response<Body>>> {
    match answer {
        Answer::Json(code, body) => reply.send_response(response(code, body.to_string().into_bytes())),
        Answer::Text(text) => reply.send_response(response(200, text.as_bytes().to_vec())),
        Answer::Broken => reply.send_error("connection reset by peer"),
        Answer::Hang => return Some(reply),
    }
    None
}

fn response(code: u16, body: Vec<u8>) -> Response<Body> {
    Response::builder().status(code).body(Body::from(body)).unwrap()
}

async fn call(request: Request<Body>) -> Call {
    let line = format!("{} {}", request.method(), request.uri()).trim_end_matches(['?', '&']).to_owned();
    let bytes = request.into_body().collect_bytes().await.unwrap();
    Call { line, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

pub fn uid(text: &str) -> Uid {
    text.to_owned().try_into().unwrap()
}

pub fn deployment(name: &str) -> ObjectRef {
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    ObjectRef { api, namespace: Some("shop".into()), name: name.into() }
}

fn proposal() -> Proposal {
    let command = Command {
        program: "kubectl".into(),
        verb: vec!["scale".into()],
        options: vec![("replicas".into(), Some("5".into()))],
        operands: vec!["deployment/web".into()],
        files: vec![],
    };
    let write = Write {
        object: deployment("web"),
        operation: Operation::Update,
        subresource: Some("scale".into()),
        uid: Some(uid(TARGET)),
    };
    let memo = "{}".to_owned().try_into().unwrap();
    Proposal { commands: vec![command], writes: vec![write], changes: vec![], warnings: vec![], memo }
}

pub fn planned() -> Planned {
    let json = |text: &str| Json::try_from(text.to_owned()).unwrap();
    let digest = Digest::try_from(HASH.to_owned()).unwrap();
    Planned {
        hash: PlanHash::try_from(HASH.to_owned()).unwrap(),
        action: ActionName::try_from("scale_deployment".to_owned()).unwrap(),
        plugin: PluginId { name: "workload".into(), version: "0.1.0".into(), digest },
        target: Some((deployment("web"), Some(uid(TARGET)))),
        parameters: json("{}"),
        node: None,
        proposal: proposal(),
        owners: vec![],
        undo: Undo::Unneeded("test".into()),
        role: "writ:action:scale-deployment:aaaaaaaaaa".into(),
        risk: Risk::Low,
        idempotent: true,
        dry_run: DryRunForm::Server,
        deadline: 60,
        verify: 60,
        image: IMAGE.into(),
    }
}

pub fn run(seen: Option<&str>) -> Executing {
    let job = format!("run-{EXECUTION}").try_into().unwrap();
    Executing { planned: planned(), job, seen: seen.map(uid), since: Timestamp::UNIX_EPOCH }
}

pub fn execution() -> Execution {
    Execution {
        cluster: uid("cluster"),
        namespace: "shop".into(),
        name: "scale".into(),
        uid: uid(EXECUTION),
        resource_version: "41".into(),
        generation: 1,
        created: Timestamp::UNIX_EPOCH,
        deleting: false,
        finalized: true,
        spec: crds::ExecutionSpec { action: "scale_deployment".into(), ..crds::ExecutionSpec::default() },
        seq: 3,
        at: Timestamp::UNIX_EPOCH,
        reason: crds::Reason::Accepted,
        progress: Progress::Validating,
        status: crds::ExecutionStatus { seq: 3, ..crds::ExecutionStatus::default() },
    }
}

/// The same as the server has it.
pub fn stored(version: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {"name": "scale", "namespace": "shop", "uid": EXECUTION, "resourceVersion": version},
        "spec": {"action": "scale_deployment"},
    })
}
