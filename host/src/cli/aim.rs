//! The target as people write it (`web`, `deployment/web`, `deploy/web`, `deployment.apps/web`) into one the action takes.
use crds::{ActionSpec, ActionTarget, Target};

/// What kubectl calls these for short.
const SHORT: [(&str, &str); 9] = [
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("no", "Node"),
    ("po", "Pod"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
];

/// The target meant; an error says how to write it.
pub fn target(action: &ActionSpec, words: Option<&str>) -> Result<Option<Target>, String> {
    let name = &action.name;
    let (kind, target) = match (words, action.targets.as_slice()) {
        (None, []) => return Ok(None),
        (Some(words), []) => return Err(format!("{words}: {name} takes no target")),
        (None, _) => return Err(format!("{name} needs a target: {}", example(action, "NAME"))),
        (Some(words), _) => words.split_once('/').map_or((None, words), |(kind, target)| (Some(kind), target)),
    };
    let kind = match (kind, action.targets.as_slice()) {
        (None, [_]) => None,
        (None, _) => return Err(format!("{name} takes several kinds; say which: {}", example(action, target))),
        (Some(kind), all) => match all.iter().find(|t| is(t, kind)) {
            Some(found) => Some(found.kind.clone()),
            None => return Err(format!("{name} takes no {kind}: {}", example(action, target))),
        },
    };
    Ok(Some(Target { kind, name: target.into() }))
}

/// `writ run rollout_restart Deployment/web`, one for each kind.
fn example(action: &ActionSpec, target: &str) -> String {
    let line = |t: &ActionTarget| format!("writ run {} {}/{target}", action.name, t.kind);
    action.targets.iter().map(line).collect::<Vec<_>>().join(" or ")
}

fn is(target: &ActionTarget, word: &str) -> bool {
    let (word, group) = word.split_once('.').map_or((word, None), |(word, group)| (word, Some(group)));
    let of_group = target.api_version.split_once('/').map_or("", |(group, _)| group);
    let same = |kind: &str| target.kind.eq_ignore_ascii_case(kind);
    let short = SHORT.iter().any(|(short, kind)| short.eq_ignore_ascii_case(word) && same(kind));
    group.is_none_or(|g| g == of_group) && (short || same(word) || word.strip_suffix('s').is_some_and(same))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str, kinds: &[&str]) -> ActionSpec {
        let targets = kinds.iter().map(|k| ActionTarget { api_version: "apps/v1".into(), kind: (*k).into() }).collect();
        ActionSpec { name: name.into(), targets, ..Default::default() }
    }

    #[test]
    fn a_kind_is_known_as_kubectl_knows_it() {
        let scale = action("scale_deployment", &["Deployment"]);
        for words in ["Deployment/web", "deployment/web", "deployments/web", "deploy/web", "deployment.apps/web"] {
            let wanted = Target { kind: Some("Deployment".into()), name: "web".into() };
            assert_eq!(target(&scale, Some(words)), Ok(Some(wanted)), "{words}");
        }
        assert_eq!(target(&scale, Some("web")), Ok(Some(Target { kind: None, name: "web".into() })));
        assert_eq!(target(&action("tidy", &[]), None), Ok(None));
    }

    #[test]
    fn what_cannot_be_meant_is_answered_with_the_line_to_type() {
        let scale = action("scale_deployment", &["Deployment"]);
        let restart = action("rollout_restart", &["Deployment", "StatefulSet"]);
        let tidy = action("tidy", &[]);
        let said = |action, words| target(action, words).unwrap_err();
        assert_eq!(said(&scale, Some("sts/web")), "scale_deployment takes no sts: writ run scale_deployment Deployment/web");
        assert_eq!(said(&scale, None), "scale_deployment needs a target: writ run scale_deployment Deployment/NAME");
        assert_eq!(
            said(&restart, Some("web")),
            "rollout_restart takes several kinds; say which: \
             writ run rollout_restart Deployment/web or writ run rollout_restart StatefulSet/web"
        );
        assert_eq!(said(&tidy, Some("web")), "web: tidy takes no target");
        assert!(said(&scale, Some("deployment.batch/web")).contains("takes no deployment.batch"));
    }
}
