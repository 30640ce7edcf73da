//! A rule over a field that the question does not have never fires, and nobody notices. So every path that a policy reads is held
//! against the schema of the question, and every setting against the bundle's own data. Only what is written out can be checked:
//! names, and variables bound by `some … in`, `every` and `:=`. What is known only when it runs is let through.
use super::inspect::is_test;
use super::names;
use super::problem::{Kind, Problem};
use super::tree::{self, Key, Met, Reference};
use regorus::unstable::{AssignOp, Expr, Literal, Module, Ref, Rule};
use serde_json::Value;
use std::collections::BTreeMap;

/// All paths that lead nowhere.
pub fn problems(modules: &[Ref<Module>], settings: &Value) -> Vec<Problem> {
    let schema = decide::question::schema();
    let mut found = Vec::new();
    for module in modules.iter().filter(|m| !is_test(m)) {
        for rule in &module.policy {
            let types = Types { schema: &schema, module, bound: BTreeMap::new() }.learn(rule);
            tree::walk_rule(rule, &mut |met, _| {
                let Met::Expr(expr) = met else { return };
                let Some(reference) = tree::reference(expr) else { return };
                let span = expr.span();
                let file = span.source.get_path();
                if let Err(wrong) = types.follow(&reference) {
                    found.push(Problem::at(Kind::UnknownInput, file, span.line, wrong));
                }
                if let Some(wrong) = setting(module, &reference, settings) {
                    found.push(Problem::at(Kind::UnknownSetting, file, span.line, wrong));
                }
            });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Part of the schema that describes a value; none: it may be anything.
type Shape<'a> = Option<&'a Value>;

struct Types<'a> {
    schema: &'a Value,
    module: &'a Module,
    bound: BTreeMap<String, Shape<'a>>,
}

impl<'a> Types<'a> {
    /// What the variables of a rule stand for. Twice, as one may be bound by another that is bound further down.
    fn learn(mut self, rule: &Rule) -> Self {
        for _ in 0..2 {
            let mut next: BTreeMap<String, Shape<'a>> = BTreeMap::new();
            tree::walk_rule(rule, &mut |met, _| {
                for (name, shape) in self.bindings(&met) {
                    // One name for two things, in two comprehensions: nothing is known of it.
                    let shape = next.get(&name).map_or(shape, |other| if *other == shape { shape } else { None });
                    next.insert(name, shape);
                }
            });
            self.bound = next;
        }
        self
    }

    fn bindings(&self, met: &Met<'_>) -> Vec<(String, Shape<'a>)> {
        match met {
            Met::Expr(Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. }) => match lhs.as_ref() {
                Expr::Var { .. } => tree::variables(lhs).into_iter().map(|n| (n, self.shape(rhs))).collect(),
                pattern => tree::variables(pattern).into_iter().map(|n| (n, None)).collect(),
            },
            Met::Expr(_) => Vec::new(),
            Met::Stmt(stmt) => match &stmt.literal {
                Literal::SomeIn { key, value, collection, .. } => {
                    let shape = self.shape(collection).and_then(|s| self.inside(s));
                    let shape = if matches!(value.as_ref(), Expr::Var { .. }) { shape } else { None };
                    let keys = key.iter().flat_map(|k| tree::variables(k)).map(|n| (n, None));
                    tree::variables(value).into_iter().map(|n| (n, shape)).chain(keys).collect()
                }
                Literal::Every { key, value, domain, .. } => {
                    let shape = self.shape(domain).and_then(|s| self.inside(s));
                    let keys = key.iter().map(|k| (k.text().to_owned(), None));
                    std::iter::once((value.text().to_owned(), shape)).chain(keys).collect()
                }
                Literal::SomeVars { .. } | Literal::Expr { .. } | Literal::NotExpr { .. } => Vec::new(),
            },
        }
    }

    fn shape(&self, expr: &Expr) -> Shape<'a> {
        tree::reference(expr).and_then(|r| self.follow(&r).ok().flatten())
    }

    /// The shape at the end of a reference; `Err` says where it leaves the question.
    fn follow(&self, reference: &Reference) -> Result<Shape<'a>, String> {
        let import = names::imported(self.module, &reference.root);
        let (mut at, mut path) = match (self.bound.get(&reference.root), import) {
            (Some(shape), _) => (*shape, reference.root.clone()),
            (None, Some(import)) if import.root == "input" => {
                let whole = Types { schema: self.schema, module: self.module, bound: BTreeMap::new() };
                (whole.walk(Some(self.schema), "input".to_owned(), &import.keys)?.0, reference.root.clone())
            }
            (None, None) if reference.root == "input" => (Some(self.schema), "input".to_owned()),
            _ => return Ok(None),
        };
        (at, path) = self.walk(at, path, &reference.keys)?;
        let _ = path;
        Ok(at)
    }

    fn walk(&self, mut at: Shape<'a>, mut path: String, keys: &[Key]) -> Result<(Shape<'a>, String), String> {
        for key in keys {
            let Some(shape) = at.map(|s| self.plain(s)) else { return Ok((None, path)) };
            let name = match key {
                Key::Name(n) => n.as_str(),
                Key::Any => "_",
            };
            at = self.step(shape, key).map_err(|has| format!("{path}.{name} is not in the question{has}"))?;
            path = format!("{path}.{name}");
        }
        Ok((at, path))
    }

    fn step(&self, shape: &'a Value, key: &Key) -> Result<Shape<'a>, String> {
        match (kind(shape), key) {
            ("object", Key::Name(name)) => match shape.get("properties").and_then(Value::as_object) {
                Some(fields) => match fields.get(name) {
                    Some(field) => Ok(Some(field)),
                    None => Err(format!(" (it has {})", fields.keys().cloned().collect::<Vec<_>>().join(", "))),
                },
                None => Ok(shape.get("additionalProperties").filter(|s| s.is_object())),
            },
            ("object", Key::Any) => Ok(shape.get("additionalProperties").filter(|s| s.is_object())),
            ("array", Key::Any) => Ok(self.inside(shape)),
            ("array", Key::Name(_)) => Err(" (it is a list: some x in it)".to_owned()),
            ("", _) => Ok(None),
            (scalar, _) => Err(format!(" (it is of type {scalar})")),
        }
    }

    /// What a list or a map holds.
    fn inside(&self, shape: &'a Value) -> Shape<'a> {
        let shape = self.plain(shape);
        shape.get("items").or_else(|| shape.get("additionalProperties").filter(|s| s.is_object()))
    }

    /// Behind references, and behind "this or null".
    fn plain(&self, mut shape: &'a Value) -> &'a Value {
        loop {
            let pointer = shape.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
            let either = shape.get("anyOf").and_then(Value::as_array);
            let next = match (pointer, either) {
                (Some(pointer), _) => self.schema.pointer(pointer),
                (None, Some(either)) => either.iter().find(|s| kind(s) != "null"),
                (None, None) => None,
            };
            match next {
                Some(next) => shape = next,
                None => return shape,
            }
        }
    }
}

/// `object`, `array`, `string`, …; empty where it may be several or anything.
fn kind(shape: &Value) -> &str {
    // One of several words is written as one of several texts.
    let choices = shape
        .get("oneOf")
        .and_then(Value::as_array)
        .filter(|all| all.windows(2).all(|w| matches!(w, [a, b] if kind(a) == kind(b))));
    let shape = choices.and_then(|all| all.first()).unwrap_or(shape);
    shape.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn setting(module: &Module, reference: &Reference, settings: &Value) -> Option<String> {
    let whole = match names::imported(module, &reference.root) {
        Some(import) => Reference { root: import.root, keys: [import.keys, reference.keys.clone()].concat() },
        None => reference.clone(),
    };
    let names = whole.names();
    let (Some(&"data"), Some(&"settings")) = (names.first(), names.get(1)) else { return None };
    let mut at = settings;
    for name in names.get(2..)? {
        match at {
            Value::Object(fields) => match fields.get(*name) {
                Some(next) => at = next,
                None => return Some(format!("{} is not in the policy's data", names.join("."))),
            },
            _ => return None,
        }
    }
    None
}
