//! The YAML in `yaml/` is what the types say, and no field of a spec is without a bound or a word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: what is not as expected ends the test"
)]
use crds::{all, file_name};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};

const HEAD: &str = "# Made from the types in crds/src. To make it anew: UPDATE_EXPECT=1 cargo test -p crds\n";

#[test]
fn the_yaml_is_what_the_types_say() {
    for crd in all() {
        let path = std::path::absolute("yaml").unwrap().join(file_name(&crd));
        let text = format!("{HEAD}{}", serde_saphyr::to_string(&crd).unwrap());
        expect_test::expect_file![path].assert_eq(&text);
    }
}

#[test]
fn the_yaml_reads_back_as_the_same_definition() {
    for crd in all() {
        let text = serde_saphyr::to_string(&crd).unwrap();
        let back: CustomResourceDefinition = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, crd);
    }
}

#[test]
fn no_text_and_no_list_is_without_a_bound() {
    let mut loose = Vec::new();
    walk_all(&mut |path, s| {
        let text = s.type_.as_deref() == Some("string");
        let bounded = s.max_length.is_some()
            || s.enum_.is_some()
            || s.pattern.as_deref().is_some_and(|p| p.ends_with("{64}$"))
            || s.format.is_some();
        if text && !bounded || s.type_.as_deref() == Some("array") && s.max_items.is_none() {
            loose.push(path.to_owned());
        }
    });
    assert_eq!(loose, Vec::<String>::new());
}

#[test]
fn every_field_has_a_word_for_who_reads_kubectl_explain() {
    let mut silent = Vec::new();
    // What lies inside `rules` is Kubernetes' own and described there.
    walk_all(&mut |path, s| {
        let element = path.ends_with("[]") || path.ends_with("{}") || path.contains(".rules");
        if s.description.as_deref().unwrap_or_default().is_empty() && !element {
            silent.push(path.to_owned());
        }
    });
    assert_eq!(silent, Vec::<String>::new());
}

fn walk_all(see: &mut impl FnMut(&str, &JSONSchemaProps)) {
    for crd in all() {
        let schema = crd.spec.versions[0].schema.as_ref().unwrap().open_api_v3_schema.as_ref().unwrap();
        for part in ["spec", "status"] {
            if let Some(schema) = schema.properties.as_ref().unwrap().get(part) {
                walk(&format!("{}.{part}", crd.spec.names.kind), schema, see);
            }
        }
    }
}

fn walk(path: &str, schema: &JSONSchemaProps, see: &mut impl FnMut(&str, &JSONSchemaProps)) {
    see(path, schema);
    for (name, inner) in schema.properties.iter().flatten() {
        walk(&format!("{path}.{name}"), inner, see);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(inner)) = &schema.items {
        walk(&format!("{path}[]"), inner, see);
    }
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaPropsOrBool::Schema;
    if let Some(Schema(inner)) = &schema.additional_properties {
        walk(&format!("{path}{{}}"), inner, see);
    }
}
