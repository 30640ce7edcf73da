//! What the API server answered, made into a diff that people and policies read; or a no, where it is not what was asked for.
use super::failed;
use crate::{
    canonical,
    diff::{self, Difference},
    dry_run::unannounced,
    execution::DryRunning as Progress,
    model::{Json, Object, ObjectRef, Planned, Write},
    observed::{After, Answer},
    owners::part,
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
    if after.is_empty() {
        return failed(pass, "it answered nothing");
    }
    let sides = match sides(&p.planned, before, after) {
        Ok(sides) => sides,
        Err(why) => return failed(pass, &why),
    };
    let Some(stored) = stored(&p.planned, &sides) else { return too_large(pass) };
    let unseen = sides.iter().flat_map(|side| side.unseen(&p.planned));
    let alone = sides.iter().filter_map(Side::alone);
    let warnings: Vec<String> =
        alone.chain(unseen).chain(warnings.iter().cloned()).take(WARNINGS).map(|w| shown(&w, 512)).collect();
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

/// One object that the plan writes: as it is, and as each answer would have it.
struct Side<'a> {
    id: &'a ObjectRef,
    /// Empty for the target, as it is stored.
    name: String,
    before: Option<Value>,
    after: Vec<Option<Value>>,
}

/// Each object that is written, once. All answers are about one of them; what is there is what was planned with, and what is new is not there.
fn sides<'a>(planned: &'a Planned, before: &[Object], after: &[After]) -> Result<Vec<Side<'a>>, String> {
    let writes = &planned.proposal.writes;
    if let Some(other) = after.iter().find(|a| !writes.iter().any(|w| is_of(w, a))) {
        return Err(format!("it answered with {}, which is not what the plan writes", other.id()));
    }
    let mut sides: Vec<Side<'a>> = Vec::new();
    for write in writes {
        if sides.iter().all(|side| *side.id != write.object) {
            sides.push(side(planned, write, before, after)?);
        }
    }
    Ok(sides)
}

fn is_of(write: &Write, answer: &After) -> bool {
    match answer {
        // A new object has another uid in every answer.
        After::Is(object) => object.id == write.object && write.uid.as_ref().is_none_or(|uid| *uid == object.uid),
        After::Gone(id) => *id == write.object,
    }
}

fn side<'a>(planned: &'a Planned, write: &'a Write, before: &[Object], after: &[After]) -> Result<Side<'a>, String> {
    let id = &write.object;
    let name = if planned.target.as_ref().is_some_and(|(target, _)| target == id) { String::new() } else { id.to_string() };
    let called = if name.is_empty() { "its target" } else { &name };
    let now = before.iter().find(|o| o.id == *id);
    match (now.map(|o| &o.uid), &write.uid) {
        (now, planned) if now == planned.as_ref() => {}
        (Some(_), None) => return Err(format!("{called} is there already")),
        _ => return Err(format!("{called} is gone, or was made anew")),
    }
    let value = |o: &Object| canonical::value(o.body.as_str()).map_err(|e| e.to_string());
    let answers = after.iter().filter(|a| a.id() == id).map(|a| match a {
        After::Is(object) => value(object).map(Some),
        After::Gone(_) => Ok(None),
    });
    Ok(Side { id, name, before: now.map(value).transpose()?, after: answers.collect::<Result<_, _>>()? })
}

impl Side<'_> {
    /// Each command is tried on what is there now: what one does to the outcome of another is not seen.
    fn alone(&self) -> Option<String> {
        let what = if self.name.is_empty() { "its target" } else { &self.name };
        (self.after.len() > 1).then(|| format!("{} commands write {what}; each is shown by itself", self.after.len()))
    }

    fn unseen(&self, planned: &Planned) -> Vec<String> {
        let what = |at: &str| match (at, self.name.as_str()) {
            (at, "") if !at.is_empty() => at.to_owned(),
            (at, name) => part(if name.is_empty() { "its target" } else { name }, at),
        };
        let unseen = diff::unseen(planned, self.id, &self.after).into_iter();
        unseen.map(|at| format!("the plan says that {} changes, and the dry run does not show it", what(at))).collect()
    }

    fn stored(&self, planned: &Planned) -> Option<Vec<DiffStatus>> {
        let text = |v: &Option<Value>| v.as_ref().map(canonical::json).transpose().map(|j| j.map(String::from)).ok();
        let one = |d: Difference| {
            let (object, announced) = (self.name.clone(), diff::announced(planned, self.id, &d));
            Some(DiffStatus { object, before: text(&d.before)?, after: text(&d.after)?, announced, pointer: d.at })
        };
        diff::all(self.before.as_ref(), &self.after).into_iter().map(one).collect()
    }
}

/// None: more than can be shown.
fn stored(planned: &Planned, sides: &[Side<'_>]) -> Option<Vec<DiffStatus>> {
    let all: Vec<DiffStatus> = sides.iter().map(|side| side.stored(planned)).collect::<Option<Vec<_>>>()?.concat();
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
