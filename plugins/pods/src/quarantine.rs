//! `quarantine_pod` and `unquarantine_pod`: a label on the pod, and a NetworkPolicy of its own that selects by it and allows nothing.
//!
//! The policy comes first and goes last: it selects nothing without the label, so at no time is the label there and the pod open. The
//! value of the label is the pod's uid, so that the policy means no other pod that anybody might label.
use writ_action::kind::NETWORK_POLICY;
use writ_action::prelude::*;

/// Cut a Pod off from the network, for as long as somebody looks at it. It goes on running, under its controller, and may still be listed
/// as an endpoint: what talks to it gets no answer.
#[derive(Parameters)]
pub struct QuarantinePod {}

/// Give a Pod that was quarantined its network back.
#[derive(Parameters)]
pub struct UnquarantinePod {}

const LABEL: &str = "writ.dev/quarantined";
const PLACE: &str = "/metadata/labels/writ.dev~1quarantined";
const POLICIES: &str = "policies";

#[action(
    name = "quarantine_pod",
    target = "v1 Pod",
    risk = Medium,
    when = "a pod behaves as if it were taken over, or floods others, and must be looked at before it is gone",
    not_when = "the pod only has to go (delete it); the cluster's network does not enforce NetworkPolicies (nothing would be cut off)",
    preconditions = "the cluster's network enforces NetworkPolicies; the pod has a network of its own (not hostNetwork)",
    rbac = "core/pods: get, patch; networking.k8s.io/networkpolicies: create, get",
    observes = "networking.k8s.io/v1 NetworkPolicy",
    reversible = Depends,
    verify = "1m",
    example = "{}",
    category = "security"
)]
impl Action for QuarantinePod {
    fn reads(&self, t: &Target, _: &Seen) -> Vec<Look> {
        vec![policies(t)]
    }

    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        let ours = ours(t, seen)?;
        refuse_if!(seen.at(PLACE) == t.uid() && ours.is_some(), "NothingToChange", "{t} is quarantined already.");
        refuse_if!(
            seen.at("/spec/hostNetwork") == true,
            "HostNetwork",
            "{t} uses the network of its node, where no NetworkPolicy holds it.",
            "Cordon the node and move what else runs there, or delete the pod."
        );
        let name = policy_name(t);
        refuse_if!(
            ours.is_none() && !seen.objects(POLICIES)?.is_empty(),
            "NameTaken",
            "There is a NetworkPolicy {name} already, and it does not select {t} alone.",
            "Find out whose it is, and remove or rename it."
        );
        let patch = Kubectl::patch(t).merge(&label(t, json!(t.uid())));
        // Where an earlier run came half the way, the other half.
        let plan = match ours {
            Some(_) => Plan::of(patch),
            None => Plan::of(Kubectl::create(&policy(t))).then(patch).creates(NETWORK_POLICY, t, &name),
        };
        Ok(plan
            .writes(t, Writes::Update)
            .change(t, PLACE, seen.at(PLACE), t.uid())
            .effect(t, "no packet reaches it, and none leaves it")
            .memo(json!({"uid": t.uid()})))
    }

    fn undo(&self, t: &Target, before: &Seen) -> Undo {
        match ours(t, before) {
            Ok(None) => Undo::action(&UnquarantinePod {}),
            _ => Undo::impossible(format!("the policy of {t} was there before; by hand: writ run unquarantine_pod {}", t.name())),
        }
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        let there = after.objects(POLICIES).is_ok_and(|all| !all.is_empty());
        let labeled = after.at(PLACE) == t.uid();
        let name = policy_name(t);
        vec![check!("quarantined", labeled && there, "{t} is held by NetworkPolicy {name}", "{t} is not held yet")]
    }
}

#[action(
    name = "unquarantine_pod",
    target = "v1 Pod",
    risk = Medium,
    when = "a quarantined pod was looked at and may work again",
    not_when = "nobody has looked at it yet",
    preconditions = "it was quarantined by quarantine_pod",
    rbac = "core/pods: get, patch; networking.k8s.io/networkpolicies: get, delete",
    observes = "networking.k8s.io/v1 NetworkPolicy",
    reversible = Depends,
    verify = "1m",
    example = "{}",
    category = "security"
)]
impl Action for UnquarantinePod {
    fn reads(&self, t: &Target, _: &Seen) -> Vec<Look> {
        vec![policies(t)]
    }

    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        let ours = ours(t, seen)?;
        refuse_if!(seen.at(PLACE).is_null() && ours.is_none(), "NothingToChange", "{t} is not quarantined.");
        // The label is taken off in any case: a plan of the target is about the target.
        let plan = Plan::of(Kubectl::patch(t).merge(&label(t, json!(null))))
            .writes(t, Writes::Update)
            .change(t, PLACE, seen.at(PLACE), json!(null))
            .effect(t, "it has its network back");
        Ok(match ours {
            None => plan,
            Some(policy) => plan
                .then(Kubectl::delete(format!("networkpolicies.networking.k8s.io/{}", policy.name)))
                .deletes_other(NETWORK_POLICY, policy),
        })
    }

    fn undo(&self, t: &Target, before: &Seen) -> Undo {
        let whole = before.at(PLACE) == t.uid() && ours(t, before).is_ok_and(|policy| policy.is_some());
        match whole {
            true => Undo::action(&QuarantinePod {}),
            false => Undo::impossible(format!("{t} was held by half; by hand: writ run quarantine_pod {}", t.name())),
        }
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        vec![check!("free", after.at(PLACE).is_null(), "{t} is held by nothing", "{t} is still labeled")]
    }
}

fn policies(t: &Target) -> Look {
    Look::around(POLICIES, NETWORK_POLICY, t).named(&policy_name(t)).pick(&["/spec"])
}

/// The policy that selects this pod by its uid: nobody else makes such a one.
fn ours<'a>(t: &Target, seen: &'a Seen) -> Result<Option<&'a Object>, Refusal> {
    let selects = |policy: &&Object| policy.at("/spec/podSelector/matchLabels/writ.dev~1quarantined") == t.uid();
    Ok(seen.objects(POLICIES)?.iter().find(selects))
}

/// A name has 253 characters at most, and so has that of a pod.
fn policy_name(t: &Target) -> String {
    let short: String = t.name().chars().take(200).collect();
    format!("quarantine-{}", short.trim_end_matches(['-', '.']))
}

/// It selects the pod and allows nothing: neither in nor out.
fn policy(t: &Target) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": policy_name(t), "namespace": t.namespace()},
        "spec": {"podSelector": {"matchLabels": {LABEL: t.uid()}}, "policyTypes": ["Ingress", "Egress"]},
    })
}

/// `metadata.uid` makes the API server refuse it for another pod of that name.
fn label(t: &Target, value: Value) -> Value {
    json!({"metadata": {"uid": t.uid(), "labels": {LABEL: value}}})
}
