//! Walking a parsed module: its expressions, its rules' names, the paths of references. Knows the syntax tree of regorus and
//! nothing about what is allowed.
use regorus::Value;
use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleHead, Span};

/// One step of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// `.name` or `["name"]`.
    Name(String),
    /// Anything that is known only when it runs.
    Any,
}

/// A reference from its root, such as `input.plan.changes[_].field`.
#[derive(Clone, Debug)]
pub struct Reference {
    pub root: String,
    pub keys: Vec<Key>,
}

impl Reference {
    /// The names from the start, as far as they are written out, root first.
    pub fn names(&self) -> Vec<&str> {
        let names = self.keys.iter().map_while(|k| match k {
            Key::Name(n) => Some(n.as_str()),
            Key::Any => None,
        });
        std::iter::once(self.root.as_str()).chain(names).collect()
    }
}

/// The text of a string value.
pub fn text(value: &Value) -> Option<&str> {
    value.as_string().ok().map(|s| &**s)
}

/// A reference with a variable at its root; none for anything else.
pub fn reference(expr: &Expr) -> Option<Reference> {
    let mut keys = Vec::new();
    let mut at = expr;
    loop {
        match at {
            Expr::Var { value, .. } => {
                keys.reverse();
                return Some(Reference { root: text(value)?.to_owned(), keys });
            }
            Expr::RefDot { refr, field, .. } => {
                keys.push(text(&field.1).map_or(Key::Any, |n| Key::Name(n.to_owned())));
                at = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                keys.push(literal(index).map_or(Key::Any, |n| Key::Name(n.to_owned())));
                at = refr;
            }
            _ => return None,
        }
    }
}

/// The text of a string literal.
pub fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => text(value),
        _ => None,
    }
}

/// The path of a module's package, such as `["data", "writ"]`.
pub fn package(module: &Module) -> Vec<String> {
    let inside = reference(&module.package.refr);
    let names = inside.iter().flat_map(|r| r.names().into_iter().map(str::to_owned).collect::<Vec<_>>());
    std::iter::once("data".to_owned()).chain(names).collect()
}

/// The reference in a rule's head.
pub fn head(rule: &Rule) -> &Expr {
    match rule {
        Rule::Spec { head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. }, .. }
        | Rule::Default { refr, .. } => refr,
    }
}

/// The first name in a rule's head; empty for a head that is no reference.
pub fn rule_name(rule: &Rule) -> String {
    reference(head(rule)).map(|r| r.root).unwrap_or_default()
}

/// What is met on the way through a rule.
pub enum Met<'a> {
    /// An expression; its parts are met after it.
    Expr(&'a Expr),
    /// A statement; its parts are met after it.
    Stmt(&'a LiteralStmt),
}

/// Meets everything in a rule; `depth` counts what is inside what.
pub fn walk_rule(rule: &Rule, see: &mut dyn FnMut(Met<'_>, usize)) {
    match rule {
        Rule::Default { value, .. } => walk(value, 0, see),
        Rule::Spec { head, bodies, .. } => {
            walk_head(head, see);
            for body in bodies {
                if let Some(assign) = &body.assign {
                    walk(&assign.value, 0, see);
                }
                walk_query(&body.query, 0, see);
            }
        }
    }
}

fn walk_head(head: &RuleHead, see: &mut dyn FnMut(Met<'_>, usize)) {
    match head {
        RuleHead::Compr { refr, assign, .. } => {
            walk_index(refr, see);
            assign.iter().for_each(|a| walk(&a.value, 0, see));
        }
        RuleHead::Set { refr, key, .. } => {
            walk_index(refr, see);
            key.iter().for_each(|k| walk(k, 0, see));
        }
        RuleHead::Func { args, assign, .. } => {
            args.iter().for_each(|a| walk(a, 0, see));
            assign.iter().for_each(|a| walk(&a.value, 0, see));
        }
    }
}

/// A head such as `by_name[t.name] := t`: its name is a definition, what is in the brackets is read.
fn walk_index(refr: &Expr, see: &mut dyn FnMut(Met<'_>, usize)) {
    match refr {
        Expr::RefBrack { refr, index, .. } => {
            walk_index(refr, see);
            walk(index, 0, see);
        }
        Expr::RefDot { refr, .. } => walk_index(refr, see),
        _ => {}
    }
}

fn walk_query(query: &Query, depth: usize, see: &mut dyn FnMut(Met<'_>, usize)) {
    for stmt in &query.stmts {
        see(Met::Stmt(stmt), depth);
        match &stmt.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                key.iter().for_each(|k| walk(k, depth + 1, see));
                walk(value, depth + 1, see);
                walk(collection, depth + 1, see);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => walk(expr, depth + 1, see),
            Literal::Every { domain, query, .. } => {
                walk(domain, depth + 1, see);
                walk_query(query, depth + 1, see);
            }
        }
        for with in &stmt.with_mods {
            walk(&with.r#as, depth + 1, see);
        }
    }
}

/// Meets an expression and all in it.
pub fn walk(expr: &Expr, depth: usize, see: &mut dyn FnMut(Met<'_>, usize)) {
    see(Met::Expr(expr), depth);
    let mut inside = |e: &Ref<Expr>| walk(e, depth + 1, see);
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().for_each(inside),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, k, v)| {
            inside(k);
            inside(v);
        }),
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            inside(term);
            walk_query(query, depth + 1, see);
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            inside(key);
            inside(value);
            walk_query(query, depth + 1, see);
        }
        Expr::Call { params, .. } => params.iter().for_each(inside),
        Expr::UnaryExpr { expr, .. } => inside(expr),
        Expr::RefDot { .. } | Expr::RefBrack { .. } => walk_parts(expr, depth, see),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            inside(lhs);
            inside(rhs);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().for_each(&mut inside);
            inside(value);
            inside(collection);
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
    }
}

/// What is in a reference beside its names: `data` in `data.settings.x` is not read as a whole, and so is not met.
fn walk_parts(mut at: &Expr, depth: usize, see: &mut dyn FnMut(Met<'_>, usize)) {
    loop {
        match at {
            Expr::RefDot { refr, .. } => at = refr,
            Expr::RefBrack { refr, index, .. } => {
                walk(index, depth + 1, see);
                at = refr;
            }
            Expr::Var { .. } => return,
            other => return walk(other, depth + 1, see),
        }
    }
}

/// The variables that a pattern binds.
pub fn variables(pattern: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    walk(pattern, 0, &mut |met, _| {
        if let Met::Expr(Expr::Var { value, .. }) = met {
            found.extend(text(value).map(str::to_owned));
        }
    });
    found
}

/// The text under a span.
pub fn words(span: &Span) -> String {
    span.text().split_whitespace().collect::<Vec<_>>().join(" ")
}
