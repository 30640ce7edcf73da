//! Two operators as processes of this machine, on one ledger: one works, the other waits for its end, where nobody takes the lock from between
//! them (`both`). Whichever ends is started again.
use crate::clock::Clock;
use anyhow::{Context, Result};
use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};
use tests::{PATIENCE, within, writ};
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    task::JoinHandle,
};

/// Between the end of one process and the start of the next in its place.
const AGAIN: Duration = Duration::from_millis(700);
/// Between two looks whether another one works.
const LOOK: Duration = Duration::from_millis(100);

/// A process, and the port where it serves the audit trail once it has the ledger: who finds that taken ends before.
type Living = (u32, u16);

/// Both of them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Operators {
    folder: PathBuf,
    ledger: PathBuf,
    clock: Option<Arc<Clock>>,
    living: Arc<Mutex<Vec<Living>>>,
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
        let (living, keepers) = (Arc::default(), Arc::default());
        let all = Self { folder: folder.to_owned(), ledger, clock, living, keepers };
        // A port for each: with one for both they could never work at once.
        for audit in free_ports().await? {
            let (this, image) = (all.clone(), image.to_owned());
            let keeper = tokio::spawn(async move { this.keep(&image, audit).await });
            all.keepers.lock().map_err(|_| anyhow::anyhow!("a keeper panicked"))?.push(keeper);
        }
        all.serving().await;
        Ok(all)
    }

    /// Once one of them works: the other may have been killed a moment ago. Where it serves the audit trail.
    pub(crate) async fn serving(&self) -> u16 {
        within(PATIENCE, "an operator is up", async || self.at_work(None).await.map(|(_, audit)| audit)).await
    }

    /// Another one works, and looks at its start for what is left of executions that are gone.
    pub(crate) async fn renewed(&self) {
        let working = async || self.working().await;
        let before = within(PATIENCE, "one works", working).await;
        signal(before, "KILL").await;
        within(PATIENCE, "another one works", async || self.working().await.filter(|pid| *pid != before)).await;
        self.serving().await;
    }

    async fn keep(&self, image: &str, audit: u16) {
        loop {
            match self.spawn(image, audit) {
                Ok(child) => self.followed(child, audit).await,
                Err(error) => eprintln!("failed to start an operator: {error:#}"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn followed(&self, mut child: Child, audit: u16) {
        let Some(pid) = child.id() else { return };
        self.note(|living| living.push((pid, audit)));
        drop(child.wait().await);
        self.note(|living| living.retain(|(other, _)| *other != pid));
    }

    fn spawn(&self, image: &str, audit: u16) -> Result<Child> {
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
            .env("WRIT_AUDIT_LISTEN", format!("127.0.0.1:{audit}"))
            .env("POD_NAME", format!("torture-{audit}"))
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

    fn note(&self, change: impl FnOnce(&mut Vec<Living>)) {
        if let Ok(mut living) = self.living.lock() {
            change(&mut living);
        }
    }

    /// The one that works, if one does.
    pub(crate) async fn working(&self) -> Option<u32> {
        self.at_work(None).await.map(|(pid, _)| pid)
    }

    /// All but this one, whether they work or not.
    pub(crate) fn besides(&self, first: u32) -> Vec<u32> {
        self.living(Some(first)).into_iter().map(|(pid, _)| pid).collect()
    }

    /// Whether another one than this works, too, before patience ends.
    pub(crate) async fn joined(&self, first: u32, patience: Duration) -> bool {
        let joined = async {
            while self.at_work(Some(first)).await.is_none() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(patience, joined).await.is_ok()
    }

    async fn at_work(&self, besides: Option<u32>) -> Option<Living> {
        for (pid, audit) in self.living(besides) {
            if TcpStream::connect(("127.0.0.1", audit)).await.is_ok() {
                return Some((pid, audit));
            }
        }
        None
    }

    fn living(&self, besides: Option<u32>) -> Vec<Living> {
        let Ok(living) = self.living.lock() else { return vec![] };
        living.iter().copied().filter(|(pid, _)| Some(*pid) != besides).collect()
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

/// Held both at once, so that they are two.
async fn free_ports() -> Result<[u16; 2]> {
    let (one, other) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    Ok([one.local_addr()?.port(), other.local_addr()?.port()])
}
