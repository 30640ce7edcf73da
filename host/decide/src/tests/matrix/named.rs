//! What ARCHITECTURE.md says of mutants is so: each that it names is here, and it names each that is here.
use std::collections::BTreeSet;

const ARCHITECTURE: &str = include_str!("../../../../../ARCHITECTURE.md");

const SOURCES: [&str; 9] = [
    include_str!("mutants.rs"),
    include_str!("mutants/approvals.rs"),
    include_str!("mutants/automatic.rs"),
    include_str!("mutants/deadlines.rs"),
    include_str!("mutants/glass.rs"),
    include_str!("mutants/looks.rs"),
    include_str!("mutants/stopping.rs"),
    include_str!("mutants/turns.rs"),
    include_str!("mutants/undoing.rs"),
];

/// What stands between the two, as far as it is the name of a mutant's test.
fn names<'a>(text: &'a str, before: &str, after: char) -> BTreeSet<&'a str> {
    let all = text.split(before).skip(1).filter_map(|rest| rest.split(after).next());
    all.filter(|name| name.contains("_caught") && !name.contains(char::is_whitespace)).collect()
}

#[test]
fn the_architecture_names_every_mutant_and_no_other() {
    let here: BTreeSet<_> = SOURCES.iter().flat_map(|source| names(source, "\nfn ", '(')).collect();
    let named = names(ARCHITECTURE, "`", '`');
    assert!(here.len() > 60, "{}", here.len());
    assert_eq!(named.difference(&here).collect::<Vec<_>>(), Vec::<&&str>::new(), "not there");
    assert_eq!(here.difference(&named).collect::<Vec<_>>(), Vec::<&&str>::new(), "not named");
}
