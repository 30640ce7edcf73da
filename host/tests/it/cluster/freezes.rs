//! Freezes are read live where it matters, and one whose end cannot be read has none.
use super::api::{cluster, list};
use decide::observed::Freeze;
use host::cluster::Listed;
use serde_json::{Value, json};

fn object(name: &str, until: &str) -> Value {
    let spec = json!({"reason": "release", "by": "jonas", "until": until, "selector": {"namespaces": ["shop"]}});
    json!({"metadata": {"name": name}, "spec": spec})
}

#[tokio::test]
async fn before_the_watch_has_read_them_they_are_read_live_and_a_strange_end_is_no_end() {
    for how in [Listed::Live, Listed::FromCache] {
        let (cluster, heard) = cluster(|_| list(&[object("a", "2026-11-24T18:00:00Z"), object("b", "tomorrow")]));
        let namespaces = Some(vec!["shop".to_owned()]);
        let freeze = |name: &str, until: Option<&str>| Freeze {
            name: name.into(),
            by: "jonas".into(),
            reason: "release".into(),
            until: until.map(|u| u.parse().unwrap()),
            namespaces: namespaces.clone(),
            actions: None,
        };
        let expected = [freeze("a", Some("2026-11-24T18:00:00Z")), freeze("b", None)];
        assert_eq!(cluster.freezes(how).await.unwrap(), expected);
        assert_eq!(heard.lines(), ["GET /apis/writ.dev/v1alpha1/executionfreezes"]);
    }
}
