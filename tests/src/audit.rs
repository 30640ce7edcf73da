//! The API server's own audit log: what was really asked and answered, whoever says what. The local cluster keeps one beside its
//! kubeconfig; another cluster's is out of reach.
use crate::cluster::kubeconfig;
use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
    time::SystemTime,
};

fn carried_out(event: &Value) -> bool {
    event["stage"] == "ResponseComplete" && event["responseStatus"]["code"].as_u64().is_some_and(|c| c < 300)
}

fn read(files: &[PathBuf], mut look: impl FnMut(&Value)) -> std::io::Result<()> {
    for file in files {
        for line in BufReader::new(File::open(file)?).lines() {
            // The last line may be half written.
            let Ok(event) = serde_json::from_str::<Value>(&line?) else { continue };
            if event["stage"] == "ResponseComplete" {
                look(&event);
            }
        }
    }
    Ok(())
}

/// The log from some moment on.
pub struct AuditLog {
    path: PathBuf,
    from: u64,
}

impl AuditLog {
    /// From now on. None: this cluster's log is not here.
    #[must_use]
    pub fn from_now() -> Option<Self> {
        let whole = Self::whole()?;
        let from = whole.path.metadata().ok()?.len();
        Some(Self { from, ..whole })
    }

    /// Since the cluster is up. None: this cluster's log is not here.
    #[must_use]
    pub fn whole() -> Option<Self> {
        let path = kubeconfig()?.parent()?.parent()?.join("audit/audit.log");
        path.is_file().then_some(Self { path, from: 0 })
    }

    /// This file, and those beside it that were full before.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path, from: 0 }
    }

    /// What was done since: requests that the API server carried out, oldest first.
    ///
    /// # Panics
    /// Where the log cannot be read any more.
    #[must_use]
    pub fn done(&self) -> Vec<Value> {
        let mut file = File::open(&self.path).expect("the audit log was there");
        file.seek(SeekFrom::Start(self.from)).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("a text");
        // The last line may be half written.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let all = whole.lines().map(|line| serde_json::from_str::<Value>(line).expect("an audit event"));
        all.filter(carried_out).collect()
    }

    /// The same since the cluster is up, one after the other, from the files that were full before too: for what is too much to be held.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn each(&self, mut look: impl FnMut(&Value)) -> std::io::Result<()> {
        read(&self.files()?, |event| {
            if carried_out(event) {
                look(event);
            }
        })
    }

    /// The same, where it goes back to before this moment: of too many files the oldest are deleted, and nobody heard what went with them.
    ///
    /// # Errors
    /// Where it does not, or a file cannot be read.
    pub fn all_since(&self, began: Timestamp, mut look: impl FnMut(&Value)) -> Result<()> {
        let mut first: Option<Timestamp> = None;
        self.each(|event| {
            first = first.or_else(|| event["requestReceivedTimestamp"].as_str()?.parse().ok());
            look(event);
        })?;
        ensure!(
            first.is_some_and(|first| first <= began),
            "the audit log begins after {began}: its oldest files went before they were read (deploy/local/lib/parts.sh says how many \
             are kept)"
        );
        Ok(())
    }

    /// Whatever was answered since, also with a no: earlier files are not read.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn answered(&self, since: SystemTime, look: impl FnMut(&Value)) -> std::io::Result<()> {
        let mut files = self.files()?;
        // Written to for the last time before: nothing of it is wanted.
        files.retain(|f| f.metadata().and_then(|m| m.modified()).map_or(true, |at| at >= since));
        read(&files, look)
    }

    /// The full ones first.
    fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>()?;
        // `audit-TIME.log` stands before `audit.log`.
        files.retain(|f| f.file_name().is_some_and(|n| n.to_string_lossy().starts_with("audit")));
        files.sort();
        Ok(files)
    }

    /// How often a Job of this name was made.
    #[must_use]
    pub fn jobs_made(&self, name: &str) -> usize {
        let made = |e: &&Value| e["verb"] == "create" && e["objectRef"]["resource"] == "jobs" && e["objectRef"]["name"] == name;
        self.done().iter().filter(|e| made(e) && e["objectRef"].get("subresource").is_none()).count()
    }

    /// What an account of the run namespace wrote: verb and object.
    #[must_use]
    pub fn written_by(&self, account: &str) -> Vec<String> {
        let user = format!("system:serviceaccount:{}:{account}", crds::labels::NAMESPACE_RUNS);
        let writes = |e: &&Value| !matches!(e["verb"].as_str().unwrap_or_default(), "get" | "list" | "watch");
        let all = self.done();
        let ours = all.iter().filter(|e| e["user"]["username"] == user.as_str()).filter(writes);
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        ours.map(|e| format!("{} {}", text(&e["verb"]), text(&e["requestURI"]).split('?').next().unwrap_or_default())).collect()
    }
}
