//! Does a HorizontalPodAutoscaler own the replicas? It would set them back within seconds.
use writ_action::prelude::*;

const KEY: &str = "autoscalers";

/// What to look at to know.
pub(crate) fn look(t: &Target) -> Look {
    let parts = ["/spec/scaleTargetRef", "/spec/minReplicas", "/spec/maxReplicas"];
    Look::around(KEY, kind::HORIZONTAL_POD_AUTOSCALER, t).pick(&parts)
}

/// Refuses where one is aimed at the target.
pub(crate) fn refuse_if_owned(t: &Target, seen: &Seen) -> Result<(), Refusal> {
    if let Some(hpa) = seen.objects(KEY)?.iter().find(|hpa| is_aimed_at(hpa, t)) {
        let (name, namespace) = (&hpa.name, t.namespace());
        let (least, most) = (hpa.at("/spec/minReplicas").as_i64().unwrap_or(1), hpa.at("/spec/maxReplicas"));
        refuse!(
            "OwnedByAutoscaler",
            "horizontalpodautoscaler/{name} keeps {t} between {least} and {most} replicas and would set it back.",
            "Change its bounds instead (kubectl edit hpa {name} -n {namespace}), or delete it first."
        );
    }
    Ok(())
}

fn is_aimed_at(hpa: &Object, t: &Target) -> bool {
    let part = |name: &str| hpa.at(&format!("/spec/scaleTargetRef/{name}")).as_str().unwrap_or("");
    let group = part("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    // the version is optional, and `extensions` is what old ones call `apps`
    let same_group = matches!(group, "" | "apps" | "extensions");
    same_group && part("kind") == t.kind() && part("name") == t.name()
}
