//! What does not fit the schema is refused with words that say what would.
use super::{execution, with};
use serde_json::{Value, json};
use tests::{Cluster, refused, would_create};

#[tokio::test]
async fn an_execution_names_nothing_that_a_command_line_could_misread() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-schema").await.unwrap();
    let table: [(&str, Value); 16] = [
        ("spec.target.name", json!({"target": {"name": "web --as=system:admin"}})),
        ("spec.target.name", json!({"target": {"name": "--kubeconfig=/tmp/x"}})),
        ("spec.target.name", json!({"target": {"name": "../../kube-system/coredns"}})),
        ("spec.target.name", json!({"target": {"name": "deployment/web"}})),
        ("spec.target.name", json!({"target": {"name": "a".repeat(254)}})),
        ("spec.target.kind", json!({"target": {"kind": "deployment;rm"}})),
        ("spec.planHash", json!({"planHash": "p1-7f3ac91e"})),
        ("spec.timeout", json!({"timeout": "soon"})),
        ("spec.timeout", json!({"timeout": "-5m"})),
        ("spec.rollback.keepFor", json!({"rollback": {"keepFor": "1d"}})),
        ("spec.dryRun", json!({"dryRun": "Maybe"})),
        ("spec.reason", json!({"reason": "x".repeat(513)})),
        ("spec.rollbackOf.uid", json!({"rollbackOf": {"name": "a", "uid": "b"}})),
        (
            "spec.parameters",
            json!({"parameters": (0..65).map(|n| (format!("p{n}"), json!(n))).collect::<serde_json::Map<_, _>>()}),
        ),
        ("spec.onConflict", json!({"onConflict": "Fight"})),
        ("spec.target.name: Required value", json!({"target": {"name": null}})),
    ];
    for (words, spec) in table {
        refused(would_create(&cluster.admin, &with(execution(&space.name), json!({"spec": spec}))).await, words);
    }
}

#[tokio::test]
async fn the_name_of_an_action_can_be_a_label_and_a_part_of_other_names() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-schema").await.unwrap();
    for action in ["Scale", "scale-deployment", "1st", "_a", "a_", "a b", "", &"a".repeat(49)] {
        refused(
            would_create(&cluster.admin, &with(execution(&space.name), json!({"spec": {"action": action}}))).await,
            "spec.action",
        );
    }
    for action in ["a", "scale_deployment", "x2", &"a".repeat(48)] {
        would_create(&cluster.admin, &with(execution(&space.name), json!({"spec": {"action": action}}))).await.unwrap();
    }
}

#[tokio::test]
async fn null_is_the_same_as_nothing() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-schema").await.unwrap();
    let nulls = json!({"spec": {"rollbackOf": null, "timeout": null, "origin": null, "onConflict": null}});
    let made = would_create(&cluster.admin, &with(execution(&space.name), nulls)).await.unwrap();
    for absent in ["rollbackOf", "timeout", "origin", "onConflict"] {
        assert_eq!(made.data["spec"].get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn a_plugin_has_exactly_one_source_and_a_digest() {
    let cluster = Cluster::connect().await.unwrap();
    let plugin = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": {"name": "admit-probe"},
        "spec": {"source": {"file": "a.wasm"}, "digest": format!("sha256:{}", "0".repeat(64)), "owner": "test"},
    });
    would_create(&cluster.admin, &plugin).await.unwrap();
    let one = "spec.source is exactly one of configMap, file";
    let table: [(&str, Value); 8] = [
        (one, json!({"source": {"file": null}})),
        (one, json!({"source": {"configMap": {"name": "a", "key": "b"}}})),
        ("spec.source.file", json!({"source": {"file": "../a.wasm"}})),
        ("spec.source.file", json!({"source": {"file": "/etc/passwd"}})),
        ("spec.digest", json!({"digest": "latest"})),
        ("spec.digest: Required value", json!({"digest": null})),
        ("spec.owner: Required value", json!({"owner": null})),
        ("spec.actions", json!({"actions": []})),
    ];
    for (words, spec) in table {
        refused(would_create(&cluster.admin, &with(plugin.clone(), json!({"spec": spec}))).await, words);
    }
    // A source of a later version is no source of this one.
    let later = json!({"spec": {"source": {"file": null, "oci": {"image": "example.com/a"}}}});
    refused(would_create(&cluster.admin, &with(plugin, later)).await, one);
}
