//! What the commands of a dry run printed, as objects. Owns the bound, and that no value of a Secret leaves this file: they go through
//! `read`, as everything does that is shown.
use super::{
    client::{CallError, Cluster, within},
    output::{GONE, ran},
    pod,
};
use decide::{
    model::{Object, Planned, Uid},
    observed::Answer,
};
use kube::{ResourceExt, api::LogParams};
use serde_json::Value;

/// One answer, bytes: etcd takes objects of 1.5 MiB, and they are printed with indentation.
const MOST: usize = 4 * 1024 * 1024;
/// How kubectl hands on what the API server warns of, on the same stream to whoever reads a log.
const WARNING: &str = "Warning: ";

impl Cluster {
    /// Of all commands, in order; beside the target as it is.
    pub(super) async fn answered(&self, job: &Uid, planned: &Planned) -> Result<Answer, CallError> {
        let Some((target, _)) = &planned.target else { return Ok(unreadable("it has no target")) };
        let printed = match self.all_printed(job).await? {
            Ok(printed) => printed,
            Err(answer) => return Ok(answer),
        };
        let mut answer = (vec![], vec![]);
        for (text, command) in printed.iter().zip(1..) {
            let Some(Printed { objects, warnings }) = parsed(text) else {
                return Ok(unreadable(&format!("command {command} printed something else than objects")));
            };
            let objects: Option<Vec<Object>> =
                objects.into_iter().map(|o| self.object(&target.api, kind(o, target)?, &[])).collect();
            match objects {
                Some(objects) if !objects.is_empty() => answer.0.extend(objects),
                _ => return Ok(unreadable(&format!("command {command} printed no {}", target.api.kind))),
            }
            answer.1.extend(warnings);
        }
        let before = self.target(target).await?.map(Box::new);
        Ok(Answer::Objects { before, after: answer.0, patches: vec![], warnings: answer.1 })
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

/// `object` overwrites kind and version, which lists leave out; here they are there, and must be the target's.
fn kind(object: Value, target: &decide::model::ObjectRef) -> Option<Value> {
    let is = |at: &str, wanted: &str| object.get(at).and_then(Value::as_str) == Some(wanted);
    (is("kind", &target.api.kind) && is("apiVersion", &target.api.api_version())).then_some(object)
}

struct Printed {
    objects: Vec<Value>,
    warnings: Vec<String>,
}

/// Objects one after the other, and lines of warnings between or within them: no line of an indented object begins as they do.
fn parsed(text: &str) -> Option<Printed> {
    let (warnings, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with(WARNING));
    let objects =
        serde_json::Deserializer::from_str(&rest.join("\n")).into_iter::<Value>().collect::<Result<Vec<_>, _>>().ok()?;
    let warnings = warnings.into_iter().filter_map(|w| w.strip_prefix(WARNING)).map(str::to_owned).collect();
    Some(Printed { objects, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_warnings_are_told_apart_wherever_they_stand() {
        let text = "Warning: old\n{\n    \"a\": 1\n}\n{\n    \"b\":\nWarning: in between\n    \"Warning: no\"\n}\n";
        let Printed { objects, warnings } = parsed(text).unwrap();
        assert_eq!(objects, [serde_json::json!({"a": 1}), serde_json::json!({"b": "Warning: no"})]);
        assert_eq!(warnings, ["old", "in between"]);
    }

    #[test]
    fn anything_else_is_no_answer() {
        for text in ["deployment.apps/web scaled\n", "{\"a\": 1", "{} and more"] {
            assert!(parsed(text).is_none(), "{text}");
        }
        assert!(parsed("").is_some_and(|p| p.objects.is_empty()), "which is one object too few");
    }
}
