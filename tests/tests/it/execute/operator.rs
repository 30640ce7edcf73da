//! What takes another operator, or none for a while. These run alone.
use super::scale;
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_RUNS, OPERATOR_USER};
use k8s_openapi::api::authorization::v1::ResourceAttributes;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use tests::{Cluster, Operator, PATIENCE, Workload, all, alone, api, create, eventually, get, image, is, within};

#[tokio::test]
async fn an_image_that_cannot_be_pulled_ends_as_never_started_and_says_why() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-image").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let image = format!("registry.invalid/kubectl@sha256:{}", "0".repeat(64));
    let _operator = Operator::changed(&cluster, 1, &[("WRIT_RUN_IMAGE", &image), ("WRIT_START_GRACE", "6")]).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Failed", "NeverStarted"), "{:#}", story.object["status"]);
    let message = story.status("/message");
    assert!(message.contains("pull") && message.contains("registry.invalid"), "{message}");
    assert!(message.contains("Nothing was touched."), "{message}");
    assert_eq!(story.condition("RollbackReady"), ("False", "Unneeded"));
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn a_right_that_is_withdrawn_before_the_run_counts() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-right").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let dave = space.user("dave", "writ-user").await.unwrap();
    let user = format!("dave-{}", space.name);
    super::may_run(&cluster, &space.name, &user).await;
    let run = {
        let _nobody = Operator::changed(&cluster, 0, &[]).await;
        let run = eventually("the right is in force", async || cluster.run_as(&dave, &space.name, scale(2)).await.ok()).await;
        let binding =
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"namespace": space.name}});
        api(&cluster.admin, &binding).delete("may-run", &Default::default()).await.unwrap();
        let right = ResourceAttributes {
            verb: Some("run".into()),
            group: Some("writ.dev".into()),
            resource: Some("actions".into()),
            name: Some("scale-deployment".into()),
            namespace: Some(space.name.clone()),
            ..ResourceAttributes::default()
        };
        let gone = async || cluster.allows(&user, &[], right.clone()).await.is_ok_and(|a| !a).then_some(());
        eventually("the right is gone", gone).await;
        run
    };
    let story = run.ended().await;
    story.refused("NotAllowed", "Rbac", "may not run scale_deployment in namespace");
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

/// What a request makes that was lost on its way and arrives when its execution is gone.
#[tokio::test]
async fn what_nobody_follows_any_more_is_removed_when_an_operator_starts() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-litter").await.unwrap();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "uid", "namespace": space.name}});
    let uid = create(&cluster.admin, &map).await.unwrap().metadata.uid.unwrap();
    let meta = json!({"name": format!("run-{uid}.{uid}"), "namespace": NAMESPACE_RUNS, "labels": {LABEL_EXECUTION_UID: uid}});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta, "automountServiceAccountToken": false});
    create(&cluster.almighty(OPERATOR_USER), &account).await.unwrap();
    Operator::found(&cluster).await.killed(&cluster).await;
    eventually("it is removed", async || get(&cluster.admin, &account).await.ok()?.is_none().then_some(())).await;
}

/// The operator reads targets by a role of the plugin, which somebody may take away.
#[tokio::test]
async fn without_the_role_that_targets_are_read_by_it_is_refused_and_says_so() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-unread").await.unwrap();
    let _web = Workload::deployment(&cluster, &space.name, 1).await;
    let kind = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {}});
    // Also those of versions that were installed before.
    let mut roles = all(&cluster.admin, &kind, "writ.dev/plugin=workload").await.unwrap();
    roles.retain(|r| r["metadata"]["name"].as_str().unwrap().starts_with("writ:read:"));
    for role in &mut roles {
        let (name, labels) = (role["metadata"]["name"].clone(), role["metadata"]["labels"].clone());
        api(&cluster.admin, &kind).delete(name.as_str().unwrap(), &DeleteParams::default()).await.unwrap();
        role["metadata"] = json!({"name": name, "labels": labels});
        (role["apiVersion"], role["kind"]) = (kind["apiVersion"].clone(), kind["kind"].clone());
    }
    let back = RolesAgain { cluster: cluster.clone(), roles };
    reads(&cluster, &space.name, false).await;
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Refused", "ActionNotGranted"), "{:#}", story.object["status"]);
    assert!(story.status("/message").contains("a role that Writ itself reads by"), "{}", story.status("/message"));
    drop(back);
    reads(&cluster, &space.name, true).await;
}

/// When the operator may read Deployments there, or not.
async fn reads(cluster: &Cluster, namespace: &str, wanted: bool) {
    let get = ResourceAttributes {
        verb: Some("get".into()),
        group: Some("apps".into()),
        resource: Some("deployments".into()),
        namespace: Some(namespace.to_owned()),
        ..ResourceAttributes::default()
    };
    let is = async || cluster.allows(OPERATOR_USER, &[], get.clone()).await.is_ok_and(|a| a == wanted).then_some(());
    eventually("the authorizer has heard of it", is).await;
}

struct RolesAgain {
    cluster: Cluster,
    roles: Vec<Value>,
}

impl Drop for RolesAgain {
    fn drop(&mut self) {
        let roles = self.roles.clone();
        self.cluster.afterwards("put the roles back", async move |cluster| {
            for role in &roles {
                create(&cluster.admin, role).await?;
            }
            Ok(())
        });
    }
}

/// Somebody widens the role of an action by a rule that admission has nothing against: then it is not what the component declares, and
/// nothing runs under it.
#[tokio::test]
async fn a_role_that_grants_more_than_the_component_declares_is_no_grant() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-wide").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let wide = Widened::by(&cluster, json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]})).await;
    let no = granted(&cluster, "False").await;
    assert!(no.contains("is not what the component declares"), "{no}");
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    story.refused("ActionNotGranted", "Host", "is not what the component declares");
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    drop(wide);
    granted(&cluster, "True").await;
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}

/// What the plugin says of its roles, once it is that.
async fn granted(cluster: &Cluster, wanted: &str) -> String {
    let plugin = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": {"name": "workload"}});
    within(PATIENCE, &format!("Granted is {wanted}"), async || {
        let now = get(&cluster.admin, &plugin).await.ok()??;
        let all = now["status"]["conditions"].as_array()?;
        let said = all.iter().find(|c| c["type"] == "Granted" && c["status"] == wanted)?;
        Some(said["message"].as_str().unwrap_or_default().to_owned())
    })
    .await
}

/// The roles of scale_deployment, each with a rule more; as they were when this is dropped.
struct Widened {
    cluster: Cluster,
    roles: Vec<Value>,
}

impl Widened {
    async fn by(cluster: &Cluster, rule: Value) -> Self {
        let kind = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {}});
        let mut roles = all(&cluster.admin, &kind, "writ.dev/plugin=workload").await.unwrap();
        // Also those of versions that were installed before.
        roles.retain(|r| r["metadata"]["name"].as_str().unwrap().starts_with("writ:action:scale-deployment:"));
        assert!(!roles.is_empty(), "the plugin's roles are there");
        for role in &roles {
            set_rules(cluster, role, json!([{"op": "add", "path": "/rules/-", "value": rule}])).await.unwrap();
        }
        Self { cluster: cluster.clone(), roles }
    }
}

async fn set_rules(cluster: &Cluster, role: &Value, patch: Value) -> anyhow::Result<()> {
    let kind = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {}});
    let patch = Patch::Json::<()>(serde_json::from_value(patch)?);
    let name = role["metadata"]["name"].as_str().unwrap_or_default();
    api(&cluster.admin, &kind).patch(name, &PatchParams::default(), &patch).await?;
    Ok(())
}

impl Drop for Widened {
    fn drop(&mut self) {
        let roles = self.roles.clone();
        self.cluster.afterwards("take back what roles were widened by", async move |cluster| {
            for role in &roles {
                set_rules(&cluster, role, json!([{"op": "replace", "path": "/rules", "value": role["rules"]}])).await?;
            }
            Ok(())
        });
    }
}

/// An execution is held to the component that planned it, until it is over.
#[tokio::test]
async fn a_component_that_no_plugin_names_any_more_still_checks_what_it_planned_after_a_restart() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-pinned").await.unwrap();
    held_back(&cluster, &space.name).await;
    let run = cluster.run(&space.name, scale(1)).await;
    run.until("the command has run", |kx| kx["status"]["phase"] == "Verifying").await;

    let plugin = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": {"name": "workload"}});
    let installed = get(&cluster.admin, &plugin).await.unwrap().expect("the plugin is installed");
    let _again = PluginAgain { cluster: cluster.clone(), spec: installed["spec"].clone() };
    api(&cluster.admin, &plugin).delete("workload", &DeleteParams::default()).await.unwrap();
    Operator::found(&cluster).await.killed(&cluster).await;
    let_go(&cluster, &space.name).await;

    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}

/// A Deployment without pods, whose pods will wait for somebody to let them go.
pub(super) async fn held_back(cluster: &Cluster, namespace: &str) {
    let pod = json!({
        "terminationGracePeriodSeconds": 1, "schedulingGates": [{"name": "tests.writ.dev/wait"}],
        "containers": [{"name": "web", "image": image()}],
    });
    let spec = json!({
        "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod},
    });
    let meta = json!({"name": "web", "namespace": namespace});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec});
    create(&cluster.admin, &deployment).await.unwrap();
}

/// Lets them go, once there are any.
pub(super) async fn let_go(cluster: &Cluster, namespace: &str) {
    let kind = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace}});
    let gate = json!({"spec": {"schedulingGates": null}});
    let there = async || all(&cluster.admin, &kind, "app=web").await.ok().filter(|all| !all.is_empty());
    for pod in eventually("its pods are there", there).await {
        let name = pod["metadata"]["name"].as_str().unwrap();
        api(&cluster.admin, &kind).patch(name, &PatchParams::default(), &Patch::Merge(&gate)).await.unwrap();
    }
}

/// Installs the plugin again, and waits until it is active.
struct PluginAgain {
    cluster: Cluster,
    spec: Value,
}

impl Drop for PluginAgain {
    fn drop(&mut self) {
        let spec = self.spec.clone();
        self.cluster.afterwards("install the plugin again", async move |cluster| {
            let meta = json!({"name": "workload"});
            let plugin = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": meta, "spec": spec});
            create(&cluster.admin, &plugin).await?;
            within(PATIENCE, "the plugin is active", async || {
                let now = get(&cluster.admin, &plugin).await.ok()??;
                is(&now, "Active").then_some(())
            })
            .await;
            Ok(())
        });
    }
}
