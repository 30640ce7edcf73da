//! Whether a freeze holds back what is asked for: said before the question, not only while it waits. Looked up by whoever asks, with his own
//! rights: where he may not look, nothing is said. The host looks again before it acts.
use super::{connect::Connected, human::plain};
use crate::cluster::freezes::freeze;
use crds::{ExecutionFreeze, ExecutionSpec};
use decide::observed::Freeze;
use jiff::Timestamp;
use kube::api::ListParams;

/// Among those of the cluster.
pub async fn look(cluster: &Connected, spec: &ExecutionSpec) -> Option<String> {
    let all = cluster.all::<ExecutionFreeze>().list(&ListParams::default()).await.ok()?;
    held(&all.items, &cluster.namespace, &spec.action, Timestamp::now())
}

/// Of several, by the one that lasts longest: `until 2026-11-24T18:00:00Z: INC-4312; it will wait`.
#[must_use]
pub fn held(all: &[ExecutionFreeze], namespace: &str, action: &str, now: Timestamp) -> Option<String> {
    let all: Vec<Freeze> = all.iter().cloned().map(freeze).collect();
    let longest = Freeze::holding(&all, now, namespace, action)?;
    let until = longest.until.map_or_else(|| "it is thawed".to_owned(), |end| end.to_string());
    Some(format!("until {until}: {}; it will wait", plain(&longest.reason)))
}

/// Whether it holds anything back.
#[must_use]
pub fn in_force(one: &ExecutionFreeze, now: Timestamp) -> bool {
    freeze(one.clone()).until.is_none_or(|end| now < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::{ExecutionFreezeSpec, FreezeSelector};

    fn freeze(name: &str, until: Option<&str>, namespace: Option<&str>, action: Option<&str>) -> ExecutionFreeze {
        let list = |one: Option<&str>| one.map(|one| vec![one.to_owned()]);
        let selector = Some(FreezeSelector { namespaces: list(namespace), actions: list(action) });
        let spec =
            ExecutionFreezeSpec { reason: format!("why {name}"), selector, until: until.map(Into::into), by: "jonas".into() };
        ExecutionFreeze::new(name, spec)
    }

    #[test]
    fn what_a_freeze_in_force_selects_will_wait_and_nothing_else() {
        let now = "2026-11-23T03:12:00Z".parse().unwrap();
        let said = |all: &[ExecutionFreeze]| held(all, "shop", "scale_deployment", now);
        let soon = || freeze("soon", Some("2026-11-23T04:00:00Z"), Some("shop"), None);
        assert_eq!(said(&[soon()]).as_deref(), Some("until 2026-11-23T04:00:00Z: why soon; it will wait"));
        let open = freeze("open", None, None, Some("scale_deployment"));
        assert_eq!(said(&[soon(), open]).as_deref(), Some("until it is thawed: why open; it will wait"));
        let others = [
            freeze("over", Some("2026-11-23T03:12:00Z"), None, None),
            freeze("elsewhere", None, Some("shipping"), None),
            freeze("another", None, None, Some("rollout_restart")),
        ];
        assert_eq!(said(&others), None);
    }
}
