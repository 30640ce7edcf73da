//! The marks that tools leave on what is theirs: labels, annotations, owner references, and what they call themselves in managed fields.
//! `app.kubernetes.io/instance` is none: charts and people set it too.
use super::Manager;
use crds::OwnerKind;
use serde_json::Value;

/// Whose object it is.
pub(super) struct Mark {
    pub kind: OwnerKind,
    pub name: String,
    /// Where that shows.
    pub evidence: String,
}

impl Mark {
    /// Whether that is how this tool writes. Of an operator only its object is known, so everybody may be it but people.
    pub fn writes_as(&self, m: &Manager) -> bool {
        match self.kind {
            OwnerKind::Operator => !m.is_kubectl() && tool(&m.name).is_none(),
            kind => tool(&m.name) == Some(kind),
        }
    }
}

/// Who calls himself so.
pub(super) fn tool(manager: &str) -> Option<OwnerKind> {
    Some(match manager {
        "argocd-controller" | "argocd-application-controller" => OwnerKind::ArgoCD,
        "kustomize-controller" | "helm-controller" => OwnerKind::Flux,
        "helm" => OwnerKind::Helm,
        _ => return None,
    })
}

const ARGO_ANNOTATION: &str = "argocd.argoproj.io/tracking-id";
const ARGO_LABEL: &str = "argocd.argoproj.io/instance";
const KUSTOMIZATION: &str = "kustomize.toolkit.fluxcd.io";
const HELM_RELEASE: &str = "helm.toolkit.fluxcd.io";
const HELM_NAME: &str = "meta.helm.sh/release-name";
const HELM_NAMESPACE: &str = "meta.helm.sh/release-namespace";
const KAPP: &str = "kapp.k14s.io/app";

/// All marks of an object.
pub(super) fn of(body: &Value) -> Vec<Mark> {
    let flux: Vec<Mark> = [(KUSTOMIZATION, "Kustomization"), (HELM_RELEASE, "HelmRelease")]
        .into_iter()
        .filter_map(|(prefix, kind)| flux(body, prefix, kind))
        .collect();
    // What Flux installs with Helm bears Helm's marks too, and Flux is who keeps it.
    let helm = if flux.is_empty() { helm(body) } else { None };
    let kapp = label(body, KAPP).map(|_| mark(OwnerKind::Manager, "kapp".into(), format!("label {KAPP}")));
    argo(body).into_iter().chain(flux).chain(helm).chain(controller(body)).chain(kapp).collect()
}

/// What Argo CD and `kubectl apply` leave of what they were given.
pub(super) fn last_applied(body: &Value) -> Option<Value> {
    serde_json::from_str(annotation(body, "kubectl.kubernetes.io/last-applied-configuration")?).ok()
}

fn argo(body: &Value) -> Option<Mark> {
    if let Some(app) = annotation(body, ARGO_ANNOTATION).and_then(|id| tracked(body, id)) {
        return Some(mark(OwnerKind::ArgoCD, app.to_owned(), format!("annotation {ARGO_ANNOTATION}")));
    }
    Some(mark(OwnerKind::ArgoCD, label(body, ARGO_LABEL)?.to_owned(), format!("label {ARGO_LABEL}")))
}

/// `APPLICATION:GROUP/KIND:NAMESPACE/NAME`: one that names another object was copied from there, and Argo CD does not heed it either.
fn tracked<'a>(body: &Value, id: &'a str) -> Option<&'a str> {
    let text = |at: &str| body.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let (app, rest) = id.split_once(':')?;
    let (kind, object) = rest.split_once(':')?;
    let kind = kind.rsplit_once('/').map_or(kind, |(_, kind)| kind);
    let name = object.rsplit_once('/').map_or(object, |(_, name)| name);
    (kind == text("/kind") && name == text("/metadata/name")).then_some(app)
}

fn flux(body: &Value, prefix: &str, kind: &str) -> Option<Mark> {
    let at = format!("{prefix}/name");
    let name = label(body, &at)?;
    let place = label(body, &format!("{prefix}/namespace")).map_or_else(String::new, |ns| format!("{ns}/"));
    Some(mark(OwnerKind::Flux, format!("{kind} {place}{name}"), format!("label {at}")))
}

fn helm(body: &Value) -> Option<Mark> {
    let name = annotation(body, HELM_NAME)?;
    let place = annotation(body, HELM_NAMESPACE).map_or_else(String::new, |ns| format!("{ns}/"));
    Some(mark(OwnerKind::Helm, format!("{place}{name}"), format!("annotation {HELM_NAME}")))
}

fn controller(body: &Value) -> Option<Mark> {
    let owners = body.pointer("/metadata/ownerReferences").and_then(Value::as_array)?;
    let owner = owners.iter().find(|o| o.get("controller") == Some(&Value::Bool(true)))?;
    let text = |at: &str| owner.get(at).and_then(Value::as_str).unwrap_or_default();
    Some(mark(OwnerKind::Operator, format!("{} {}", text("kind"), text("name")), "controller owner reference".into()))
}

fn mark(kind: OwnerKind, name: String, evidence: String) -> Mark {
    Mark { kind, name, evidence }
}

fn annotation<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

fn label<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get("metadata")?.get("labels")?.get(name)?.as_str()
}
