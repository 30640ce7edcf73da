//! Approvals in words: how many of whom, who gave them, and whether you can. Says beforehand what the host decides; decides nothing.
use super::human::plain;
use crds::{ApprovalGiven, ApprovalStatus, ExecutionStatus, Identity, KubernetesExecution};
use decide::time::second;

/// `1 of 1: jonas@example.com "ok, capacity is there"`.
#[must_use]
pub fn sum(approval: &ApprovalStatus) -> String {
    let words = |g: &ApprovalGiven| if g.comment.is_empty() { String::new() } else { format!(" \"{}\"", plain(&g.comment)) };
    let one = |g: &ApprovalGiven| format!("{}{}{}", g.by, words(g), covered(g));
    let given: Vec<String> = approval.given.iter().map(one).collect();
    if given.is_empty() { approval.count.clone() } else { format!("{}: {}", approval.count, given.join(", ")) }
}

fn covered(g: &ApprovalGiven) -> String {
    match g.covered_by.as_str() {
        "" => String::new(),
        of => format!(", covered by the approval of {of} until {}", second(&g.covers_until)),
    }
}

/// What a yes covers beside what is shown: its way back, where there is one.
#[must_use]
pub fn covers(kx: &KubernetesExecution) -> Option<String> {
    let command = kx.status.as_ref()?.rollback.as_ref().filter(|r| !r.action.is_empty())?.command.clone();
    let keep = kx.spec.rollback.as_ref().and_then(|r| r.keep_for.as_deref()).unwrap_or("24h");
    Some(format!(
        "its undo too ({command}), for {keep} after its end and while the target is as it was left; --no-undo leaves that out"
    ))
}

/// Said before the question, where it is to go without approvals.
#[must_use]
pub fn glass(kx: &KubernetesExecution) -> Option<String> {
    let status = kx.status.as_ref().filter(|_| kx.spec.break_glass)?;
    let skipped = skipped(status);
    if skipped.is_empty() {
        return Some("BREAK GLASS: no policy wants approvals of this, so nothing is skipped".to_owned());
    }
    let due = if status.review.is_some() { "" } else { "; a review will be due" };
    Some(format!("BREAK GLASS: skips {}{due}", skipped.join(" and ")))
}

/// `1 approval of sre-leads`. Before it is begun the policies say it, each among its own conditions.
fn skipped(status: &ExecutionStatus) -> Vec<String> {
    if let Some(approval) = &status.approval {
        return vec![decide::asked_of(usize::try_from(approval.needed).unwrap_or_default(), &approval.groups)];
    }
    let obeyed = status.policy.iter().flat_map(|p| &p.results).filter(|r| !r.shadow);
    obeyed.flat_map(|r| &r.because).filter(|condition| decide::asks_approvals(condition)).cloned().collect()
}

/// Lines of a page.
#[must_use]
pub fn lines(status: &ExecutionStatus) -> Vec<(&'static str, String)> {
    let mut lines = approval(status);
    lines.extend(review(status).map(|r| ("review", r)));
    lines
}

/// Due until when, or who looked at it and what he says.
#[must_use]
pub fn review(status: &ExecutionStatus) -> Option<String> {
    let review = status.review.as_ref()?;
    let of = if review.groups.is_empty() { String::new() } else { format!(" of {}", review.groups.join(", ")) };
    let said = if review.comment.is_empty() { String::new() } else { format!(" \"{}\"", plain(&review.comment)) };
    Some(match review.state.as_str() {
        "Due" => format!("due until {}, by another person{of}", second(&review.due_at)),
        _ => format!("done, by {}{said}", review.by),
    })
}

fn approval(status: &ExecutionStatus) -> Vec<(&'static str, String)> {
    let Some(approval) = &status.approval else { return Vec::new() };
    let of = if approval.groups.is_empty() { String::new() } else { format!(" of {}", approval.groups.join(", ")) };
    let wanted = format!("{} {}{of}, until {}", approval.needed, plural(approval.needed), second(&approval.expires_at));
    if approval.state == "Skipped" {
        return vec![("approval", format!("SKIPPED: {} {}{of} (break glass)", approval.needed, plural(approval.needed)))];
    }
    let waits = if approval.state == "Waiting" { format!(" (asked {})", second(&approval.since)) } else { String::new() };
    vec![("approval", wanted + &waits), ("approval", format!("{}, {}", approval.state.to_lowercase(), sum(approval)))]
}

const fn plural(n: u32) -> &'static str {
    if n == 1 { "person" } else { "people" }
}

/// Who looks.
pub struct You<'a> {
    /// As the API server authenticates him.
    pub me: &'a Identity,
    /// He holds the verb `approve`.
    pub may: bool,
}

/// `Ok`: the groups he counts for, maybe none. `Err`: why not, as a sentence about him.
pub fn can(you: &You<'_>, requester: Option<&Identity>, approval: &ApprovalStatus) -> Result<Vec<String>, String> {
    let me = you.me;
    let same = |other: &Identity| other.username == me.username || (!me.uid.is_empty() && me.uid == other.uid);
    let groups: Vec<String> = approval.groups.iter().filter(|g| me.groups.contains(g)).cloned().collect();
    if requester.is_some_and(same) {
        return Err("you asked for it: somebody else must".into());
    }
    if me.username.starts_with("system:serviceaccount:") && !approval.accounts.contains(&me.username) {
        return Err("the policies do not name this ServiceAccount: a person must".into());
    }
    if !you.may {
        return Err("you lack the verb approve on this action".into());
    }
    if approval.given.iter().any(|g| g.by == me.username) {
        return Err("you did already".into());
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str, groups: &[&str]) -> Identity {
        Identity { username: name.into(), uid: String::new(), groups: groups.iter().map(|g| (*g).to_owned()).collect() }
    }

    fn approval() -> ApprovalStatus {
        let given = ApprovalGiven { by: "lena".into(), comment: "ok".into(), ..Default::default() };
        ApprovalStatus {
            state: "Waiting".into(),
            count: "1 of 2".into(),
            needed: 2,
            groups: vec!["sre-leads".into()],
            since: "2026-11-23T03:12:09.123456Z".into(),
            expires_at: "2026-11-23T03:27:09.123456Z".into(),
            given: vec![given],
            ..Default::default()
        }
    }

    #[test]
    fn who_cannot_approve_is_told_why_before_he_tries() {
        let maria = identity("maria", &[]);
        let can = |me: &Identity, may| can(&You { me, may }, Some(&maria), &approval());
        assert_eq!(can(&identity("jonas", &["sre-leads", "dev"]), true), Ok(vec!["sre-leads".to_owned()]));
        let no = |me: &Identity, may| can(me, may).unwrap_err();
        assert_eq!(no(&maria, true), "you asked for it: somebody else must");
        assert_eq!(no(&identity("jonas", &["sre-leads"]), false), "you lack the verb approve on this action");
        assert_eq!(no(&identity("lena", &["sre-leads"]), true), "you did already");
        assert_eq!(
            no(&identity("system:serviceaccount:ci:bot", &[]), true),
            "the policies do not name this ServiceAccount: a person must"
        );
        let named = ApprovalStatus { accounts: vec!["system:serviceaccount:ci:bot".into()], ..approval() };
        let bot = identity("system:serviceaccount:ci:bot", &[]);
        assert_eq!(super::can(&You { me: &bot, may: true }, Some(&maria), &named), Ok(vec![]));
    }

    #[test]
    fn a_page_says_what_a_yes_covers_and_what_covered_this() {
        let mut kx = KubernetesExecution::default();
        assert_eq!(covers(&kx), None);
        let rollback = crds::RollbackStatus { action: "a".into(), command: "writ run a web".into(), ..Default::default() };
        kx.status = Some(ExecutionStatus { rollback: Some(rollback), ..Default::default() });
        let said = covers(&kx).unwrap();
        assert!(said.contains("(writ run a web), for 24h"), "{said}");
        kx.spec.rollback = Some(crds::Rollback { keep_for: Some("2h".into()), ..Default::default() });
        assert!(covers(&kx).unwrap().contains("for 2h"));
        let mut approval = approval();
        approval.given[0].covered_by = "scale-web-1".into();
        approval.given[0].covers_until = "2026-11-24T03:12:23.5Z".into();
        assert_eq!(sum(&approval), "1 of 2: lena \"ok\", covered by the approval of scale-web-1 until 2026-11-24T03:12:23Z");
    }

    #[test]
    fn broken_glass_names_who_is_not_asked() {
        let mut kx = KubernetesExecution { status: Some(ExecutionStatus::default()), ..Default::default() };
        assert_eq!(glass(&kx), None);
        kx.spec.break_glass = true;
        let said = |kx: &KubernetesExecution| glass(kx).unwrap();
        assert_eq!(said(&kx), "BREAK GLASS: no policy wants approvals of this, so nothing is skipped");
        let result = |because: &[&str], shadow| crds::PolicyResult {
            because: because.iter().map(ToString::to_string).collect(),
            shadow,
            ..Default::default()
        };
        let results = vec![
            result(&["a dry run first", "1 approval of sre-leads", "break glass is open"], false),
            result(&["2 approvals, one each of dba, sre-leads"], false),
            result(&["3 approvals of everybody"], true),
        ];
        kx.status.as_mut().unwrap().policy = Some(crds::PolicyStatus { results, ..Default::default() });
        let both = "1 approval of sre-leads and 2 approvals, one each of dba, sre-leads";
        assert_eq!(said(&kx), format!("BREAK GLASS: skips {both}; a review will be due"));
        kx.status.as_mut().unwrap().approval = Some(ApprovalStatus { state: "Skipped".into(), ..approval() });
        assert_eq!(said(&kx), "BREAK GLASS: skips 2 approvals of sre-leads; a review will be due");
        kx.status.as_mut().unwrap().review = Some(crds::ReviewStatus::default());
        assert_eq!(said(&kx), "BREAK GLASS: skips 2 approvals of sre-leads");
    }

    #[test]
    fn a_page_says_how_many_of_whom_until_when_and_who_gave_them() {
        let status = ExecutionStatus { approval: Some(approval()), ..Default::default() };
        let said: Vec<String> = lines(&status).into_iter().map(|(_, line)| line).collect();
        let wanted = "2 people of sre-leads, until 2026-11-23T03:27:09Z (asked 2026-11-23T03:12:09Z)";
        assert_eq!(said, [wanted, "waiting, 1 of 2: lena \"ok\""]);
    }

    #[test]
    fn a_page_says_who_was_not_asked_and_who_is_to_look_at_it() {
        let (due_at, groups) = ("2026-11-24T03:12:23.5Z".into(), vec!["sre-leads".into()]);
        let review = crds::ReviewStatus { state: "Due".into(), due_at, groups, ..Default::default() };
        let approval = ApprovalStatus { state: "Skipped".into(), ..approval() };
        let mut status = ExecutionStatus { approval: Some(approval), review: Some(review), ..Default::default() };
        let due = ("review", "due until 2026-11-24T03:12:23Z, by another person of sre-leads".to_owned());
        assert_eq!(lines(&status), [("approval", "SKIPPED: 2 people of sre-leads (break glass)".to_owned()), due]);
        let done = status.review.as_mut().unwrap();
        (done.state, done.by, done.comment) = ("Done".into(), "jonas".into(), "it was right".into());
        assert_eq!(lines(&status)[1].1, "done, by jonas \"it was right\"");
    }
}
