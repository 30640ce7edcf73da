//! The course of the measurement: a run of ours, a bare one, in turn, so that whatever else the machine does meets both alike.
use crate::{How, bare::Bare, ours, sight::Sightings, stage};
use anyhow::{Context, Result};
use futures::future::try_join_all;
use kube::Client;
use std::time::{Duration, Instant};
use tests::{Cluster, Number, memory, rank};

/// What Tekton and Argo were measured with.
const AT_ONCE: usize = 20;
/// The operator may be restarted under us, on a cluster that is shared; a round is measured again then, and that is said.
const TRIES: usize = 3;

/// Everything.
pub(crate) async fn all(cluster: &Cluster, how: &How) -> Result<Vec<Number>> {
    let client = cluster.admin.clone();
    let before = memory::of_operator(&client).await;
    let (targets, jobs) = (cluster.scratch("bench").await?, cluster.scratch("bench-bare").await?);
    let names: Vec<String> = (0..AT_ONCE).map(|n| format!("web-{n}")).collect();
    say("setting the stage");
    stage::set(&client, &targets.name, &names, &how.image).await?;
    let side = Sides::start(client.clone(), &targets.name, &jobs.name, names).await?;
    let mut numbers = side.one_at_a_time(how.rounds).await?;
    numbers.extend(side.at_once(how.bursts).await?);
    let after = memory::of_operator(&client).await;
    let weights = [("operator memory, idle, before", before), ("operator memory, idle, after", after)];
    numbers.extend(weights.into_iter().filter_map(|(name, mib)| Some(Number::new(name, mib?, "MiB", None))));
    Ok(numbers)
}

fn say(what: &str) {
    eprintln!("bench: {what}");
}

/// Both sides, on the same targets.
struct Sides {
    client: Client,
    sights: Sightings,
    targets: String,
    names: Vec<String>,
    bare: Bare,
}

impl Sides {
    /// One run of each that is not counted: images, caches; and the Job whose pod the bare one has.
    async fn start(client: Client, targets: &str, jobs: &str, names: Vec<String>) -> Result<Self> {
        let sights = Sightings::default();
        ours::follow(&sights, &client, targets).await;
        let first = names.first().context("no targets")?;
        ours::run(&sights, &client, targets, "warm-up", first).await?;
        let job = ours::job(&client, targets, "warm-up").await?;
        let bare = Bare::like(&job, &client, jobs, targets).await?;
        bare.follow(&sights, &client).await;
        let side = Self { client, sights, targets: targets.into(), names, bare };
        side.reset().await?;
        side.bare.run(&side.sights, &side.client, "warm-up", first_of(&side.names)).await?;
        side.reset().await?;
        Ok(side)
    }

    async fn reset(&self) -> Result<()> {
        stage::reset(&self.client, &self.targets, &self.names).await
    }

    async fn one_at_a_time(&self, rounds: usize) -> Result<Vec<Number>> {
        let (mut created, mut ours, mut bare) = (vec![], vec![], vec![]);
        for round in 0..rounds {
            let took = again(async |attempt| self.one(round, attempt).await).await?;
            let job = again(async |attempt| self.one_bare(round, attempt).await).await?;
            say(&format!(
                "round {} of {rounds}: Job after {} ms, reported after {:.2} s; bare Job {:.2} s",
                round.saturating_add(1),
                took.job.as_millis(),
                took.reported.as_secs_f64(),
                job.as_secs_f64()
            ));
            created.push(took.job);
            ours.push(took.reported);
            bare.push(job);
        }
        let mut numbers = until_job("CR to Job, one at a time", &created, Some((50.0, 150.0)));
        numbers.extend(beside("CR to effect reported, one at a time", &ours, &bare, 0.6));
        Ok(numbers)
    }

    async fn one(&self, round: usize, attempt: usize) -> Result<ours::Took> {
        self.reset().await?;
        let name = format!("one-{round}-{attempt}");
        let took = ours::run(&self.sights, &self.client, &self.targets, &name, first_of(&self.names)).await?;
        ours::tidied(&self.sights, &self.targets, &name).await?;
        Ok(took)
    }

    async fn one_bare(&self, round: usize, attempt: usize) -> Result<Duration> {
        self.reset().await?;
        self.bare.run(&self.sights, &self.client, &format!("one-{round}-{attempt}"), first_of(&self.names)).await
    }

    async fn at_once(&self, bursts: usize) -> Result<Vec<Number>> {
        let (mut created, mut ours, mut bare) = (vec![], vec![], vec![]);
        for round in 0..bursts {
            let (took, jobs) = again(async |attempt| self.burst(round, attempt).await).await?;
            let job = again(async |attempt| self.burst_bare(round, attempt).await).await?;
            say(&format!("{AT_ONCE} at once: {:.2} s; bare Jobs {:.2} s", took.as_secs_f64(), job.as_secs_f64()));
            created.extend(jobs);
            ours.push(took);
            bare.push(job);
        }
        let mut numbers = until_job(&format!("CR to Job, {AT_ONCE} at once"), &created, None);
        numbers.extend(beside(&format!("{AT_ONCE} CRs at once, all reported"), &ours, &bare, 1.0));
        Ok(numbers)
    }

    async fn burst(&self, round: usize, attempt: usize) -> Result<(Duration, Vec<Duration>)> {
        self.reset().await?;
        let name = |target: &str| format!("many-{round}-{attempt}-{target}");
        let begun = Instant::now();
        let all = self
            .names
            .iter()
            .map(async |target| ours::run(&self.sights, &self.client, &self.targets, &name(target), target).await);
        let all = try_join_all(all).await?;
        let took = begun.elapsed();
        try_join_all(self.names.iter().map(async |t| ours::tidied(&self.sights, &self.targets, &name(t)).await)).await?;
        Ok((took, all.into_iter().map(|t| t.job).collect()))
    }

    async fn burst_bare(&self, round: usize, attempt: usize) -> Result<Duration> {
        self.reset().await?;
        let name = |target: &str| format!("many-{round}-{attempt}-{target}");
        let begun = Instant::now();
        let all = self.names.iter().map(async |t| self.bare.run(&self.sights, &self.client, &name(t), t).await);
        try_join_all(all).await?;
        Ok(begun.elapsed())
    }
}

fn first_of(names: &[String]) -> &str {
    names.first().map_or("", String::as_str)
}

/// A round that went wrong is measured again, and told of.
async fn again<T>(mut round: impl AsyncFnMut(usize) -> Result<T>) -> Result<T> {
    let mut attempt = 0_usize;
    loop {
        match round(attempt).await {
            Err(error) if attempt.saturating_add(1) < TRIES => say(&format!("a round is NOT counted: {error:#}")),
            answer => return answer,
        }
        attempt = attempt.saturating_add(1);
    }
}

pub(crate) fn until_job(name: &str, all: &[Duration], goals: Option<(f64, f64)>) -> Vec<Number> {
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    let (p50, p99) = (goals.map(|g| g.0), goals.map(|g| g.1));
    let median = rank(all, 0.5).map(|d| Number::new(format!("{name}, p50"), ms(d), "ms", p50));
    let most = rank(all, 0.99).map(|d| Number::new(format!("{name}, {}", slow(all.len())), ms(d), "ms", p99));
    [median, most].into_iter().flatten().collect()
}

/// Of a hundred or fewer the p99 is the largest, and is called so.
fn slow(count: usize) -> String {
    if count <= 100 { format!("largest of {count}") } else { format!("p99 of {count}") }
}

/// Medians, and their ratio.
fn beside(name: &str, ours: &[Duration], bare: &[Duration], goal: f64) -> Vec<Number> {
    let (Some(ours), Some(bare)) = (rank(ours, 0.5), rank(bare, 0.5)) else { return vec![] };
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    vec![
        Number::seconds(format!("{name}, median"), ours),
        Number::seconds(format!("{name}: bare Job, median"), bare),
        Number::new(format!("{name}: against the bare Job"), ratio, "ratio", Some(goal)),
    ]
}
