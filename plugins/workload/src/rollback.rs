//! `rollback_deployment`: the pod template of an earlier revision, which is kept in a ReplicaSet.
//!
//! A JSON Patch, not `kubectl rollout undo`: that has no precondition and would roll back whatever is there when it runs.
//! Here the uid and the whole template that was seen are tested first, so another release in between makes it fail.
use crate::rollout;
use history::Revision;
use writ_action::prelude::*;

mod history;

/// Roll a Deployment back to an earlier revision. Its pod template becomes that of the revision, with images, commands,
/// environment and resources; replicas and strategy stay, and so do ConfigMaps and Secrets.
#[derive(Parameters)]
pub struct RollbackDeployment {
    /// The revision to go back to, as `kubectl rollout history` shows it. Without it: the one before the current.
    #[param(minimum = 1)]
    pub revision: Option<u64>,
}

const TEMPLATE: &str = "/spec/template";
const CAUSE: &str = "/metadata/annotations/kubernetes.io~1change-cause";

#[action(
    name = "rollback_deployment",
    target = "apps/v1 Deployment",
    risk = Medium,
    when = "a release is bad and the one before it was good",
    not_when = "the cause is in data, configuration or a dependency, which a rollback does not change; the old version cannot read what the new one wrote",
    preconditions = "the revision is still kept (revisionHistoryLimit); the Deployment is not paused",
    rbac = "apps/deployments: get, patch",
    observes = "apps/v1 ReplicaSet",
    reversible = Depends,
    verify = "10m",
    example = "{}",
    example = r#"{"revision": 3}"#,
    category = "core"
)]
impl Action for RollbackDeployment {
    fn reads(&self, t: &Target, seen: &Seen) -> Vec<Look> {
        history::look(t, seen)
    }

    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        let namespace = t.namespace();
        refuse_if!(
            seen.at("/spec/paused") == true,
            "Paused",
            "{t} is paused: nothing would be rolled out.",
            "Resume it first: kubectl rollout resume {t} -n {namespace}"
        );
        let kept = history::revisions(t, seen)?;
        let to = self.chosen(t, seen, &kept)?;
        let now = seen.at(TEMPLATE);
        let number = to.number;
        refuse_if!(history::same(&to.template, now), "NothingToChange", "{t} runs revision {number} already.");
        let (patch, differences) = patch(t, seen, to);
        Ok(Plan::of(Kubectl::patch(t).json(patch))
            .writes(t, Writes::Update)
            .changes(t, differences)
            .memo(json!({"uid": t.uid(), "replicaSet": to.uid, "revision": number})))
    }

    fn undo(&self, t: &Target, before: &Seen) -> Undo {
        let kept = history::revisions(t, before).unwrap_or_default();
        let now = kept.iter().find(|r| history::same(&r.template, before.at(TEMPLATE)));
        match now {
            _ if before.at("/spec/revisionHistoryLimit") == 0 => {
                Undo::impossible(format!("{t} keeps no earlier revisions (revisionHistoryLimit 0)"))
            }
            Some(now) => Undo::action(&Self { revision: Some(now.number) }),
            None => Undo::impossible(format!("no ReplicaSet keeps the template {t} has now")),
        }
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        let kept = history::revisions(t, after).unwrap_or_default();
        let ours = kept.iter().find(|r| after.memo("/replicaSet") == r.uid.as_str());
        let wanted = ours.map_or(rollout::Wanted::NewTemplate, |r| rollout::Wanted::TemplateOf(&r.name));
        vec![runs_the_revision(t, after, ours), rollout::check(t, after, wanted)]
    }
}

impl RollbackDeployment {
    fn chosen<'a>(&self, t: &Target, seen: &Seen, kept: &'a [Revision]) -> Result<&'a Revision, Refusal> {
        let numbers: Vec<String> = kept.iter().map(|r| r.number.to_string()).collect();
        let numbers = numbers.join(", ");
        let Some(wanted) = self.revision else {
            let earlier = kept.iter().rev().find(|r| !history::same(&r.template, seen.at(TEMPLATE)));
            return earlier.ok_or_else(|| {
                refusal!(
                    "NoSuchRevision",
                    "{t} has no earlier revision to go back to (kept: {numbers}).",
                    "Deploy the good version anew; raise spec.revisionHistoryLimit for next time."
                )
            });
        };
        kept.iter().find(|r| r.number == wanted).ok_or_else(|| {
            refusal!(
                "NoSuchRevision",
                "Revision {wanted} of {t} is not kept any more (kept: {numbers}).",
                "Choose one of those, or deploy the good version anew."
            )
        })
    }
}

/// The operations, and what they change. The change cause goes with the template, as with `kubectl rollout undo`.
fn patch(t: &Target, seen: &Seen, to: &Revision) -> (Vec<writ_action::Operation>, Vec<writ_action::Difference>) {
    let (now, cause) = (seen.at(TEMPLATE), seen.at(CAUSE));
    let mut operations = vec![test("/metadata/uid", t.uid()), test(TEMPLATE, now), replace(TEMPLATE, &to.template)];
    let mut changes = differences(TEMPLATE, now, &to.template);
    // only where there is one already: without annotations there is no place to add it to
    if !cause.is_null() && *cause != to.cause {
        operations.push(test(CAUSE, cause));
        operations.push(if to.cause.is_null() { remove(CAUSE) } else { replace(CAUSE, &to.cause) });
        changes.extend(differences(CAUSE, cause, &to.cause));
    }
    (operations, changes)
}

fn runs_the_revision(t: &Target, after: &Seen, ours: Option<&Revision>) -> Check {
    const NAME: &str = "template_restored";
    let revision = after.memo("/revision");
    match ours {
        None => Check::failed(NAME, format!("the ReplicaSet of revision {revision} of {t} is gone")),
        Some(r) if history::same(&r.template, after.at(TEMPLATE)) => {
            Check::holds(NAME, format!("the template is that of revision {revision}, now revision {}", r.number))
        }
        Some(_) => {
            Check::failed(NAME, format!("the template of {t} is not that of revision {revision}: somebody else changed it"))
        }
    }
}
