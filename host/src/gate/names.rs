//! Which rule a name in a bundle means: by package, import, or whole path. For the checks of calls, recursion and depth.
use super::tree::{self, Reference};
use regorus::unstable::{Expr, Literal, Module, Ref, Rule, RuleHead};
use std::collections::{BTreeMap, BTreeSet};

/// A rule by its whole path, joined with dots: `data.writ.deny`.
pub type RulePath = String;

/// All rules of a bundle by name.
#[derive(Default)]
pub struct Names {
    rules: BTreeSet<RulePath>,
    functions: BTreeSet<RulePath>,
}

impl Names {
    pub fn of(modules: &[Ref<Module>]) -> Self {
        let mut names = Self::default();
        for module in modules {
            let package = tree::package(module).join(".");
            for rule in &module.policy {
                let path = format!("{package}.{}", tree::rule_name(rule));
                if is_function(rule) {
                    names.functions.insert(path.clone());
                }
                names.rules.insert(path);
            }
        }
        names
    }

    pub fn is_rule(&self, path: &str) -> bool {
        self.rules.contains(path)
    }

    /// The function that a call means; none: a builtin, or nothing.
    pub fn function(&self, module: &Module, called: &Reference) -> Option<RulePath> {
        let path = self.resolve(module, called).into_iter().next()?;
        self.functions.contains(&path).then_some(path)
    }

    /// The rules a reference may mean. Several, where it names a package or is known only when it runs.
    pub fn resolve(&self, module: &Module, to: &Reference) -> Vec<RulePath> {
        let names = to.names();
        let path = if to.root == "data" {
            names.join(".")
        } else if let Some(import) = imported(module, &to.root) {
            [import.names().as_slice(), names.get(1..).unwrap_or_default()].concat().join(".")
        } else {
            let local = [tree::package(module).join("."), to.root.clone()].join(".");
            return self.rules.get(&local).cloned().into_iter().collect();
        };
        self.under(&path)
    }

    /// The rule that a path goes through, or all rules that lie under it.
    fn under(&self, path: &str) -> Vec<RulePath> {
        let inside =
            |long: &str, short: &str| long == short || long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
        match self.rules.iter().find(|r| inside(path, r)) {
            Some(rule) => vec![rule.clone()],
            None => self.rules.iter().filter(|r| inside(r, path)).cloned().collect(),
        }
    }
}

fn is_function(rule: &Rule) -> bool {
    match rule {
        Rule::Spec { head: RuleHead::Func { .. }, .. } => true,
        Rule::Spec { .. } => false,
        Rule::Default { args, .. } => !args.is_empty(),
    }
}

/// What an import's name stands for.
pub fn imported(module: &Module, name: &str) -> Option<Reference> {
    module.imports.iter().find_map(|import| {
        let what = tree::reference(&import.refr)?;
        let alias = match &import.r#as {
            Some(span) => span.text().to_owned(),
            None => what.names().last().map(|n| (*n).to_owned())?,
        };
        (alias == name).then_some(what)
    })
}

/// Names that a rule binds itself, so that they mean no rule in it.
pub fn locals(rule: &Rule) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Rule::Spec { head: RuleHead::Func { args, .. }, .. } = rule {
        found.extend(args.iter().flat_map(|a| tree::variables(a)));
    }
    tree::walk_rule(rule, &mut |met, _| match met {
        tree::Met::Expr(Expr::AssignExpr { op: regorus::unstable::AssignOp::ColEq, lhs, .. }) => {
            found.extend(tree::variables(lhs))
        }
        tree::Met::Expr(_) => {}
        tree::Met::Stmt(stmt) => match &stmt.literal {
            Literal::SomeVars { vars, .. } => found.extend(vars.iter().map(|v| v.text().to_owned())),
            Literal::SomeIn { key, value, .. } => {
                found.extend(key.iter().flat_map(|k| tree::variables(k)));
                found.extend(tree::variables(value));
            }
            Literal::Every { key, value, .. } => found.extend(key.iter().chain([value]).map(|s| s.text().to_owned())),
            Literal::Expr { .. } | Literal::NotExpr { .. } => {}
        },
    });
    found
}

/// What each rule needs: an edge for each reference and call.
pub fn graph(modules: &[Ref<Module>], names: &Names) -> BTreeMap<RulePath, BTreeSet<RulePath>> {
    let mut edges: BTreeMap<RulePath, BTreeSet<RulePath>> = BTreeMap::new();
    for module in modules {
        let package = tree::package(module).join(".");
        for rule in &module.policy {
            let own = locals(rule);
            let to = edges.entry(format!("{package}.{}", tree::rule_name(rule))).or_default();
            tree::walk_rule(rule, &mut |met, _| {
                let tree::Met::Expr(expr) = met else { return };
                match expr {
                    // A call means a function even where a variable has its name.
                    Expr::Call { fcn, .. } => to.extend(tree::reference(fcn).and_then(|r| names.function(module, &r))),
                    Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                        let meant = tree::reference(expr).filter(|r| !own.contains(&r.root));
                        to.extend(meant.iter().flat_map(|r| names.resolve(module, r)));
                    }
                    _ => {}
                }
            });
        }
    }
    edges
}
