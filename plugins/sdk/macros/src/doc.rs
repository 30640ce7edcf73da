//! Doc comments as plain text.
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Lines of a paragraph joined, paragraphs apart by an empty line.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(line).map(|l| l.trim().to_owned()).collect();
    let paragraphs = lines.split(String::is_empty).filter(|p| !p.is_empty());
    paragraphs.map(|p| p.join(" ")).collect::<Vec<_>>().join("\n\n")
}

fn line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
