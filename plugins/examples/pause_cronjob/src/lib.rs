//! A first plugin: pause a CronJob, and let it go on.
use writ_action::prelude::*;

/// Pause a CronJob. No new runs start; those that run go on.
#[derive(Parameters)]
pub struct Pause {}

#[action(
    name = "pause_cronjob",
    target = "batch/v1 CronJob",
    risk = Low,
    when = "a job does damage or floods a dependency",
    not_when = "one run is bad: delete that run",
    rbac = "batch/cronjobs: get, patch",
    example = "{}"
)]
impl Action for Pause {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        refuse_if!(seen.at("/spec/suspend") == true, "NothingToChange", "{t} is paused already.");
        Ok(switch(t, seen, true))
    }

    fn undo(&self, _: &Target, _: &Seen) -> Undo {
        Undo::action(&Resume {})
    }

    fn checks(&self, _: &Target, after: &Seen) -> Vec<Check> {
        vec![check!("paused", after.at("/spec/suspend") == true, "no new runs start", "not paused yet")]
    }
}

/// Let a paused CronJob go on. Runs it missed are not made up for, unless its startingDeadlineSeconds says so.
#[derive(Parameters)]
pub struct Resume {}

#[action(
    name = "resume_cronjob",
    target = "batch/v1 CronJob",
    risk = Low,
    when = "the reason it was paused for is gone",
    not_when = "nobody knows why it was paused: ask first",
    rbac = "batch/cronjobs: get, patch",
    example = "{}"
)]
impl Action for Resume {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        refuse_if!(seen.at("/spec/suspend") != true, "NothingToChange", "{t} is not paused.");
        Ok(switch(t, seen, false))
    }

    fn undo(&self, _: &Target, _: &Seen) -> Undo {
        Undo::action(&Pause {})
    }

    fn checks(&self, _: &Target, after: &Seen) -> Vec<Check> {
        vec![check!("resumed", after.at("/spec/suspend") == false, "it runs by its schedule", "still paused")]
    }
}

/// What was approved is what is changed: the uid is tested by the API server before the change is made.
fn switch(t: &Target, seen: &Seen, suspend: bool) -> Plan {
    let patch = Kubectl::patch(t).json([test("/metadata/uid", t.uid()), add("/spec/suspend", suspend)]);
    Plan::of(patch).writes(t, Writes::Update).change(t, "/spec/suspend", seen.at("/spec/suspend"), suspend)
}

writ_action::export_plugin! { name: "pause-cronjob", actions: [Pause, Resume] }

#[cfg(test)]
mod tests {
    use super::*;
    use writ_action::testing::{Scene, conforms};

    fn scene(suspend: bool) -> Scene {
        let metadata = json!({"name": "report", "namespace": "demo", "uid": "6b1f"});
        let job = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": {"suspend": suspend}});
        Scene::on(plugin(), job)
    }

    #[test]
    fn it_keeps_the_contract() {
        conforms(plugin());
    }

    #[test]
    fn a_running_one_is_paused_and_can_go_on() {
        let planned = scene(false).plan("pause_cronjob", json!({})).unwrap();
        let line = "kubectl patch --type=json --patch-file=/writ/in/patch.json -- cronjob/report";
        assert_eq!(planned.command_lines(), [line]);
        assert_eq!(planned.changes(), ["/spec/suspend false -> true"]);
        assert_eq!(planned.inverse(), Some(("resume_cronjob".into(), json!({}))));
        assert_eq!(scene(false).checks(&planned), ["paused pending: not paused yet"]);
        assert_eq!(scene(false).after(&planned).checks(&planned), ["paused holds: no new runs start"]);
    }

    #[test]
    fn one_that_is_paused_is_refused() {
        let refusal = scene(true).plan("pause_cronjob", json!({})).unwrap_err();
        assert_eq!(refusal.message, "cronjob/report is paused already.");
    }
}
