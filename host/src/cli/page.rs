//! One execution as a page: what will change or did, how to undo it, what was said. Used by `run`, `get NAME` and `plan`.
use super::{
    automatic, ballot,
    human::{Exit, Paint, cut, field, plain, short},
};
use crds::{ChangeStatus, DiffStatus, ExecutionStatus, KubernetesExecution, Phase, Reason, RefusalStatus};
use decide::{duration, owners::words, time::second};
use jiff::SignedDuration;

/// `  change     spec.replicas   2 -> 5` and its companions, for a plan.
#[must_use]
pub fn plan(status: &ExecutionStatus) -> String {
    let mut lines = Vec::new();
    if let Some(plan) = &status.plan {
        lines.extend(plan.changes.iter().map(|c| ("change", change(c, target(status).as_deref()))));
        lines.extend(plan.owners.iter().map(|o| ("owned by", words(o))));
        lines.extend(plan.warnings.iter().map(|w| ("beware", w.clone())));
        lines.extend(plan.command.lines().map(|c| ("command", c.to_owned())));
        // What is created stands in a file; it is what an approver says yes to.
        let made = plan.commands.iter().filter(|c| c.verb.iter().eq(["create"])).flat_map(|c| &c.files);
        lines.extend(made.map(|f| ("creates", plain(&f.content))));
        let touched: Vec<String> = plan.writes.iter().map(|w| short(&w.kind, &w.name)).collect();
        lines.push(("may touch", format!("{} and nothing else, for as long as it runs", unique(touched).join(", "))));
        lines.extend(Some(&plan.risk).filter(|r| !r.is_empty()).map(|risk| ("risk", risk.clone())));
    }
    if let Some(dry_run) = status.dry_run.as_ref().filter(|d| d.answered_at.is_some()) {
        lines.extend(difference(&status.diff).into_iter().map(|d| ("dry run", d)));
        lines.extend(dry_run.warnings.iter().map(|w| ("warning", w.clone())));
    }
    lines.extend(undo(status).into_iter().map(|u| ("undo", u)));
    lines.extend(checks(status).map(|c| ("checks", c)));
    if let Some(policy) = &status.policy {
        lines.extend(policy.results.iter().map(|r| ("policy", policy_line(r))));
    }
    lines.extend(status.plugin.as_ref().map(|p| ("plugin", component(p))));
    labelled(&lines)
}

/// Of a run that is still to come: which ones there are is said when they are asked.
fn checks(status: &ExecutionStatus) -> Option<String> {
    let to_come = status.job.is_none() && status.refusal.is_none();
    let plan = status.plan.as_ref().filter(|p| to_come && p.verify_seconds > 0)?;
    let most = duration::words(SignedDuration::from_secs(plan.verify_seconds.into()));
    Some(format!("the action's own, afterwards, until the effect is seen: {most} at most"))
}

/// `workload 1.4.0   sha256:9f2c81d0aa…`
fn component(p: &crds::PluginUsed) -> String {
    const SHOWN: usize = "sha256:".len() + 10;
    let digest = p.digest.get(..SHOWN).map_or_else(|| p.digest.clone(), |start| format!("{start}…"));
    format!("{} {}   {digest}", p.name, p.version).trim_end().to_owned()
}

/// As the changes of a plan name it.
#[must_use]
pub fn target(status: &ExecutionStatus) -> Option<String> {
    let target = status.target.as_ref()?;
    let place = target.namespace.iter().chain([&target.name]).cloned().collect::<Vec<_>>().join("/");
    Some(format!("{} {place}", target.kind))
}

/// The same, no more of it than so many lines: what the plugin did not announce comes first. `more`: where all of it is.
#[must_use]
pub fn in_short(status: &ExecutionStatus, most: usize, more: &str) -> Vec<String> {
    let mut diff = status.diff.clone();
    diff.sort_by_key(|d| d.announced);
    let rest = diff.len().saturating_sub(most);
    diff.truncate(most);
    let rest = (rest > 0).then(|| format!("and {rest} more: {more}"));
    difference(&diff).into_iter().chain(rest).collect()
}

/// What the API server says would change; what the plan does not say is marked.
fn difference(diff: &[DiffStatus]) -> Vec<String> {
    let line = |d: &DiffStatus| {
        let mark = if d.announced { "" } else { "   NOT ANNOUNCED by the plugin" };
        let object = if d.object.is_empty() { String::new() } else { format!("{}: ", d.object) };
        match (d.pointer.as_str(), &d.after) {
            ("", Some(_)) => format!("{object}comes to be{mark}"),
            ("", None) => format!("{object}goes{mark}"),
            (at, after) => format!("{object}{}   {} -> {}{mark}", field(at), value(d.before.as_deref()), value(after.as_deref())),
        }
    };
    match diff.is_empty() {
        true => vec!["the API server takes it, and nothing would change".to_owned()],
        false => diff.iter().map(line).collect(),
    }
}

fn policy_line(r: &crds::PolicyResult) -> String {
    let yes = if r.decision == "Allow" { ", on condition: " } else { ": " };
    let because = if r.because.is_empty() { String::new() } else { format!("{yes}{}", r.because.join("; ")) };
    let shadow = if r.shadow { " (shadow, not obeyed)" } else { "" };
    format!("{} {}{because}{shadow}", r.policy, r.decision.to_lowercase())
}

fn unique(mut all: Vec<String>) -> Vec<String> {
    all.dedup();
    all
}

/// Label and text, a line each. A label only on the first of several lines that share it.
pub fn labelled(lines: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut last = "";
    for (label, line) in lines {
        let shown = if *label == last { "" } else { label };
        text.push_str(&format!("  {shown:<10} {line}\n"));
        last = label;
    }
    text
}

/// `spec.replicas   2 -> 5`; of another object than the target, that object first.
#[must_use]
pub fn change(c: &ChangeStatus, target: Option<&str>) -> String {
    if c.field.is_empty() {
        return format!("{} {}", c.object, c.effect);
    }
    let object = if target.is_none_or(|t| t == c.object) { String::new() } else { format!("{}: ", c.object) };
    format!("{object}{}   {} -> {}", field(&c.field), value(c.before.as_deref()), value(c.after.as_deref()))
}

/// JSON text.
fn value(text: Option<&str>) -> String {
    const SHOWN: usize = 60;
    text.map_or_else(|| "(none)".to_owned(), |text| cut(text, SHOWN))
}

/// A command stands alone on its line, to be copied whole.
fn undo(status: &ExecutionStatus) -> Vec<String> {
    let Some(rollback) = &status.rollback else { return Vec::new() };
    let until = rollback.expires_at.as_ref().map(|at| format!("until {}", second(at)));
    let loses = (!rollback.loses.is_empty()).then(|| format!("stays different: {}", rollback.loses.join(", ")));
    match rollback.state.as_str() {
        "Impossible" => vec![format!("CANNOT BE UNDONE: {}", rollback.because)],
        "Unneeded" => vec![format!("not needed: {}", rollback.because)],
        "Done" => vec![format!("done by {}", rollback.undone_by)],
        _ => [Some(rollback.command.clone()), until, loses].into_iter().flatten().collect(),
    }
}

/// The message, and apart from it the command of its last sentence, where it ends in one.
#[must_use]
pub fn message(status: &ExecutionStatus) -> (&str, Option<&str>) {
    decide::apart(&status.message)
}

/// How to undo it, the command alone on its line, to be copied whole; nothing where there is no way.
#[must_use]
pub fn way_back(status: &ExecutionStatus) -> String {
    let Some(command) = message(status).1 else { return String::new() };
    let until = status.rollback.as_ref().and_then(|r| r.expires_at.as_deref()).map(second);
    format!("To undo it{}:\n{command}\n", until.map_or_else(String::new, |t| format!(", until {t}")))
}

/// Who refused, what is wrong, who can change it, what to try instead.
#[must_use]
pub fn refusal(refusal: &RefusalStatus, status: &ExecutionStatus, paint: Paint) -> String {
    let by = match refusal.by.as_str() {
        "Policy" => " by policy",
        "Plugin" => " by the action itself",
        "Rbac" => " for want of a right",
        "Lock" if status.reason == Reason::LimitReached => " because as many are at work as may be",
        "Lock" => " because another has the target",
        "Approver" if status.reason == Reason::Rejected => " by an approver",
        "Approver" => " for want of approvals",
        _ => "",
    };
    let mut text =
        format!("{}{by} ({:?}, exit {}, nothing was touched)\n", paint.red("Refused"), status.reason, Exit::of(status).code());
    if refusal.violations.is_empty() {
        text.push_str(&format!("  {}\n", if status.message.is_empty() { &status.summary } else { &status.message }));
    }
    for v in &refusal.violations {
        let rule = if v.rule.is_empty() { String::new() } else { format!("   {}", paint.dim(&v.rule)) };
        let at = if v.pointer.is_empty() { String::new() } else { format!("{:<12} ", v.pointer) };
        text.push_str(&format!("  {at}{}{rule}\n", v.message));
    }
    if !refusal.who_can_change_this.is_empty() {
        text.push_str(&format!("  Who can change this: {}\n", refusal.who_can_change_this));
    }
    if !refusal.try_instead.is_empty() {
        text.push_str(&format!("  Try instead: {}\n", refusal.try_instead));
    }
    text
}

/// How it stands, or how it ended, and what to do next: in the same words for who followed it (`run`, `watch`) and who comes later (`get`).
/// `undo`: what is said of the one that comes by itself; then nobody is told how to make one.
#[must_use]
pub fn end(status: &ExecutionStatus, undo: Option<String>, paint: Paint) -> String {
    if let Some(refused) = &status.refusal {
        return refusal(refused, status, paint);
    }
    let named = || format!("{:?} ({:?})", status.phase, status.reason);
    let word = match status.phase {
        Phase::Completed => paint.green("Done"),
        phase if phase.is_over() => paint.red(&named()),
        _ => named(),
    };
    let after = status.duration.as_deref().map_or_else(String::new, |d| format!(" after {d}"));
    let failed = status.job.iter().filter(|_| status.phase != Phase::Completed);
    let output: String = failed.flat_map(|job| job.output.lines()).map(|line| format!("  | {}\n", plain(line))).collect();
    let next = undo.map_or_else(|| way_back(status), |undo| undo + "\n");
    format!("{word}{after}: {}\n{output}{next}", message(status).0)
}

/// The whole story.
#[must_use]
pub fn story(kx: &KubernetesExecution, paint: Paint) -> String {
    let name = kx.metadata.name.as_deref().unwrap_or_default();
    let namespace = kx.metadata.namespace.as_deref().unwrap_or_default();
    let by = kx.spec.requester.as_ref().map(|r| r.username.as_str()).unwrap_or_default();
    let target = kx.spec.target.as_ref().map(|t| t.name.as_str()).unwrap_or_default();
    let mut text = format!("{name} in {namespace} · {} {target} · asked by {by}\n", kx.spec.action);
    if !kx.spec.reason.is_empty() {
        text.push_str(&format!("  {:<10} {}\n", "reason", plain(&kx.spec.reason)));
    }
    let Some(status) = &kx.status else { return text + "  not looked at yet\n" };
    text.push_str(&plan(status));
    text.push_str(&labelled(&ballot::lines(status)));
    text.push_str(&timeline(status));
    text + &end(status, automatic::on_its_way(kx), paint)
}

/// What happened when, and how long each part took.
#[must_use]
pub fn timeline(status: &ExecutionStatus) -> String {
    let line = |e: &crds::TimelineEntry| {
        format!("  {:<20} {:<16} {:<18} {}\n", second(&e.at), format!("{:?}", e.phase), format!("{:?}", e.reason), e.took)
    };
    status.timeline.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_copy_stands_alone_on_its_line() {
        let inverse = "writ run scale_deployment web replicas=1 -n shop";
        let expires_at = Some("2026-11-24T03:12:23.5Z".into());
        let rollback = crds::RollbackStatus { command: inverse.into(), expires_at, ..Default::default() };
        let message = "replicas 1 -> 3. To undo it: writ undo scale-web-x7k2p -n shop".to_owned();
        let mut status = ExecutionStatus { message, rollback: Some(rollback), ..Default::default() };
        assert_eq!(super::message(&status), ("replicas 1 -> 3.", Some("writ undo scale-web-x7k2p -n shop")));
        assert_eq!(way_back(&status), "To undo it, until 2026-11-24T03:12:23Z:\nwrit undo scale-web-x7k2p -n shop\n");
        assert_eq!(plan(&status), format!("  undo       {inverse}\n             until 2026-11-24T03:12:23Z\n"));
        status.message = "replicas 1 -> 3.".into();
        assert_eq!((super::message(&status), way_back(&status)), (("replicas 1 -> 3.", None), String::new()));
    }

    #[test]
    fn an_end_says_what_failed_and_printed_and_what_to_do_next() {
        let job = crds::JobStatus { output: "error: no\u{1b}\n".into(), ..Default::default() };
        let message = "It exited 1. To undo it: writ undo x -n shop".to_owned();
        let (phase, reason, duration) = (Phase::Failed, Reason::JobFailed, Some("2.3s".to_owned()));
        let mut status = ExecutionStatus { phase, reason, message, duration, job: Some(job), ..Default::default() };
        let said = |status: &ExecutionStatus, undo| end(status, undo, Paint::on(false));
        let failed = "Failed (JobFailed) after 2.3s: It exited 1.\n  | error: no\u{fffd}\n";
        assert_eq!(said(&status, None), format!("{failed}To undo it:\nwrit undo x -n shop\n"));
        assert_eq!(said(&status, Some("It comes.".into())), format!("{failed}It comes.\n"));
        status.phase = Phase::Completed;
        assert_eq!(said(&status, None), "Done after 2.3s: It exited 1.\nTo undo it:\nwrit undo x -n shop\n");
        (status.phase, status.duration, status.job) = (Phase::Executing, None, None);
        assert_eq!(said(&status, Some("-".into())), "Executing (JobFailed): It exited 1.\n-\n");
    }

    #[test]
    fn who_else_writes_what_it_changes_is_shown() {
        let owner = |kind, name: &str, reverts| crds::Owner {
            object: String::new(),
            field: "/spec/replicas".into(),
            kind,
            name: name.into(),
            evidence: String::new(),
            reverts,
        };
        let owners = vec![owner(crds::OwnerKind::ArgoCD, "shop-web", true), owner(crds::OwnerKind::HPA, "web", true)];
        let status = ExecutionStatus { plan: Some(crds::PlanStatus { owners, ..Default::default() }), ..Default::default() };
        let shown = "  owned by   Argo CD application shop-web: it will put spec.replicas back\n             \
                     horizontalpodautoscaler/web: it will put spec.replicas back\n";
        assert!(plan(&status).starts_with(shown), "{}", plan(&status));
    }

    #[test]
    fn what_a_dry_run_found_is_shown_and_what_was_not_announced_is_marked() {
        let answered_at = Some("2026-11-23T03:12:09Z".to_owned());
        let dry_run = crds::DryRunStatus { answered_at, warnings: vec!["use v2".into()], ..Default::default() };
        let one = |pointer: &str, before: Option<&str>, announced| {
            let text = |t: &str| Some(t.to_owned());
            DiffStatus {
                pointer: pointer.into(),
                before: before.and_then(text),
                after: text("5"),
                announced,
                ..Default::default()
            }
        };
        let diff = vec![one("/spec/replicas", Some("2"), true), one("/spec/paused", None, false)];
        let mut status = ExecutionStatus { dry_run: Some(dry_run), diff, ..Default::default() };
        let shown = "  dry run    spec.replicas   2 -> 5\n             spec.paused   (none) -> 5   NOT ANNOUNCED by the plugin\n  \
                     warning    use v2\n";
        assert_eq!(plan(&status), shown);
        let of_another = |pointer: &str, after: Option<&str>| DiffStatus {
            object: "NetworkPolicy shop/deny".into(),
            pointer: pointer.into(),
            after: after.map(Into::into),
            announced: true,
            ..Default::default()
        };
        status.diff = vec![of_another("", Some("\"exists\"")), of_another("/spec/policyTypes", Some("[]")), of_another("", None)];
        let shown = "  dry run    NetworkPolicy shop/deny: comes to be\n             NetworkPolicy shop/deny: spec.policyTypes   (none) -> []\n             \
                     NetworkPolicy shop/deny: goes\n";
        assert!(plan(&status).starts_with(shown), "{}", plan(&status));
        status.diff.clear();
        assert!(plan(&status).contains("nothing would change"));
        status.dry_run = None;
        assert_eq!(plan(&status), "");
    }
}
