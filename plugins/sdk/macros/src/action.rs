//! `#[action(…)]` on `impl Action for …`: the facts, as an implementation of `Declared`.
use crate::{kind, rbac};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use std::collections::BTreeMap;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, ItemImpl, LitBool, LitStr, Result, Token};

const KNOWN: [&str; 19] = [
    "name",
    "target",
    "risk",
    "when",
    "not_when",
    "rbac",
    "preconditions",
    "observes",
    "reversible",
    "idempotent",
    "dry_run",
    "timeout",
    "longest",
    "verify",
    "example",
    "scope",
    "may_be_absent",
    "docs_url",
    "category",
];

enum Word {
    Text(LitStr),
    Name(Ident),
    Flag(LitBool),
}

/// All that stands in the parentheses, by name.
pub(crate) struct Arguments(BTreeMap<String, Vec<Word>>);

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments: BTreeMap<String, Vec<Word>> = BTreeMap::new();
        for (key, word) in Punctuated::<Pair, Token![,]>::parse_terminated(input)?.into_iter().map(|p| (p.key, p.word)) {
            let known = KNOWN.contains(&key.to_string().as_str());
            let words = arguments.entry(key.to_string()).or_default();
            if !known {
                return Err(Error::new_spanned(key, format!("not known here; known are {}", KNOWN.join(", "))));
            }
            if !words.is_empty() && key != "example" {
                return Err(Error::new_spanned(key, "said twice"));
            }
            words.push(word);
        }
        Ok(Self(arguments))
    }
}

struct Pair {
    key: Ident,
    word: Word,
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.parse()?;
        input.parse::<Token![=]>()?;
        let word = if input.peek(LitStr) {
            Word::Text(input.parse()?)
        } else if input.peek(LitBool) {
            Word::Flag(input.parse()?)
        } else {
            Word::Name(input.parse()?)
        };
        Ok(Self { key, word })
    }
}

impl Arguments {
    fn first(&self, key: &str) -> Option<&Word> {
        self.0.get(key).and_then(|words| words.first())
    }

    fn text(&self, key: &str) -> Result<Option<&LitStr>> {
        match self.first(key) {
            None => Ok(None),
            Some(Word::Text(text)) => Ok(Some(text)),
            Some(Word::Name(name)) => Err(Error::new_spanned(name, format!("{key} is a text in quotes"))),
            Some(Word::Flag(flag)) => Err(Error::new_spanned(flag, format!("{key} is a text in quotes"))),
        }
    }

    fn needed(&self, key: &str) -> Result<&LitStr> {
        self.text(key)?.ok_or_else(|| Error::new(Span::call_site(), format!("`{key} = \"…\"` is missing")))
    }

    fn optional(&self, key: &str) -> Result<String> {
        Ok(self.text(key)?.map(LitStr::value).unwrap_or_default())
    }

    fn flag(&self, key: &str) -> Result<bool> {
        match self.first(key) {
            None => Ok(false),
            Some(Word::Flag(flag)) => Ok(flag.value),
            Some(_) => Err(Error::new(Span::call_site(), format!("{key} is true or false"))),
        }
    }

    /// One of the names of an enum of the contract.
    fn choice(&self, key: &str, kind: &str, names: &[&str], otherwise: Option<&str>) -> Result<TokenStream> {
        let chosen = match self.first(key) {
            Some(Word::Name(name)) if names.contains(&name.to_string().as_str()) => name.clone(),
            Some(_) => return Err(Error::new(Span::call_site(), format!("{key} is one of {}", names.join(", ")))),
            None => match otherwise {
                Some(name) => Ident::new(name, Span::call_site()),
                None => return Err(Error::new(Span::call_site(), format!("`{key} = …` is missing: {}", names.join(", ")))),
            },
        };
        let kind = Ident::new(kind, Span::call_site());
        Ok(quote!(::writ_action::wire::#kind::#chosen))
    }

    /// In seconds.
    fn duration(&self, key: &str, otherwise: u32) -> Result<u32> {
        let Some(text) = self.text(key)? else { return Ok(otherwise) };
        let value = text.value();
        let (digits, unit) = value.split_at(value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len()));
        let factor = match unit {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            _ => None,
        };
        let seconds = digits.parse::<u32>().ok().zip(factor).and_then(|(n, factor)| n.checked_mul(factor));
        seconds.ok_or_else(|| Error::new_spanned(text, "write `90s`, `5m` or `1h`"))
    }

    fn examples(&self) -> Vec<&LitStr> {
        let all = self.0.get("example").map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(|w| if let Word::Text(text) = w { Some(text) } else { None }).collect()
    }
}

pub(crate) fn expand(arguments: &Arguments, item: &ItemImpl) -> Result<TokenStream> {
    let kind = &item.self_ty;
    let facts = facts(arguments)?;
    Ok(quote! {
        #item
        #[automatically_derived]
        impl ::writ_action::Declared for #kind {
            const FACTS: ::writ_action::Facts = #facts;
        }
    })
}

fn facts(a: &Arguments) -> Result<TokenStream> {
    let (name, when, not_when) = (name(a)?, a.needed("when")?, a.needed("not_when")?);
    let preconditions = a.optional("preconditions")?;
    let (targets, scope) = targets(a)?;
    let needs = rbac::rules(a.needed("rbac")?, &scope)?;
    let observes = observes(a)?;
    let risk = a.choice("risk", "Risk", &["Low", "Medium", "High", "Critical"], None)?;
    let reversible = a.choice("reversible", "Reversible", &["Always", "Depends", "Never"], Some("Always"))?;
    let dry_run = a.choice("dry_run", "DryRun", &["Server", "Predicted"], Some("Server"))?;
    let idempotent = a.flag("idempotent")?;
    let timeouts = timeouts(a)?;
    let examples = a.examples();
    let annotations = annotations(a)?;
    Ok(quote! {
        ::writ_action::Facts {
            name: #name, when: #when, not_when: #not_when, preconditions: #preconditions,
            targets: &[#(#targets),*], needs: &[#(#needs),*], observes: &[#(#observes),*],
            risk: #risk, reversible: #reversible, idempotent: #idempotent, dry_run: #dry_run,
            timeouts: #timeouts, examples: &[#(#examples),*], annotations: &[#(#annotations),*],
        }
    })
}

fn name(a: &Arguments) -> Result<&LitStr> {
    let name = a.needed("name")?;
    let value = name.value();
    let is_snake = value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !value.ends_with('_');
    // 48 is the contract's limit
    if is_snake && value.len() <= 48 { Ok(name) } else { Err(Error::new_spanned(name, "snake_case, at most 48 characters")) }
}

fn targets(a: &Arguments) -> Result<(Vec<TokenStream>, TokenStream)> {
    let target = a.needed("target")?;
    let kinds = if target.value() == "none" { Vec::new() } else { kind::list(target)? };
    let natural = if kinds.iter().any(kind::Kind::is_cluster_wide) { "Cluster" } else { "Namespaced" };
    let scope = a.choice("scope", "Scope", &["Namespaced", "Cluster"], Some(natural))?;
    let may_be_absent = a.flag("may_be_absent")?;
    let targets = kinds.iter().map(|k| {
        let kind = k.tokens();
        quote!(::writ_action::TargetKind { kind: #kind, scope: #scope, may_be_absent: #may_be_absent })
    });
    Ok((targets.collect(), scope))
}

fn observes(a: &Arguments) -> Result<Vec<TokenStream>> {
    let kinds = a.text("observes")?.map(kind::list).transpose()?.unwrap_or_default();
    let observe = |k: &kind::Kind| {
        let scope = Ident::new(if k.is_cluster_wide() { "Cluster" } else { "Namespaced" }, Span::call_site());
        let kind = k.tokens();
        quote!(::writ_action::Observe { kind: #kind, scope: ::writ_action::wire::Scope::#scope })
    };
    Ok(kinds.iter().map(observe).collect())
}

fn timeouts(a: &Arguments) -> Result<TokenStream> {
    // one kubectl command takes a second; a minute leaves room for a node that must pull the image first
    let (default, longest) = (a.duration("timeout", 60)?, a.duration("longest", 600)?);
    let verify = a.duration("verify", 300)?;
    if default > longest {
        return Err(Error::new(Span::call_site(), "timeout is more than longest"));
    }
    Ok(quote!(::writ_action::wire::Timeouts { default: #default, longest: #longest, verify: #verify }))
}

fn annotations(a: &Arguments) -> Result<Vec<TokenStream>> {
    let mut annotations = Vec::new();
    for (key, published) in [("docs_url", "docs-url"), ("category", "category")] {
        if let Some(text) = a.text(key)? {
            annotations.push(quote!((#published, #text)));
        }
    }
    Ok(annotations)
}
