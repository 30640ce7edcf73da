//! The default policy: it is ready, its tests catch what is broken in it, and the object that ships is made from it.
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use host::gate::{Policy, check, read, test_report};

pub fn directory() -> Dir {
    Dir::open_ambient_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/policy"), ambient_authority()).unwrap()
}

pub fn default_policy() -> Policy {
    let mut policies = read(&directory()).unwrap();
    assert_eq!(policies.len(), 1);
    policies.remove(0)
}

#[test]
fn the_default_policy_is_ready() {
    let report = test_report(&[default_policy()]);
    println!("{report}");
    assert!(report.passed(), "\n{report}");
    let checked = check(&default_policy()).unwrap();
    assert_eq!(checked.tests.0, checked.tests.1);
}
