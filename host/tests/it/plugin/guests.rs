//! The components the tests use, and the questions they ask. `make test` builds them and says where they are; where they are not,
//! a test fails: what was not tried does not hold.
use decide::{
    canonical,
    model::{ActionName, Api, Digest, Json, Object, ObjectRef, Request, State, Uid},
};
use host::plugin::{Fault, Limits, LoadError, Loaded, Plugins};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

/// Limits that bite soon, so that the tests are quick; each test that is about one sets that one.
pub fn limits() -> Limits {
    Limits { fuel: 20_000_000, wall: Duration::from_secs(2), memory: 16 << 20, table: 1_000, output: 256 << 10, log_lines: 10 }
}

/// Fuel for some ten seconds: the clock comes first, and a test of a clock that stands still fails, instead of never ending.
pub const ENOUGH: u64 = 10_000_000_000;

/// The bytes of a component of this repository.
pub fn component(name: &str) -> Vec<u8> {
    let directory = std::env::var_os("WRIT_GUESTS").map(PathBuf::from).unwrap_or_else(|| {
        panic!("WRIT_GUESTS is not set. It names the directory of the built components; `make test` does both, or by hand: sh plugins/build.sh DIR plugins/workload plugins/pods plugins/nodes plugins/hostile")
    });
    let file = directory.join(format!("{name}.wasm"));
    std::fs::read(&file).unwrap_or_else(|e| {
        panic!("{}: {e}. Build it: sh plugins/build.sh {} plugins/{name}", file.display(), directory.display())
    })
}

/// The hostile component; `mode` is what its `describe` does. One build serves all modes: the word is written into its bytes.
pub fn hostile(mode: &str) -> Arc<[u8]> {
    const MARK: &[u8] = b"WRIT-HOSTILE-MODE:";
    let mut bytes = component("hostile");
    let place = bytes.windows(MARK.len()).position(|w| w == MARK).expect("the component has no place for its mode") + MARK.len();
    bytes[place..place + mode.len()].copy_from_slice(mode.as_bytes());
    bytes.into()
}

/// An engine of its own, with the hostile component in it.
pub async fn engine(limits: Limits) -> (Plugins, Digest) {
    let plugins = Plugins::new().unwrap();
    let loaded = plugins.load(hostile(""), limits).await.unwrap();
    (plugins, loaded.digest)
}

/// Loads a mode of the hostile component into an engine of its own.
pub async fn load(mode: &str) -> Result<Loaded, LoadError> {
    Plugins::new().unwrap().load(hostile(mode), limits()).await
}

/// "In this function, do that."
pub fn misbehave(function: &str, deed: &str) -> Request {
    request("misbehave", &json!({"in": function, "do": deed}))
}

pub fn request(action: &str, parameters: &Value) -> Request {
    Request {
        id: Uid::try_from("6d1f0c3e-0000-4000-8000-000000000001".to_owned()).unwrap(),
        action: ActionName::try_from(action.to_owned()).unwrap(),
        namespace: "shop".into(),
        target: Some(deployment()),
        parameters: canonical::json(parameters).unwrap(),
        created_at: "2026-11-23T03:12:07Z".into(),
        kubernetes: "1.37".into(),
    }
}

fn deployment() -> ObjectRef {
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    ObjectRef { api, namespace: Some("shop".into()), name: "web".into() }
}

/// A Deployment as the API server gives it, settled at so many replicas.
pub fn state(replicas: u32) -> State {
    let uid = "21ab0000-0000-4000-8000-000000000002";
    let body = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": uid, "generation": 3, "labels": {"app": "web"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
        "status": {"observedGeneration": 3, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas,
            "availableReplicas": replicas},
    });
    let target = Object {
        id: deployment(),
        uid: Uid::try_from(uid.to_owned()).unwrap(),
        body: canonical::json(&body).unwrap(),
        managers: vec![],
    };
    State { target: Some(target), answers: vec![] }
}

pub fn empty() -> Json {
    canonical::json(&json!({})).unwrap()
}

/// A deadline is met to within this.
pub const LATE: Duration = Duration::from_millis(20);

/// What came of it, where one of three tries took no longer than this: other tests run beside, and where there are two cores they take the time
/// away, but not each time.
pub async fn in_time<T>(most: Duration, what: &str, mut one: impl AsyncFnMut() -> T) -> T {
    let mut all = Vec::new();
    for _ in 0..3 {
        let begin = Instant::now();
        let came = one().await;
        let took = begin.elapsed();
        if took <= most {
            return came;
        }
        all.push(took);
    }
    panic!("{what} took {all:?}, and at most {most:?} are good");
}

/// The functions of the contract that are asked about one execution.
pub const FUNCTIONS: [&str; 5] = ["validate", "reads", "plan", "rollback", "checks"];

/// Asks this function for a deed, which none comes back from.
pub async fn fault(plugins: &Plugins, on: &Digest, function: &str, deed: &str) -> Fault {
    let r = misbehave(function, deed);
    let came = match function {
        "validate" => plugins.validate(on, &r).await.map(drop),
        "reads" => plugins.reads(on, &r, false, &state(1)).await.map(drop),
        "plan" => plugins.plan(on, &r, &state(1)).await.map(drop),
        "rollback" => plugins.rollback(on, &r, &state(1)).await.map(drop),
        "checks" => plugins.checks(on, &r, &empty(), &state(1)).await.map(drop),
        other => panic!("{other} is no function of the contract"),
    };
    came.expect_err("it came back")
}

/// The next call is served as if nothing had been.
pub async fn still_good(plugins: &Plugins, on: &Digest) {
    let good = plugins.validate(on, &misbehave("nothing", "")).await;
    assert!(matches!(good, Ok(Ok(_))), "the next call was not untouched: {good:?}");
}

/// True in a process of its own, in which this test (by its whole name) is run again: for what a process has only one of. Elsewhere false, once it
/// passed there.
pub fn alone(test: &str) -> bool {
    const ALONE: &str = "WRIT_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    let ran = again.args([test, "--exact", "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    false
}
