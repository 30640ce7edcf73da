//! From bytes to a component that may be asked: what it says of itself is checked, and the same bytes are one component.
use super::guests::{component, hostile, limits, load};
use host::plugin::{Fault, LoadError, Plugins, digest_of};
use std::{collections::BTreeSet, sync::Arc};

#[tokio::test]
async fn a_component_is_known_by_the_digest_of_its_bytes_and_loaded_once() {
    let plugins = Plugins::new().unwrap();
    let bytes: Arc<[u8]> = component("workload").into();
    let first = plugins.load(bytes.clone(), limits()).await.unwrap();
    assert_eq!(first.digest, digest_of(&bytes));
    assert_eq!(first.bytes, bytes.len());
    let again = plugins.load(bytes, limits()).await.unwrap();
    assert!(Arc::ptr_eq(&first.description, &again.description), "it was compiled again");
    assert_eq!(plugins.loaded(&first.digest).as_deref(), Some(&*first.description));
}

#[tokio::test]
async fn only_what_is_retained_stays() {
    let plugins = Plugins::new().unwrap();
    let one = plugins.load(component("workload").into(), limits()).await.unwrap().digest;
    let other = plugins.load(hostile(""), limits()).await.unwrap().digest;
    plugins.retain(&BTreeSet::from([other.clone()]));
    assert!(plugins.loaded(&one).is_none());
    assert!(plugins.loaded(&other).is_some());
}

#[tokio::test]
async fn a_component_that_fails_to_load_takes_nothing_away_from_those_that_did() {
    let plugins = Plugins::new().unwrap();
    let good = plugins.load(hostile(""), limits()).await.unwrap().digest;
    plugins.load(hostile("panic"), limits()).await.expect_err("it was loaded");
    assert!(plugins.loaded(&good).is_some());
    assert!(plugins.loaded(&digest_of(&hostile("panic"))).is_none());
}

#[tokio::test]
async fn a_declaration_that_cannot_be_kept_is_refused_with_its_place() {
    for (mode, at, why) in [
        ("name", "describe.name", "RFC 1123 label"),
        ("version", "describe.version", "semantic version"),
        ("no-actions", "describe.actions", "at least one action"),
        ("same-name", "describe.actions", "\"misbehave\" is there twice"),
        ("many-actions", "describe.actions", "100 items, and at most 64"),
        ("action-name", "describe.actions[0].name", "snake_case"),
        ("schema-open", "describe.actions[misbehave].parameters", "additionalProperties"),
        ("schema-broken", "describe.actions[misbehave].parameters", "no valid JSON Schema"),
        ("schema-remote", "describe.actions[misbehave].parameters", "nothing is fetched"),
        ("example", "describe.actions[misbehave].examples[0]", "does not satisfy its own schema"),
        ("timeout", "describe.actions[misbehave].timeouts.default", "1 s to 86400 s"),
        ("huge", "describe", "at most 256 KiB are taken"),
    ] {
        match load(mode).await {
            Err(LoadError::Describe(Fault::BadOutput { at: place, why: reason })) => {
                assert_eq!(place, at, "{mode}: {reason}");
                assert!(reason.contains(why), "{mode}: {reason}");
            }
            other => panic!("{mode}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_role_that_nobody_may_have_keeps_the_component_out() {
    let error = load("role").await.expect_err("it was loaded");
    assert_eq!(error.reason(), "RoleForbidden");
    let LoadError::Forbidden(forbidden) = error else { panic!("{error:?}") };
    assert!(forbidden.to_string().contains("verb \"*\""), "{forbidden}");
}

#[tokio::test]
async fn a_panic_in_describe_is_told_with_its_message() {
    match load("panic").await {
        Err(LoadError::Describe(Fault::Trapped { message })) => assert!(message.contains("upside down"), "{message}"),
        other => panic!("{other:?}"),
    }
}

/// The same bytes, loaded from many places at once, are one component in the end.
#[tokio::test(flavor = "multi_thread")]
async fn many_loads_at_once_end_in_one_component() {
    let plugins = Plugins::new().unwrap();
    let bytes = hostile("");
    let loads: Vec<_> = (0..8)
        .map(|_| {
            let (plugins, bytes) = (plugins.clone(), bytes.clone());
            tokio::spawn(async move { plugins.load(bytes, limits()).await.unwrap().description })
        })
        .collect();
    let mut all = Vec::new();
    for one in loads {
        all.push(one.await.unwrap());
    }
    assert!(all.windows(2).all(|w| Arc::ptr_eq(&w[0], &w[1])), "it was compiled more than once");
}
