//! What somebody may do, asked of the API server itself (SubjectAccessReview). Owns the questions; judges nothing.
use super::client::{CallError, Cluster, within};
use crds::{Identity, labels};
use decide::model::{Api, Operation, Write};
use futures::future::try_join_all;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec, SubjectAccessReviewStatus,
};
use kube::api::PostParams;

impl Cluster {
    /// May this person run the action in this namespace? Else the right that is missing, in words.
    pub async fn may_run(&self, who: &Identity, namespace: &str, action: &str) -> Result<Result<(), String>, CallError> {
        let name = labels::object_name(action);
        let subject = Subject { user: &who.username, uid: &who.uid, groups: &who.groups };
        let answer = self.review(&subject, on_action("run", namespace, &name)).await?;
        Ok(if answer.allowed { Ok(()) } else { Err(denied(&who.username, namespace, action, &name, &answer)) })
    }

    /// May this person read this: one object, or (without a name) all of the kind? Else the right that is missing, in words. What he may not
    /// `get` himself, nobody shows him by way of an action.
    pub async fn may_read(
        &self,
        who: &Identity,
        api: &Api,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Result<Result<(), String>, CallError> {
        let subject = Subject { user: &who.username, uid: &who.uid, groups: &who.groups };
        let verb = if name.is_some() { "get" } else { "list" };
        let what = ResourceAttributes {
            verb: Some(verb.into()),
            group: Some(api.group.clone()),
            version: Some(api.version.clone()),
            resource: Some(api.resource.clone()),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            ..ResourceAttributes::default()
        };
        let group = if api.group.is_empty() { String::new() } else { format!(".{}", api.group) };
        let place = namespace.map_or_else(|| "the whole cluster".to_owned(), |ns| format!("namespace {ns}"));
        let right = format!("verb {verb} on {}{group} in {place}", api.resource);
        let why = || format!("{} lacks the {right}", who.username);
        Ok(if self.review(&subject, what).await?.allowed { Ok(()) } else { Err(why()) })
    }

    /// May this person approve the action in this namespace?
    pub(super) async fn may_approve(&self, who: &Identity, namespace: &str, action: &str) -> Result<bool, CallError> {
        let subject = Subject { user: &who.username, uid: &who.uid, groups: &who.groups };
        let what = on_action("approve", namespace, &labels::object_name(action));
        // Nobody has no rights; the API server would call the question malformed.
        Ok(!who.username.is_empty() && self.review(&subject, what).await?.allowed)
    }

    /// May this account make this write? Where RBAC has several verbs for it, one is enough.
    pub(super) async fn may_write(&self, home: &str, account: &str, write: &Write) -> Result<bool, CallError> {
        let user = format!("system:serviceaccount:{home}:{account}");
        let groups =
            ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{home}"), "system:authenticated".into()];
        let subject = Subject { user: &user, uid: "", groups: &groups };
        let asked = verbs(write.operation).iter().map(|verb| self.review(&subject, attributes(write, verb)));
        Ok(try_join_all(asked).await?.iter().any(|answer| answer.allowed))
    }

    async fn review(&self, subject: &Subject<'_>, what: ResourceAttributes) -> Result<SubjectAccessReviewStatus, CallError> {
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(subject.user.to_owned()),
                uid: Some(subject.uid.to_owned()).filter(|uid| !uid.is_empty()),
                groups: Some(subject.groups.to_vec()),
                resource_attributes: Some(what),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let api: kube::Api<SubjectAccessReview> = kube::Api::all(self.client.clone());
        // No answer is no.
        Ok(within(api.create(&PostParams::default(), &review)).await?.status.unwrap_or_default())
    }
}

/// Whom a review is about.
struct Subject<'a> {
    user: &'a str,
    uid: &'a str,
    groups: &'a [String],
}

fn on_action(verb: &str, namespace: &str, name: &str) -> ResourceAttributes {
    ResourceAttributes {
        verb: Some(verb.into()),
        group: Some(labels::GROUP.into()),
        resource: Some("actions".into()),
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        ..ResourceAttributes::default()
    }
}

fn attributes(write: &Write, verb: &str) -> ResourceAttributes {
    ResourceAttributes {
        verb: Some(verb.to_owned()),
        group: Some(write.object.api.group.clone()),
        version: Some(write.object.api.version.clone()),
        resource: Some(write.object.api.resource.clone()),
        subresource: write.subresource.clone(),
        namespace: write.object.namespace.clone(),
        name: Some(write.object.name.clone()),
        ..ResourceAttributes::default()
    }
}

const fn verbs(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::Create => &["create"],
        Operation::Update => &["patch", "update"],
        Operation::Delete => &["delete"],
        // Which of the two a client uses depends on its protocol.
        Operation::Connect => &["create", "get"],
    }
}

fn denied(user: &str, namespace: &str, action: &str, name: &str, answer: &SubjectAccessReviewStatus) -> String {
    let mut text = format!("{user} may not run {action} in {namespace}: needs verb run on actions.writ.dev/{name}");
    for more in [&answer.reason, &answer.evaluation_error].into_iter().flatten().filter(|t| !t.is_empty()) {
        text.push_str("; the API server says: ");
        text.push_str(more);
    }
    text
}
