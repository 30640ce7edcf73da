//! What is decided in each stage, for a reader: one line a step, with all that leads to it.
use super::{
    fixtures::*,
    seen, stored,
    table::{wishes, words},
};
use crate::{next_step, observed::*};
use expect_test::{Expect, expect};
use std::collections::BTreeMap;

/// The whole table of one stage, for a reader: only looks that fit it, ledger in order, nothing unusual.
pub(super) fn snapshot(stages: &[&str], wish: &str, now: i64, fits: impl Fn(&PhaseSeen) -> bool, expect: &Expect) {
    let mut text = String::new();
    for (stage, exec) in stored::all().into_iter().filter(|(stage, _)| stages.contains(&stage.as_str())) {
        let (_, exec) = wishes(&exec).into_iter().find(|(w, _)| w.trim() == wish).unwrap();
        let mut steps = BTreeMap::<String, Vec<String>>::new();
        for (look, phase) in seen::all().into_iter().filter(|(_, phase)| fits(phase)) {
            let seen = Observed { ledger: LedgerSeen::At(exec.seq), phase };
            steps.entry(words(&next_step(&site(), at(now), &exec, &seen))).or_default().push(look);
        }
        text.push_str(&format!("{stage}\n"));
        for (step, looks) in steps {
            text.push_str(&format!("  {step}: {}\n", looks.join(" | ")));
        }
    }
    expect.assert_eq(&text);
}

fn guarded(guards: &GuardsSeen) -> bool {
    *guards == GuardsSeen::InForce { since: at(-1) }
}

#[test]
fn what_happens_in_validating() {
    snapshot(
        &["fresh"],
        "",
        1,
        |p| matches!(p, PhaseSeen::Validating(s) if guarded(&s.guards) && s.left.is_none()),
        &expect![[r#"
            fresh
              record AwaitingApproval/ApprovalNeeded: guarded, wants an approval | guarded, wants an approval, break glass is open
              record DryRunning/DryRunNeeded: guarded, wants a dry run
              record Preparing/Accepted: guarded, allow | guarded, wants a review | guarded, allow, a shadow fails | guarded, drifted
              record Refused/ActionNotGranted: guarded, not granted
              record Refused/ActionUnknown: guarded, action unknown
              record Refused/NamespaceTerminating: guarded, terminating
              record Refused/NotAllowed: guarded, not allowed | guarded, not to be seen
              record Refused/NotSupportedYet: guarded, connects to its target
              record Refused/ParametersInvalid: guarded, invalid
              record Refused/PluginFailed: guarded, plugin broken
              record Refused/PluginRefused: guarded, plugin refuses
              record Refused/PluginSuspended: guarded, plugin suspended
              record Refused/PolicyDenied: guarded, deny | guarded, deny in silence | guarded, one of two denies | guarded, one fails, one denies
              record Refused/PolicyErrored: guarded, errored
              record Refused/PolicyMalformed: guarded, malformed
              record Refused/PolicyMissing: guarded, no policy | guarded, a shadow alone
              record Refused/PolicyNotReady: guarded, not ready
              record Refused/PolicyOutOfMemory: guarded, out of memory
              record Refused/PolicyTimedOut: guarded, timed out
              record Refused/PolicyUndefined: guarded, undefined
              record Refused/TargetNotAllowed: guarded, target not allowed
              record Refused/TargetNotFound: guarded, target missing
              wait for PluginBusy: guarded, plugin busy
              wait for Starting: guarded, starting
        "#]],
    );
}

#[test]
fn what_happens_where_the_stamps_cannot_be_believed() {
    let one = |s: &Validating| matches!(&s.judged, Judgement::Starting) && !guarded(&s.guards);
    snapshot(
        &["fresh"],
        "",
        1,
        |p| matches!(p, PhaseSeen::Validating(s) if one(s)),
        &expect![[r#"
        fresh
          record Refused/AdmissionNotInForce: guards of the same second, starting | guards missing, starting
          wait for Starting: guards not read, starting
    "#]],
    );
}

#[test]
fn what_was_granted_for_a_plan_that_drifted_goes_before_the_next_is_made() {
    snapshot(
        &["drifted"],
        "",
        3,
        |p| matches!(p, PhaseSeen::Validating(s) if s.left.is_some()),
        &expect![[r#"
            drifted
              do Revoke: drifted before, part of the grant | drifted before, grant pending | drifted before, granted
              record Preparing/Accepted: drifted before, no grant | drifted before, grant forbidden
        "#]],
    );
}

#[test]
fn what_happens_in_preparing() {
    let usual = |s: &Preparing| guarded(&s.guards) && s.freezes.is_empty() && s.grants == Grants::Whole;
    snapshot(
        &["preparing"],
        "",
        3,
        |p| matches!(p, PhaseSeen::Preparing(s) if usual(s)),
        &expect![[r#"
            preparing
              do Claim: free, granted | stale claim, granted | another may start, free, not judged, granted | another may start, free, judged, granted | another runs, free, not judged, granted | another runs, free, judged, granted | another is over, free, not judged, granted | another is over, free, judged, granted
              do Revoke: free, two before it, granted | stale claim, two before it, granted | another has it, granted | another has it, two before it, granted
              record AwaitingApproval/ApprovalWithdrawn: guarded, wants an approval, granted | guarded, wants an approval, break glass is open, granted | last look, nobody, granted | last look, one approves, granted | last look, two approve, granted | last look, another group approves, granted | last look, the requester approves, granted | last look, another plan is approved, granted | last look, the right is gone, granted | last look, approved before the guards, granted | last look, one rejects, granted | last look, one approves, one rejects, granted
              record Executing/Prepared: guarded, allow, granted | guarded, wants a review, granted | guarded, allow, a shadow fails, granted | ours, two before it, granted | another is over, ours, judged, granted
              record Preparing/LimitReached: another may start, ours, judged, granted | another runs, ours, judged, granted
              record Refused/ActionNotGranted: guarded, not granted, granted
              record Refused/ActionUnknown: guarded, action unknown, granted
              record Refused/NamespaceTerminating: guarded, terminating, granted
              record Refused/NotAllowed: guarded, not allowed, granted | guarded, not to be seen, granted
              record Refused/NotSupportedYet: guarded, connects to its target, granted
              record Refused/ParametersInvalid: guarded, invalid, granted
              record Refused/PluginFailed: guarded, plugin broken, granted
              record Refused/PluginRefused: guarded, plugin refuses, granted
              record Refused/PluginSuspended: guarded, plugin suspended, granted
              record Refused/PolicyDenied: guarded, deny, granted | guarded, deny in silence, granted | guarded, one of two denies, granted | guarded, one fails, one denies, granted
              record Refused/PolicyErrored: guarded, errored, granted
              record Refused/PolicyMalformed: guarded, malformed, granted
              record Refused/PolicyMissing: guarded, no policy, granted | guarded, a shadow alone, granted
              record Refused/PolicyNotReady: guarded, not ready, granted
              record Refused/PolicyOutOfMemory: guarded, out of memory, granted
              record Refused/PolicyTimedOut: guarded, timed out, granted
              record Refused/PolicyUndefined: guarded, undefined, granted
              record Refused/TargetNotAllowed: guarded, target not allowed, granted
              record Refused/TargetNotFound: guarded, target missing, granted
              record Validating/Drifted: guarded, wants a dry run, granted | guarded, drifted, granted
              wait for PluginBusy: guarded, plugin busy, granted
              wait for Starting: guarded, starting, granted
              wait for ViewMoved: guarded, not judged, granted | another may start, ours, not judged, granted | another runs, ours, not judged, granted | another is over, ours, not judged, granted
        "#]],
    );
    let (same, other) = (stored::judged(&planned()), stored::judged(&planned_from(3, false)));
    let granting =
        |s: &Preparing| guarded(&s.guards) && s.freezes.is_empty() && s.judged.as_ref().is_none_or(|j| *j == same || *j == other);
    snapshot(
        &["preparing"],
        "",
        3,
        |p| matches!(p, PhaseSeen::Preparing(s) if granting(s)),
        &expect![[r#"
            preparing
              do Claim: free, no grant | free, part of the grant | free, grant pending | free, granted | free, grant forbidden | stale claim, no grant | stale claim, part of the grant | stale claim, grant pending | stale claim, granted | stale claim, grant forbidden | another may start, free, not judged, no grant | another may start, free, not judged, granted | another runs, free, not judged, no grant | another runs, free, not judged, granted | another is over, free, not judged, no grant | another is over, free, not judged, granted
              do Grant: guarded, allow, no grant | guarded, allow, part of the grant | guarded, not judged, no grant | ours, two before it, no grant | ours, two before it, part of the grant | another may start, ours, not judged, no grant | another runs, ours, not judged, no grant | another is over, ours, not judged, no grant
              do Revoke: free, two before it, part of the grant | free, two before it, grant pending | free, two before it, granted | stale claim, two before it, part of the grant | stale claim, two before it, grant pending | stale claim, two before it, granted | another has it, part of the grant | another has it, grant pending | another has it, granted | another has it, two before it, part of the grant | another has it, two before it, grant pending | another has it, two before it, granted
              record Executing/Prepared: guarded, allow, granted | ours, two before it, granted
              record Preparing/Queued: free, two before it, no grant | free, two before it, grant forbidden | stale claim, two before it, no grant | stale claim, two before it, grant forbidden | another has it, no grant | another has it, grant forbidden | another has it, two before it, no grant | another has it, two before it, grant forbidden
              record Refused/ActionNotGranted: guarded, allow, grant forbidden | ours, two before it, grant forbidden
              record Validating/Drifted: guarded, drifted, no grant | guarded, drifted, part of the grant | guarded, drifted, grant pending | guarded, drifted, granted | guarded, drifted, grant forbidden
              wait for Grant: guarded, allow, grant pending | ours, two before it, grant pending
              wait for ViewMoved: guarded, not judged, part of the grant | guarded, not judged, grant pending | guarded, not judged, granted | guarded, not judged, grant forbidden | another may start, ours, not judged, granted | another runs, ours, not judged, granted | another is over, ours, not judged, granted
        "#]],
    );
    snapshot(
        &["preparing"],
        "",
        1000,
        |p| matches!(p, PhaseSeen::Preparing(s) if granting(s)),
        &expect![[r#"
            preparing
              do Claim: free, no grant | free, part of the grant | free, grant pending | free, granted | free, grant forbidden | stale claim, no grant | stale claim, part of the grant | stale claim, grant pending | stale claim, granted | stale claim, grant forbidden | another may start, free, not judged, no grant | another may start, free, not judged, granted | another runs, free, not judged, no grant | another runs, free, not judged, granted | another is over, free, not judged, no grant | another is over, free, not judged, granted
              do Grant: guarded, allow, no grant | guarded, not judged, no grant | ours, two before it, no grant | another may start, ours, not judged, no grant | another runs, ours, not judged, no grant | another is over, ours, not judged, no grant
              do Revoke: free, two before it, part of the grant | free, two before it, grant pending | free, two before it, granted | stale claim, two before it, part of the grant | stale claim, two before it, grant pending | stale claim, two before it, granted | another has it, part of the grant | another has it, grant pending | another has it, granted | another has it, two before it, part of the grant | another has it, two before it, grant pending | another has it, two before it, granted
              record Executing/Prepared: guarded, allow, granted | ours, two before it, granted
              record Preparing/Queued: free, two before it, no grant | free, two before it, grant forbidden | stale claim, two before it, no grant | stale claim, two before it, grant forbidden | another has it, no grant | another has it, grant forbidden | another has it, two before it, no grant | another has it, two before it, grant forbidden
              record Refused/ActionNotGranted: guarded, allow, grant forbidden | ours, two before it, grant forbidden
              record Refused/GrantTimedOut: guarded, allow, part of the grant | guarded, allow, grant pending | ours, two before it, part of the grant | ours, two before it, grant pending
              record Validating/Drifted: guarded, drifted, no grant | guarded, drifted, part of the grant | guarded, drifted, grant pending | guarded, drifted, granted | guarded, drifted, grant forbidden
              wait for ViewMoved: guarded, not judged, part of the grant | guarded, not judged, grant pending | guarded, not judged, granted | guarded, not judged, grant forbidden | another may start, ours, not judged, granted | another runs, ours, not judged, granted | another is over, ours, not judged, granted
        "#]],
    );
}

#[test]
fn what_happens_while_it_is_frozen_and_when_it_is_thawed() {
    let freezing = |p: &PhaseSeen| matches!(p, PhaseSeen::Preparing(s) if !s.freezes.is_empty());
    snapshot(
        &["preparing"],
        "",
        3,
        freezing,
        &expect![[r#"
            preparing
              do Claim: frozen elsewhere, no grant | frozen elsewhere, part of the grant | frozen elsewhere, grant pending | frozen elsewhere, granted | frozen elsewhere, grant forbidden | frozen for another action, no grant | frozen for another action, part of the grant | frozen for another action, grant pending | frozen for another action, granted | frozen for another action, grant forbidden | thawed by the clock, no grant | thawed by the clock, part of the grant | thawed by the clock, grant pending | thawed by the clock, granted | thawed by the clock, grant forbidden
              do Revoke: frozen, part of the grant | frozen, grant pending | frozen, granted | frozen for a while, part of the grant | frozen for a while, grant pending | frozen for a while, granted | frozen here, part of the grant | frozen here, grant pending | frozen here, granted | two freezes, part of the grant | two freezes, grant pending | two freezes, granted
              record Preparing/Frozen: frozen, no grant | frozen, grant forbidden | frozen for a while, no grant | frozen for a while, grant forbidden | frozen here, no grant | frozen here, grant forbidden | two freezes, no grant | two freezes, grant forbidden
        "#]],
    );
    snapshot(
        &["frozen"],
        "",
        4,
        freezing,
        &expect![[r#"
        frozen
          do Claim: frozen elsewhere, no grant | frozen elsewhere, grant forbidden | frozen for another action, no grant | frozen for another action, grant forbidden | thawed by the clock, no grant | thawed by the clock, grant forbidden
          do Revoke: frozen, part of the grant | frozen, grant pending | frozen, granted | frozen for a while, part of the grant | frozen for a while, grant pending | frozen for a while, granted | frozen here, part of the grant | frozen here, grant pending | frozen here, granted | two freezes, part of the grant | two freezes, grant pending | two freezes, granted
          record Preparing/Accepted: frozen elsewhere, part of the grant | frozen elsewhere, grant pending | frozen elsewhere, granted | frozen for another action, part of the grant | frozen for another action, grant pending | frozen for another action, granted | thawed by the clock, part of the grant | thawed by the clock, grant pending | thawed by the clock, granted
          record Preparing/Frozen: frozen for a while, no grant | frozen for a while, grant forbidden
          wait for Frozen: frozen, no grant | frozen, grant forbidden | frozen here, no grant | frozen here, grant forbidden | two freezes, no grant | two freezes, grant forbidden
    "#]],
    );
    snapshot(
        &["frozen"],
        "",
        100_000,
        freezing,
        &expect![[r#"
        frozen
          do Claim: frozen for a while, no grant | frozen for a while, grant forbidden | frozen elsewhere, no grant | frozen elsewhere, grant forbidden | frozen for another action, no grant | frozen for another action, grant forbidden | thawed by the clock, no grant | thawed by the clock, grant forbidden
          do Revoke: frozen, part of the grant | frozen, grant pending | frozen, granted | frozen here, part of the grant | frozen here, grant pending | frozen here, granted | two freezes, part of the grant | two freezes, grant pending | two freezes, granted
          record Preparing/Accepted: frozen for a while, part of the grant | frozen for a while, grant pending | frozen for a while, granted | frozen elsewhere, part of the grant | frozen elsewhere, grant pending | frozen elsewhere, granted | frozen for another action, part of the grant | frozen for another action, grant pending | frozen for another action, granted | thawed by the clock, part of the grant | thawed by the clock, grant pending | thawed by the clock, granted
          record Refused/Frozen: frozen, no grant | frozen, grant forbidden | frozen here, no grant | frozen here, grant forbidden | two freezes, no grant | two freezes, grant forbidden
    "#]],
    );
}

#[test]
fn what_happens_before_the_job_was_seen() {
    let usual = |s: &Executing| !matches!(s.job, JobSeen::Ours { .. });
    snapshot(
        &["prepared"],
        "",
        3,
        |p| matches!(p, PhaseSeen::Executing(s) if usual(s)),
        &expect![[r#"
            prepared
              do CreateJob: absent, granted
              record Failed/JobNameTaken: foreign, no grant | foreign, part of the grant | foreign, grant pending | foreign, granted | foreign, grant forbidden | foreign, grants not asked
              record Failed/OutcomeUnknown: absent, no grant | absent, grant forbidden
              wait for Grant: absent, part of the grant | absent, grant pending
              wait for ViewMoved: absent, grants not asked
        "#]],
    );
    snapshot(
        &["prepared"],
        "cancelled",
        3,
        |p| matches!(p, PhaseSeen::Executing(s) if usual(s)),
        &expect![[r#"
            prepared
              do Revoke: absent, part of the grant | absent, grant pending | absent, granted
              record Cancelled/CancelRequested: absent, no grant | absent, grant forbidden
              record Failed/JobNameTaken: foreign, no grant | foreign, part of the grant | foreign, grant pending | foreign, granted | foreign, grant forbidden | foreign, grants not asked
              wait for ViewMoved: absent, grants not asked
        "#]],
    );
}

/// As it is observed once the Job was seen.
fn followed(p: &PhaseSeen) -> bool {
    matches!(p, PhaseSeen::Executing(s) if s.grants.is_none())
}

#[test]
fn what_happens_while_the_job_is_followed() {
    snapshot(
        &["job seen", "idempotent job seen"],
        "",
        14,
        followed,
        &expect![[r#"
            job seen
              record Executing/JobRefused: pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked
              record Failed/DeadlineExceeded: no pod, deadline, grants not asked | exit 1, deadline, grants not asked | exit 1, deadline, stopping, grants not asked | exit 143, deadline, grants not asked | exit 143, deadline, stopping, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, stopping, grants not asked | exit 1, failed, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, grants not asked | exit 143, stopping, grants not asked | exit 143, failed, grants not asked | exit 143, failed, stopping, grants not asked
              record Failed/NeverStarted: pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Failed/OutcomeUnknown: absent, grants not asked | foreign, grants not asked | no pod, failed, grants not asked | disrupted, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked | untrusted, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
              wait for JobEnd: no pod, stopping, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked
              wait for JobStart: no pod, grants not asked | pod rejected, grants not asked | pod not started, grants not asked
            idempotent job seen
              record Executing/JobRefused: pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked
              record Failed/DeadlineExceeded: no pod, deadline, grants not asked | exit 1, deadline, grants not asked | exit 1, deadline, stopping, grants not asked | exit 143, deadline, grants not asked | exit 143, deadline, stopping, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, stopping, grants not asked | exit 1, failed, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, grants not asked | exit 143, stopping, grants not asked | exit 143, failed, grants not asked | exit 143, failed, stopping, grants not asked
              record Failed/NeverStarted: pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Failed/OutcomeUnknown: absent, grants not asked | foreign, grants not asked | no pod, failed, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked | untrusted, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
              wait for JobEnd: no pod, stopping, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked
              wait for JobStart: no pod, grants not asked | pod rejected, grants not asked | pod not started, grants not asked | disrupted, grants not asked
        "#]],
    );
}

#[test]
fn what_happens_when_time_is_up() {
    snapshot(
        &["job seen", "idempotent job seen"],
        "",
        1000,
        followed,
        &expect![[r#"
            job seen
              record Executing/JobRefused: pod rejected, grants not asked | pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked
              record Executing/Stopping: no pod, grants not asked | pod not started, grants not asked
              record Failed/DeadlineExceeded: no pod, stopping, grants not asked | no pod, deadline, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked | exit 1, deadline, grants not asked | exit 1, deadline, stopping, grants not asked | exit 143, deadline, grants not asked | exit 143, deadline, stopping, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, stopping, grants not asked | exit 1, failed, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, grants not asked | exit 143, stopping, grants not asked | exit 143, failed, grants not asked | exit 143, failed, stopping, grants not asked
              record Failed/NeverStarted: pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Failed/OutcomeUnknown: absent, grants not asked | foreign, grants not asked | no pod, failed, grants not asked | disrupted, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked | untrusted, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
            idempotent job seen
              record Executing/JobRefused: pod rejected, grants not asked | pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked
              record Executing/Stopping: no pod, grants not asked | pod not started, grants not asked
              record Failed/DeadlineExceeded: no pod, stopping, grants not asked | no pod, deadline, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked | exit 1, deadline, grants not asked | exit 1, deadline, stopping, grants not asked | exit 143, deadline, grants not asked | exit 143, deadline, stopping, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, stopping, grants not asked | exit 1, failed, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, grants not asked | exit 143, stopping, grants not asked | exit 143, failed, grants not asked | exit 143, failed, stopping, grants not asked
              record Failed/NeverStarted: pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Failed/OutcomeUnknown: absent, grants not asked | foreign, grants not asked | no pod, failed, grants not asked | disrupted, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked | untrusted, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
        "#]],
    );
}

#[test]
fn what_happens_when_nobody_wants_it_any_more() {
    snapshot(
        &["job seen"],
        "cancelled",
        14,
        followed,
        &expect![[r#"
            job seen
              do StopJob: no pod, grants not asked | pod rejected, grants not asked | pod not started, grants not asked | running, grants not asked | disrupted, grants not asked | untrusted, grants not asked
              record Cancelled/CancelRequested: pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Cancelled/StoppedMidway: absent, grants not asked | exit 1, stopping, grants not asked | exit 1, deadline, stopping, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, stopping, grants not asked | exit 143, deadline, stopping, grants not asked | exit 143, failed, stopping, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked
              record Executing/JobRefused: pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked
              record Failed/DeadlineExceeded: no pod, deadline, grants not asked | exit 1, deadline, grants not asked | exit 143, deadline, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, failed, grants not asked | exit 143, grants not asked | exit 143, failed, grants not asked
              record Failed/OutcomeUnknown: foreign, grants not asked | no pod, failed, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
              wait for JobEnd: no pod, stopping, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked
        "#]],
    );
}

#[test]
fn what_happens_when_it_was_given_up() {
    snapshot(
        &["stopping", "refused by the cluster"],
        "",
        140,
        followed,
        &expect![[r#"
            stopping
              do StopJob: no pod, grants not asked | pod rejected, grants not asked | pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked | pod not started, grants not asked
              record Failed/DeadlineExceeded: no pod, deadline, grants not asked | exit 1, deadline, grants not asked | exit 1, deadline, stopping, grants not asked | exit 143, deadline, grants not asked | exit 143, deadline, stopping, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, stopping, grants not asked | exit 1, failed, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, grants not asked | exit 143, stopping, grants not asked | exit 143, failed, grants not asked | exit 143, failed, stopping, grants not asked
              record Failed/NeverStarted: absent, grants not asked | pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Failed/OutcomeUnknown: foreign, grants not asked | no pod, failed, grants not asked | disrupted, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked | untrusted, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
              wait for JobEnd: no pod, stopping, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked
            refused by the cluster
              do StopJob: no pod, grants not asked | pod rejected, grants not asked | pod rejected, deadline, grants not asked | pod rejected, failed, grants not asked | pod not started, grants not asked
              record Failed/DeadlineExceeded: no pod, deadline, grants not asked | exit 1, deadline, grants not asked | exit 1, deadline, stopping, grants not asked | exit 143, deadline, grants not asked | exit 143, deadline, stopping, grants not asked
              record Failed/JobFailed: exit 1, grants not asked | exit 1, stopping, grants not asked | exit 1, failed, grants not asked | exit 1, failed, stopping, grants not asked | exit 143, grants not asked | exit 143, stopping, grants not asked | exit 143, failed, grants not asked | exit 143, failed, stopping, grants not asked
              record Failed/JobRefused: absent, grants not asked | pod never ran, grants not asked | pod never ran, stopping, grants not asked | pod never ran, deadline, grants not asked | pod never ran, deadline, stopping, grants not asked | pod never ran, failed, grants not asked | pod never ran, failed, stopping, grants not asked
              record Failed/OutcomeUnknown: foreign, grants not asked | no pod, failed, grants not asked | disrupted, grants not asked | disrupted, stopping, grants not asked | disrupted, deadline, grants not asked | disrupted, deadline, stopping, grants not asked | disrupted, failed, grants not asked | disrupted, failed, stopping, grants not asked | untrusted, grants not asked | untrusted, stopping, grants not asked | untrusted, deadline, grants not asked | untrusted, deadline, stopping, grants not asked | untrusted, failed, grants not asked | untrusted, failed, stopping, grants not asked | another uid, grants not asked
              record Verifying/JobSucceeded: exit 0, grants not asked | exit 0, stopping, grants not asked | exit 0, deadline, grants not asked | exit 0, deadline, stopping, grants not asked | exit 0, failed, grants not asked | exit 0, failed, stopping, grants not asked
              wait for JobEnd: no pod, stopping, grants not asked | no pod, deadline, stopping, grants not asked | no pod, failed, stopping, grants not asked | pod rejected, stopping, grants not asked | pod rejected, deadline, stopping, grants not asked | pod rejected, failed, stopping, grants not asked | pod not started, stopping, grants not asked | pod not started, deadline, grants not asked | pod not started, deadline, stopping, grants not asked | pod not started, failed, grants not asked | pod not started, failed, stopping, grants not asked | running, grants not asked | running, stopping, grants not asked | running, deadline, grants not asked | running, deadline, stopping, grants not asked | running, failed, grants not asked | running, failed, stopping, grants not asked
        "#]],
    );
}

#[test]
fn what_happens_in_verifying() {
    snapshot(
        &["verifying"],
        "",
        20,
        |p| matches!(p, PhaseSeen::Verifying(_)),
        &expect![[r#"
            verifying
              do Revoke: holds, part of the grant | no checks, part of the grant | pending, part of the grant | failed, part of the grant | plugin gone, part of the grant | plugin busy, part of the grant | plugin broken, part of the grant | not asked, part of the grant | holds, grant pending | no checks, grant pending | pending, grant pending | failed, grant pending | plugin gone, grant pending | plugin busy, grant pending | plugin broken, grant pending | not asked, grant pending | holds, granted | no checks, granted | pending, granted | failed, granted | plugin gone, granted | plugin busy, granted | plugin broken, granted | not asked, granted
              record Completed/ChecksPassed: holds, no grant | no checks, no grant | holds, grant forbidden | no checks, grant forbidden
              record Failed/ChecksFailed: failed, no grant | failed, grant forbidden
              record Failed/ChecksUnavailable: plugin broken, no grant | plugin broken, grant forbidden
              wait for Checks: pending, no grant | pending, grant forbidden
              wait for PluginBusy: plugin gone, no grant | plugin busy, no grant | plugin gone, grant forbidden | plugin busy, grant forbidden
              wait for ViewMoved: not asked, no grant | not asked, grant forbidden
        "#]],
    );
    snapshot(
        &["verifying"],
        "",
        1000,
        |p| matches!(p, PhaseSeen::Verifying(s) if s.grants == Grants::None),
        &expect![[r#"
            verifying
              record Completed/ChecksPassed: holds, no grant | no checks, no grant
              record Failed/ChecksFailed: failed, no grant
              record Failed/ChecksTimedOut: pending, no grant
              record Failed/ChecksUnavailable: plugin gone, no grant | plugin busy, no grant | plugin broken, no grant
              wait for ViewMoved: not asked, no grant
        "#]],
    );
}

#[test]
fn what_happens_when_it_is_over() {
    snapshot(
        &["failed"],
        "",
        20,
        |p| matches!(p, PhaseSeen::Over(_)),
        &expect![[r#"
            failed
              do ExpireJob: Job ended, no grant | Job ended, undone, no grant | Job ended, grant forbidden | Job ended, undone, grant forbidden
              do ReleaseFinalizer: no Job, no grant | Job expires, no grant | Job stopped, no grant | no Job, grant forbidden | Job expires, grant forbidden | Job stopped, grant forbidden | nothing has the undo's name | its undo is there | its undo is over | taken
              do ReleasePods: over, approved too late, None, 1 held | no Job, pod held, no grant | no Job, pod held, undone, no grant | Job ended, pod held, no grant | Job ended, pod held, undone, no grant | Job expires, pod held, no grant | Job expires, pod held, undone, no grant | Job stopped, pod held, no grant | Job stopped, pod held, undone, no grant | no Job, pod held, grant forbidden | no Job, pod held, undone, grant forbidden | Job ended, pod held, grant forbidden | Job ended, pod held, undone, grant forbidden | Job expires, pod held, grant forbidden | Job expires, pod held, undone, grant forbidden | Job stopped, pod held, grant forbidden | Job stopped, pod held, undone, grant forbidden
              do Revoke: over, approved too late, Whole, 0 held | no Job, part of the grant | no Job, claim left, part of the grant | no Job, undone, part of the grant | no Job, undone, claim left, part of the grant | no Job, pod held, part of the grant | no Job, pod held, claim left, part of the grant | no Job, pod held, undone, part of the grant | no Job, pod held, undone, claim left, part of the grant | Job ended, part of the grant | Job ended, claim left, part of the grant | Job ended, undone, part of the grant | Job ended, undone, claim left, part of the grant | Job ended, pod held, part of the grant | Job ended, pod held, claim left, part of the grant | Job ended, pod held, undone, part of the grant | Job ended, pod held, undone, claim left, part of the grant | Job expires, part of the grant | Job expires, claim left, part of the grant | Job expires, undone, part of the grant | Job expires, undone, claim left, part of the grant | Job expires, pod held, part of the grant | Job expires, pod held, claim left, part of the grant | Job expires, pod held, undone, part of the grant | Job expires, pod held, undone, claim left, part of the grant | Job runs, part of the grant | Job runs, claim left, part of the grant | Job runs, undone, part of the grant | Job runs, undone, claim left, part of the grant | Job runs, pod held, part of the grant | Job runs, pod held, claim left, part of the grant | Job runs, pod held, undone, part of the grant | Job runs, pod held, undone, claim left, part of the grant | Job stopping, part of the grant | Job stopping, claim left, part of the grant | Job stopping, undone, part of the grant | Job stopping, undone, claim left, part of the grant | Job stopping, pod held, part of the grant | Job stopping, pod held, claim left, part of the grant | Job stopping, pod held, undone, part of the grant | Job stopping, pod held, undone, claim left, part of the grant | Job stopped, part of the grant | Job stopped, claim left, part of the grant | Job stopped, undone, part of the grant | Job stopped, undone, claim left, part of the grant | Job stopped, pod held, part of the grant | Job stopped, pod held, claim left, part of the grant | Job stopped, pod held, undone, part of the grant | Job stopped, pod held, undone, claim left, part of the grant | no Job, grant pending | no Job, claim left, grant pending | no Job, undone, grant pending | no Job, undone, claim left, grant pending | no Job, pod held, grant pending | no Job, pod held, claim left, grant pending | no Job, pod held, undone, grant pending | no Job, pod held, undone, claim left, grant pending | Job ended, grant pending | Job ended, claim left, grant pending | Job ended, undone, grant pending | Job ended, undone, claim left, grant pending | Job ended, pod held, grant pending | Job ended, pod held, claim left, grant pending | Job ended, pod held, undone, grant pending | Job ended, pod held, undone, claim left, grant pending | Job expires, grant pending | Job expires, claim left, grant pending | Job expires, undone, grant pending | Job expires, undone, claim left, grant pending | Job expires, pod held, grant pending | Job expires, pod held, claim left, grant pending | Job expires, pod held, undone, grant pending | Job expires, pod held, undone, claim left, grant pending | Job runs, grant pending | Job runs, claim left, grant pending | Job runs, undone, grant pending | Job runs, undone, claim left, grant pending | Job runs, pod held, grant pending | Job runs, pod held, claim left, grant pending | Job runs, pod held, undone, grant pending | Job runs, pod held, undone, claim left, grant pending | Job stopping, grant pending | Job stopping, claim left, grant pending | Job stopping, undone, grant pending | Job stopping, undone, claim left, grant pending | Job stopping, pod held, grant pending | Job stopping, pod held, claim left, grant pending | Job stopping, pod held, undone, grant pending | Job stopping, pod held, undone, claim left, grant pending | Job stopped, grant pending | Job stopped, claim left, grant pending | Job stopped, undone, grant pending | Job stopped, undone, claim left, grant pending | Job stopped, pod held, grant pending | Job stopped, pod held, claim left, grant pending | Job stopped, pod held, undone, grant pending | Job stopped, pod held, undone, claim left, grant pending | no Job, granted | no Job, claim left, granted | no Job, undone, granted | no Job, undone, claim left, granted | no Job, pod held, granted | no Job, pod held, claim left, granted | no Job, pod held, undone, granted | no Job, pod held, undone, claim left, granted | Job ended, granted | Job ended, claim left, granted | Job ended, undone, granted | Job ended, undone, claim left, granted | Job ended, pod held, granted | Job ended, pod held, claim left, granted | Job ended, pod held, undone, granted | Job ended, pod held, undone, claim left, granted | Job expires, granted | Job expires, claim left, granted | Job expires, undone, granted | Job expires, undone, claim left, granted | Job expires, pod held, granted | Job expires, pod held, claim left, granted | Job expires, pod held, undone, granted | Job expires, pod held, undone, claim left, granted | Job runs, granted | Job runs, claim left, granted | Job runs, undone, granted | Job runs, undone, claim left, granted | Job runs, pod held, granted | Job runs, pod held, claim left, granted | Job runs, pod held, undone, granted | Job runs, pod held, undone, claim left, granted | Job stopping, granted | Job stopping, claim left, granted | Job stopping, undone, granted | Job stopping, undone, claim left, granted | Job stopping, pod held, granted | Job stopping, pod held, claim left, granted | Job stopping, pod held, undone, granted | Job stopping, pod held, undone, claim left, granted | Job stopped, granted | Job stopped, claim left, granted | Job stopped, undone, granted | Job stopped, undone, claim left, granted | Job stopped, pod held, granted | Job stopped, pod held, claim left, granted | Job stopped, pod held, undone, granted | Job stopped, pod held, undone, claim left, granted
              do StopJob: Job runs, no grant | Job runs, claim left, no grant | Job runs, undone, no grant | Job runs, undone, claim left, no grant | Job runs, pod held, no grant | Job runs, pod held, claim left, no grant | Job runs, pod held, undone, no grant | Job runs, pod held, undone, claim left, no grant | Job runs, grant forbidden | Job runs, claim left, grant forbidden | Job runs, undone, grant forbidden | Job runs, undone, claim left, grant forbidden | Job runs, pod held, grant forbidden | Job runs, pod held, claim left, grant forbidden | Job runs, pod held, undone, grant forbidden | Job runs, pod held, undone, claim left, grant forbidden
              do TellApprovals: over, approved too late, None, 0 held | reviewed | reviewed, and told | approved | approved, guards not read
              do Unclaim: no Job, claim left, no grant | no Job, undone, claim left, no grant | no Job, pod held, claim left, no grant | no Job, pod held, undone, claim left, no grant | Job ended, claim left, no grant | Job ended, undone, claim left, no grant | Job ended, pod held, claim left, no grant | Job ended, pod held, undone, claim left, no grant | Job expires, claim left, no grant | Job expires, undone, claim left, no grant | Job expires, pod held, claim left, no grant | Job expires, pod held, undone, claim left, no grant | Job stopped, claim left, no grant | Job stopped, undone, claim left, no grant | Job stopped, pod held, claim left, no grant | Job stopped, pod held, undone, claim left, no grant | no Job, claim left, grant forbidden | no Job, undone, claim left, grant forbidden | no Job, pod held, claim left, grant forbidden | no Job, pod held, undone, claim left, grant forbidden | Job ended, claim left, grant forbidden | Job ended, undone, claim left, grant forbidden | Job ended, pod held, claim left, grant forbidden | Job ended, pod held, undone, claim left, grant forbidden | Job expires, claim left, grant forbidden | Job expires, undone, claim left, grant forbidden | Job expires, pod held, claim left, grant forbidden | Job expires, pod held, undone, claim left, grant forbidden | Job stopped, claim left, grant forbidden | Job stopped, undone, claim left, grant forbidden | Job stopped, pod held, claim left, grant forbidden | Job stopped, pod held, undone, claim left, grant forbidden | claim left, nothing has the undo's name | claim left, its undo is there | claim left, its undo is over | claim left, taken
              record Failed/RolledBack: no Job, undone, no grant | Job expires, undone, no grant | Job stopped, undone, no grant | no Job, undone, grant forbidden | Job expires, undone, grant forbidden | Job stopped, undone, grant forbidden
              wait for JobEnd: Job stopping, no grant | Job stopping, claim left, no grant | Job stopping, undone, no grant | Job stopping, undone, claim left, no grant | Job stopping, pod held, no grant | Job stopping, pod held, claim left, no grant | Job stopping, pod held, undone, no grant | Job stopping, pod held, undone, claim left, no grant | Job stopping, grant forbidden | Job stopping, claim left, grant forbidden | Job stopping, undone, grant forbidden | Job stopping, undone, claim left, grant forbidden | Job stopping, pod held, grant forbidden | Job stopping, pod held, claim left, grant forbidden | Job stopping, pod held, undone, grant forbidden | Job stopping, pod held, undone, claim left, grant forbidden
              wait for Starting: reviewed, guards not read | reviewed, and told, guards not read
        "#]],
    );
}

#[test]
fn what_happens_when_the_ledger_is_not_in_order() {
    let exec = stored::all().remove(3).1;
    let look = stored::executing(JobSeen::Absent);
    let mut text = String::new();
    for ledger in [LedgerSeen::At(1), LedgerSeen::At(0), LedgerSeen::At(3), LedgerSeen::Other, LedgerSeen::Unreachable] {
        let seen = Observed { ledger, phase: look.clone() };
        text.push_str(&format!("{:?}: {}\n", seen.ledger, words(&next_step(&site(), at(3), &exec, &seen))));
    }
    expect![[r#"
        At(1): append row 2
        At(0): wait for Disagreement
        At(3): wait for Disagreement
        Other: wait for Disagreement
        Unreachable: wait for LedgerUnreachable
    "#]]
    .assert_eq(&text);
}

#[test]
fn an_object_that_somebody_else_wrote_over_is_looked_at_again() {
    let exec = stored::all().remove(3).1;
    let step = stored::step(&exec, at(3), stored::validating(Judgement::Starting));
    assert_eq!(words(&step), "wait for ViewMoved");
}
