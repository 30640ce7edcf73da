//! `derive(Choice)`: an enum without data, as one of several names.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result, Variant};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(input, "Choice is for enums; a struct derives Parameters"));
    };
    let kind = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|v| &v.ident).collect();
    let names = data.variants.iter().map(name).collect::<Result<Vec<_>>>()?;
    Ok(quote! {
        #[automatically_derived]
        impl ::writ_action::Param for #kind {
            fn schema() -> ::writ_action::serde_json::Value {
                ::writ_action::serde_json::json!({"type": "string", "enum": [#(#names),*]})
            }
            fn read(
                value: &::writ_action::serde_json::Value,
                at: &str,
                _: &::writ_action::Rules,
                bad: &mut ::writ_action::Violations,
            ) -> ::core::option::Option<Self> {
                let chosen = ::writ_action::read_choice(value, at, &[#(#names),*], bad)?;
                [#(Self::#variants),*].into_iter().nth(chosen)
            }
            fn write(&self) -> ::core::option::Option<::writ_action::serde_json::Value> {
                ::core::option::Option::Some(match self { #(Self::#variants => #names),* }.into())
            }
        }
    })
}

fn name(variant: &Variant) -> Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new_spanned(variant, "a choice has no data"));
    }
    let mut name = variant.ident.to_string();
    for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("param")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("only `name` is known here"));
            }
            name = meta.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
    }
    Ok(name)
}
