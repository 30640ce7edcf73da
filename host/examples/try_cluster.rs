//! By hand, not committed.
use decide::{access, execution::*, job, model::*, observed::*, site::Site};
use host::cluster::*;
use std::time::{Duration, Instant};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let ns = std::env::args().nth(1).unwrap();
    let image = std::env::args().nth(2).unwrap();
    let config = Cluster::infer().await?;
    let cluster =
        Cluster::connect(config, Settings { runs_namespace: "writ-runs".into(), instance: "try".into(), secret_key: [1; 32] })?;
    println!("uid {:?} kubernetes {:?}", cluster.uid().await?, cluster.kubernetes().await?);
    let c = cluster.clone();
    tokio::spawn(async move { c.follow().await });
    let t = Instant::now();
    while cluster.guards() == GuardsSeen::Unknown || !cluster.roles_read() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("guards after {:?}: {:?}", t.elapsed(), cluster.guards());
    println!("nodes {:?} ns {:?}", cluster.nodes().await?, cluster.namespace(&ns).await?);
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    let id = ObjectRef { api: api.clone(), namespace: Some(ns.clone()), name: "web".into() };
    let target = cluster.target(&id).await?.unwrap();
    println!("target {} {} bytes", target.uid, target.body.as_str().len());
    let none = ObjectRef { api: Api { version: "v9".into(), ..api.clone() }, ..id.clone() };
    println!("no such kind: {:?}", cluster.target(&none).await?);
    let kind = Read {
        key: "k".into(),
        api: Api { group: "nope.example".into(), ..api.clone() },
        namespace: Some(ns.clone()),
        by: Selector::Name("x".into()),
        pick: vec![],
        limit: 3,
    };
    println!("no such group: {:?}", cluster.answer(&kind).await?);
    let kind = Read { api: Api { resource: "nopes".into(), ..api.clone() }, ..kind };
    println!("no such resource: {:?}", cluster.answer(&kind).await?);
    let kind = Read { api: api.clone(), ..kind };
    println!("no such object: {:?}", cluster.answer(&kind).await?);

    let kx = cluster.execution(&ns, "try").await?.unwrap();
    let cl = cluster.uid().await?;
    let exec = Execution::parse(&cl, &kx)?;
    println!("requester {:?}", exec.spec.requester);
    let t = Instant::now();
    println!(
        "may run {:?} in {:?}",
        cluster.may_run(exec.spec.requester.as_ref().unwrap(), &ns, &exec.spec.action).await?,
        t.elapsed()
    );
    let t = Instant::now();
    let f = cluster.finalizer(&exec, true).await?;
    println!("finalizer in {:?}: {}", t.elapsed(), matches!(f, Recorded::Done(_)));
    println!("stale finalizer: {:?}", matches!(cluster.finalizer(&exec, true).await?, Recorded::Conflict));
    println!("stale record: {:?}", matches!(cluster.record(&exec, &exec.status).await?, Recorded::Conflict));
    let Recorded::Done(kx) = f else { panic!() };
    let exec = Execution::parse(&cl, &kx)?;
    println!("finalized {}", exec.finalized);
    let mut status = exec.status.clone();
    status.message = "x".into();
    let t = Instant::now();
    let r = cluster.record(&exec, &status).await?;
    println!("record in {:?}: {}", t.elapsed(), matches!(r, Recorded::Done(_)));
    let Recorded::Done(kx) = r else { panic!() };
    let exec = Execution::parse(&cl, &kx)?;
    cluster.event(&kx, crds::Reason::Accepted, "hello", false).await?;

    let json = |t: &str| Json::try_from(t.to_owned()).unwrap();
    let d = format!("sha256:{}", "a".repeat(64));
    let command = Command {
        program: "kubectl".into(),
        verb: vec!["scale".into()],
        options: vec![("replicas".into(), Some("2".into()))],
        operands: vec!["deployment/web".into()],
        files: vec![],
    };
    let write = |sub: Option<&str>| Write {
        object: id.clone(),
        operation: Operation::Update,
        subresource: sub.map(str::to_owned),
        uid: Some(target.uid.clone()),
    };
    let planned = Planned {
        hash: d.clone().try_into()?,
        action: "scale_deployment".to_owned().try_into()?,
        plugin: PluginId { name: "w".into(), version: "1".into(), digest: d.try_into()? },
        target: Some((id.clone(), Some(target.uid.clone()))),
        parameters: json("{}"),
        proposal: Proposal {
            commands: vec![command],
            writes: vec![write(Some("scale"))],
            changes: vec![],
            warnings: vec![],
            memo: json("{}"),
        },
        undo: Undo::Unneeded("x".into()),
        role: "writ:action:scale-deployment:0000000try".into(),
        risk: Risk::Low,
        idempotent: true,
        deadline: 60,
        verify: 60,
        image: image.clone(),
    };
    let access = access::of(&exec, &planned).unwrap();
    println!("grants {:?}", cluster.grants(&access).await?);
    let t = Instant::now();
    cluster.grant(&access).await?;
    println!("grant made in {:?}", t.elapsed());
    loop {
        let g = cluster.grants(&access).await?;
        println!("  {:?} after {:?}", g, t.elapsed());
        if g == Grants::Whole {
            break;
        }
        if matches!(g, Grants::Forbidden { .. }) {
            return Ok(());
        }
    }
    let site = Site {
        runs_namespace: "writ-runs".into(),
        image,
        program: "/bin/kubectl".into(),
        cpu: "500m".into(),
        memory: "128Mi".into(),
        keep_job: 60,
        start_grace: 60,
        longest: 60,
        kubernetes: "1.37".into(),
        by: "try".into(),
    };
    let name = job::name(&exec).unwrap();
    let manifest = job::manifest(&exec, &planned, &name, &access, &site);
    let run = Executing { planned: planned.clone(), job: name.clone(), seen: None, since: jiff::Timestamp::now() };
    println!("job {:?}", cluster.job(&exec, &run).await?);
    let t = Instant::now();
    let created = cluster.create_job(&manifest).await?;
    println!("created {created:?} in {:?}", t.elapsed());
    println!("again {:?}", cluster.create_job(&manifest).await?);
    let Created::New(uid) = created else { panic!() };
    let run = Executing { seen: Some(uid.clone()), ..run };
    let mut last = None;
    loop {
        let seen = cluster.job(&exec, &run).await?;
        if Some(&seen) != last.as_ref() {
            println!("  {:?} {seen:?}", t.elapsed());
        }
        let end = matches!(&seen, JobSeen::Ours { pod: PodSeen::Ended { .. } | PodSeen::Untrusted { .. }, .. });
        last = Some(seen);
        if end {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("output {:?}", cluster.output(&uid).await?);
    let over = Over { phase: crds::Phase::Completed, job: Some((name.clone(), Some(uid.clone()))) };
    println!("left {:?}", cluster.left(&exec, &over).await?);
    let t = Instant::now();
    cluster.revoke(&exec.uid, &ns).await?;
    println!("revoked in {:?}", t.elapsed());
    cluster.expire_job(&name, &uid, jiff::SignedDuration::from_secs(3)).await?;
    let left = cluster.left(&exec, &over).await?;
    println!("left {left:?}");
    cluster.release_pods(&left.held_pods).await?;
    for _ in 0..100 {
        let left = cluster.left(&exec, &over).await?;
        if left.job.is_none() {
            println!("gone after {:?}: {left:?}", t.elapsed());
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("finalizer off {}", matches!(cluster.finalizer(&exec, false).await?, Recorded::Done(_)));
    Ok(())
}
