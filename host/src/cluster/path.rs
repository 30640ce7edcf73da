//! URL paths of kinds and names. Owns that no name can reach another path than its own.
use decide::model::Api;

/// `/apis/apps/v1/namespaces/shop/deployments`; none where a part cannot be part of a path.
pub(super) fn of(api: &Api, namespace: Option<&str>) -> Option<String> {
    let (version, resource) = (segment(&api.version)?, segment(&api.resource)?);
    let root = match api.group.as_str() {
        "" => format!("/api/{version}"),
        group => format!("/apis/{}/{version}", segment(group)?),
    };
    Some(match namespace {
        Some(namespace) => format!("{root}/namespaces/{}/{resource}", segment(namespace)?),
        None => format!("{root}/{resource}"),
    })
}

/// One name, escaped; none where the API server would not take it for a name: empty, `.`, `..`, with `/` or `%`.
pub(super) fn segment(name: &str) -> Option<String> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']) {
        return None;
    }
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(group: &str, resource: &str) -> Api {
        Api { group: group.into(), version: "v1".into(), kind: "K".into(), resource: resource.into() }
    }

    #[test]
    fn a_kind_has_one_path() {
        assert_eq!(of(&api("", "pods"), Some("shop")).as_deref(), Some("/api/v1/namespaces/shop/pods"));
        assert_eq!(of(&api("apps", "deployments"), None).as_deref(), Some("/apis/apps/v1/deployments"));
    }

    #[test]
    fn no_name_reaches_another_path() {
        for bad in ["", ".", "..", "a/b", "../secrets", "a%2fb"] {
            assert_eq!(segment(bad), None, "{bad:?}");
            assert_eq!(of(&api("", bad), Some("shop")), None, "{bad:?}");
            assert_eq!(of(&api("", "pods"), Some(bad)), None, "{bad:?}");
        }
        assert_eq!(segment("a?x=1#b").as_deref(), Some("a%3Fx%3D1%23b"));
        assert_eq!(segment("system:node").as_deref(), Some("system:node"));
    }
}
