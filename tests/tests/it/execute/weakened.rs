//! A guard that is weakened for a while: nothing is believed meanwhile, and what was said before it was put back never is.
//! Alone: in the whole cluster no request is taken for stamped meanwhile. Admission itself is as ever in every other namespace.
use super::{
    approval::{LEADS, approver, ballot, counted, demanding, many, production, say, waits},
    inverse, with,
};
use anyhow::Result;
use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use tests::{Cluster, Operator, PATIENCE, Scratch, Story, alone, api, eventually, get, within, would_create};

/// One policy or binding: as it was, and what is other about it now.
struct Change {
    before: Value,
    spec: Value,
}

/// Whoever approves in one namespace is who he says he is, until this is dropped. The API server lets the group `writ:policy-admins` do that.
struct Weakened {
    cluster: Cluster,
    changes: Vec<Change>,
}

/// Kind and name, and what is added to its spec. Of what is added, and taken away again, the API server keeps no time: the host sees it itself.
fn ways(namespace: &str) -> [(&'static str, &'static str, Value); 2] {
    let others = json!([{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [namespace]}]);
    let others = json!({"matchResources": {"namespaceSelector": {"matchExpressions": others}}});
    [
        ("MutatingAdmissionPolicyBinding", "writ-stamp-approver", others.clone()),
        ("ValidatingAdmissionPolicyBinding", "writ-approvals", others),
    ]
}

impl Weakened {
    async fn begin(cluster: &Cluster, namespace: &str) -> Self {
        let mut weakened = Self { cluster: cluster.clone(), changes: Vec::new() };
        for (kind, name, spec) in ways(namespace) {
            let object = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}});
            let found = get(&cluster.admin, &object).await.unwrap().expect("the guards are installed");
            let before = with(object, json!({"spec": found["spec"]}));
            weakened.changes.push(Change { before, spec });
        }
        for change in &weakened.changes {
            change.patch(cluster, json!({"spec": change.spec})).await.unwrap();
        }
        weakened
    }

    async fn put_back(&self) {
        for change in &self.changes {
            change.put_back(&self.cluster).await.unwrap();
        }
    }

    /// When it is put back and gone, each is exactly as it was.
    async fn over(self) {
        let (cluster, all): (_, Vec<Value>) = (self.cluster.clone(), self.changes.iter().map(|c| c.before.clone()).collect());
        drop(self);
        for before in all {
            let now = get(&cluster.admin, &before).await.unwrap().unwrap();
            assert_eq!(now["spec"], before["spec"]);
        }
    }
}

impl Change {
    async fn patch(&self, cluster: &Cluster, changes: Value) -> kube::Result<()> {
        let name = self.before["metadata"]["name"].as_str().unwrap_or_default();
        api(&cluster.admin, &self.before).patch(name, &PatchParams::default(), &Patch::Merge(changes)).await.map(drop)
    }

    async fn put_back(&self, cluster: &Cluster) -> kube::Result<()> {
        let parts = self.spec.as_object().into_iter().flatten();
        let old: serde_json::Map<_, _> = parts.map(|(part, _)| (part.clone(), self.before["spec"][part].clone())).collect();
        self.patch(cluster, json!({"spec": old})).await
    }
}

impl Drop for Weakened {
    fn drop(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        self.cluster.afterwards("put the guards back", async move |cluster| -> Result<()> {
            // Each, whatever becomes of the others.
            let mut done = Ok(());
            for change in &changes {
                done = done.and(change.put_back(&cluster).await);
            }
            done?;
            // It is not ready while a guard is missing.
            within(PATIENCE, "the operator is ready", async || Operator::ready(&cluster).await.ok().flatten()).await;
            Ok(())
        });
    }
}

/// Mallory's, in the name of jonas, who may.
fn forged(space: &Scratch, ballot: Value) -> Value {
    let jonas = json!({"username": format!("jonas-{}", space.name), "groups": LEADS});
    let mut ballot = ballot;
    ballot["spec"]["approver"] = jonas;
    ballot
}

/// Until the API server would store it as this user's: it hears of a change a moment later.
async fn is_of(who: &Client, ballot: &Value, space: &Scratch, user: &str) {
    let user = json!(format!("{user}-{}", space.name));
    eventually("the API server has heard of it", async || {
        let stored = would_create(who, ballot).await.ok()?;
        (stored.data["spec"]["approver"]["username"] == user).then_some(())
    })
    .await;
}

/// Until the operator has heard of all of it, too. (While a guard is missing it is not ready, and nobody reads its ledger.)
async fn nobody_is_believed(cluster: &Cluster, space: &Scratch) {
    within(PATIENCE, "what is asked for is refused", async || {
        let plan = cluster.run(&space.name, with(many(), json!({"dryRun": "Plan"}))).await;
        let now = plan.until("it is over", |kx| Story::is_end(&kx["status"])).await;
        let why = now["status"]["message"].as_str().unwrap_or_default();
        let named = ways(&space.name).iter().all(|(kind, name, _)| why.contains(&format!("{kind} {name} is not the one")));
        (now["status"]["reason"] == "AdmissionNotInForce" && named).then_some(())
    })
    .await;
}

fn no(reason: &str) -> (String, String) {
    ("False".to_owned(), reason.to_owned())
}

/// What is over, and waits for somebody who looks at it.
#[tokio::test]
async fn nobody_looked_at_it_who_is_said_to_have_while_a_guard_was_weakened() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, _web) = production(&cluster).await;
    let maria = cluster.as_user("maria", &["system:masters", "oncall"]);
    let run = cluster.run_as(&maria, &space.name, with(many(), json!({"breakGlass": true}))).await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let review = ballot(&run, story.status("/review/planHash"), json!({"decision": "Review", "comment": "it was right"}));
    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    let mallory = approver(&cluster, &space, "mallory", &["dev"]).await;
    let forged = forged(&space, review.clone());
    is_of(&mallory, &forged, &space, "mallory").await;

    let weakened = Weakened::begin(&cluster, &space.name).await;
    is_of(&mallory, &forged, &space, "jonas").await;
    nobody_is_believed(&cluster, &space).await;
    let said = say(&mallory, &forged).await;
    let stored = get(&cluster.admin, &said).await.unwrap().unwrap();
    assert_eq!(stored["spec"]["approver"]["username"], json!(format!("jonas-{}", space.name)));
    assert_eq!(counted(&cluster, &said).await, no("AdmissionNotInForce"));

    weakened.put_back().await;
    is_of(&mallory, &forged, &space, "mallory").await;
    // He says so himself, until it counts: what was said in the very second in which the guard was put back does not.
    let counts = within(PATIENCE, "what is said from now on counts", async || {
        let said = say(&jonas, &review).await;
        (counted(&cluster, &said).await.0 == "True").then_some(said)
    })
    .await;
    run.until("it is reviewed", |kx| kx["status"]["reason"] == "Reviewed").await;
    let story = run.ended().await;
    // Both are in his name; the older one would come first.
    assert_eq!(story.object["status"]["review"]["object"], counts["metadata"]["name"]);
    assert_eq!(counted(&cluster, &said).await.0, "False");
    let less = with(many(), json!({"parameters": {"replicas": 4}}));
    let story = cluster.run(&space.name, less).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    weakened.over().await;
}

/// What waits for approvals is refused: who asked for it may be forged, too. What was approved before covers no undo any more.
#[tokio::test]
async fn what_was_approved_before_a_guard_was_put_back_is_approved_anew() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let one = r#"{"approvals": 1, "approver_groups": ["sre-leads"], "expires": "10m"}"#;
    let _policy = demanding(&cluster, &space.name, one).await;
    let [jonas, lena] = [approver(&cluster, &space, "jonas", LEADS).await, approver(&cluster, &space, "lena", LEADS).await];
    let mallory = approver(&cluster, &space, "mallory", &["dev"]).await;
    let done = cluster.run(&space.name, many()).await;
    let hash = waits(&done).await;
    let genuine = say(&jonas, &ballot(&done, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &genuine).await.1, "Counted");
    let story = done.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let of = json!({"rollbackOf": {"name": done.name, "uid": done.uid}, "reason": "INC-4312 back"});
    let undo = with(inverse(&story), of);
    let waiting = cluster.run(&space.name, with(many(), json!({"parameters": {"replicas": 4}}))).await;
    let forged = forged(&space, ballot(&waiting, &waits(&waiting).await, json!({})));

    let weakened = Weakened::begin(&cluster, &space.name).await;
    is_of(&mallory, &forged, &space, "jonas").await;
    nobody_is_believed(&cluster, &space).await;
    let said = say(&mallory, &forged).await;
    waiting.until("it is refused", |kx| kx["status"]["reason"] == "AdmissionNotInForce").await;
    assert_eq!(counted(&cluster, &said).await, no("AlreadyFinished"));

    weakened.put_back().await;
    is_of(&mallory, &forged, &space, "mallory").await;
    waiting.ended().await.refused("AdmissionNotInForce", "Host", "admission policies are not there as they were shipped");
    // What is asked for in the very second in which the guard was put back is refused.
    let undo = within(PATIENCE, "what is asked for from now on is believed", async || {
        let run = cluster.run(&space.name, undo.clone()).await;
        let asked = |kx: &Value| kx["status"]["phase"] == "AwaitingApproval" || Story::is_end(&kx["status"]);
        let now = run.until("it is looked at", asked).await;
        (now["status"]["reason"] != "AdmissionNotInForce").then_some(run)
    })
    .await;
    let hash = waits(&undo).await;
    let anew = say(&lena, &ballot(&undo, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &anew).await, ("True".to_owned(), "Counted".to_owned()));
    let story = undo.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let given = story.object["status"]["approval"]["given"].as_array().unwrap();
    assert_eq!((given.len(), &given[0]["by"]), (1, &json!(format!("lena-{}", space.name))));
    assert_eq!(web.settled().await.0, 1);
    weakened.over().await;
}
