//! What can be seen in a bundle without running it: the functions it calls, rules that need themselves, nesting, and where its
//! `deny` rules are.
use super::builtins;
use super::names::{self, Names, RulePath};
use super::problem::{Kind, Problem};
use super::tree::{self, Met};
use regorus::unstable::{BUILTINS, Expr, Module, Ref, Rule, RuleHead, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Rules that need rules that need rules: regorus takes one piece of the stack for each, and a careful policy has five.
const DEEPEST_RULES: usize = 64;
/// Expressions in expressions. The parser itself stops at 32 brackets; a long sum nests without brackets.
const DEEPEST_EXPRESSION: usize = 128;

/// Where a `deny` is, so that its firing can be seen.
#[derive(Clone, Debug)]
pub struct DenyRule {
    pub file: String,
    /// Of its head.
    pub line: u32,
    /// Bytes of the text between `contains` and `if`.
    pub key: std::ops::Range<usize>,
}

/// All that is wrong and can be seen.
pub fn problems(modules: &[Ref<Module>]) -> Vec<Problem> {
    let names = Names::of(modules);
    let mut found = Vec::new();
    for module in modules {
        package(module, &mut found);
        for rule in &module.policy {
            tree::walk_rule(rule, &mut |met, depth| {
                if let Met::Expr(expr) = met {
                    nesting(expr, depth, &mut found);
                    calls(module, &names, expr, &mut found);
                } else if let Met::Stmt(stmt) = met {
                    stmt.with_mods.iter().for_each(|w| stands_for(&w.r#as, is_test(module), &mut found));
                }
            });
        }
    }
    if !names.is_rule("data.writ.decision") {
        found.push(Problem::all(Kind::NoDecision, "there is no rule `decision` in `package writ`: nothing would be answered"));
    }
    found.extend(chains(modules, &names));
    found.sort();
    found.dedup();
    found
}

/// By its file's name.
pub fn is_test(module: &Module) -> bool {
    is_test_file(file(module.package.refr.span()))
}

/// `default_test.rego`: tests, which never take part in a decision.
pub fn is_test_file(name: &str) -> bool {
    name.ends_with("_test.rego")
}

fn file(span: &Span) -> &str {
    span.source.get_path()
}

fn package(module: &Module, found: &mut Vec<Problem>) {
    let path = tree::package(module);
    let own = path.get(1).is_some_and(|p| if is_test(module) { p.starts_with("writ") } else { p == "writ" });
    if !own {
        let span = &module.package.span;
        let message =
            format!("package {} is not one of a policy: write `package writ`, in tests `package writ_test`", path.join("."));
        found.push(Problem::at(Kind::WrongPackage, file(span), span.line, message));
    }
}

fn nesting(expr: &Expr, depth: usize, found: &mut Vec<Problem>) {
    if depth == DEEPEST_EXPRESSION {
        let span = expr.span();
        found.push(Problem::at(
            Kind::TooDeep,
            file(span),
            span.line,
            format!("expressions are nested deeper than {DEEPEST_EXPRESSION}"),
        ));
    }
}

fn calls(module: &Module, names: &Names, expr: &Expr, found: &mut Vec<Problem>) {
    let Expr::Call { fcn, params, span, .. } = expr else { return };
    let Some(called) = tree::reference(fcn) else { return };
    if names.function(module, &called).is_some() {
        return;
    }
    let name = called.names().join(".");
    if let Some((kind, message)) = builtins::refusal(&name, is_test(module)) {
        found.push(Problem::at(kind, file(span), span.line, message));
    }
    if name == "sprintf"
        && let Some(message) = builtins::bad_format(params.first().and_then(|f| tree::literal(f)))
    {
        found.push(Problem::at(Kind::BuiltinNotAllowed, file(span), span.line, message));
    }
}

/// `with f as time.now_ns` calls it without a call being written.
fn stands_for(expr: &Expr, in_test: bool, found: &mut Vec<Problem>) {
    let Some(name) = tree::reference(expr).map(|r| r.names().join(".")) else { return };
    if BUILTINS.contains_key(name.as_str())
        && let Some((kind, message)) = builtins::refusal(&name, in_test)
    {
        found.push(Problem::at(kind, file(expr.span()), expr.span().line, message));
    }
}

fn chains(modules: &[Ref<Module>], names: &Names) -> Vec<Problem> {
    let edges = names::graph(modules, names);
    let mut depths = BTreeMap::new();
    let mut found = Vec::new();
    for rule in edges.keys() {
        match depth(rule, &edges, &mut depths, &mut BTreeSet::new()) {
            Ok(deep) if deep == DEEPEST_RULES => {
                found.push(place(
                    modules,
                    rule,
                    Kind::TooDeep,
                    format!("{rule} stands on a chain of more than {DEEPEST_RULES} rules"),
                ));
            }
            Ok(_) => {}
            Err(again) => found.push(place(modules, &again, Kind::Recursion, format!("{again} needs itself"))),
        }
    }
    found
}

/// How long the longest chain under a rule is; `Err` names a rule that is met again.
fn depth(
    rule: &RulePath,
    edges: &BTreeMap<RulePath, BTreeSet<RulePath>>,
    known: &mut BTreeMap<RulePath, usize>,
    on_the_way: &mut BTreeSet<RulePath>,
) -> Result<usize, RulePath> {
    if let Some(depth) = known.get(rule) {
        return Ok(*depth);
    }
    if !on_the_way.insert(rule.clone()) {
        return Err(rule.clone());
    }
    let mut deepest = 0;
    for next in edges.get(rule).into_iter().flatten() {
        deepest = deepest.max(depth(next, edges, known, on_the_way)? + 1);
    }
    on_the_way.remove(rule);
    known.insert(rule.clone(), deepest);
    Ok(deepest)
}

fn place(modules: &[Ref<Module>], path: &str, kind: Kind, message: String) -> Problem {
    let spans = modules.iter().flat_map(|m| {
        let package = tree::package(m).join(".");
        m.policy.iter().filter(move |r| format!("{package}.{}", tree::rule_name(r)) == path).map(|r| r.span())
    });
    match spans.into_iter().next() {
        Some(span) => Problem::at(kind, file(span), span.line, message),
        None => Problem::all(kind, message),
    }
}

/// The `deny contains …` rules of the policy proper, in order.
pub fn denies(modules: &[Ref<Module>]) -> Vec<DenyRule> {
    let policy = modules.iter().filter(|m| !is_test(m) && tree::package(m) == ["data", "writ"]);
    policy.flat_map(|m| m.policy.iter()).filter_map(|r| deny(r)).collect()
}

fn deny(rule: &Rule) -> Option<DenyRule> {
    let Rule::Spec { span, head: RuleHead::Set { key: Some(key), .. }, .. } = rule else { return None };
    let at = key.span();
    // The span of a text lies inside its quotes.
    let quotes = usize::from(tree::literal(key).is_some());
    (tree::rule_name(rule) == "deny").then(|| DenyRule {
        file: file(span).to_owned(),
        line: span.line,
        key: (at.start as usize).saturating_sub(quotes)..(at.end as usize).saturating_add(quotes),
    })
}

/// Whether a bundle that was marked is still the same bundle: as many `deny` rules, on the same lines, each with its mark.
pub fn is_marked(modules: &[Ref<Module>], denies: &[DenyRule], mark: &str) -> bool {
    let policy = modules.iter().filter(|m| !is_test(m) && tree::package(m) == ["data", "writ"]);
    let keys = policy.flat_map(|m| m.policy.iter()).filter(|r| deny(r).is_some()).filter_map(|rule| match rule.as_ref() {
        Rule::Spec { span, head: RuleHead::Set { key: Some(key), .. }, .. } => Some((span, key)),
        _ => None,
    });
    let found: Vec<_> = keys.collect();
    found.len() == denies.len()
        && found.iter().zip(denies).all(|((span, key), deny)| {
            let called = match key.as_ref() {
                Expr::Call { fcn, .. } => tree::reference(fcn).map(|r| r.root),
                _ => None,
            };
            file(span) == deny.file && span.line == deny.line && called.as_deref() == Some(mark)
        })
}
