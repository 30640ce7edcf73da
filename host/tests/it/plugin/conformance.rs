//! What every component we ship does, asked through the engine as the host asks it.
use super::guests::{component, empty, request, state};
use decide::model::{CheckVerdict, Description, PluginId, Scope, State, Undo};
use expect_test::expect;
use host::plugin::{Limits, Loaded, Plugins, check_parameters};
use serde_json::{Value, json};

/// Components that ship.
const SHIPPED: [&str; 3] = ["workload", "pods", "nodes"];

async fn loaded(name: &str) -> (Plugins, Loaded) {
    let plugins = Plugins::new().unwrap();
    let loaded = plugins.load(component(name).into(), Limits::ceiling()).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
    (plugins, loaded)
}

#[tokio::test]
async fn every_example_satisfies_its_schema_and_validates_to_itself() {
    for name in SHIPPED {
        let (plugins, Loaded { digest, description, .. }) = loaded(name).await;
        for action in &description.actions {
            for example in &action.examples {
                let value: Value = serde_json::from_str(example.as_str()).unwrap();
                assert_eq!(check_parameters(action, &value), Ok(()), "{name} {}", action.name);
                let once = plugins.validate(&digest, &request(action.name.as_str(), &value)).await.unwrap();
                let once: Value = serde_json::from_str(once.unwrap_or_else(|v| panic!("{v:?}")).as_str()).unwrap();
                let twice = plugins.validate(&digest, &request(action.name.as_str(), &once)).await.unwrap().unwrap();
                assert_eq!(twice, decide::canonical::json(&once).unwrap(), "{name} {}", action.name);
            }
        }
    }
}

#[tokio::test]
async fn the_same_question_has_the_same_answer() {
    let (plugins, Loaded { digest, .. }) = loaded("workload").await;
    let r = request("scale_deployment", &json!({"replicas": 5}));
    let first = plugins.plan(&digest, &r, &state(2)).await;
    for _ in 0..100 {
        assert_eq!(plugins.plan(&digest, &r, &state(2)).await, first);
    }
}

/// Its pods crash, its status and its resourceVersion change five times a second: what would be done does not, so that people can
/// approve it.
#[tokio::test]
async fn a_plan_does_not_change_with_the_noise_around_its_target() {
    for name in SHIPPED {
        let (plugins, Loaded { digest, description, .. }) = loaded(name).await;
        for action in &description.actions {
            let example: Value = serde_json::from_str(action.examples[0].as_str()).unwrap();
            let r = request(action.name.as_str(), &example);
            let first = (plugins.plan(&digest, &r, &noisy(0)).await, plugins.rollback(&digest, &r, &noisy(0)).await);
            for n in 1..20 {
                let again = (plugins.plan(&digest, &r, &noisy(n)).await, plugins.rollback(&digest, &r, &noisy(n)).await);
                assert_eq!(again, first, "{name} {}", action.name);
            }
        }
    }
}

/// `state(2)` at another moment.
fn noisy(n: u32) -> State {
    let mut state = state(2);
    let target = state.target.as_mut().unwrap();
    let mut body: Value = serde_json::from_str(target.body.as_str()).unwrap();
    body["metadata"]["resourceVersion"] = json!((1000 + n).to_string());
    body["metadata"]["annotations"] = json!({"last-seen": n.to_string()});
    let ready = n % 3;
    body["status"] = json!({"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": ready,
        "availableReplicas": ready, "unavailableReplicas": 2 - ready,
        "conditions": [{"type": "Available", "status": if ready == 2 { "True" } else { "False" }, "lastUpdateTime": format!("t{n}")}]});
    target.body = decide::canonical::json(&body).unwrap();
    state
}

#[tokio::test]
async fn no_action_traps_whatever_state_it_is_shown() {
    for name in SHIPPED {
        let (plugins, Loaded { digest, description, .. }) = loaded(name).await;
        for action in &description.actions {
            let example: Value = serde_json::from_str(action.examples[0].as_str()).unwrap();
            let r = request(action.name.as_str(), &example);
            for state in [State::default(), state(0), state(5)] {
                for after in [false, true] {
                    plugins.reads(&digest, &r, after, &state).await.unwrap_or_else(|e| panic!("{name} {}: {e}", action.name));
                }
                let _refused_or_not =
                    plugins.plan(&digest, &r, &state).await.unwrap_or_else(|e| panic!("{name} {}: {e}", action.name));
                plugins.rollback(&digest, &r, &state).await.unwrap_or_else(|e| panic!("{name} {}: {e}", action.name));
                plugins.checks(&digest, &r, &empty(), &state).await.unwrap_or_else(|e| panic!("{name} {}: {e}", action.name));
            }
        }
    }
}

#[tokio::test]
async fn every_role_may_be_granted_and_has_the_digest_in_its_name() {
    for name in SHIPPED {
        let (_, Loaded { digest, description, .. }) = loaded(name).await;
        let Description { name, version, actions } = description.as_ref().clone();
        let id = PluginId { name, version, digest };
        for action in &actions {
            let role = decide::roles::of(&id, action).unwrap().metadata.name.unwrap();
            let short: String = id.digest.as_str().chars().skip("sha256:".len()).take(10).collect();
            let wide = action.targets.iter().any(|t| t.scope == Scope::Cluster);
            assert!(
                role.starts_with(if wide { "writ:cluster-action:" } else { "writ:action:" }) && role.ends_with(&short),
                "{role}"
            );
        }
    }
}

/// One execution, in the order of the contract.
#[tokio::test]
async fn scaling_a_deployment_reads_plans_undoes_and_checks() {
    let (plugins, Loaded { digest, .. }) = loaded("workload").await;
    let r = request("scale_deployment", &json!({"replicas": 5}));
    let reads = plugins.reads(&digest, &r, false, &state(2)).await.unwrap();
    assert_eq!(reads, []);

    let before = state(2);
    let plan = plugins.plan(&digest, &r, &before).await.unwrap().unwrap();
    expect![[r#"
        [
          {
            "program": "kubectl",
            "verb": [
              "scale"
            ],
            "options": [
              [
                "current-replicas",
                "2"
              ],
              [
                "replicas",
                "5"
              ]
            ],
            "operands": [
              "deployment/web"
            ],
            "files": []
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&plan.commands).unwrap());

    let Undo::By { action, parameters, .. } = plugins.rollback(&digest, &r, &before).await.unwrap() else {
        panic!("no way back")
    };
    assert_eq!((action.as_str(), parameters.as_str()), ("scale_deployment", r#"{"replicas":2}"#));

    let checks = plugins.checks(&digest, &r, &plan.memo, &state(5)).await.unwrap();
    assert!(!checks.is_empty() && checks.iter().all(|c| matches!(c.verdict, CheckVerdict::Holds(_))), "{checks:?}");
}
