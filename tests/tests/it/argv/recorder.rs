//! An API server made up for kubectl: it knows Deployments (of two groups), Pods and Nodes, has any that is asked for, takes every change, and
//! keeps what it was asked.
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Of every object.
pub(super) const UID: &str = "6d1f0000-0000-4000-8000-000000000002";

/// One request that was not discovery.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Decoded, part by part.
    pub(super) path: Vec<String>,
    pub(super) query: String,
    pub(super) content_type: Option<String>,
    pub(super) body: Value,
    pub(super) impersonated: Option<String>,
}

pub(super) struct Recorder {
    folder: TempDir,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Recorder {
    /// It listens as long as the process lives.
    pub(super) fn start() -> Self {
        let (folder, asked) = (tempfile::tempdir().expect("a folder"), Arc::new(Mutex::new(Vec::new())));
        let (tell, port) = std::sync::mpsc::channel();
        let kept = asked.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                tell.send(listener.local_addr().expect("a port").port()).expect("somebody waits");
                while let Ok((socket, _)) = listener.accept().await {
                    let kept = kept.clone();
                    let service = service_fn(move |request| answered(kept.clone(), request));
                    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
                }
            });
        });
        let port = port.recv().expect("it listens");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
            "users": [{"name": "it", "user": {}}], "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        });
        std::fs::write(folder.path().join("config"), config.to_string()).expect("a file");
        Self { folder, asked }
    }

    pub(super) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Since the last time.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().expect("nobody panicked"))
    }
}

async fn answered(kept: Arc<Mutex<Vec<Asked>>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path: Vec<String> = head.uri.path().split('/').skip(1).map(decoded).collect();
    let answer = discovery(head.uri.path()).unwrap_or_else(|| {
        let impersonated = head.headers.iter().find(|(name, _)| name.as_str().starts_with("impersonate"));
        let asked = Asked {
            method: head.method.to_string(),
            path: path.clone(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            content_type: head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned),
            body: body.clone(),
            impersonated: impersonated.map(|(_, value)| format!("{value:?}")),
        };
        kept.lock().expect("nobody panicked").push(asked);
        if head.method == "POST" { body } else { object(&path) }
    });
    let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().expect("a value"));
    if answer["kind"] == "Status" {
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
    }
    Ok(response)
}

fn discovery(path: &str) -> Option<Value> {
    Some(match path {
        "/api" => json!({"kind": "APIVersions", "versions": ["v1"]}),
        "/api/v1" => resources("v1", &[resource("pods", "Pod", true), resource("nodes", "Node", false)]),
        "/apis" => {
            // In the order of a real one: custom kinds come last.
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group("apps"), group("example.com")]})
        }
        "/apis/apps/v1" => {
            // Of another group than the object it belongs to: without that kubectl gives up before it writes.
            let mut scale = resource("deployments/scale", "Scale", true);
            (scale["group"], scale["version"]) = (json!("autoscaling"), json!("v1"));
            resources(
                "apps/v1",
                &[resource("deployments", "Deployment", true), scale, resource("replicasets", "ReplicaSet", true)],
            )
        }
        "/apis/example.com/v1" => resources("example.com/v1", &[resource("deployments", "Deployment", true)]),
        "/version" => json!({"major": "1", "minor": "37", "gitVersion": "v1.37.0"}),
        path if path.starts_with("/openapi") => openapi(path),
        _ => return None,
    })
}

fn group(name: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resource(name: &str, kind: &str, namespaced: bool) -> Value {
    let verbs = ["get", "list", "create", "patch", "update", "delete"];
    json!({"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": verbs})
}

fn resources(version: &str, all: &[Value]) -> Value {
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": all})
}

/// kubectl creates nothing before it knows that the API server refuses unknown fields: it looks for that where the kind is patched.
fn openapi(path: &str) -> Value {
    let kinds = match path {
        "/openapi/v3" => {
            let place = |version: &str| json!({"serverRelativeURL": format!("/openapi/v3/{version}?hash=1")});
            let all = ["api/v1", "apis/apps/v1", "apis/example.com/v1"].into_iter();
            let paths: serde_json::Map<String, Value> = all.map(|version| (version.to_owned(), place(version))).collect();
            return json!({"paths": paths});
        }
        "/openapi/v3/api/v1" => vec![("", "Pod"), ("", "Node")],
        "/openapi/v3/apis/apps/v1" => vec![("apps", "Deployment")],
        "/openapi/v3/apis/example.com/v1" => vec![("example.com", "Deployment")],
        _ => return json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}),
    };
    let one = |(group, kind): (&str, &str)| {
        let of = json!({"group": group, "version": "v1", "kind": kind});
        let patch = json!({
            "x-kubernetes-group-version-kind": of, "x-kubernetes-action": "patch", "responses": {},
            "parameters": [{"name": "fieldValidation", "in": "query"}],
        });
        (format!("/{kind}"), json!({"patch": patch}))
    };
    let paths: serde_json::Map<String, Value> = kinds.into_iter().map(one).collect();
    json!({"openapi": "3.0.0", "info": {"title": "it", "version": "1"}, "paths": paths})
}

/// Whatever is asked for is there, in version 7: with two replicas, and three revisions behind it.
fn object(path: &[String]) -> Value {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["apis", "apps", "v1", "namespaces", namespace, "replicasets"] => history(namespace),
        ["apis", group, "v1", "namespaces", namespace, "deployments", name] => deployment(group, namespace, name),
        ["api", "v1", "namespaces", namespace, "pods", name] => bare("Pod", name, Some(*namespace)),
        ["api", "v1", "nodes", name] => bare("Node", name, None),
        [.., "namespaces", namespace, _, name, "scale"] => scale(name, Some(*namespace)),
        [.., name, "scale"] => scale(name, None),
        _ => json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}),
    }
}

fn meta(name: &str, namespace: Option<&str>) -> Value {
    let mut meta = json!({"name": name, "uid": UID, "resourceVersion": "7"});
    if let Some(namespace) = namespace {
        meta["namespace"] = json!(namespace);
    }
    meta
}

fn bare(kind: &str, name: &str, namespace: Option<&str>) -> Value {
    json!({"kind": kind, "apiVersion": "v1", "metadata": meta(name, namespace)})
}

fn scale(name: &str, namespace: Option<&str>) -> Value {
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta(name, namespace), "spec": {"replicas": 2},
        "status": {"replicas": 2},
    })
}

fn deployment(group: &str, namespace: &str, name: &str) -> Value {
    let template = template("web:now", &json!({"app": "web"}));
    json!({
        "kind": "Deployment", "apiVersion": format!("{group}/v1"), "metadata": meta(name, Some(namespace)),
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    })
}

fn template(image: &str, labels: &Value) -> Value {
    json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image}]}})
}

/// Of any Deployment: all have one uid, by which it is found.
fn history(namespace: &str) -> Value {
    let one = |revision: u32| {
        let owner = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": UID, "controller": true});
        let hash = format!("h{revision}");
        json!({
            "kind": "ReplicaSet", "apiVersion": "apps/v1",
            "metadata": {
                "name": format!("web-{hash}"), "namespace": namespace, "uid": hash, "labels": {"app": "web"}, "ownerReferences": [owner],
                "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
            },
            "spec": {
                "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
                "template": template(&format!("web:{revision}"), &json!({"app": "web", "pod-template-hash": hash})),
            },
        })
    };
    let all: Vec<Value> = (1..=3).map(one).collect();
    json!({"kind": "ReplicaSetList", "apiVersion": "apps/v1", "metadata": {}, "items": all})
}

/// `%2e` and the like.
fn decoded(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), part.bytes());
    while let Some(byte) = rest.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        match byte {
            b'%' => match (hex(rest.next()), hex(rest.next())) {
                (Some(high), Some(low)) => bytes.push(u8::try_from(high * 16 + low).expect("two digits")),
                _ => panic!("{part} is not well encoded"),
            },
            plain => bytes.push(plain),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
