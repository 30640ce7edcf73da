//! Kinds as authors write them: `apps/v1 Deployment`, `v1 Pod`, `example.com/v1 Policy/policies`.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr, Result};

pub(crate) struct Kind {
    group: String,
    version: String,
    kind: String,
    resource: String,
}

/// Several, with commas between.
pub(crate) fn list(text: &LitStr) -> Result<Vec<Kind>> {
    let value = text.value();
    value.split(',').map(|one| parse(one.trim()).ok_or_else(|| malformed(text, one))).collect()
}

fn malformed(text: &LitStr, one: &str) -> Error {
    let wanted = "write `apps/v1 Deployment`, `v1 Pod` or `example.com/v1 Policy/policies`";
    Error::new_spanned(text, format!("`{}` is no kind: {wanted}", one.trim()))
}

fn parse(text: &str) -> Option<Kind> {
    let (api_version, named) = text.split_once(' ')?;
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let (kind, resource) = match named.trim().split_once('/') {
        Some((kind, resource)) => (kind.to_owned(), resource.to_owned()),
        None => (named.trim().to_owned(), plural(named.trim())),
    };
    let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
    let is_version = version.starts_with('v') && version.chars().all(|c| c.is_ascii_alphanumeric());
    (is_kind && is_version).then(|| Kind { group: group.to_owned(), version: version.to_owned(), kind, resource })
}

/// As Kubernetes itself forms them.
fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.as_str() {
        "endpoints" => lower,
        l if l.ends_with("cy") || l.ends_with("ry") || l.ends_with("ty") => format!("{}ies", &l[..l.len() - 1]),
        l if l.ends_with('s') || l.ends_with('x') || l.ends_with("ch") => format!("{l}es"),
        l => format!("{l}s"),
    }
}

impl Kind {
    pub(crate) fn tokens(&self) -> TokenStream {
        let Self { group, version, kind, resource } = self;
        quote!(::writ_action::Kind::new(#group, #version, #kind, #resource))
    }

    /// The kinds of cluster scope that Kubernetes itself has; for others the author says so.
    pub(crate) fn is_cluster_wide(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "Node" | "Namespace" | "PersistentVolume" | "StorageClass" | "PriorityClass" | "IngressClass"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_with_the_plural_kubernetes_has() {
        let resource = |text| parse(text).map(|k| format!("{} {} {} {}", k.group, k.version, k.kind, k.resource)).unwrap();
        assert_eq!(resource("apps/v1 Deployment"), "apps v1 Deployment deployments");
        assert_eq!(resource("v1 Pod"), " v1 Pod pods");
        assert_eq!(resource("networking.k8s.io/v1 NetworkPolicy"), "networking.k8s.io v1 NetworkPolicy networkpolicies");
        assert_eq!(resource("networking.k8s.io/v1 Ingress"), "networking.k8s.io v1 Ingress ingresses");
        assert_eq!(resource("gateway.networking.k8s.io/v1 Gateway"), "gateway.networking.k8s.io v1 Gateway gateways");
        assert_eq!(resource("example.com/v1beta1 Fish/fish"), "example.com v1beta1 Fish fish");
    }

    #[test]
    fn what_is_no_kind_does_not_compile() {
        for text in ["Deployment", "apps/v1", "apps/v1 deployment", "apps/1 Deployment", "v1 Pod Two", ""] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
