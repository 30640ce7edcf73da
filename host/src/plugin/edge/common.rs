//! Parts that several answers have: kinds of objects, and references to them.
use super::{super::v0_1::types as wit, Checked, Within, text};
use decide::model::{Api, ObjectRef, Scope};

pub(super) fn api(api: wit::Api) -> Checked<Api> {
    let wit::Api { group, version, kind, resource } = api;
    let group = match group.is_empty() {
        true => group,
        false => text::subdomain(group, text::SHORT).within("group")?,
    };
    Ok(Api {
        group,
        version: text::label(version).within("version")?,
        kind: text::kind(kind).within("kind")?,
        resource: text::label(resource).within("resource")?,
    })
}

pub(super) fn object_ref(object: wit::ObjectRef) -> Checked<ObjectRef> {
    Ok(ObjectRef {
        api: api(object.api).within("api")?,
        namespace: text::namespace(object.namespace).within("namespace")?,
        name: text::object_name(object.name).within("name")?,
    })
}

pub(super) const fn scope(scope: wit::Scope) -> Scope {
    match scope {
        wit::Scope::Namespaced => Scope::Namespaced,
        wit::Scope::Cluster => Scope::Cluster,
    }
}
