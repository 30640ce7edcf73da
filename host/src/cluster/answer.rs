//! What the commands of a dry run printed, as objects. Owns the bound, and that no value of a Secret leaves this file: they go through
//! `read`, as everything does that is shown.
use super::{
    client::{CallError, Cluster, within},
    output::{GONE, ran},
    pod,
};
use decide::{
    model::{Command, Object, ObjectRef, Planned, Uid, Write},
    observed::{After, Answer},
    verbs,
};
use futures::future::try_join_all;
use kube::{ResourceExt, api::LogParams};
use serde_json::Value;

/// One answer, bytes: etcd takes objects of 1.5 MiB, and they are printed with indentation.
const MOST: usize = 4 * 1024 * 1024;
/// How kubectl hands on what the API server warns of, on the same stream to whoever reads a log.
const WARNING: &str = "Warning: ";

impl Cluster {
    /// Of all commands, in order; beside the objects as they are.
    pub(super) async fn answered(&self, job: &Uid, planned: &Planned) -> Result<Answer, CallError> {
        let printed = match self.all_printed(job).await? {
            Ok(printed) => printed,
            Err(answer) => return Ok(answer),
        };
        let writes = &planned.proposal.writes;
        let (mut after, mut warnings) = (vec![], vec![]);
        for (n, (text, command)) in printed.iter().zip(&planned.proposal.commands).enumerate() {
            let Printed { lines, warnings: more } = told_apart(text);
            let answers = if verbs::deletes(command) { gone(&lines, command, writes) } else { self.objects(&lines, writes) };
            match answers {
                Ok(answers) if !answers.is_empty() => after.extend(answers),
                Ok(_) => return Ok(unreadable(&format!("command {} printed nothing", n.saturating_add(1)))),
                Err(what) => return Ok(unreadable(&format!("command {} printed {what}", n.saturating_add(1)))),
            }
            warnings.extend(more);
        }
        let before = self.written(writes).await?;
        Ok(Answer::Objects { before, after, patches: vec![], warnings })
    }

    /// Each object that is written, as far as it is there.
    async fn written(&self, writes: &[Write]) -> Result<Vec<Object>, CallError> {
        let mut ids: Vec<&ObjectRef> = writes.iter().map(|w| &w.object).collect();
        ids.sort();
        ids.dedup();
        Ok(try_join_all(ids.into_iter().map(|id| self.target(id))).await?.into_iter().flatten().collect())
    }

    /// Objects one after the other. What is wrong with them, where something is.
    fn objects(&self, lines: &str, writes: &[Write]) -> Result<Vec<After>, String> {
        let values = serde_json::Deserializer::from_str(lines).into_iter::<Value>().collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|_| "something else than objects".to_owned())?;
        let one = |value: Value| {
            let id = meant(&value, writes).ok_or_else(|| format!("a {}, which the plan does not write", kind(&value)))?;
            let object = self.object(&id.api, value, &[]).ok_or("an object without a name or uid")?;
            Ok(After::Is(Box::new(object)))
        };
        values.into_iter().map(one).collect()
    }

    /// What each container printed.
    async fn all_printed(&self, job: &Uid) -> Result<Result<Vec<String>, Answer>, CallError> {
        let dry = self.dry();
        let pods = dry.pods_of_job(job).await?;
        let Some(pod) = pod::newest(&pods) else { return Ok(Err(unreadable("its pod is gone"))) };
        let mut all = Vec::new();
        for container in ran(pod) {
            // One byte more than is taken tells that there was more.
            let limit_bytes = i64::try_from(MOST.saturating_add(1)).ok();
            let params = LogParams { container: Some(container.name.clone()), limit_bytes, ..LogParams::default() };
            let bytes = within(dry.bytes(&pod.name_any(), &params)).await?;
            if bytes.len() > MOST {
                return Ok(Err(Answer::TooLarge));
            }
            if bytes.starts_with(GONE) {
                return Ok(Err(unreadable("what it printed is gone with its container")));
            }
            all.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(Ok(all))
    }
}

fn unreadable(why: &str) -> Answer {
    Answer::Unreadable { why: why.to_owned() }
}

/// Of the kinds that are written, the one that this is of. (Which object, `decide` asks.) `object` overwrites kind and version, which lists
/// leave out; here they are there.
fn meant<'a>(object: &Value, writes: &'a [Write]) -> Option<&'a ObjectRef> {
    let is = |at: &str, wanted: &str| object.get(at).and_then(Value::as_str) == Some(wanted);
    writes.iter().map(|w| &w.object).find(|id| is("kind", &id.api.kind) && is("apiVersion", &id.api.api_version()))
}

fn kind(object: &Value) -> String {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or("thing without a kind");
    kind.chars().filter(|c| !decide::text::draws(*c)).take(64).collect()
}

/// `kind.group/name` of each object that the command named, and nothing else.
fn gone(lines: &str, command: &Command, writes: &[Write]) -> Result<Vec<After>, String> {
    let of = |name: &str| verbs::object(name, writes).cloned();
    let printed: Option<Vec<ObjectRef>> = lines.lines().map(of).collect();
    let named: Option<Vec<ObjectRef>> = command.operands.iter().map(|operand| of(operand)).collect();
    match (printed, named) {
        (Some(printed), Some(named)) if printed == named => Ok(named.into_iter().map(After::Gone).collect()),
        _ => Err("something else than the names of what it deletes".to_owned()),
    }
}

struct Printed {
    lines: String,
    warnings: Vec<String>,
}

/// Answers, and lines of warnings between or within them: no line of an indented object begins as they do.
fn told_apart(text: &str) -> Printed {
    let (warnings, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with(WARNING));
    let warnings = warnings.into_iter().filter_map(|w| w.strip_prefix(WARNING)).map(str::to_owned).collect();
    Printed { lines: rest.join("\n"), warnings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use decide::model::{Api, Operation};

    fn pod(name: &str) -> Write {
        let api = Api { group: String::new(), version: "v1".into(), kind: "Pod".into(), resource: "pods".into() };
        let object = ObjectRef { api, namespace: Some("shop".into()), name: name.into() };
        Write { object, operation: Operation::Delete, subresource: None, uid: None }
    }

    #[test]
    fn objects_and_warnings_are_told_apart_wherever_they_stand() {
        let text = "Warning: old\n{\n    \"a\": 1\n}\n{\n    \"b\":\nWarning: in between\n    \"Warning: no\"\n}\n";
        let Printed { lines, warnings } = told_apart(text);
        assert_eq!(lines, "{\n    \"a\": 1\n}\n{\n    \"b\":\n    \"Warning: no\"\n}");
        assert_eq!(warnings, ["old", "in between"]);
    }

    #[test]
    fn what_would_be_gone_is_exactly_what_the_command_names() {
        let writes = [pod("a"), pod("b")];
        let command = Command {
            program: "kubectl".into(),
            verb: vec!["delete".into()],
            options: vec![],
            operands: vec!["pods/a".into(), "pod/b".into()],
            files: vec![],
        };
        let ids = writes.each_ref().map(|w| After::Gone(w.object.clone())).to_vec();
        assert_eq!(gone("pod/a\npod/b", &command, &writes), Ok(ids));
        for text in ["", "pod/a", "pod/b\npod/a", "pod/a\npod/b\npod/c", "pod/a\npod/b\nand more", "{}"] {
            assert!(gone(text, &command, &writes).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_of_no_kind_that_is_written_is_no_answer() {
        let of = |value: Value| meant(&value, &[pod("a")]).is_some();
        assert!(of(serde_json::json!({"apiVersion": "v1", "kind": "Pod"})));
        assert!(!of(serde_json::json!({"apiVersion": "apps/v1", "kind": "Pod"})));
        assert!(!of(serde_json::json!({"apiVersion": "v1", "kind": "Secret"})) && !of(serde_json::json!({})));
    }
}
