//! An owner in words: who it is, and what it will do about the change.
use crds::{Owner, OwnerKind};

/// `Argo CD application shop-web: it will put spec.replicas back`.
#[must_use]
pub fn words(owner: &Owner) -> String {
    let field = part(&owner.object, &owner.field);
    let then = match (owner.reverts, owner.kind) {
        (true, _) if owner.field.is_empty() => format!("it will make {field} again"),
        (true, _) => format!("it will put {field} back"),
        (false, OwnerKind::Helm) => format!("its next upgrade may set {field}"),
        (false, OwnerKind::Manager) => format!("it set {field} and may set it again"),
        (false, _) => format!("it keeps this object, and is not seen to set {field}"),
    };
    format!("{}: {then}", name(owner))
}

/// `spec.replicas`, `spec.replicas of Deployment shop/api`; of an object as a whole that object. Empty: the target.
pub(crate) fn part(object: &str, field: &str) -> String {
    match (object, field) {
        ("", field) => dotted(field),
        (object, "") => object.to_owned(),
        (object, field) => format!("{} of {object}", dotted(field)),
    }
}

/// `horizontalpodautoscaler/web`.
pub(crate) fn name(owner: &Owner) -> String {
    let named = |what: &str, anonymous: &str| match owner.name.as_str() {
        "" => anonymous.to_owned(),
        name => format!("{what}{name}"),
    };
    match owner.kind {
        OwnerKind::ArgoCD => named("Argo CD application ", "Argo CD"),
        OwnerKind::Flux => named("Flux ", "Flux"),
        OwnerKind::Helm => named("Helm release ", "Helm"),
        OwnerKind::Operator => named("the controller of ", "a controller"),
        OwnerKind::HPA => named("horizontalpodautoscaler/", "a horizontalpodautoscaler"),
        OwnerKind::Manager => named("", "somebody without a name"),
    }
}

/// `/spec/replicas` as people write it.
pub(crate) fn dotted(pointer: &str) -> String {
    if pointer.is_empty() {
        return "it".to_owned();
    }
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}
