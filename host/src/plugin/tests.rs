//! The catalogue of refusals: the table (`table`) is what authors of plugins read (`plugins/REFUSALS.md`), and each line of it is said by the
//! host itself here: an honest plugin, one thing wrong with what it says, and the words with which that is refused.
mod said;
mod table;

use decide::verbs::ROWS;
use expect_test::expect_file;
use said::Said;
use std::collections::BTreeSet;

/// What is wrong, how an honest plugin is spoiled so, and what its author does instead.
type Row = (&'static str, fn(&mut Said), &'static str);

const HEAD: &str = "\
<!-- Made from host/src/plugin/tests/table.rs. To make it anew: UPDATE_EXPECT=1 cargo test -p writ --lib refusals -->
# What the host refuses of a plugin

Nothing that a component says is believed unseen. Each line below is tried: the words are those that the host says, about a
`scale_deployment` with one thing wrong. Of a declaration they stand in the conditions of the ActionPlugin (`DescribeFailed`,
`RoleForbidden`); of an answer in the message of the one execution, which ends as `Refused`, with the reason `PluginFailed`: nothing was
touched. What begins with a place, such as `plan.commands[0].program`, says the function, and the field in the contract
(`wit/v0.1/action.wit`). The options that a verb may have are listed in `host/decide/src/verbs.rs`.
";

/// After the verbs that there are.
const PATCHED: &str = "\
Labels, annotations, taints, cordon and uncordon, and a restart go by
`patch`. There is none for a drain, for `exec` and for `logs`: an action that proposes one of these is refused, as below for `apply`.
";

/// A message in a table of Markdown: long ones are cut.
fn cell(text: &str) -> String {
    let short: String = text.chars().take(240).collect();
    let cut = if short.len() < text.len() { "…" } else { "" };
    format!("{}{cut}", short.replace('|', "\\|").replace('\n', " "))
}

fn page() -> String {
    let verbs: Vec<String> = ROWS.iter().map(|row| format!("`{}`", row.verb.join(" "))).collect();
    let mut page = format!("{HEAD}\nThe verbs are {}. {PATCHED}", verbs.join(", "));
    for (title, rows) in table::PARTS {
        page.push_str(&format!("\n## {title}\n\n| Refused | In these words | Instead |\n|---|---|---|\n"));
        for (what, spoil, instead) in *rows {
            let words = Said::spoiled(*spoil).expect_err(what).message;
            page.push_str(&format!("| {what} | `{}` | {instead} |\n", cell(&words)));
        }
    }
    page
}

#[test]
fn refusals_are_those_that_authors_of_plugins_read() {
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/REFUSALS.md")].assert_eq(&page());
}

#[test]
fn refusals_begin_where_an_honest_plugin_is_spoiled() {
    assert!(Said::spoiled(|_| ()).is_ok());
}

#[test]
fn refusals_are_each_said_once() {
    let mut seen = BTreeSet::new();
    for (what, spoil, _) in table::PARTS.iter().flat_map(|(_, rows)| rows.iter()) {
        let words = Said::spoiled(*spoil).expect_err(what).message;
        assert!(seen.insert(words.clone()), "{what} is said as another is: {words}");
    }
}

/// Refused before the core hears of it, in words of the shell that stand in the table; or not the plugin's fault.
const EARLIER: [&str; 6] = ["Commands", "NoJson", "NoObject", "File", "Program", "Timeout"];

/// The names in an enum, as its source has them.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let (_, rest) = source.split_once(&format!("pub enum {name} {{")).expect("it is there");
    let (body, _) = rest.split_once("\n}").expect("it ends");
    let named = body.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.starts_with(char::is_uppercase));
    named.map(|line| word(line).to_owned()).collect()
}

/// `Elsewhere { … }` is `Elsewhere`.
fn word(debug: &str) -> &str {
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

/// A refusal that is new in the core and in no line here fails by its name.
#[test]
fn refusals_of_the_core_are_all_in_the_table() {
    let mut all = variants(include_str!("../../decide/src/plan/bad.rs"), "BadProposal");
    all.append(&mut variants(include_str!("../../decide/src/verbs.rs"), "BadCommand"));
    assert!(all.len() > 25, "{all:?}");
    let rows = table::PARTS.iter().flat_map(|(_, rows)| rows.iter());
    let tried: BTreeSet<String> =
        rows.filter_map(|(_, spoil, _)| Said::spoiled(*spoil).err()).flat_map(|refused| refused.core).collect();
    let missing: Vec<&String> = all.iter().filter(|name| !tried.contains(*name) && !EARLIER.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let early: Vec<_> = EARLIER.into_iter().filter(|name| !all.contains(*name) || tried.contains(*name)).collect();
    assert!(early.is_empty(), "{early:?}");
}
