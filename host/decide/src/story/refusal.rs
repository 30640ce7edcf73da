//! A no, whoever said it, in words: what happened, that nothing was touched, who can change it, what to try.
use super::{Pass, count, policy, shown, upper};
use crate::{
    model::{Planned, PluginFault, Refusal, Violation},
    observed::{Judgement, Ruling},
    planned,
    step::Step,
    time,
};
use crds::{ApprovalStatus, Phase, Reason, RefusalStatus, ViolationStatus};
use jiff::Timestamp;

/// Violations that are shown; a plugin may find any number.
const SHOWN: usize = 64;

/// Who said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Schema,
    Plugin,
    Policy,
    Approver,
    Lock,
    Rbac,
    Host,
    Api,
}

/// A no.
#[derive(Debug)]
pub(crate) struct No {
    pub reason: Reason,
    pub by: By,
    /// One line.
    pub summary: String,
    /// What happened; that nothing was touched is added.
    pub what: String,
    /// What to do next.
    pub next: String,
    pub violations: Vec<ViolationStatus>,
    pub who: String,
    pub instead: String,
    pub approval: Option<ApprovalStatus>,
}

impl No {
    pub(crate) fn new(
        reason: Reason,
        by: By,
        summary: impl Into<String>,
        what: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        let (summary, what, next) = (summary.into(), what.into(), next.into());
        Self { reason, by, summary, what, next, violations: vec![], who: String::new(), instead: String::new(), approval: None }
    }
    pub(crate) fn who(mut self, who: impl Into<String>) -> Self {
        self.who = who.into();
        self
    }
    /// How the wait for approvals ended.
    pub(crate) fn approval(mut self, approval: ApprovalStatus) -> Self {
        self.approval = Some(approval);
        self
    }
    pub(crate) fn instead(mut self, instead: impl Into<String>) -> Self {
        self.instead = instead.into();
        self
    }
    pub(crate) fn violations(mut self, all: impl IntoIterator<Item = ViolationStatus>) -> Self {
        self.violations = all.into_iter().take(SHOWN).collect();
        self
    }

    /// The record of it, with what was found on the way there.
    pub(crate) fn record(self, pass: &Pass<'_>, found: Option<(&Planned, &Ruling)>) -> Step {
        pass.record(Phase::Refused, self.reason, |s| {
            if let Some((plan, ruling)) = found {
                planned::found(plan, s);
                s.policy = Some(policy::status(ruling));
            }
            s.approval = self.approval.or(s.approval.take());
            s.summary = self.summary;
            s.message = [self.what, "Nothing was touched.".into(), self.next].join(" ").trim_end().to_owned();
            let violation = |v: ViolationStatus| ViolationStatus {
                pointer: shown(&v.pointer, 256),
                rule: shown(&v.rule, 128),
                message: shown(&v.message, 512),
            };
            s.refusal = Some(RefusalStatus {
                by: format!("{:?}", self.by),
                violations: self.violations.into_iter().map(violation).collect(),
                who_can_change_this: shown(&self.who, 512),
                try_instead: shown(&self.instead, 512),
            });
        })
    }
}

/// The no of a chain that did not get as far as a plan. None: it is no refusal (wait), or it did.
#[allow(clippy::too_many_lines, reason = "a table: one arm a judgement, with its words")]
pub(crate) fn of_judgement(pass: &Pass<'_>, judged: &Judgement) -> Option<No> {
    let action = &pass.exec.spec.action;
    let ns = &pass.exec.namespace;
    Some(match judged {
        Judgement::Starting | Judgement::Judged { .. } | Judgement::Faulty(PluginFault::Unavailable { .. }) => return None,
        Judgement::ActionUnknown { nearest } => {
            let mean = nearest.as_ref().map(|n| format!("Did you mean {n}? ")).unwrap_or_default();
            let what = format!("No active plugin exports an action {action}.");
            No::new(
                Reason::ActionUnknown,
                By::Host,
                format!("no action {action}"),
                what,
                format!("{mean}All there are: kubectl get actions"),
            )
            .instead(nearest.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        Judgement::Suspended { plugin, owner, since } => suspended(action, plugin, owner, *since),
        Judgement::NotAllowed { why } => {
            let who = pass.exec.spec.requester.as_ref().map_or("the requester", |r| r.username.as_str());
            let next = format!("Ask for the verb run on actions.writ.dev/{} in namespace {ns}.", action.replace('_', "-"));
            No::new(
                Reason::NotAllowed,
                By::Rbac,
                format!("{who} may not run {action} here"),
                format!("{who} may not run {action} in namespace {ns}: {why}."),
                next,
            )
            .who(format!("whoever grants roles in namespace {ns}"))
        }
        Judgement::NotToBeSeen { why } => {
            let what =
                format!("{action} looks at what its requester may not read: {why}. What one may not read, no action shows.");
            let next = "Ask for that right, or have somebody make the request who has it.";
            No::new(Reason::NotAllowed, By::Rbac, format!("its requester may not read what {action} looks at"), what, next)
                .who(format!("whoever grants roles in namespace {ns}"))
        }
        Judgement::NotGranted { missing } => {
            let what = format!("The roles of {action} are not there as its component declares them: {}.", missing.join(", "));
            No::new(
                Reason::ActionNotGranted,
                By::Host,
                format!("roles of {action} are missing"),
                what,
                "To grant them: writ plugin rbac PLUGIN | kubectl apply -f -",
            )
            .who("a cluster administrator")
        }
        Judgement::TargetNotAllowed { why } => No::new(
            Reason::TargetNotAllowed,
            By::Host,
            why.clone(),
            format!("The target is not one for {action}: {why}."),
            format!("What it can be aimed at: writ explain {action}"),
        ),
        Judgement::TargetMissing { what } => No::new(
            Reason::TargetNotFound,
            By::Api,
            format!("there is no {what}"),
            format!("There is no {what}."),
            format!("Look for the right name in namespace {ns}."),
        ),
        Judgement::NamespaceTerminating => No::new(
            Reason::NamespaceTerminating,
            By::Api,
            format!("namespace {ns} is being deleted"),
            format!("Namespace {ns} is being deleted."),
            "",
        ),
        Judgement::Invalid { by_plugin, violations, known } => invalid(action, *by_plugin, violations, known),
        Judgement::Refused(Refusal { reason, message, remedy }) => {
            let violation = ViolationStatus { pointer: String::new(), rule: reason.clone(), message: message.clone() };
            No::new(
                Reason::PluginRefused,
                By::Plugin,
                format!("{reason}: {message}"),
                format!("The plugin of {action} says not now: {} ({reason}).", message.trim_end_matches('.')),
                if remedy.is_empty() { String::new() } else { format!("{}.", upper(remedy.trim_end_matches('.'))) },
            )
            .violations([violation])
            .instead(remedy.clone())
        }
        Judgement::Faulty(PluginFault::Broken { kind, message }) => {
            let what = format!("The plugin of {action} broke the contract: {kind}, {message}.");
            No::new(
                Reason::PluginFailed,
                By::Plugin,
                format!("the plugin failed: {kind}"),
                what,
                "Show this to its owner: the same request fails the same way.",
            )
            .who("the owner of the plugin")
            .violations([ViolationStatus { pointer: String::new(), rule: kind.clone(), message: message.clone() }])
        }
    })
}

fn suspended(action: &str, plugin: &str, owner: &str, since: Timestamp) -> No {
    let since = time::words(since);
    let what = format!("Plugin {plugin} offers {action} and is suspended (spec.suspended); it is not active since {since}.");
    let who = format!("whoever may update ActionPlugin {plugin} (owner {owner})");
    let lift = format!(r#"kubectl patch actionplugin {plugin} --type merge -p '{{"spec":{{"suspended":false}}}}'"#);
    let next = format!("Who can lift that: {who}, with {lift}. Then make a new execution.");
    No::new(Reason::PluginSuspended, By::Host, format!("plugin {plugin} is suspended"), what, next).who(who)
}

fn invalid(action: &str, by_plugin: bool, violations: &[Violation], known: &[String]) -> No {
    let place = |v: &Violation| if v.at.is_empty() { v.rule.clone() } else { v.at.clone() };
    let at: Vec<String> = violations.iter().map(place).filter(|p| !p.is_empty()).collect();
    let n = count(violations.len(), "invalid parameter", "invalid parameters");
    let summary = if at.is_empty() { n } else { format!("{n}: {}", at.join(", ")) };
    let said: Vec<String> = violations.iter().map(|v| format!("{} {}", place(v), v.message).trim().to_owned()).collect();
    let verb = if violations.len() == 1 { "thing is" } else { "things are" };
    let what = format!("{} {verb} wrong with the parameters: {}.", violations.len(), said.join("; "));
    let known = if known.is_empty() { String::new() } else { format!("{action} takes {}. ", known.join(", ")) };
    let by = if by_plugin { By::Plugin } else { By::Schema };
    let all =
        violations.iter().map(|v| ViolationStatus { pointer: v.at.clone(), rule: v.rule.clone(), message: v.message.clone() });
    No::new(Reason::ParametersInvalid, by, summary, what, format!("{known}An example: writ explain {action}")).violations(all)
}
