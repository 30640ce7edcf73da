//! Who else writes what a plan changes: GitOps tools, Helm, controllers, autoscalers, and whoever the API server knows as manager of the
//! field. Owns the normalized form that people read, policies decide on and the plan's hash covers; and, apart from it, who wrote last
//! and when, for an undo. Evidence, not proof: what no mark and no managed field tells is not seen.
mod fields;
mod marks;
mod words;

use crate::{
    canonical,
    model::{Change, ChangeEffect, Found, Json, Object, ObjectRef},
    observed::Writer,
    story::shown,
};
use crds::{Owner, OwnerKind};
use fields::{holds, holds_whole};
use jiff::Timestamp;
use marks::Mark;
use serde::{Deserialize, Serialize};
use serde_json::Value;
pub use words::words;
pub(crate) use words::{name, part};

/// The field that autoscalers write.
pub const REPLICAS: &str = "/spec/replicas";
/// What does the writing of autoscalers.
const CONTROLLERS: &str = "kube-controller-manager";
/// A name is shown to people and kept in the object.
const NAME: usize = 128;

/// Who set which fields of an object, as the API server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manager {
    /// What the client calls itself.
    pub name: String,
    /// By server-side apply: it declares these fields. Else it wrote them.
    pub applied: bool,
    /// Such as `scale`; empty for the object itself.
    pub subresource: String,
    /// Its last write of any of these fields, to the second.
    pub at: Option<Timestamp>,
    /// `FieldsV1`.
    pub fields: Json,
}

/// `metadata.managedFields`, as far as it can be read.
#[must_use]
pub fn managers(managed: &Value) -> Vec<Manager> {
    let entries = managed.as_array().into_iter().flatten();
    let text = |e: &Value, at: &str| e.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entry = |e: &Value| {
        Some(Manager {
            name: text(e, "manager"),
            applied: text(e, "operation") == "Apply",
            subresource: text(e, "subresource"),
            at: text(e, "time").parse().ok(),
            fields: canonical::json(e.get("fieldsV1")?).ok()?,
        })
    };
    entries.filter_map(entry).collect()
}

/// Whether autoscalers are to be looked at.
#[must_use]
pub fn scales(changes: &[Change]) -> bool {
    changes.iter().any(|c| touched(&c.object, changes).contains(&REPLICAS))
}

/// Everybody who is seen to write what the plan changes of these objects, in one order.
#[must_use]
pub fn of(objects: &[&Object], target: Option<&ObjectRef>, autoscalers: Option<&Found>, changes: &[Change]) -> Vec<Owner> {
    let named = |object: &Object, owner: Owner| match target == Some(&object.id) {
        true => owner,
        false => Owner { object: object.id.to_string(), ..owner },
    };
    let owners = objects.iter().flat_map(|o| of_one(o, autoscalers, changes).into_iter().map(move |owner| named(o, owner)));
    let mut all: Vec<Owner> = owners.collect();
    all.sort();
    all.dedup();
    all
}

fn of_one(target: &Object, autoscalers: Option<&Found>, changes: &[Change]) -> Vec<Owner> {
    let Ok(body) = canonical::value(target.body.as_str()) else { return vec![] };
    let (marks, applied) = (marks::of(&body), marks::last_applied(&body));
    let view = View { target, body: &body, marks: &marks, applied: applied.as_ref(), autoscalers };
    touched(&target.id, changes).into_iter().flat_map(|field| view.of(field)).collect()
}

/// Who wrote the fields that the plan changes of these objects, and when; of what goes as a whole, who wrote anything but its status.
#[must_use]
pub fn writers(objects: &[&Object], changes: &[Change]) -> Vec<Writer> {
    objects.iter().flat_map(|object| writers_of(object, changes)).collect()
}

fn writers_of(object: &Object, changes: &[Change]) -> Vec<Writer> {
    let Ok(body) = canonical::value(object.body.as_str()) else { return vec![] };
    let wrote = |field: &str| {
        let held = object.managers.iter().filter(|m| match field {
            "" => m.subresource != "status",
            field => m.holds_whole(field, &body),
        });
        let writer = |m: &Manager| Writer {
            object: object.id.to_string(),
            field: field.to_owned(),
            manager: shown(&m.name, NAME),
            subresource: m.subresource.clone(),
            at: m.at,
        };
        held.map(writer).collect::<Vec<_>>()
    };
    touched(&object.id, changes).into_iter().flat_map(wrote).collect()
}

/// The fields of an object that change; the empty pointer where it goes as a whole.
fn touched<'a>(target: &ObjectRef, changes: &'a [Change]) -> Vec<&'a str> {
    let fields = |c: &'a Change| match &c.effect {
        ChangeEffect::Set(fields) => fields.iter().map(|f| f.at.as_str()).collect(),
        ChangeEffect::Deleted => vec![""],
        ChangeEffect::Created | ChangeEffect::Other(_) => vec![],
    };
    changes.iter().filter(|c| c.object == *target).flat_map(fields).collect()
}

impl Manager {
    fn holds(&self, field: &str, body: &Value) -> bool {
        canonical::value(self.fields.as_str()).is_ok_and(|set| holds(&set, field, body))
    }

    fn holds_whole(&self, field: &str, body: &Value) -> bool {
        canonical::value(self.fields.as_str()).is_ok_and(|set| holds_whole(&set, field, body))
    }

    /// What people use, and runs of ours. They wrote it; they do not own it.
    fn is_kubectl(&self) -> bool {
        self.name == "kubectl" || self.name.starts_with("kubectl-")
    }
}

struct View<'a> {
    target: &'a Object,
    body: &'a Value,
    marks: &'a [Mark],
    applied: Option<&'a Value>,
    autoscalers: Option<&'a Found>,
}

impl View<'_> {
    fn of(&self, field: &str) -> Vec<Owner> {
        let held: Vec<&Manager> = self.target.managers.iter().filter(|m| m.holds(field, self.body)).collect();
        let mut all: Vec<Owner> = self.marks.iter().map(|mark| self.marked(mark, field, &held)).collect();
        if field == REPLICAS {
            all.extend(self.autoscalers.map(|found| autoscaled(&self.target.id, found)).unwrap_or_default());
        }
        let known: Vec<OwnerKind> = all.iter().map(|o| o.kind).collect();
        all.extend(held.into_iter().filter_map(|m| manager(m, field, &known)));
        all
    }

    /// The mark says whose object it is; the managed fields, or what was last applied, whether this field is.
    fn marked(&self, mark: &Mark, field: &str, held: &[&Manager]) -> Owner {
        let own = held.iter().find(|m| mark.writes_as(m));
        let declared = mark.kind == OwnerKind::ArgoCD && self.applied.is_some_and(|a| a.pointer(field).is_some());
        let evidence = match own {
            Some(m) => format!("{}, managed field of {}", mark.evidence, shown(&m.name, NAME)),
            None if declared => format!("{}, last-applied-configuration", mark.evidence),
            None => mark.evidence.clone(),
        };
        // Where nothing is known of any field, it may well be this one.
        let sets = own.is_some() || declared || self.target.managers.is_empty() || field.is_empty();
        let reverts = sets && mark.kind != OwnerKind::Helm && mark.kind != OwnerKind::Manager;
        let (object, name) = (String::new(), shown(&mark.name, NAME));
        Owner { object, field: field.to_owned(), kind: mark.kind, name, evidence, reverts }
    }
}

/// Who is no mark's, no autoscaler's and no person's.
fn manager(m: &Manager, field: &str, known: &[OwnerKind]) -> Option<Owner> {
    let kind = marks::tool(&m.name).unwrap_or(OwnerKind::Manager);
    let told = kind != OwnerKind::Manager && known.contains(&kind);
    let autoscaler = m.name == CONTROLLERS && known.contains(&OwnerKind::HPA);
    if told || autoscaler || (m.is_kubectl() && !m.applied) || field.is_empty() {
        return None;
    }
    let reverts = matches!(kind, OwnerKind::ArgoCD | OwnerKind::Flux);
    let name = if kind == OwnerKind::Manager { shown(&m.name, NAME) } else { String::new() };
    let evidence = format!("managed field of {}", shown(&m.name, NAME));
    Some(Owner { object: String::new(), field: field.to_owned(), kind, name, evidence, reverts })
}

fn autoscaled(target: &ObjectRef, found: &Found) -> Vec<Owner> {
    let owner = |name: &str, evidence: &str| Owner {
        object: String::new(),
        field: REPLICAS.to_owned(),
        kind: OwnerKind::HPA,
        name: name.to_owned(),
        evidence: evidence.to_owned(),
        reverts: true,
    };
    match found {
        Found::Objects(all) => {
            let aimed = all.iter().filter(|hpa| is_aimed_at(&hpa.body, target));
            aimed.map(|hpa| owner(&hpa.id.name, "its scaleTargetRef")).collect()
        }
        Found::NoSuchKind => vec![],
        // One of them may be.
        Found::TooMany(_) => vec![owner("", "there are more autoscalers than are looked at")],
    }
}

fn is_aimed_at(hpa: &Json, target: &ObjectRef) -> bool {
    let body = canonical::value(hpa.as_str()).unwrap_or_default();
    let part = |name: &str| body.pointer(&format!("/spec/scaleTargetRef/{name}")).and_then(Value::as_str).unwrap_or_default();
    let group = part("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    // The version is optional, and `extensions` is what old ones call `apps`.
    let same_group = group == target.api.group || (target.api.group == "apps" && matches!(group, "" | "extensions"));
    same_group && part("kind") == target.api.kind && part("name") == target.name
}

#[cfg(test)]
mod tests;
