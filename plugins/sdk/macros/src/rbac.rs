//! `rbac = "apps/deployments: get; apps/deployments/scale: get, update"`, as rules.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr, Result};

const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// The rules, each as an expression of type `Need`.
pub(crate) fn rules(text: &LitStr, scope: &TokenStream) -> Result<Vec<TokenStream>> {
    let value = text.value();
    let rules = value.split(';').map(str::trim).filter(|r| !r.is_empty());
    rules.map(|one| rule(one, scope).map_err(|why| Error::new_spanned(text, format!("`{one}`: {why}")))).collect()
}

fn rule(text: &str, scope: &TokenStream) -> std::result::Result<TokenStream, String> {
    let (what, verbs) = text.split_once(':').ok_or("write `group/resource: verb, verb`")?;
    let (what, names) = match what.trim().split_once('[') {
        Some((what, names)) => (what, names.trim_end().strip_suffix(']').ok_or("the bracket is not closed")?),
        None => (what.trim(), ""),
    };
    let (group, resource) = what.split_once('/').ok_or("write the group too; the core group is `core`")?;
    let group = if group == "core" { "" } else { group };
    let verbs = words(verbs);
    if let Some(odd) = verbs.iter().find(|v| !VERBS.contains(v)) {
        return Err(format!("`{odd}` is no verb an action may ask for: {}", VERBS.join(", ")));
    }
    if verbs.is_empty() || [group, resource, names].iter().any(|part| part.contains('*')) {
        return Err("wildcards and empty lists are refused by the host: name what is needed".to_owned());
    }
    let names = words(names);
    Ok(quote! {
        ::writ_action::Need {
            scope: #scope,
            group: #group,
            resource: #resource,
            names: &[#(#names),*],
            verbs: &[#(#verbs),*],
        }
    })
}

fn words(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|w| !w.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<String> {
        let text = LitStr::new(text, proc_macro2::Span::call_site());
        let rules = rules(&text, &quote!(S))?;
        Ok(rules.iter().map(|r| r.to_string().replace(' ', "").replace("::writ_action::Need", "")).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn rules_are_read_as_people_write_them() {
        let rule = |rest: &str| format!("{{scope:S,{rest},}}");
        assert_eq!(
            said("apps/deployments: get; core/pods/eviction: create; core/configmaps[a, b]: get, patch").unwrap(),
            [
                rule(r#"group:"apps",resource:"deployments",names:&[],verbs:&["get"]"#),
                rule(r#"group:"",resource:"pods/eviction",names:&[],verbs:&["create"]"#),
                rule(r#"group:"",resource:"configmaps",names:&["a","b"],verbs:&["get","patch"]"#),
            ]
            .join("\n")
        );
    }

    #[test]
    fn what_no_role_may_contain_does_not_compile() {
        for text in [
            "apps/*: get",
            "*/deployments: get",
            "apps/deployments: *",
            "apps/deployments: impersonate",
            "apps/deployments:",
            "pods: get",
            "apps/deployments",
            "core/configmaps[a: get",
        ] {
            assert!(said(text).is_err(), "{text}");
        }
    }
}
