//! Objects as tools, autoscalers and people leave them, and what is said of each.
use super::*;
use crate::{
    model::{Api, Field},
    tests::fixtures::{TARGET, json, proposal, uid, web},
};
use expect_test::{Expect, expect};
use serde_json::json;

const IMAGE: &str = "/spec/template/spec/containers/1/image";
const RESTARTED: &str = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";

fn entry(manager: &str, operation: &str, subresource: &str, fields: Value) -> Value {
    json!({
        "manager": manager, "operation": operation, "subresource": subresource, "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
        "time": "2026-11-23T03:31:05Z", "fieldsV1": fields,
    })
}

fn replicas() -> Value {
    json!({"f:spec": {"f:replicas": {}}})
}

/// `Deployment shop/web` with this metadata, as it is read.
fn object(metadata: Value, managed: Value) -> Object {
    let mut body = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "proxy"}, {"name": "web", "image": "web:1"}]}}},
    });
    for (key, value) in metadata.as_object().unwrap() {
        body["metadata"][key] = value.clone();
    }
    Object { id: web(), uid: uid(TARGET), body: canonical::json(&body).unwrap(), managers: managers(&managed) }
}

fn setting(fields: &[&str]) -> Vec<Change> {
    let set = |at: &&str| Field { at: (*at).to_owned(), before: None, after: Some(json("1")) };
    vec![Change { object: web(), effect: ChangeEffect::Set(fields.iter().map(set).collect()) }]
}

fn hpa(name: &str, aimed: Value) -> Object {
    let api =
        Api { group: "autoscaling".into(), version: "v2".into(), kind: "HorizontalPodAutoscaler".into(), resource: "x".into() };
    let body = canonical::json(&json!({"spec": {"scaleTargetRef": aimed}})).unwrap();
    Object { id: ObjectRef { api, namespace: Some("shop".into()), name: name.into() }, uid: uid("h"), body, managers: vec![] }
}

fn told(object: &Object, found: Option<&Found>, fields: &[&str]) -> String {
    let line = |o: &Owner| format!("{} [{}]\n", words(o), o.evidence);
    of(&[object], Some(&web()), found, &setting(fields)).iter().map(line).collect()
}

fn check(metadata: Value, managed: Value, fields: &[&str], expected: Expect) {
    expected.assert_eq(&told(&object(metadata, managed), None, fields));
}

fn argo(id: &str) -> Value {
    json!({"annotations": {"argocd.argoproj.io/tracking-id": id}})
}

fn flux() -> Value {
    json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}})
}

#[test]
fn nobody_owns_what_people_write() {
    let people = json!([
        entry("kubectl", "Update", "scale", replicas()),
        entry("kubectl-client-side-apply", "Update", "", replicas()),
        entry("kubectl-edit", "Update", "", replicas()),
    ]);
    check(json!({"labels": {"app.kubernetes.io/instance": "web"}}), people, &[REPLICAS], expect![""]);
}

#[test]
fn argo_cd_is_known_by_its_mark_and_what_it_set_by_the_managed_fields() {
    let own = json!([entry("argocd-controller", "Apply", "", replicas())]);
    let id = "shop-web:apps/Deployment:shop/web";
    check(
        argo(id),
        own.clone(),
        &[REPLICAS, IMAGE],
        expect![[r#"
            Argo CD application shop-web: it will put spec.replicas back [annotation argocd.argoproj.io/tracking-id, managed field of argocd-controller]
            Argo CD application shop-web: it keeps this object, and is not seen to set spec.template.spec.containers.1.image [annotation argocd.argoproj.io/tracking-id]
        "#]],
    );
    let label = json!({"labels": {"argocd.argoproj.io/instance": "shop-web"}});
    check(
        label,
        own,
        &[REPLICAS],
        expect![[r#"
            Argo CD application shop-web: it will put spec.replicas back [label argocd.argoproj.io/instance, managed field of argocd-controller]
        "#]],
    );
}

#[test]
fn what_argo_cd_last_applied_is_its_own_though_somebody_wrote_it_since() {
    let applied = r#"{"spec":{"replicas":2}}"#;
    let mut metadata = argo("shop-web:apps/Deployment:shop/web");
    metadata["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = applied.into();
    check(
        metadata,
        json!([entry("kubectl", "Update", "scale", replicas())]),
        &[REPLICAS, RESTARTED],
        expect![[r#"
            Argo CD application shop-web: it will put spec.replicas back [annotation argocd.argoproj.io/tracking-id, last-applied-configuration]
            Argo CD application shop-web: it keeps this object, and is not seen to set spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt [annotation argocd.argoproj.io/tracking-id]
        "#]],
    );
}

#[test]
fn a_tracking_id_of_another_object_was_copied_and_is_none() {
    let other = json!([entry("kubectl", "Update", "scale", replicas())]);
    for id in ["shop-web:apps/Deployment:shop/api", "shop-web:apps/StatefulSet:shop/web", "shop-web", ""] {
        check(argo(id), other.clone(), &[REPLICAS], expect![""]);
    }
}

#[test]
fn a_tool_without_a_mark_is_known_by_what_it_calls_itself() {
    let own = json!([entry("argocd-controller", "Update", "", replicas()), entry("helm", "Update", "", replicas())]);
    check(
        json!({}),
        own,
        &[REPLICAS],
        expect![[r#"
            Argo CD: it will put spec.replicas back [managed field of argocd-controller]
            Helm: its next upgrade may set spec.replicas [managed field of helm]
        "#]],
    );
}

#[test]
fn where_nothing_is_known_of_the_fields_the_mark_alone_counts() {
    check(
        flux(),
        json!([]),
        &[REPLICAS],
        expect![[r#"
            Flux Kustomization flux-system/apps: it will put spec.replicas back [label kustomize.toolkit.fluxcd.io/name]
        "#]],
    );
}

#[test]
fn flux_sets_what_it_applied_and_leaves_what_it_left_out() {
    let applied =
        json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}}}}}}});
    check(
        flux(),
        json!([entry("kustomize-controller", "Apply", "", applied)]),
        &[REPLICAS, IMAGE],
        expect![[r#"
            Flux Kustomization flux-system/apps: it keeps this object, and is not seen to set spec.replicas [label kustomize.toolkit.fluxcd.io/name]
            Flux Kustomization flux-system/apps: it will put spec.template.spec.containers.1.image back [label kustomize.toolkit.fluxcd.io/name, managed field of kustomize-controller]
        "#]],
    );
}

#[test]
fn helm_does_not_put_back_and_what_flux_installs_with_it_is_fluxs() {
    let mut release = json!({"annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}});
    let set = |by: &str| json!([entry(by, "Update", "", replicas())]);
    check(
        release.clone(),
        set("helm"),
        &[REPLICAS],
        expect![[r#"
            Helm release shop/web: its next upgrade may set spec.replicas [annotation meta.helm.sh/release-name, managed field of helm]
        "#]],
    );
    release["labels"] = json!({"helm.toolkit.fluxcd.io/name": "web", "app.kubernetes.io/managed-by": "Helm"});
    check(
        release,
        set("helm-controller"),
        &[REPLICAS],
        expect![[r#"
            Flux HelmRelease web: it will put spec.replicas back [label helm.toolkit.fluxcd.io/name, managed field of helm-controller]
        "#]],
    );
}

#[test]
fn a_controller_puts_back_what_anybody_but_people_set() {
    let owned = json!({"ownerReferences": [
        {"kind": "ConfigMap", "name": "a", "uid": "1"}, {"kind": "Shop", "name": "main", "uid": "2", "controller": true},
    ]});
    check(
        owned.clone(),
        json!([entry("shop-operator", "Update", "", replicas())]),
        &[REPLICAS, IMAGE],
        expect![[r#"
            the controller of Shop main: it will put spec.replicas back [controller owner reference, managed field of shop-operator]
            shop-operator: it set spec.replicas and may set it again [managed field of shop-operator]
            the controller of Shop main: it keeps this object, and is not seen to set spec.template.spec.containers.1.image [controller owner reference]
        "#]],
    );
    let people = json!([entry("kubectl", "Update", "scale", replicas())]);
    check(
        owned,
        people,
        &[REPLICAS],
        expect![[r#"
            the controller of Shop main: it keeps this object, and is not seen to set spec.replicas [controller owner reference]
        "#]],
    );
}

#[test]
fn an_autoscaler_owns_the_replicas_of_what_it_is_aimed_at() {
    let object = object(json!({}), json!([entry("kube-controller-manager", "Update", "scale", replicas())]));
    let told = |found| told(&object, Some(&found), &[REPLICAS, IMAGE]);
    let aim = |api: &str, kind: &str, name: &str| hpa("busy", json!({"apiVersion": api, "kind": kind, "name": name}));
    let owned = "horizontalpodautoscaler/busy: it will put spec.replicas back [its scaleTargetRef]\n";
    for api in ["apps/v1", "apps/v1beta1", "extensions/v1beta1", ""] {
        assert_eq!(
            told(Found::Objects(vec![aim("apps/v1", "StatefulSet", "web"), aim(api, "Deployment", "web")])),
            owned,
            "{api}"
        );
    }
    // One that was aimed there once.
    let gone = "kube-controller-manager: it set spec.replicas and may set it again [managed field of kube-controller-manager]\n";
    for other in
        [aim("apps/v1", "StatefulSet", "web"), aim("apps/v1", "Deployment", "api"), aim("example.com/v1", "Deployment", "web")]
    {
        assert_eq!(told(Found::Objects(vec![other])), gone);
    }
    assert_eq!(told(Found::NoSuchKind), gone);
    let one_of_them =
        "a horizontalpodautoscaler: it will put spec.replicas back [there are more autoscalers than are looked at]\n";
    assert_eq!(told(Found::TooMany(500)), one_of_them);
}

#[test]
fn who_applies_on_the_server_owns_what_he_declares() {
    check(
        json!({}),
        json!([entry("kubectl", "Apply", "", replicas()), entry("deployer\n", "Apply", "", replicas())]),
        &[REPLICAS],
        expect![[r#"
            deployer : it set spec.replicas and may set it again [managed field of deployer ]
            kubectl: it set spec.replicas and may set it again [managed field of kubectl]
        "#]],
    );
}

#[test]
fn what_is_deleted_is_made_again_by_who_keeps_it() {
    let deleted = [Change { object: web(), effect: ChangeEffect::Deleted }];
    let owners =
        of(&[&object(flux(), json!([entry("kustomize-controller", "Apply", "", replicas())]))], Some(&web()), None, &deleted);
    assert_eq!(owners.iter().map(words).collect::<Vec<_>>(), ["Flux Kustomization flux-system/apps: it will make it again"]);
}

#[test]
fn fields_are_held_as_the_api_server_writes_them() {
    let body = json!({"spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81}], "finalizers": ["x/y"], "free": [1, 2], "map": {"a/b": 1}}});
    let set = json!({"f:spec": {
        "f:ports": {"k:{\"port\":81}": {".": {}, "f:port": {}}}, "f:finalizers": {"v:\"x/y\"": {}}, "f:free": {"i:1": {}},
        "f:map": {".": {}, "f:a/b": {}}, "f:whole": {},
    }});
    let held =
        ["/spec", "/spec/ports", "/spec/ports/1/port", "/spec/finalizers/0", "/spec/free/1", "/spec/map/a~1b", "/spec/whole/a/b"];
    let free =
        ["/spec/ports/0/port", "/spec/ports/1/name", "/spec/ports/2", "/spec/ports/-", "/spec/free/0", "/spec/map/b", "/status"];
    assert!(held.iter().all(|at| holds(&set, at, &body)), "{:?}", held.map(|at| holds(&set, at, &body)));
    assert!(!free.iter().any(|at| holds(&set, at, &body)), "{:?}", free.map(|at| holds(&set, at, &body)));
}

#[test]
fn another_order_of_the_same_is_the_same_and_times_are_not_in_it() {
    let mut managed = json!([entry("a", "Apply", "", replicas()), entry("b", "Apply", "", replicas())]);
    let first = of(&[&object(json!({}), managed.clone())], Some(&web()), None, &setting(&[REPLICAS]));
    managed[0]["time"] = "2026-11-24T00:00:00Z".into();
    managed.as_array_mut().unwrap().reverse();
    assert_eq!(of(&[&object(json!({}), managed)], Some(&web()), None, &setting(&[REPLICAS])), first);
}

#[test]
fn who_wrote_last_is_known_with_its_moment() {
    let managed = json!([
        entry("kube-controller-manager", "Update", "scale", replicas()),
        entry("kubectl-edit", "Update", "", json!({"f:spec": {"f:paused": {}}})),
    ]);
    let writers = writers(&[&object(json!({}), managed)], &proposal(2, 5).changes);
    let [w] = writers.as_slice() else { panic!("{writers:?}") };
    assert_eq!((w.field.as_str(), w.manager.as_str(), w.subresource.as_str()), (REPLICAS, CONTROLLERS, "scale"));
    assert_eq!(w.at, "2026-11-23T03:31:05Z".parse().ok());
    assert!(
        super::writers(
            &[&object(json!({}), json!([entry("a", "Update", "", json!({"f:spec": {"f:replicas": {".": {}}}}))]))],
            &proposal(2, 5).changes
        )
        .is_empty(),
        "a part of it is not it"
    );
}
