//! What is there, by looking at it.
use super::{Bad, Finding, Found, Good, INSTALL, Note};
use crate::cli::frozen;
use crds::{ActionPlugin, ExecutionFreeze, ExecutionPolicy, PolicyMode, labels::NAMESPACE_SYSTEM};
use jiff::Timestamp;
use k8s_openapi::{
    api::apps::v1::Deployment, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    apimachinery::pkg::apis::meta::v1::Condition,
};
use kube::{Api, Client, ResourceExt, api::ListParams};
use serde_json::Value;

pub(super) async fn objects(client: &Client) -> Found {
    let there: Vec<CustomResourceDefinition> = list(client).await?;
    let established = |name: &str| {
        let conditions = there.iter().filter(|c| c.name_any() == name).filter_map(|c| c.status.as_ref()?.conditions.as_ref());
        conditions.flatten().any(|c| c.type_ == "Established" && c.status == "True")
    };
    let shipped = crds::all();
    let wrong = shipped.iter().filter_map(|crd| {
        let name = crd.name_any();
        if !established(&name) {
            return Some(format!("{name} is not served"));
        }
        let served = there.iter().find(|c| c.name_any() == name)?;
        let field = schema(crd).and_then(|ours| missing(&ours, &schema(served).unwrap_or_default()))?;
        Some(format!("{name} is of another version of Writ: it has no {field}, and the API server drops what it does not know"))
    });
    let bad: Vec<Finding> = wrong.map(|what| Bad(what, INSTALL.into())).collect();
    let good = || vec![Good(format!("{} kinds of objects are served, as shipped", shipped.len()))];
    Ok(if bad.is_empty() { good() } else { bad })
}

fn schema(crd: &CustomResourceDefinition) -> Option<Value> {
    let version = crd.spec.versions.iter().find(|v| v.name == crds::labels::VERSION)?;
    serde_json::to_value(version.schema.as_ref()?.open_api_v3_schema.as_ref()?).ok()
}

/// The first field that is ours and is not there.
fn missing(ours: &Value, there: &Value) -> Option<String> {
    let fields = ours["properties"].as_object().into_iter().flatten();
    let field = |(name, ours): (&String, &Value)| match there["properties"].get(name) {
        None => Some(name.clone()),
        Some(there) => missing(ours, there).map(|inner| format!("{name}.{inner}")),
    };
    let items = || ours.get("items").and_then(|ours| missing(ours, &there["items"]));
    fields.map(field).find_map(|found| found).or_else(items)
}

pub(super) async fn operator(client: &Client) -> Found {
    let found = Api::<Deployment>::namespaced(client.clone(), NAMESPACE_SYSTEM).get_opt("writ").await?;
    let ready = found.as_ref().and_then(|d| d.status.as_ref()?.ready_replicas).unwrap_or_default();
    let logs = format!("kubectl -n {NAMESPACE_SYSTEM} get pods; kubectl -n {NAMESPACE_SYSTEM} logs deployment/writ");
    Ok(vec![match (found, ready) {
        (None, _) => Bad("the operator is not installed".into(), INSTALL.into()),
        (Some(_), 0) => Bad("the operator is not ready: nothing is looked at".into(), logs),
        (Some(_), _) => Good("the operator is ready".into()),
    }])
}

pub(super) async fn plugins(client: &Client) -> Found {
    let all: Vec<ActionPlugin> = list(client).await?;
    if all.is_empty() {
        return Ok(vec![Note("no plugin is installed: there is no action".into(), "writ plugin install COMPONENT.wasm".into())]);
    }
    Ok(all.iter().flat_map(plugin).collect())
}

fn plugin(plugin: &ActionPlugin) -> Vec<Finding> {
    let (name, status) = (plugin.name_any(), plugin.status.clone().unwrap_or_default());
    if plugin.spec.suspended {
        return vec![Note(format!("plugin {name} is suspended"), format!("set spec.suspended: false in ActionPlugin {name}"))];
    }
    let wrong = ["Fetched", "Verified", "Compiled", "Granted", "Active"].into_iter().filter_map(|kind| {
        let said = no(&status.conditions, kind)?;
        let fix = if kind == "Granted" {
            "writ plugin rbac COMPONENT.wasm | kubectl apply -f -"
        } else {
            "kubectl describe actionplugin"
        };
        Some(Bad(format!("plugin {name} is not {kind}: {said}"), fix.to_owned()))
    });
    let mut found: Vec<Finding> = wrong.take(1).collect();
    if found.is_empty() {
        found.push(Good(format!("plugin {name} {} is active with {} actions", status.version, status.actions.len())));
    }
    found
}

/// What a condition says that is not True; of one that is not there, that.
fn no(conditions: &[Condition], kind: &str) -> Option<String> {
    match conditions.iter().find(|c| c.type_ == kind) {
        Some(c) if c.status == "True" => None,
        Some(c) => Some(if c.message.is_empty() { c.reason.clone() } else { c.message.clone() }),
        None => Some("it was not looked at yet".into()),
    }
}

pub(super) async fn policies(client: &Client) -> Found {
    let all: Vec<ExecutionPolicy> = list(client).await?;
    let mut found: Vec<Finding> = all.iter().map(policy).collect();
    if !all.iter().any(|p| p.spec.mode == PolicyMode::Enforce) {
        let fix = "writ policy print deploy/policy | kubectl apply --server-side -f -";
        found.push(Bad("no policy is enforced: everything is refused".into(), fix.into()));
    }
    Ok(found)
}

fn policy(policy: &ExecutionPolicy) -> Finding {
    let (name, status) = (policy.name_any(), policy.status.clone().unwrap_or_default());
    match no(&status.conditions, "Ready") {
        Some(why) => Bad(
            format!("policy {name} is not ready: {why}"),
            format!("correct ExecutionPolicy {name}; try it first: writ policy test"),
        ),
        None => Good(format!("policy {name} is in force, {} of its tests passed", status.tests)),
    }
}

pub(super) async fn freezes(client: &Client) -> Found {
    let (all, now): (Vec<ExecutionFreeze>, _) = (list(client).await?, Timestamp::now());
    let note = |f: &ExecutionFreeze| {
        let name = f.name_any();
        Note(format!("{name} holds back what it matches: {}", f.spec.reason), format!("writ thaw {name}"))
    };
    Ok(all.iter().filter(|f| frozen::in_force(f, now)).map(note).collect())
}

async fn list<K>(client: &Client) -> Result<Vec<K>, kube::Error>
where
    K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    Ok(Api::<K>::all(client.clone()).list(&ListParams::default()).await?.items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_the_server_would_drop_is_found_however_deep() {
        for crd in crds::all() {
            let ours = schema(&crd).unwrap();
            assert_eq!(missing(&ours, &ours), None);
        }
        let kx = crds::all()
            .into_iter()
            .find_map(|crd| schema(&crd).filter(|s| !s["properties"]["status"]["properties"]["lock"].is_null()))
            .unwrap();
        let without = |pointer: &str, field: &str| {
            let mut old = kx.clone();
            old.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(field);
            missing(&kx, &old)
        };
        let status = "/properties/status/properties";
        assert_eq!(without(status, "lock").as_deref(), Some("status.lock"));
        assert_eq!(
            without(&format!("{status}/plan/properties/commands/items/properties"), "verb").as_deref(),
            Some("status.plan.commands.verb")
        );
    }
}
