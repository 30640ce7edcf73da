//! An API server made up for kubectl: it knows Deployments, has any that is asked for, takes every change, and keeps what it was asked.
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

/// One request that was not discovery.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Decoded, part by part.
    pub(super) path: Vec<String>,
    pub(super) query: String,
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
            body,
            impersonated: impersonated.map(|(_, value)| format!("{value:?}")),
        };
        kept.lock().expect("nobody panicked").push(asked);
        object(&path)
    });
    let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().expect("a value"));
    if answer["kind"] == "Status" {
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
    }
    Ok(response)
}

fn discovery(path: &str) -> Option<Value> {
    let resource = |name: &str, kind: &str| json!({"name": name, "singularName": "", "namespaced": true, "kind": kind, "verbs": ["get", "list", "patch", "update"]});
    // Of another group than the object it belongs to: without that kubectl gives up before it writes.
    let mut scale = resource("deployments/scale", "Scale");
    (scale["group"], scale["version"]) = (json!("autoscaling"), json!("v1"));
    Some(match path {
        "/api" => json!({"kind": "APIVersions", "versions": ["v1"]}),
        "/api/v1" => json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": []}),
        "/apis" => {
            let version = json!({"groupVersion": "apps/v1", "version": "v1"});
            let group = json!({"name": "apps", "versions": [version], "preferredVersion": version});
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]})
        }
        "/apis/apps/v1" => json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "apps/v1",
            "resources": [resource("deployments", "Deployment"), scale, resource("replicasets", "ReplicaSet")],
        }),
        "/version" => json!({"major": "1", "minor": "37", "gitVersion": "v1.37.0"}),
        path if path.starts_with("/openapi") => json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}),
        _ => return None,
    })
}

/// Whatever is asked for is there, with two replicas.
fn object(path: &[String]) -> Value {
    let part = |n: usize| path.get(n).map(String::as_str).unwrap_or_default();
    let meta =
        json!({"name": part(6), "namespace": part(4), "uid": "6d1f0000-0000-4000-8000-000000000002", "resourceVersion": "7"});
    match (part(5), part(6), part(7)) {
        ("replicasets", "", _) => json!({"kind": "ReplicaSetList", "apiVersion": "apps/v1", "metadata": {}, "items": []}),
        (_, _, "scale") => json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta, "spec": {"replicas": 2}, "status": {"replicas": 2},
        }),
        _ => json!({
            "kind": "Deployment", "apiVersion": "apps/v1", "metadata": meta,
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
        }),
    }
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
