//! `derive(Parameters)`: a struct with named fields.
use crate::doc;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, LitFloat, LitInt, LitStr, Result, Type};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input)?;
    let fields = fields.iter().map(Parameter::of).collect::<Result<Vec<_>>>()?;
    let (name, doc) = (&input.ident, doc::text(&input.attrs));
    let names: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
    let idents: Vec<_> = fields.iter().map(|f| f.ident).collect();
    let schemas = fields.iter().map(Parameter::schema);
    let reads = fields.iter().map(Parameter::read);
    let writes = fields.iter().map(Parameter::write);
    Ok(quote! {
        #[automatically_derived]
        impl ::writ_action::Param for #name {
            fn schema() -> ::writ_action::serde_json::Value {
                ::writ_action::object_schema(#doc, ::std::vec![#(#schemas),*])
            }
            fn read(
                value: &::writ_action::serde_json::Value,
                at: &str,
                _: &::writ_action::Rules,
                bad: &mut ::writ_action::Violations,
            ) -> ::core::option::Option<Self> {
                let fields = ::writ_action::Reader::open(value, at, &[#(#names),*], bad)?;
                let _ = &fields;
                #(let #idents = #reads;)*
                ::core::option::Option::Some(Self { #(#idents: #idents?),* })
            }
            fn write(&self) -> ::core::option::Option<::writ_action::serde_json::Value> {
                #[allow(unused_mut, reason = "there may be no field")]
                let mut object = ::writ_action::serde_json::Map::new();
                #(#writes)*
                ::core::option::Option::Some(object.into())
            }
        }
        #[automatically_derived]
        impl ::writ_action::Parameters for #name {
            const DOC: &'static str = #doc;
        }
    })
}

fn fields(input: &DeriveInput) -> Result<Vec<Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().cloned().collect()),
            Fields::Unit => Err(Error::new_spanned(input, "write `struct X {}`: parameters are an object")),
            Fields::Unnamed(_) => Err(Error::new_spanned(input, "parameters need names")),
        },
        _ => Err(Error::new_spanned(input, "Parameters is for structs; an enum without data derives Choice")),
    }
}

struct Parameter<'a> {
    ident: &'a syn::Ident,
    kind: &'a Type,
    name: String,
    doc: String,
    default: Option<Expr>,
    rules: Vec<TokenStream>,
}

impl<'a> Parameter<'a> {
    fn of(field: &'a Field) -> Result<Self> {
        let Some(ident) = &field.ident else { return Err(Error::new_spanned(field, "parameters need names")) };
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        let mut parameter = Self { ident, kind: &field.ty, name, doc: doc::text(&field.attrs), default: None, rules: Vec::new() };
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("param")) {
            attribute.parse_nested_meta(|meta| parameter.take(&meta))?;
        }
        Ok(parameter)
    }

    fn take(&mut self, meta: &syn::meta::ParseNestedMeta<'_>) -> Result<()> {
        let key = meta.path.require_ident()?.to_string();
        let rule = format_ident!("{key}");
        match key.as_str() {
            "default" => self.default = Some(meta.value()?.parse()?),
            "name" => self.name = meta.value()?.parse::<LitStr>()?.value(),
            "minimum" | "maximum" => {
                let bound = number(meta)?;
                self.rules.push(quote!(#rule: ::core::option::Option::Some(#bound)));
            }
            "min_length" | "max_length" => {
                let bound: u32 = meta.value()?.parse::<LitInt>()?.base10_parse()?;
                self.rules.push(quote!(#rule: ::core::option::Option::Some(#bound)));
            }
            "pattern" | "format" => {
                let text: LitStr = meta.value()?.parse()?;
                self.rules.push(quote!(#rule: ::core::option::Option::Some(#text)));
            }
            _ => {
                return Err(meta.error("known are default, name, minimum, maximum, min_length, max_length, pattern and format"));
            }
        }
        Ok(())
    }

    fn rules(&self) -> TokenStream {
        let rules = &self.rules;
        quote!(::writ_action::Rules { #(#rules,)* ..::writ_action::Rules::NONE })
    }

    fn schema(&self) -> TokenStream {
        let (kind, name, doc, rules) = (self.kind, &self.name, &self.doc, self.rules());
        let (default, required) = match &self.default {
            Some(default) => (quote!(<#kind as ::writ_action::Param>::write(&{ let d: #kind = #default; d })), quote!(false)),
            None => (quote!(::core::option::Option::None), quote!(<#kind as ::writ_action::Param>::absent().is_none())),
        };
        quote! {
            ::writ_action::Field {
                name: #name,
                doc: #doc,
                schema: <#kind as ::writ_action::Param>::schema(),
                rules: #rules,
                default: #default,
                required: #required,
            }
        }
    }

    fn read(&self) -> TokenStream {
        let (kind, name, rules) = (self.kind, &self.name, self.rules());
        let default = match &self.default {
            Some(default) => quote!(::core::option::Option::Some((|| #default) as fn() -> #kind)),
            None => quote!(::core::option::Option::None),
        };
        quote!(fields.field::<#kind>(#name, &#rules, #default, bad))
    }

    fn write(&self) -> TokenStream {
        let (ident, kind, name) = (self.ident, self.kind, &self.name);
        quote! {
            if let ::core::option::Option::Some(value) = <#kind as ::writ_action::Param>::write(&self.#ident) {
                object.insert(#name.into(), value);
            }
        }
    }
}

/// `1`, `-1` or `0.5`, as a double.
fn number(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<f64> {
    let value = meta.value()?;
    let negative = value.parse::<Option<syn::Token![-]>>()?.is_some();
    let n: f64 =
        if value.peek(LitInt) { value.parse::<LitInt>()?.base10_parse()? } else { value.parse::<LitFloat>()?.base10_parse()? };
    Ok(if negative { -n } else { n })
}
