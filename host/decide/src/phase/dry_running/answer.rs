//! What the API server answered, made into a diff that people and policies read; or a no, where it is not what was asked for.
use super::failed;
use crate::{
    canonical,
    diff::{self, Difference},
    dry_run::unannounced,
    execution::DryRunning as Progress,
    model::{Json, Object, Planned},
    observed::Answer,
    step::Step,
    story::{By, No, Pass, count, shown},
    time,
};
use crds::{DiffStatus, Phase, Reason, limits};
use serde_json::Value;

/// Of what the API server warns; a webhook may say any number.
const WARNINGS: usize = 16;

/// **Rule 1.** The answer is stored before anything of the dry run goes.
pub(super) fn record(pass: &Pass<'_>, p: &Progress, answer: &Answer) -> Step {
    let (before, after, patches, warnings) = match answer {
        Answer::Objects { before, after, patches, warnings } => (before, after, patches, warnings),
        Answer::Unreadable { why } => return failed(pass, why),
        Answer::TooLarge => return too_large(pass),
    };
    let answers = match objects(&p.planned, before.as_deref(), after) {
        Ok(values) => values,
        Err(why) => return failed(pass, &why),
    };
    let Some((before, after)) = answers.split_first().filter(|(_, after)| !after.is_empty()) else {
        return failed(pass, "it answered nothing");
    };
    let found = diff::all(before, after);
    let Some(stored) = stored(&p.planned, &found) else { return too_large(pass) };
    let unseen = diff::unseen(&p.planned, after).into_iter();
    let unseen = unseen.map(|f| format!("the plan says that {} changes, and the dry run does not show it", f.at));
    let warnings: Vec<String> = unseen.chain(warnings.iter().cloned()).take(WARNINGS).map(|w| shown(&w, 512)).collect();
    pass.record(Phase::DryRunning, Reason::DryRunAnswered, |s| {
        s.message = words(&stored);
        s.diff = stored;
        if let Some(dry_run) = &mut s.dry_run {
            dry_run.answered_at = Some(time::text(pass.now));
            dry_run.patches = patches.iter().map(ToString::to_string).collect();
            dry_run.warnings = warnings;
        }
    })
}

/// The target as it is, and then each answer: all of one object, the one that was planned.
fn objects(planned: &Planned, before: Option<&Object>, after: &[Object]) -> Result<Vec<Value>, String> {
    let target = planned.target.as_ref();
    let is_target = |o: &Object| target.is_some_and(|(id, uid)| *id == o.id && uid.as_ref() == Some(&o.uid));
    let before = before.filter(|o| is_target(o)).ok_or("its target is gone, or was made anew")?;
    if let Some(other) = after.iter().find(|o| !is_target(o)) {
        return Err(format!("it answered with {}, which is not its target", other.id));
    }
    let value = |o: &Object| canonical::value(o.body.as_str()).map_err(|e| e.to_string());
    std::iter::once(before).chain(after).map(value).collect()
}

/// None: more than can be shown.
fn stored(planned: &Planned, found: &[Difference]) -> Option<Vec<DiffStatus>> {
    let text = |v: &Option<Value>| v.as_ref().map(canonical::json).transpose().map(|j| j.map(String::from)).ok();
    let one = |d: &Difference| {
        let announced = diff::announced(planned, d);
        Some(DiffStatus { pointer: d.at.clone(), before: text(&d.before)?, after: text(&d.after)?, announced })
    };
    let all: Vec<DiffStatus> = found.iter().map(one).collect::<Option<_>>()?;
    let size = canonical::of(&all).map(|json: Json| json.as_str().len()).ok()?;
    (size <= limits::DIFF && all.len() <= limits::STATUS_ITEMS).then_some(all)
}

fn words(diff: &[DiffStatus]) -> String {
    let fields = match diff.len() {
        0 => "nothing would change".to_owned(),
        n => format!("{} would change", count(n, "field", "fields")),
    };
    let more = unannounced(diff);
    format!("The API server would take it: {fields}{more}. Nothing was persisted. The policies are asked again, with that.")
}

fn too_large(pass: &Pass<'_>) -> Step {
    let what = format!("What the dry run would change is more than {} KiB, so that nobody could read it.", limits::DIFF / 1024);
    let next = "Use an action that changes less at once.";
    No::new(Reason::DiffTooLarge, By::Host, "the dry run would change too much to be shown", what, next).record(pass, None)
}
