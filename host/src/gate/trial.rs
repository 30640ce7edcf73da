//! Runs a bundle's own tests, and says of one that does not hold where it stopped and what was there instead.
use super::engine::{self, Evaluated, Limits, Stopped};
use super::tree;
use regorus::unstable::{BoolOp, Expr, Literal, LiteralStmt, Module, Ref, Rule, RuleHead};
use regorus::{Engine, Value};
use std::collections::BTreeSet;

/// One `test_` rule.
#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    pub file: String,
    /// Of its head.
    pub line: u32,
    /// `data.writ_test.test_…`.
    pub path: String,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    TimedOut,
    OutOfMemory,
    /// Where it stopped, and why.
    Failed(u32, String),
}

/// A test, how it went, and which `deny` it made fire.
pub struct Trial {
    pub test: Test,
    pub outcome: Outcome,
    pub fired: BTreeSet<usize>,
}

/// All tests in order of file and line.
pub fn tests(modules: &[Ref<Module>]) -> Vec<Test> {
    let mut seen = BTreeSet::new();
    let rules = modules.iter().flat_map(|m| m.policy.iter().map(move |r| (m, r)));
    let mut found: Vec<Test> =
        rules.filter_map(|(module, rule)| test(module, rule)).filter(|t| seen.insert(t.path.clone())).collect();
    found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    found
}

fn test(module: &Module, rule: &Rule) -> Option<Test> {
    let Rule::Spec { span, head: RuleHead::Compr { .. }, .. } = rule else { return None };
    let name = tree::rule_name(rule);
    name.starts_with("test_").then(|| Test {
        path: format!("{}.{name}", tree::package(module).join(".")),
        file: span.source.get_path().clone(),
        line: span.line,
        name,
    })
}

/// Runs one test. What it evaluates is added to the engine's coverage, where that is on.
pub fn run(engine: &mut Engine, test: Test, modules: &[Ref<Module>], limits: Limits) -> Trial {
    // As a decision: a machine that stalls once is forgiven.
    let evaluated = match engine::evaluate(engine, &test.path, limits.memory) {
        Evaluated { value: Err(Stopped::TimedOut), .. } => engine::evaluate(engine, &test.path, limits.memory),
        evaluated => evaluated,
    };
    let fired = evaluated.fired.iter().map(|(number, _)| *number).collect();
    let outcome = match evaluated.value {
        Ok(Value::Undefined | Value::Bool(false)) => failed(engine, &test, modules, limits),
        Ok(_) => Outcome::Passed,
        Err(Stopped::TimedOut) => Outcome::TimedOut,
        Err(Stopped::OutOfMemory) => Outcome::OutOfMemory,
        Err(Stopped::Failed(why)) => {
            let place = super::check::place(&why);
            Outcome::Failed(place.line.max(1), place.message)
        }
    };
    Trial { test, outcome, fired }
}

/// The test is evaluated once more, alone: the last line that was reached is the one that did not hold.
fn failed(engine: &Engine, test: &Test, modules: &[Ref<Module>], limits: Limits) -> Outcome {
    let vague = Outcome::Failed(test.line, "does not hold".to_owned());
    let Some((module, rule)) = modules.iter().find_map(|m| Some((m, m.policy.iter().find(|r| is(m, r, test))?))) else {
        return vague;
    };
    let Some(stmts) = statements(rule) else { return vague };
    let mut alone = engine.clone();
    alone.clear_coverage_data();
    alone.set_enable_coverage(true);
    let _ = engine::evaluate(&mut alone, &test.path, limits.memory);
    let Ok(report) = alone.get_coverage_report() else { return vague };
    let Some(covered) = report.files.into_iter().find(|f| f.path == test.file).map(|f| f.covered) else { return vague };
    let Some(stopped) = stmts.iter().rposition(|s| covered.contains(&s.span.line)) else { return vague };
    let (before, rest) = stmts.split_at(stopped);
    let Some(stmt) = rest.first() else { return vague };
    let message = told(engine, module, before, stmt, limits)
        .unwrap_or_else(|| format!("{} does not hold", short(&tree::words(&stmt.span))));
    Outcome::Failed(stmt.span.line, message)
}

fn is(module: &Module, rule: &Rule, test: &Test) -> bool {
    rule.span().line == test.line && format!("{}.{}", tree::package(module).join("."), tree::rule_name(rule)) == test.path
}

fn statements(rule: &Rule) -> Option<&[LiteralStmt]> {
    match rule {
        Rule::Spec { bodies, .. } => bodies.first().map(|b| b.query.stmts.as_slice()),
        Rule::Default { .. } => None,
    }
}

/// `d.require.approvals: got 0, want 1`.
fn told(engine: &Engine, module: &Module, before: &[LiteralStmt], stmt: &LiteralStmt, limits: Limits) -> Option<String> {
    match &stmt.literal {
        Literal::Expr { expr, .. } if stmt.with_mods.is_empty() => match expr.as_ref() {
            Expr::BoolExpr { op, lhs, rhs, .. } => {
                let got = probe(engine, module, before, lhs, limits)?;
                let want = probe(engine, module, before, rhs, limits)?;
                Some(match op {
                    BoolOp::Eq => format!("{}: got {got}, want {want}", tree::words(lhs.span())),
                    _ => format!("{}: got {got} and {want}", tree::words(expr.span())),
                })
            }
            other => Some(format!("{}: got {}", tree::words(other.span()), probe(engine, module, before, other, limits)?)),
        },
        Literal::Expr { .. }
        | Literal::NotExpr { .. }
        | Literal::SomeVars { .. }
        | Literal::SomeIn { .. }
        | Literal::Every { .. } => None,
    }
}

/// What an expression of a test is, after the statements before it. By a rule of our own in the test's package.
fn probe(engine: &Engine, module: &Module, before: &[LiteralStmt], expr: &Expr, limits: Limits) -> Option<String> {
    let imports = module.imports.iter().map(|i| match &i.r#as {
        Some(alias) => format!("import {} as {}\n", i.refr.span().text(), alias.text()),
        None => format!("import {}\n", i.refr.span().text()),
    });
    let body: String = before.iter().map(|s| format!("\t{}\n", s.span.text())).collect();
    let value = format!("writ_probe := {} if {{\n{body}\ttrue\n}}\n", expr.span().text());
    let text = format!("package {}\n{}{value}", module.package.refr.span().text(), imports.collect::<String>());
    let mut engine = engine.clone();
    engine.add_policy("probe.rego".to_owned(), text).ok()?;
    let rule = format!("{}.writ_probe", tree::package(module).join("."));
    match engine::ask(&engine, Value::new_object(), &rule, limits).value.ok()? {
        Value::Undefined => Some("nothing (undefined)".to_owned()),
        value => serde_json::to_string(&value).ok().map(|text| short(&text)),
    }
}

/// One line of a screen.
fn short(text: &str) -> String {
    let start: String = text.chars().take(120).collect();
    if start.len() < text.len() { start + " …" } else { start }
}
