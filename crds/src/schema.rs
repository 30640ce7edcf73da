//! From the Rust types to the CustomResourceDefinitions: the derived schema, made structural, bounded, and free of what the API
//! server does not know. Owns the pieces of schema that a type cannot say.
use crate::{Action, ActionPlugin, ExecutionApproval, ExecutionFreeze, ExecutionPolicy, KubernetesExecution, limits};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// All definitions of this build, in the order in which they are installed.
#[must_use]
pub fn all() -> Vec<CustomResourceDefinition> {
    let all = [
        KubernetesExecution::crd(),
        ActionPlugin::crd(),
        Action::crd(),
        ExecutionPolicy::crd(),
        ExecutionFreeze::crd(),
        ExecutionApproval::crd(),
    ];
    all.into_iter().map(finished).collect()
}

/// Name of the file in `crds/yaml` that holds a definition.
#[must_use]
pub fn file_name(crd: &CustomResourceDefinition) -> String {
    format!("{}.yaml", crd.spec.names.plural)
}

fn finished(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    // By this label an installation is found: to wait for it, and to remove it.
    crd.metadata.labels = Some([("app.kubernetes.io/part-of".to_owned(), "writ".to_owned())].into());
    let schemas = crd.spec.versions.iter_mut().filter_map(|v| v.schema.as_mut()?.open_api_v3_schema.as_mut());
    for schema in schemas {
        each(schema, &mut tidy);
        if let Some(status) = schema.properties.as_mut().and_then(|p| p.get_mut("status")) {
            each(status, &mut bounded);
        }
    }
    crd
}

/// An explicit null is no value: without `nullable` the API server drops it, so that rules need to know "absent" only.
/// `uint32` is no format the API server knows; it would warn at every apply.
fn tidy(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.format = schema.format.take().filter(|f| !f.starts_with("uint"));
}

/// A status has no defaults: what is not there was not said.
fn bounded(schema: &mut JSONSchemaProps) {
    schema.default = None;
    match schema.type_.as_deref() {
        Some("string") if schema.enum_.is_none() && schema.format.is_none() => {
            schema.max_length.get_or_insert(as_i64(limits::STATUS_TEXT));
        }
        Some("array") => {
            schema.max_items.get_or_insert(as_i64(limits::STATUS_ITEMS));
        }
        _ => {}
    }
}

fn each(schema: &mut JSONSchemaProps, change: &mut impl FnMut(&mut JSONSchemaProps)) {
    change(schema);
    schema.properties.iter_mut().flatten().for_each(|(_, s)| each(s, change));
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(s)) => each(s, change),
        Some(JSONSchemaPropsOrArray::Schemas(all)) => all.iter_mut().for_each(|s| each(s, change)),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(s)) = &mut schema.additional_properties {
        each(s, change);
    }
}

fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// One CEL rule each: these fields of a spec never change. `always`: required, or given a default. (`self.?field` would say both in one,
/// but the API server cannot estimate what comparing optional values costs, and refuses the rule.)
pub(crate) fn immutable(always: &[&str], sometimes: &[&str], hint: &str) -> Vec<Value> {
    fn there<'a>(f: &&'a str) -> (&'a str, String) {
        (f, format!("self.{f} == oldSelf.{f}"))
    }
    fn maybe<'a>(f: &&'a str) -> (&'a str, String) {
        (f, format!("has(self.{f}) == has(oldSelf.{f}) && (!has(self.{f}) || self.{f} == oldSelf.{f})"))
    }
    let rule = |(field, rule): (&str, String)| json!({"rule": rule, "message": format!("spec.{field} is immutable: {hint}")});
    always.iter().map(there).chain(sometimes.iter().map(maybe)).map(rule).collect()
}

/// An object of free form, with a bound on what stands at its top.
fn free(properties: usize) -> Schema {
    json_schema!({ "type": "object", "maxProperties": properties, "x-kubernetes-preserve-unknown-fields": true })
}

pub(crate) fn parameters(_: &mut SchemaGenerator) -> Schema {
    free(limits::PARAMETER_COUNT)
}

pub(crate) fn origin(_: &mut SchemaGenerator) -> Schema {
    free(limits::ORIGIN_COUNT)
}

pub(crate) fn data(_: &mut SchemaGenerator) -> Schema {
    free(limits::DATA_COUNT)
}

pub(crate) fn json_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
}

pub(crate) fn modules(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": limits::MODULES,
        "additionalProperties": { "type": "string", "maxLength": limits::MODULE },
    })
}

pub(crate) fn groups(_: &mut SchemaGenerator) -> Schema {
    // Atomic: a list that is merged could keep a group that somebody else put in.
    json_schema!({
        "type": "array",
        "maxItems": limits::GROUPS,
        "items": { "type": "string", "maxLength": limits::USER },
        "x-kubernetes-list-type": "atomic",
    })
}

pub(crate) fn namespaces(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": limits::NAMESPACES,
        "items": { "type": "string", "maxLength": 63, "pattern": NAME_PATTERN },
        "x-kubernetes-list-type": "set",
    })
}

pub(crate) fn action_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": limits::ACTIONS,
        "items": { "type": "string", "maxLength": limits::ACTION, "pattern": ACTION_PATTERN },
        "x-kubernetes-list-type": "set",
    })
}

/// It is a label value, and with `-` for `_` the name of an object: so it ends as these may end.
pub(crate) const ACTION_PATTERN: &str = "^[a-z]([a-z0-9_]{0,46}[a-z0-9])?$";
/// RFC 1123. Nothing that a command line could take for an option or a path.
pub(crate) const NAME_PATTERN: &str = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";
/// A kind, as in manifests.
pub(crate) const KIND_PATTERN: &str = "^[A-Z][A-Za-z0-9]*$";
/// As Kubernetes writes it.
pub(crate) const UID_PATTERN: &str = "^[0-9a-f-]{36}$";
/// Hours, minutes and seconds in that order.
pub(crate) const DURATION_PATTERN: &str = "^[0-9]+(h([0-9]+m)?([0-9]+s)?|m([0-9]+s)?|s)$";
/// Of a component, or of what was planned.
pub(crate) const SHA256_PATTERN: &str = "^sha256:[0-9a-f]{64}$";
/// A file straight below the operator's plugin directory: no path.
pub(crate) const FILE_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";
/// A key of a ConfigMap.
pub(crate) const KEY_PATTERN: &str = "^[A-Za-z0-9._-]+$";
