//! Does somebody keep the object in step with a repository? Then a change by hand may not last, and an approver should know.
use writ_action::prelude::*;

const MARKS: [(&str, &str); 5] = [
    ("/metadata/annotations/argocd.argoproj.io~1tracking-id", "Argo CD"),
    ("/metadata/labels/argocd.argoproj.io~1instance", "Argo CD"),
    ("/metadata/labels/kustomize.toolkit.fluxcd.io~1name", "Flux"),
    ("/metadata/labels/helm.toolkit.fluxcd.io~1name", "Flux"),
    ("/metadata/labels/kapp.k14s.io~1app", "kapp"),
];

/// A warning, where one of the well-known marks is there.
pub(crate) fn warning(t: &Target, seen: &Seen, what: &str) -> Option<String> {
    let (_, who) = MARKS.iter().find(|(mark, _)| !seen.at(mark).is_null())?;
    Some(format!("{t} is managed by {who}, which may set {what} back to what its repository says."))
}
