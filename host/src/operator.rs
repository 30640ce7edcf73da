//! The daemon: wires engines, catalogue, loop and servers together, and takes them down in order. No decision of its own.
use crate::{
    catalogue::{Catalogue, follow, plugins::PluginController, policies::PolicyController},
    cluster::{Cluster, Live, Next, Settings},
    config::Operator,
    firsts::Firsts,
    gate::{Gate, GateLimits},
    ledger::{self, Ledger},
    metrics::Metrics,
    observe::Engines,
    plugin::Plugins,
    progress,
    reconcile::{Context, ReconcileError, woken},
    server::{self, Check, Listener, Liveness, Readiness},
    suspects::Suspects,
};
use anyhow::Context as _;
use cap_std::fs::Dir;
use decide::site::Site;
use std::{future::Future, sync::Arc};
use tokio::sync::watch;

/// What only `main` can give: ambient authority, opened once.
pub struct Authority {
    /// Directory of plugin files.
    pub plugins: Option<Dir>,
    /// Key of the digests that stand in for the values of Secrets. It lives as long as the process.
    pub secret_key: [u8; 32],
}

/// Runs until it is asked to stop.
pub async fn run(
    config: Operator,
    authority: Authority,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let metrics = Metrics::new();
    let context = Arc::new(context(&config, &authority, &metrics).await?);
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        stopped.await;
        tracing::info!("asked to stop");
        let _ = stop.send(true);
    });
    let until = |mut stopping: watch::Receiver<bool>| async move { drop(stopping.wait_for(|stop| *stop).await) };

    let engines = &context.engines;
    let health = Listener::public(config.listen).await?;
    let audit = Listener::loopback(config.audit_listen).await?;
    let (ready, gate) = (readiness(engines, &context.suspects), engines.gate.clone());
    let routes = server::health(Liveness::new(move || gate.alive()), ready, metrics.clone());
    let servers = [
        tokio::spawn(server::serve(health, routes, until(stopping.clone()))),
        tokio::spawn(server::serve_private(audit, server::audit(engines.ledger.clone()), until(stopping.clone()))),
    ];
    let background = [
        tokio::spawn(follow(engines.cluster.clone())),
        tokio::spawn(plugins(context.clone(), authority.plugins.map(Arc::new))),
        tokio::spawn(policies(context.clone())),
        tokio::spawn(progress::follow(engines.cluster.clone(), context.now)),
    ];
    tracing::info!(cluster = %context.cluster, "writ is up");
    let passes = context.clone();
    engines.cluster.run(move |live| woken_counted(passes.clone(), live), until(stopping.clone())).await;
    background.iter().for_each(tokio::task::JoinHandle::abort);
    for server in servers {
        server.await.context("a server panicked")??;
    }
    // Last: whatever was asked before is durable when the process is gone.
    engines.ledger.close().await.context("failed to close the ledger")
}

async fn context(config: &Operator, authority: &Authority, metrics: &Metrics) -> anyhow::Result<Context> {
    let settings = Settings {
        runs_namespace: crds::labels::NAMESPACE_RUNS.into(),
        instance: config.pod_name.clone(),
        secret_key: authority.secret_key,
    };
    let cluster = Cluster::connect(Cluster::infer().await?, settings)?;
    let uid = cluster.uid().await.context("failed to read the namespace kube-system, whose uid names the cluster")?;
    let kubernetes = cluster.kubernetes().await.context("failed to ask the API server for its version")?;
    let counted = metrics.clone();
    let options = ledger::Options { committed: Arc::new(move |commit| counted.committed(commit)), ..Default::default() };
    let path = config.ledger.display();
    let ledger = Ledger::open_with(&config.ledger, options).await.with_context(|| format!("failed to open the ledger {path}"))?;
    let engines = Engines {
        plugins: Plugins::new().context("failed to start the plugin engine")?,
        gate: Gate::new(GateLimits::default()).context("failed to start the policy engine")?,
        cluster,
        ledger,
        catalogue: Arc::new(Catalogue::default()),
        site: Arc::new(config.site(kubernetes)),
        metrics: metrics.clone(),
    };
    let (suspects, firsts) = (Suspects::default(), Firsts::default());
    Ok(Context { engines, cluster: uid, suspects, firsts, now: jiff::Timestamp::now })
}

async fn woken_counted(context: Arc<Context>, live: Live) -> Result<Next, ReconcileError> {
    let result = woken(&context, live).await;
    if let Err(error) = &result {
        context.engines.metrics.error(error.kind());
    }
    result
}

fn readiness(engines: &Engines, suspects: &Suspects) -> Readiness {
    let (engines, suspects) = (engines.clone(), suspects.clone());
    Readiness::new(move || {
        let (engines, suspects) = (engines.clone(), suspects.clone());
        async move {
            let ledger = engines.ledger.ready().await.map_err(|e| crate::telemetry::chain(&e));
            let read = |there: bool, what: &str| if there { Ok(()) } else { Err(format!("{what} are not read yet")) };
            vec![
                Check::new("ledger", ledger),
                Check::new("plugins", read(engines.catalogue.actions().is_some(), "plugins")),
                Check::new("policies", read(engines.gate.in_force().is_some(), "policies")),
                Check::new("guards", guards(&engines.cluster)),
                Check::new("executions", suspect(&suspects, &engines.cluster).await),
            ]
        }
    })
}

/// More than one is seldom; a look at each would be long for who asks.
const LOOKS: usize = 10;

async fn suspect(suspects: &Suspects, cluster: &Cluster) -> Result<(), String> {
    for (uid, namespace, name) in suspects.all().into_iter().take(LOOKS) {
        let gone =
            |there: Option<Arc<crds::KubernetesExecution>>| there.and_then(|kx| kx.metadata.uid.clone()) != Some(uid.clone());
        if cluster.execution(&namespace, &name).await.is_ok_and(gone) {
            suspects.forget(&uid);
        }
    }
    suspects.none()
}

fn guards(cluster: &Cluster) -> Result<(), String> {
    use decide::observed::GuardsSeen;
    match cluster.guards() {
        GuardsSeen::InForce { .. } => Ok(()),
        GuardsSeen::Unknown => Err("admission policies are not read yet".into()),
        GuardsSeen::Missing(all) => {
            Err(format!("admission policies not in force: {}. Apply them: writ install --print", all.join(", ")))
        }
    }
}

async fn follow(cluster: Cluster) {
    cluster.follow().await;
}

/// The catalogue follows plugins and roles.
async fn plugins(context: Arc<Context>, directory: Option<Arc<Dir>>) {
    let Engines { cluster, plugins, catalogue, ledger, .. } = context.engines.clone();
    let lists = cluster.plugins();
    follow::follow(PluginController::new(cluster, plugins, catalogue, ledger, directory, context.now), lists).await;
}

/// The gate follows policies.
async fn policies(context: Arc<Context>) {
    let Engines { cluster, gate, ledger, .. } = context.engines.clone();
    let lists = cluster.policies();
    follow::follow(PolicyController::new(cluster, gate, ledger, context.now), lists).await;
}

impl Operator {
    /// What the installation decides about runs.
    #[must_use]
    pub fn site(&self, kubernetes: String) -> Site {
        Site {
            runs_namespace: crds::labels::NAMESPACE_RUNS.into(),
            image: self.run_image.clone(),
            program: self.run_program.clone(),
            cpu: self.run_cpu.clone(),
            memory: self.run_memory.clone(),
            keep_job: self.keep_job,
            start_grace: self.start_grace,
            longest: self.longest,
            by: format!("writ/{}", self.pod_name),
            kubernetes,
        }
    }
}
