//! What an action sees: the target, the answers to its reads, its own memo, and the only time it knows.
use crate::json::{NOTHING, at};
use crate::outcome::Refusal;
use crate::wire;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The state of the cluster, as far as the action asked for it.
#[derive(Clone, Debug)]
pub struct Seen {
    target: Option<Value>,
    answers: Vec<(String, Found)>,
    memo: Value,
    moment: wire::Moment,
    created_at: String,
    request_id: String,
}

/// One object of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// its name
    pub name: String,
    /// empty where its kind has cluster scope
    pub namespace: String,
    /// its uid
    pub uid: String,
    /// the parts that were asked for
    pub body: Value,
}

impl Object {
    /// The value there; `Null` where there is none.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        at(&self.body, pointer)
    }
}

/// What a read found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// by namespace and name; empty where there is none
    Objects(Vec<Object>),
    /// this cluster does not serve that kind
    NoSuchKind,
    /// more than the limit
    TooMany(u32),
}

impl Seen {
    pub(crate) fn new(request: &wire::Request, moment: wire::Moment, state: &wire::State, memo: &str) -> Self {
        Self {
            target: state.target.as_ref().map(|o| parsed(&o.body)),
            answers: state.answers.iter().map(|a| (a.key.clone(), found(&a.found))).collect(),
            memo: parsed(memo),
            moment,
            created_at: request.created_at.clone(),
            request_id: request.id.clone(),
        }
    }

    /// The value there in the target; `Null` where there is none.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.target.as_ref().map_or(&NOTHING, |t| at(t, pointer))
    }

    /// The whole number there in the target; 0 where there is none, as Kubernetes leaves out zeros in a status.
    #[must_use]
    pub fn count(&self, pointer: &str) -> i64 {
        self.at(pointer).as_i64().unwrap_or(0)
    }

    /// The target as a type of yours.
    pub fn target<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let target = self.target.clone().unwrap_or(Value::Null);
        serde_json::from_value(target)
            .map_err(|e| Refusal::new("TargetNotUnderstood", format!("The target is not as expected: {e}."), ""))
    }

    /// The target is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.target.is_some()
    }

    /// The objects a read found, for a decision: what cannot be known is a refusal, never an empty list.
    pub fn objects(&self, key: &str) -> Result<&[Object], Refusal> {
        match self.found(key) {
            Some(Found::Objects(objects)) => Ok(objects),
            Some(Found::NoSuchKind) => Ok(&[]),
            Some(Found::TooMany(limit)) => Err(Refusal::new(
                "TooManyToLookAt",
                format!("There are more than {limit} objects to look at for {key}: what they mean for this is unknown."),
                "Remove those that are not needed.",
            )),
            None => Err(Refusal::new("NotLookedAt", format!("Nothing was read for {key}."), "")),
        }
    }

    /// What a read found; none where it was not answered.
    #[must_use]
    pub fn found(&self, key: &str) -> Option<&Found> {
        self.answers.iter().find(|(k, _)| k == key).map(|(_, found)| found)
    }

    /// In `checks`, what `Plan::memo` was given. In `reads` it is not known.
    #[must_use]
    pub fn memo(&self, pointer: &str) -> &Value {
        at(&self.memo, pointer)
    }

    /// In `reads`: asked for `checks`, after the change.
    #[must_use]
    pub fn is_after(&self) -> bool {
        self.moment == wire::Moment::After
    }

    /// When the execution was created, RFC 3339. It does not move.
    #[must_use]
    pub fn created_at(&self) -> &str {
        &self.created_at
    }

    /// The uid of the execution, for names that must be unique.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// The host sends well-formed JSON; where it did not, there is nothing to see.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn found(found: &wire::Found) -> Found {
    match found {
        wire::Found::NoSuchKind => Found::NoSuchKind,
        wire::Found::TooMany(limit) => Found::TooMany(*limit),
        wire::Found::Objects(objects) => Found::Objects(
            objects
                .iter()
                .map(|o| Object {
                    name: o.id.name.clone(),
                    namespace: o.id.namespace.clone().unwrap_or_default(),
                    uid: o.uid.clone(),
                    body: parsed(&o.body),
                })
                .collect(),
        ),
    }
}
