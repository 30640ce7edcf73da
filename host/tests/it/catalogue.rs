//! The catalogue's controllers before an API server that fails for a while: what was not done is done again, without another change.
mod granted;

use crate::{
    cluster::api::{Answer, Call, cluster, list, no, ok},
    plugin::guests::hostile,
};
use crds::{ActionPlugin, ExecutionPolicy, PluginSource};
use decide::{
    model::{Digest, PluginId},
    observed::Judgement,
};
use futures::StreamExt;
use host::{
    catalogue::{
        Catalogue,
        follow::{Controller, UpdateError, follow},
        plugins::PluginController,
        policies::PolicyController,
    },
    cluster::Cluster,
    gate::{Gate, GateLimits},
    ledger::Ledger,
    plugin::{Plugins, digest_of},
};
use jiff::Timestamp;
use k8s_openapi::ByteString;
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};

/// The reason of this condition, where the call writes a status.
fn reason(call: &Call, condition: &str) -> Option<String> {
    let all = call.body["status"]["conditions"].as_array()?;
    Some(all.iter().find(|c| c["type"] == condition)?["reason"].as_str()?.to_owned())
}

/// One list comes and then nothing more; these are the reasons that are written.
async fn follows<C: Controller<Object: 'static> + 'static>(
    make: impl FnOnce(Cluster, Ledger) -> C,
    one: C::Object,
    server: impl Fn(&Call) -> Answer + Send + 'static,
    condition: &'static str,
    wanted: &[&str],
) {
    let (heard, mut hears) = mpsc::unbounded_channel();
    let (cluster, _) = cluster(move |call| {
        reason(call, condition).map(|reason| heard.send(reason));
        server(call)
    });
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    let lists = futures::stream::iter([vec![one]]).chain(futures::stream::pending());
    let following = tokio::spawn(follow(make(cluster, ledger), lists));
    for wanted in wanted {
        let said = timeout(Duration::from_secs(20), hears.recv()).await.expect("it is written in the end");
        assert_eq!(said.as_deref(), Some(*wanted));
    }
    following.abort();
}

/// The first `times` calls that start so fail.
fn failing(start: &'static str, times: usize, how: fn() -> Answer) -> impl Fn(&Call) -> Answer {
    let seen = AtomicUsize::new(0);
    move |call| match call.is(start) && seen.fetch_add(1, Ordering::Relaxed) < times {
        true => how(),
        false if call.is("GET /apis/") => list(&[]),
        false if call.is("GET /api/v1/") => ok(json!({"metadata": {"name": "bytes"}, "binaryData": {"k": "AGFzbQ=="}})),
        false => ok(json!({"metadata": {"name": "a"}, "spec": {"source": {}, "digest": "", "owner": "", "modules": {}}})),
    }
}

/// One whose bytes are not what it says.
fn other_bytes() -> ActionPlugin {
    serde_json::from_value(json!({
        "metadata": {"name": "a", "uid": "u"},
        "spec": {"source": {"configMap": {"name": "bytes", "key": "k"}}, "digest": "sha256:other", "owner": "o"},
    }))
    .unwrap()
}

fn controller(cluster: Cluster, ledger: Ledger, catalogue: &Arc<Catalogue>) -> PluginController {
    PluginController::new(cluster, Plugins::new().unwrap(), catalogue.clone(), ledger, None, Timestamp::now)
}

async fn plugin(server: impl Fn(&Call) -> Answer + Send + 'static, condition: &'static str, wanted: &[&str]) {
    let make = |cluster, ledger| controller(cluster, ledger, &Arc::default());
    follows(make, other_bytes(), server, condition, wanted).await;
}

#[tokio::test]
async fn actions_that_could_not_be_listed_once_do_not_leave_a_plugin_without_a_status() {
    let server = failing("GET /apis/", 1, || no(429, "TooManyRequests", "storage is (re)initializing"));
    plugin(server, "Verified", &["DigestMismatch"]).await;
}

#[tokio::test]
async fn a_component_that_comes_later_than_its_plugin_is_fetched_then() {
    let server = failing("GET /api/v1/", 1, || no(404, "NotFound", "no such map"));
    plugin(server, "Fetched", &["FetchFailed", "Fetched"]).await;
}

/// Whoever names an action that is not in the catalogue is refused for good.
#[tokio::test]
async fn there_is_no_catalogue_before_there_is_an_answer_for_every_plugin() {
    let answers: [(fn() -> Answer, bool); 6] = [
        (|| Answer::Broken, false),
        (|| no(429, "TooManyRequests", "later"), false),
        (|| no(409, "Conflict", "a gateway's"), false),
        (|| no(401, "Unauthorized", "the key is being changed"), false),
        (|| no(404, "NotFound", "no such map"), true),
        (|| no(403, "Forbidden", "not yours"), true),
    ];
    for (answer, at_once) in answers {
        let (cluster, _) = cluster(failing("GET /api/v1/", 1, answer));
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
        let catalogue = Arc::default();
        let mut controller = controller(cluster, ledger, &catalogue);
        assert!(controller.update(vec![other_bytes()]).await.is_err(), "it is to be looked at again");
        assert_eq!(catalogue.actions().is_some(), at_once);
        controller.update(vec![other_bytes()]).await.unwrap();
        assert!(catalogue.actions().is_some());
    }
}

/// The hostile component with this mode, and so much time to describe itself in.
fn timed(mode: &str, time: &str) -> ActionPlugin {
    serde_json::from_value(json!({
        "metadata": {"name": "a", "uid": "u"},
        "spec": {
            "source": {"configMap": {"name": "bytes", "key": "k"}}, "digest": digest_of(&hostile(mode)).to_string(), "owner": "o",
            "limits": {"time": time},
        },
    }))
    .unwrap()
}

/// A controller before an API server that has the bytes of this mode, and takes what is written.
async fn serving(mode: &str, catalogue: &Arc<Catalogue>) -> (PluginController, tempfile::TempDir) {
    let (bytes, one) = (ByteString(hostile(mode).to_vec()), timed(mode, "2s"));
    let (cluster, _) = cluster(move |call| match call.line.as_str() {
        line if line.starts_with("GET /apis/") => list(&[]),
        line if line.starts_with("GET /api/v1/") => ok(json!({"metadata": {"name": "bytes"}, "binaryData": {"k": bytes}})),
        line if line.contains("/status") => ok(serde_json::to_value(&one).unwrap()),
        _ => ok(call.body.clone()),
    });
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    (controller(cluster, ledger, catalogue), folder)
}

/// Too little time says something of the machine: the same bytes are loaded at another look, and until then there is no catalogue.
#[tokio::test]
async fn a_component_that_this_machine_had_no_time_for_is_tried_again_and_waited_for() {
    let catalogue = Arc::default();
    let (mut controller, _folder) = serving("think", &catalogue).await;
    let crowded = controller.update(vec![timed("think", "1ms")]).await;
    assert!(matches!(&crowded, Err(UpdateError::Load { plugin, why }) if plugin == "a" && why.contains("1 ms")), "{crowded:?}");
    assert!(catalogue.actions().is_none(), "a catalogue without it: its action would be refused for good");
    controller.update(vec![timed("think", "2s")]).await.unwrap();
    assert_eq!(catalogue.actions().unwrap().active.len(), 1);
}

/// What is wrong with the bytes stays wrong: nobody waits for it. And what never has the time it asks for holds nobody up for ever.
#[tokio::test]
async fn a_component_that_is_never_good_is_waited_for_only_while_it_could_be() {
    let catalogue = Arc::default();
    let (mut controller, _folder) = serving("loop", &catalogue).await;
    controller.update(vec![timed("loop", "2s")]).await.unwrap();
    assert!(catalogue.actions().unwrap().active.is_empty(), "it is out of fuel, whoever asks");

    let catalogue = Arc::default();
    let (mut controller, _folder) = serving("loop", &catalogue).await;
    let mut looks = 0;
    while catalogue.actions().is_none() {
        looks += 1;
        assert!(looks < 10, "it holds everybody up");
        let crowded = controller.update(vec![timed("loop", "1ms")]).await;
        assert!(matches!(crowded, Err(UpdateError::Load { .. })), "{crowded:?}");
    }
    assert!(looks > 1, "nobody waited for it");
}

/// Who names an action of it is told what was switched off, by its name, and since when; and it is there again when that is lifted.
#[tokio::test]
async fn a_suspended_plugin_is_not_one_that_never_was() {
    let catalogue = Arc::default();
    let (mut controller, _folder) = serving("think", &catalogue).await;
    let mut plugin = timed("think", "2s");
    plugin.spec.suspended = true;
    let off = json!([{
        "type": "Active", "status": "False", "reason": "Suspended", "message": "", "lastTransitionTime": "2026-11-23T03:10:27Z",
    }]);
    plugin.status = Some(serde_json::from_value(json!({"conditions": off})).unwrap());
    controller.update(vec![timed("think", "2s")]).await.unwrap();
    let action = catalogue.actions().unwrap().active.keys().next().unwrap().to_string();

    controller.update(vec![plugin]).await.unwrap();
    let actions = catalogue.actions().unwrap();
    assert!(actions.get(&action).is_none());
    let since = "2026-11-23T03:10:27Z".parse().unwrap();
    assert_eq!(actions.absent(&action), Judgement::Suspended { plugin: "a".into(), owner: "o".into(), since });
    assert!(matches!(actions.absent("no_such_action"), Judgement::ActionUnknown { .. }));
    let of = |name: &str, digest: &Digest| PluginId { name: name.into(), version: "1".into(), digest: digest.clone() };
    let (this, earlier) = (digest_of(&hostile("think")), Digest::of(b"earlier"));
    let off = |name, digest| actions.switched_off(&of(name, digest)).is_some();
    assert!(off("any", &this) && off("a", &earlier), "what it planned starts no more, nor what an earlier one did");
    assert!(!off("other", &earlier));

    controller.update(vec![timed("think", "2s")]).await.unwrap();
    assert!(catalogue.actions().unwrap().get(&action).is_some());
}

/// What was planned by it waits somewhere: it is off as well where its bytes are not to be had any more.
#[tokio::test]
async fn a_suspended_plugin_without_a_component_is_off_too() {
    let catalogue = Arc::default();
    let (mut controller, _folder) = serving("think", &catalogue).await;
    let mut plugin = timed("think", "2s");
    let component = PluginId { name: "any".into(), version: "1".into(), digest: digest_of(&hostile("think")) };
    plugin.spec.suspended = true;
    plugin.spec.source = PluginSource { file: Some("nowhere.wasm".into()), config_map: None };
    drop(controller.update(vec![plugin]).await);
    let actions = catalogue.actions().unwrap();
    assert!(actions.suspended.is_empty() && actions.switched_off(&component).is_some(), "{actions:?}");
}

/// Whoever moves a component to an object of another name suspends the old one.
#[tokio::test]
async fn what_another_plugin_offers_by_the_same_component_goes_on() {
    let catalogue = Arc::default();
    let (mut controller, _folder) = serving("think", &catalogue).await;
    let (mut old, mut new) = (timed("think", "2s"), timed("think", "2s"));
    old.spec.suspended = true;
    new.metadata.name = Some("b".into());
    controller.update(vec![old, new]).await.unwrap();
    let actions = catalogue.actions().unwrap();
    let plugin = &actions.active.values().next().unwrap().plugin;
    assert!(actions.off.contains_key(plugin.digest.as_str()) && actions.switched_off(plugin).is_none());
}

#[tokio::test]
async fn a_policy_is_said_to_be_in_force_also_where_saying_so_failed_once() {
    let policy: ExecutionPolicy =
        serde_json::from_value(json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"owner": "o", "modules": {}}})).unwrap();
    let make =
        |cluster, ledger| PolicyController::new(cluster, Gate::new(GateLimits::default()).unwrap(), ledger, Timestamp::now);
    follows(make, policy, failing("PATCH", 1, || Answer::Broken), "Ready", &["NoModules"; 2]).await;
}
