//! Two operators as processes of this machine, on one ledger: one works, the other waits for its end. Whichever ends is started again.
use crate::clock::Clock;
use anyhow::{Context, Result};
use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tests::{PATIENCE, within, writ};
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    task::JoinHandle,
};

/// Between the end of one process and the start of the next in its place.
const AGAIN: Duration = Duration::from_millis(700);
/// Whoever lived that long has the ledger: who finds it taken ends at once.
const WORKS: Duration = Duration::from_secs(2);

/// Both of them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Operators {
    folder: PathBuf,
    ledger: PathBuf,
    clock: Option<Arc<Clock>>,
    /// Where the one that works serves the audit trail.
    pub(crate) audit: u16,
    living: Arc<Mutex<Vec<(u32, Instant)>>>,
    keepers: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Operators {
    /// Both, and the one that works is ready.
    ///
    /// # Errors
    /// Where they cannot be started.
    pub(crate) async fn start(
        folder: &Path,
        ledger: PathBuf,
        clock: Option<Arc<Clock>>,
        proxy: u16,
        image: &str,
    ) -> Result<Self> {
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: torture\n\
             contexts: [{{name: torture, context: {{cluster: torture, user: torture}}}}]\n\
             clusters: [{{name: torture, cluster: {{server: \"http://127.0.0.1:{proxy}\"}}}}]\n\
             users: [{{name: torture, user: {{}}}}]\n"
        );
        std::fs::write(folder.join("kubeconfig"), config)?;
        let audit = free_port().await?;
        let (living, keepers) = (Arc::default(), Arc::default());
        let all = Self { folder: folder.to_owned(), ledger, clock, audit, living, keepers };
        for _ in 0..2 {
            let (this, image) = (all.clone(), image.to_owned());
            let keeper = tokio::spawn(async move { this.keep(&image).await });
            all.keepers.lock().map_err(|_| anyhow::anyhow!("a keeper panicked"))?.push(keeper);
        }
        all.serving().await;
        Ok(all)
    }

    /// Once one of them works: the other may have been killed a moment ago.
    pub(crate) async fn serving(&self) {
        within(PATIENCE, "an operator is up", async || TcpStream::connect(("127.0.0.1", self.audit)).await.ok()).await;
    }

    /// Another one works, and looks at its start for what is left of executions that are gone.
    pub(crate) async fn renewed(&self) {
        let working = async || self.working();
        let before = within(PATIENCE, "one works", working).await;
        signal(before, "KILL").await;
        within(PATIENCE, "another one works", async || self.working().filter(|pid| *pid != before)).await;
        self.serving().await;
    }

    async fn keep(&self, image: &str) {
        loop {
            match self.spawn(image) {
                Ok(child) => self.followed(child).await,
                Err(error) => eprintln!("failed to start an operator: {error:#}"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn followed(&self, mut child: Child) {
        let Some(pid) = child.id() else { return };
        self.note(|living| living.push((pid, Instant::now())));
        drop(child.wait().await);
        self.note(|living| living.retain(|(other, _)| *other != pid));
    }

    fn spawn(&self, image: &str) -> Result<Child> {
        let log = self.log()?;
        // None outlives the torture, however that ends.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(writ())
            .arg("operator")
            .env_clear()
            .envs(self.clock.iter().flat_map(|clock| clock.environment()))
            .env("KUBECONFIG", self.folder.join("kubeconfig"))
            .env("WRIT_LEDGER", &self.ledger)
            .env("WRIT_RUN_IMAGE", image)
            .env("WRIT_LISTEN", "127.0.0.1:0")
            .env("WRIT_AUDIT_LISTEN", format!("127.0.0.1:{}", self.audit))
            .env("POD_NAME", "torture")
            .stdout(log.try_clone()?)
            .stderr(log)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("writ is not built")?;
        Ok(child)
    }

    fn log(&self) -> Result<File> {
        Ok(OpenOptions::new().create(true).append(true).open(self.folder.join("operator.log"))?)
    }

    fn note(&self, change: impl FnOnce(&mut Vec<(u32, Instant)>)) {
        if let Ok(mut living) = self.living.lock() {
            change(&mut living);
        }
    }

    /// The one that works, if one does.
    pub(crate) fn working(&self) -> Option<u32> {
        let living = self.living.lock().ok()?;
        let oldest = living.iter().min_by_key(|(_, since)| *since)?;
        (oldest.1.elapsed() > WORKS).then_some(oldest.0)
    }

    /// Both for good.
    pub(crate) async fn stop(&self) {
        let keepers = self.keepers.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        for keeper in keepers {
            keeper.abort();
            drop(keeper.await);
        }
    }

    /// Their log, beside what was found.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub(crate) fn kept(&self, out: &Path) -> Result<PathBuf> {
        let kept = out.with_extension("log");
        std::fs::copy(self.folder.join("operator.log"), &kept)?;
        Ok(kept)
    }
}

/// A signal, by name; whether it was sent. By the shell's own kill: the program of that name is not everywhere.
pub(crate) async fn signal(pid: u32, name: &str) -> Option<()> {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).stderr(Stdio::null()).status().await;
    sent.is_ok_and(|status| status.success()).then_some(())
}

async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}
