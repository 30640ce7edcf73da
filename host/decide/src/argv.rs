//! `&Command -> argv`: `VERB… --name=value… --namespace=NS -- operands`. Owns the only place where a command line is put together:
//! nothing is quoted for a shell, because there is none; the quoted form is for people.
use crate::{model::Command, verbs};

/// The arguments, without the program. The namespace is the last option, because kubectl obeys the last.
#[must_use]
pub fn render(command: &Command, namespace: Option<&str>) -> Vec<String> {
    with(command, &[], namespace)
}

/// The same, carried out by the API server without persisting; it prints the objects as they would be, or the names of those that would be
/// gone. No plugin can say these options (`verbs`), and they come after its own.
#[must_use]
pub fn dry(command: &Command, namespace: Option<&str>) -> Vec<String> {
    let output = if verbs::deletes(command) { "--output=name" } else { "--output=json" };
    with(command, &["--dry-run=server", output], namespace)
}

fn with(command: &Command, more: &[&str], namespace: Option<&str>) -> Vec<String> {
    let options = command.options.iter().map(|(name, value)| match value {
        Some(value) => format!("--{name}={value}"),
        None => format!("--{name}"),
    });
    let options = options.chain(more.iter().map(|o| (*o).to_owned()));
    let namespace = namespace.map(|ns| format!("--namespace={ns}"));
    let operands = command.operands.iter().cloned();
    command.verb.iter().cloned().chain(options).chain(namespace).chain(["--".to_owned()]).chain(operands).collect()
}

/// The same for people, as they could type it.
#[must_use]
pub fn line(command: &Command, namespace: Option<&str>) -> String {
    let words = std::iter::once(command.program.clone()).chain(render(command, namespace));
    words.map(|word| quote(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as a POSIX shell takes it.
#[must_use]
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_namespace_is_the_last_option_and_names_come_after_the_dashes() {
        let command = Command {
            program: "kubectl".into(),
            verb: vec!["scale".into()],
            options: vec![("current-replicas".into(), Some("2".into())), ("replicas".into(), Some("5".into()))],
            operands: vec!["deployment/web".into()],
            files: vec![],
        };
        expect!["kubectl scale --current-replicas=2 --replicas=5 --namespace=shop -- deployment/web"]
            .assert_eq(&line(&command, Some("shop")));
        expect!["kubectl scale --current-replicas=2 --replicas=5 -- deployment/web"].assert_eq(&line(&command, None));
        expect!["scale --current-replicas=2 --replicas=5 --dry-run=server --output=json --namespace=shop -- deployment/web"]
            .assert_eq(&dry(&command, Some("shop")).join(" "));
    }

    #[test]
    fn a_word_with_a_quote_in_it_stays_one_word() {
        assert_eq!(quote("it's; rm -rf $HOME"), r"'it'\''s; rm -rf $HOME'");
        assert_eq!(quote(""), "''");
    }
}
