//! What the identities of runs and dry runs wrote, in the words of the API server's audit log, each held against what it was granted: the
//! place of its one binding, the objects in its name, and each write of its plan, as the ledger tells it. Owns no log and no ledger.
use crds::labels::{NAMESPACE_DRYRUN, NAMESPACE_RUNS, OPERATOR_USER};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One write that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deed {
    verb: String,
    group: String,
    resource: String,
    sub: String,
    namespace: String,
    name: String,
}

/// By account.
type By = BTreeMap<String, BTreeSet<Deed>>;

/// What the plans list, by the uid of the execution; none of one that the ledger does not know.
pub type Planned = BTreeMap<String, Vec<Value>>;

/// All that was heard.
#[derive(Default)]
pub struct Deeds {
    runs: By,
    dry: By,
    /// Where the operator bound each account; the empty place is cluster-wide.
    bound: BTreeMap<String, String>,
    tried: usize,
}

impl Deeds {
    /// One request that was carried out.
    pub fn hear(&mut self, event: &Value) {
        let object = &event["objectRef"];
        let binds = matches!(object["resource"].as_str(), Some("rolebindings" | "clusterrolebindings"));
        if binds && event["verb"] == "create" && is(event, OPERATOR_USER) {
            self.bound.insert(text(&object["name"]), text(&object["namespace"]));
        }
        if !writes(event) {
            return;
        }
        if let Some(account) = account(event, NAMESPACE_RUNS).filter(|_| !is_dry(event)) {
            self.runs.entry(account).or_default().insert(Deed::of(event));
        }
        if let Some(account) = account(event, NAMESPACE_DRYRUN) {
            self.tried += 1;
            if !is_dry(event) {
                self.dry.entry(account).or_default().insert(Deed::of(event));
            }
        }
    }

    /// Those whose runs wrote something.
    #[must_use]
    pub fn executions(&self) -> BTreeSet<String> {
        self.runs.keys().map(|account| execution(account).to_owned()).collect()
    }

    /// What nobody granted, in words.
    #[must_use]
    pub fn wrong(&self, planned: &Planned) -> Vec<String> {
        let mut wrong = Vec::new();
        for (account, deeds) in &self.runs {
            let place = self.bound.get(account);
            let objects: BTreeSet<_> = deeds.iter().map(|d| (&d.group, &d.resource, &d.namespace, &d.name)).collect();
            if objects.len() > account.split('.').count() - 1 {
                wrong.push(format!("{account} wrote more objects than stand in its name: {objects:?}"));
            }
            for deed in deeds {
                if Some(&deed.namespace) != place {
                    wrong.push(format!("{account}, bound in {place:?}, wrote elsewhere: {deed:?}"));
                }
                if planned.get(execution(account)).is_some_and(|writes| !writes.iter().any(|write| deed.is(write))) {
                    wrong.push(format!("{account} did what its plan does not list: {deed:?}"));
                }
            }
        }
        wrong.extend(self.dry.iter().map(|(account, deeds)| format!("{account} of a dry run wrote {deeds:?}")));
        wrong
    }

    /// How much was held against what.
    #[must_use]
    pub fn summary(&self, planned: &Planned) -> String {
        let known = self.runs.keys().filter(|account| planned.contains_key(execution(account))).count();
        format!(
            "{} runs wrote the objects in their names, {known} of them each write that their plan lists and no other (of the rest this \
             ledger has no plan); {} writes of dry runs persisted nothing",
            self.runs.len(),
            self.tried
        )
    }
}

/// What the plan listed that the Job was promised for: every write of a run comes after that row.
#[must_use]
pub fn writes_of(rows: &[Value]) -> Vec<Value> {
    let promised = rows.iter().filter(|row| row["phase"] == "Executing");
    promised.filter_map(|row| row["payload"]["status"]["plan"]["writes"].as_array()).flatten().cloned().collect()
}

impl Deed {
    fn of(event: &Value) -> Self {
        let object = &event["objectRef"];
        Self {
            verb: text(&event["verb"]),
            group: text(&object["apiGroup"]),
            resource: text(&object["resource"]),
            sub: text(&object["subresource"]),
            namespace: text(&object["namespace"]),
            name: text(&object["name"]),
        }
    }

    fn is(&self, write: &Value) -> bool {
        let verbs: &[&str] = match write["operation"].as_str().unwrap_or_default() {
            "create" => &["create"],
            "update" => &["update", "patch"],
            "delete" => &["delete"],
            _ => &[],
        };
        let own = [&self.group, &self.resource, &self.sub, &self.namespace, &self.name];
        let listed = ["group", "resource", "subresource", "namespace", "name"].map(|part| text(&write[part]));
        verbs.contains(&self.verb.as_str()) && own.into_iter().eq(listed.iter())
    }
}

/// `run-<uid of the execution>.…`
fn execution(account: &str) -> &str {
    account.get(4..40).unwrap_or_default()
}

/// Sent by this user itself, and not by somebody in his name.
fn is(event: &Value, user: &str) -> bool {
    event["user"]["username"] == user && event.get("impersonatedUser").is_none()
}

fn account(event: &Value, namespace: &str) -> Option<String> {
    let user = event["user"]["username"].as_str().filter(|_| event.get("impersonatedUser").is_none());
    user?.strip_prefix(&format!("system:serviceaccount:{namespace}:")).map(str::to_owned)
}

fn writes(event: &Value) -> bool {
    let asks = event["objectRef"]["apiGroup"] == "authorization.k8s.io";
    !asks && !matches!(event["verb"].as_str().unwrap_or_default(), "get" | "list" | "watch")
}

/// A deletion says so in its body.
fn is_dry(event: &Value) -> bool {
    text(&event["requestURI"]).split(['?', '&']).any(|part| part == "dryRun=All")
        || event["requestObject"]["dryRun"] == serde_json::json!(["All"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
