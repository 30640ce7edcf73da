//! `writ undo`: the stored inverse of an execution, as an execution of its own. Whether it may be done the host decides, as of any other.
use super::{
    Where, follow,
    go::Go,
    human::{Exit, age},
    page,
};
use crds::KubernetesExecution;
use decide::time::second;
use jiff::Timestamp;

/// Undo what an execution did.
#[derive(Debug, clap::Args)]
pub struct Undo {
    /// Its name.
    name: String,
    #[command(flatten)]
    go: Go,
    #[command(flatten)]
    place: Where,
}

impl Undo {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        self.go.check()?;
        let cluster = self.place.connect().await?;
        let original = cluster.execution(&self.name).await?;
        let words = self.go.words();
        if let Some(why) = none(&original) {
            words.line(format_args!("Refused (UndoUnavailable, exit 2, nothing was touched)\n  {why}"));
            return Ok(Exit::Refused);
        }
        let now = Timestamp::now();
        words.line(heading(&original, now));
        words.text(page::labelled(&Vec::from_iter(covered(&original, now).map(|by| ("approval", by)))));
        let exit = self.go.run(&cluster, undo(&original)?).await?;
        // Whoever looks at it next sees that it was undone, and does not undo it twice.
        if exit == Exit::Done && self.go.acts() {
            follow::recorded(&cluster, &self.name, |status| status.rollback.as_ref().is_some_and(|r| !r.undone_by.is_empty()))
                .await;
        }
        Ok(exit)
    }
}

/// `undo of scale-web-x7k2p (26m ago, by maria@example.com)`.
fn heading(of: &KubernetesExecution, now: Timestamp) -> String {
    let by = of.spec.requester.as_ref().map(|r| r.username.as_str()).unwrap_or_default();
    let made = of.metadata.creation_timestamp.as_ref().map_or(now, |t| t.0);
    format!("undo of {} ({} ago, by {by})", name(of), age(made, now))
}

/// Who approved the way back together with the way there, which may do for this. Whether it does the host says.
fn covered(of: &KubernetesExecution, now: Timestamp) -> Option<String> {
    let status = of.status.as_ref()?;
    let given = &status.approval.as_ref().filter(|a| a.state == "Approved")?.given;
    let until = status.rollback.as_ref()?.expires_at.as_ref()?;
    let by: Vec<&str> = given.iter().map(|g| g.by.as_str()).collect();
    let lasts = until.parse::<Timestamp>().is_ok_and(|until| now < until);
    lasts.then(|| format!("of {} by {} covers it until {}, unless they left it out", name(of), by.join(", "), second(until)))
}

fn name(of: &KubernetesExecution) -> &str {
    of.metadata.name.as_deref().unwrap_or_default()
}

/// Why there is no inverse: without one nothing can be asked for. That it is still on offer the host says.
fn none(of: &KubernetesExecution) -> Option<String> {
    let name = name(of);
    let Some(status) = &of.status else { return Some(format!("{name} was not looked at yet.")) };
    let Some(rollback) = &status.rollback else { return Some(format!("{name} changed nothing ({:?}).", status.reason)) };
    rollback.action.is_empty().then(|| format!("{name} has no inverse: {}.", rollback.because))
}

fn undo(of: &KubernetesExecution) -> anyhow::Result<KubernetesExecution> {
    let status = of.status.clone().unwrap_or_default();
    let spec = decide::undo::request(name(of), of.metadata.uid.as_deref().unwrap_or_default(), &status)?;
    let mut kx = KubernetesExecution { spec, ..Default::default() };
    // Whoever gives no other reason takes it back for the same: a policy may want one.
    kx.spec.reason.clone_from(&of.spec.reason);
    // An undo of an undo of an undo does not have the longer name; what it undoes stands in its spec.
    let stem = name(of).split("-undo-").next().unwrap_or_default();
    kx.metadata.generate_name = Some(format!("{stem:.40}-undo-"));
    Ok(kx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::{ApprovalGiven, ApprovalStatus, ObjectUid, Target};
    use serde_json::json;

    fn original(rollback: &serde_json::Value) -> KubernetesExecution {
        serde_json::from_value(json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {"name": "scale-web-x7k2p-undo-m4r8q", "uid": "u"},
            "spec": {"action": "scale_deployment", "target": {"name": "web"}},
            "status": {"rollback": rollback, "target": {"apiVersion": "apps/v1", "kind": "Deployment",
                "resource": "deployments", "namespace": "shop", "name": "web", "uid": "w"}},
        }))
        .unwrap()
    }

    #[test]
    fn an_undo_is_the_stored_inverse_word_for_word() {
        let kx = original(&json!({"state": "Ready", "action": "scale_deployment", "parameters": "{\"replicas\":2}"}));
        assert_eq!(none(&kx), None);
        let undo = undo(&kx).unwrap();
        assert_eq!((undo.spec.action.as_str(), &undo.spec.parameters["replicas"]), ("scale_deployment", &json!(2)));
        assert_eq!(undo.spec.rollback_of, Some(ObjectUid { name: "scale-web-x7k2p-undo-m4r8q".into(), uid: "u".into() }));
        assert_eq!(undo.spec.target, Some(Target { name: "web".into(), kind: Some("Deployment".into()) }));
        assert_eq!(undo.metadata.generate_name.as_deref(), Some("scale-web-x7k2p-undo-"));
    }

    #[test]
    fn who_approved_the_way_there_may_have_approved_the_way_back() {
        let mut kx = original(&json!({"state": "Ready", "action": "scale_deployment", "expiresAt": "2026-11-24T03:14:31.5Z"}));
        let said = |kx: &KubernetesExecution, now: &str| covered(kx, now.parse().unwrap());
        assert_eq!(said(&kx, "2026-11-23T03:40:00Z"), None, "nobody was asked");
        let given = vec![ApprovalGiven { by: "jonas@example.com".into(), ..Default::default() }];
        let approval = |state: &str| ApprovalStatus { state: state.into(), given: given.clone(), ..Default::default() };
        kx.status.as_mut().unwrap().approval = Some(approval("Approved"));
        assert_eq!(
            said(&kx, "2026-11-23T03:40:00Z").unwrap(),
            "of scale-web-x7k2p-undo-m4r8q by jonas@example.com covers it until 2026-11-24T03:14:31Z, unless they left it out"
        );
        assert_eq!(said(&kx, "2026-11-24T03:15:00Z"), None, "it is on offer no more");
        kx.status.as_mut().unwrap().approval = Some(approval("Skipped"));
        assert_eq!(said(&kx, "2026-11-23T03:40:00Z"), None, "nobody approved");
    }

    #[test]
    fn without_an_inverse_it_says_why() {
        let none = original(&json!({"state": "Impossible", "because": "pods cannot be restarted back"}));
        assert_eq!(super::none(&none).unwrap(), "scale-web-x7k2p-undo-m4r8q has no inverse: pods cannot be restarted back.");
    }
}
