//! The macros of `writ-action`: `derive(Parameters)`, `derive(Choice)` and `#[action]`. They only write down what the author
//! said; whatever can be wrong is said at compile time, at the place where it is written.
mod action;
mod choice;
mod doc;
mod kind;
mod parameters;
mod rbac;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Typed parameters: the JSON Schema, the reading with every violation at once, the writing back.
///
/// The doc comment of the struct is what the action does (its first sentence the summary), that of a field describes the
/// parameter. `#[param(…)]` takes `default = value`, `minimum`, `maximum` (numbers), `min_length`, `max_length` (characters
/// or items), `pattern`, `format` (strings) and `name = "…"`. A field of type `Option` may be left out.
#[proc_macro_derive(Parameters, attributes(param))]
pub fn parameters(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    parameters::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// One of several names, as a parameter: an enum without data. `#[param(name = "…")]` gives a variant another name.
#[proc_macro_derive(Choice, attributes(param))]
pub fn choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    choice::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// What an action declares beside its code; on `impl Action for …`.
///
/// Needed: `name`, `target` (such as `"apps/v1 Deployment"`, several with commas; `"v1 Pod"` for the core group;
/// `"example.com/v1 Policy/policies"` where the plural is not regular; `"none"`), `risk` (`Low`, `Medium`, `High`,
/// `Critical`), `when`, `not_when`, `rbac` (`"group/resource: verb, verb; …"`, the core group is `core`, a name in brackets
/// narrows it: `"core/configmaps[settings]: get"`).
///
/// May be left out: `preconditions`, `observes` (kinds `reads` asks for), `reversible` (`Always`, or `Depends`, `Never`),
/// `idempotent` (`false`), `dry_run` (`Server`, or `Predicted`), `timeout`, `longest`, `verify` (such as `"90s"`, `"5m"`),
/// `example` (parameters as JSON; may be given several times), `scope` (`Namespaced`, or `Cluster`), `may_be_absent`
/// (`false`), `docs_url`, `category`.
#[proc_macro_attribute]
pub fn action(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as action::Arguments);
    let item = parse_macro_input!(item as syn::ItemImpl);
    action::expand(&arguments, &item).unwrap_or_else(syn::Error::into_compile_error).into()
}
