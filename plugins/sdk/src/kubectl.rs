//! Commands, built from their parts. Namespace, kubeconfig and dry run are the host's business: there is no way to write them.
use crate::json::{IntoJson, as_go_writes};
use crate::target::Target;
use crate::wire;
use serde_json::{Value, json};

/// One `kubectl` command.
#[derive(Clone, Debug)]
pub struct Kubectl {
    verb: Vec<String>,
    options: Vec<(String, Option<String>)>,
    operands: Vec<String>,
    file: Option<File>,
}

/// The option that takes an object; the other takes a patch.
const MANIFEST: &str = "filename";

/// What a command is given as a file, and by which option.
#[derive(Clone, Debug)]
struct File {
    option: &'static str,
    content: String,
}

impl Kubectl {
    /// `kubectl VERB`, for what has no builder here. The host has an allow list of verbs and of options for each; what is not
    /// on it is refused, whatever else a plan says.
    #[must_use]
    pub fn verb(words: &[&str]) -> Self {
        let verb = words.iter().map(|w| (*w).to_owned()).collect();
        Self { verb, options: Vec::new(), operands: Vec::new(), file: None }
    }

    /// `--name=value`
    #[must_use]
    pub fn option(mut self, name: &str, value: impl ToString) -> Self {
        self.options.push((name.to_owned(), Some(value.to_string())));
        self
    }

    /// `--name`
    #[must_use]
    pub fn switch(mut self, name: &str) -> Self {
        self.options.push((name.to_owned(), None));
        self
    }

    /// A name or a pair; always after `--`, so it is never taken for an option.
    #[must_use]
    pub fn operand(mut self, operand: impl Into<String>) -> Self {
        self.operands.push(operand.into());
        self
    }

    /// `kubectl scale`: GET and, with a precondition, PUT of the subresource `scale` (without one: PATCH). It also GETs
    /// the object itself.
    pub fn scale(target: &Target) -> Scale {
        Scale(Self::verb(&["scale"]).operand(target.operand()))
    }

    /// `kubectl patch`: GET and PATCH of the object.
    pub fn patch(target: &Target) -> Patch {
        Patch(Self::verb(&["patch"]).operand(target.operand()))
    }

    /// `kubectl rollout undo` to a revision. It takes no precondition: a JSON Patch with `test` is safer where it can be had.
    #[must_use]
    pub fn rollout_undo(target: &Target, revision: u64) -> Self {
        Self::verb(&["rollout", "undo"]).option("to-revision", revision).operand(target.operand())
    }

    /// `kubectl create` of one object, given whole, its namespace included: POST. List it with `Plan::creates`.
    #[must_use]
    pub fn create(object: &Value) -> Self {
        Self { file: Some(File { option: MANIFEST, content: as_go_writes(object) }), ..Self::verb(&["create"]) }
    }

    /// `kubectl delete` of one object, without waiting for its end: DELETE. `operand` is such as
    /// `networkpolicies.networking.k8s.io/deny`: with the group, where that has a dot in it. List it with
    /// `Plan::deletes` or `Plan::deletes_other`.
    #[must_use]
    pub fn delete(operand: impl Into<String>) -> Self {
        Self::verb(&["delete"]).option("wait", false).operand(operand)
    }

    /// `file` is the name its file may have in the plan.
    pub(crate) fn into_wire(self, file: &str) -> wire::Command {
        let mut options = self.options;
        let mut files = Vec::new();
        if let Some(File { option, content }) = self.file {
            options.push((option.to_owned(), Some(format!("/writ/in/{file}"))));
            files.push(wire::File { name: file.to_owned(), content });
        }
        wire::Command {
            program: "kubectl".to_owned(),
            verb: self.verb,
            options: options.into_iter().map(|(name, value)| wire::CommandOption { name, value }).collect(),
            operands: self.operands,
            files,
        }
    }

    /// What its file is, where it has one.
    pub(crate) fn file(&self) -> Option<&'static str> {
        self.file.as_ref().map(|file| if file.option == MANIFEST { "object" } else { "patch" })
    }

    fn patched(self, way: &str, content: String) -> Self {
        Self { file: Some(File { option: "patch-file", content }), ..self.option("type", way) }
    }
}

/// `kubectl scale`, not complete yet: how many there are, how many there shall be.
#[derive(Debug)]
#[must_use]
pub struct Scale(Kubectl);

impl Scale {
    /// From what was seen to what is wanted. The first is the precondition: kubectl compares it and writes with the
    /// version it compared, so nobody's change in between is lost.
    #[expect(clippy::wrong_self_convention, reason = "it makes nothing from something: from this many to that many")]
    pub fn from_to(self, current: i64, wanted: i64) -> Kubectl {
        self.0.option("current-replicas", current).option("replicas", wanted)
    }
}

/// `kubectl patch`, not complete yet: with what.
#[derive(Debug)]
#[must_use]
pub struct Patch(Kubectl);

impl Patch {
    /// A JSON Patch (RFC 6902): `test` first what was relied on, and the uid.
    pub fn json(self, operations: impl IntoIterator<Item = Operation>) -> Kubectl {
        let operations: Value = operations.into_iter().map(|o| o.0).collect();
        self.0.patched("json", as_go_writes(&operations))
    }

    /// A JSON Merge Patch (RFC 7386). With `metadata.uid` in it the API server refuses it for another object.
    pub fn merge(self, patch: &Value) -> Kubectl {
        self.0.patched("merge", as_go_writes(patch))
    }

    /// A strategic merge patch; built-in kinds only.
    pub fn strategic(self, patch: &Value) -> Kubectl {
        self.0.patched("strategic", as_go_writes(patch))
    }
}

/// One operation of a JSON Patch.
#[derive(Clone, Debug)]
pub struct Operation(Value);

/// Nothing is changed unless this is there and equal.
#[must_use]
pub fn test(path: &str, value: impl IntoJson) -> Operation {
    Operation(json!({"op": "test", "path": path, "value": value.into_json()}))
}

/// Sets what is there; fails where nothing is.
#[must_use]
pub fn replace(path: &str, value: impl IntoJson) -> Operation {
    Operation(json!({"op": "replace", "path": path, "value": value.into_json()}))
}

/// Sets, whether something is there or not. What it is in must be there.
#[must_use]
pub fn add(path: &str, value: impl IntoJson) -> Operation {
    Operation(json!({"op": "add", "path": path, "value": value.into_json()}))
}

/// Takes away what is there; fails where nothing is.
#[must_use]
pub fn remove(path: &str) -> Operation {
    Operation(json!({"op": "remove", "path": path}))
}
