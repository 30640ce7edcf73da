//! Where it happens: a namespace with a Deployment of one pod, in which one thing is asked for after the other.
use serde_json::{Value, json};
use tests::{Cluster, Operator, Run, Scratch, Sight, Story, Workload};

pub(super) struct Place {
    pub(super) cluster: Cluster,
    pub(super) space: Scratch,
    pub(super) web: Workload,
}

impl Place {
    pub(super) async fn make(labels: Value) -> Self {
        let cluster = Cluster::connect().await.unwrap();
        let space = cluster.labeled_scratch("crash", labels).await.unwrap();
        let web = Workload::deployment(&cluster, &space.name, 1).await;
        Self { cluster, space, web }
    }

    fn scale(replicas: u32, more: &Value) -> Value {
        let mut spec = json!({
            "action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": replicas}, "reason": "INC-1 a crash",
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    }

    pub(super) async fn asked(&self, replicas: u32, more: Value) -> Run {
        self.cluster.run(&self.space.name, Self::scale(replicas, &more)).await
    }

    /// By who is on call: where it is production, he goes without approvals.
    pub(super) async fn broken(&self) -> Run {
        let maria = self.cluster.as_user("maria", &["system:masters", "oncall"]);
        let spec = Self::scale(5, &json!({"breakGlass": true}));
        self.cluster.run_as(&maria, &self.space.name, spec).await.unwrap()
    }

    pub(super) async fn uid(&self) -> String {
        self.web.now().await["metadata"]["uid"].as_str().unwrap().to_owned()
    }

    /// Who is to be killed, and a sight on what is asked for here. Both from before it is asked for: some of what is looked for lasts for
    /// milliseconds.
    pub(super) async fn watched(&self) -> (Operator, Sight) {
        let kind = json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {"namespace": self.space.name},
        });
        (Operator::found(&self.cluster).await, Sight::open(&self.cluster.admin, &kind).await)
    }

    /// Seen, and killed then. As it was seen.
    pub(super) async fn killed_when(
        &self,
        operator: Operator,
        sight: &mut Sight,
        run: &Run,
        is: impl Fn(&Value) -> bool,
    ) -> Value {
        let seen = sight.until(|kx| kx["metadata"]["name"] == json!(run.name) && is(kx)).await;
        operator.killed(&self.cluster).await;
        seen
    }
}

pub(super) async fn well(run: &Run) -> Story {
    let story = run.ended().await;
    assert_eq!(story.object["status"]["phase"], "Completed", "{:#}", story.object["status"]);
    story
}
