//! `writ` as somebody types it: its lines as they come, and how it ends.
use crate::{PATIENCE, cluster::kubeconfig, writ};
use serde_json::{Value, json};
use std::{fs, process::Stdio};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// One command.
pub struct Typed {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// His kubeconfig, for as long as it is needed.
    _folder: TempDir,
}

/// What it said, and its exit code.
#[derive(Debug)]
pub struct Said {
    /// On standard output, of what was not read before.
    pub out: String,
    /// On standard error.
    pub err: String,
    /// Its exit code.
    pub code: Option<i32>,
}

impl Typed {
    /// By the administrator; or by whom the API server takes for this user.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start(user: Option<&str>, arguments: &[&str]) -> Self {
        Self::with(&of(user, &[]), arguments)
    }

    /// By whom the API server takes for this user of these groups.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start_as(user: &str, groups: &[&str], arguments: &[&str]) -> Self {
        Self::with(&of(Some(user), groups), arguments)
    }

    fn with(config: &Value, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kubeconfig");
        fs::write(&file, config.to_string()).expect("a file");
        let mut child = Command::new(writ())
            .args(arguments)
            .env("KUBECONFIG", file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("writ is built");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines, _folder: folder }
    }

    /// Its next line.
    ///
    /// # Panics
    /// Where none comes.
    pub async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("it says nothing in time");
        line.expect("text").expect("it ended without another line")
    }

    /// How it ended.
    ///
    /// # Panics
    /// Where it does not end.
    pub async fn ended(mut self) -> Said {
        let mut out = String::new();
        while let Some(line) = timeout(PATIENCE, self.lines.next_line()).await.expect("it does not end").expect("text") {
            out.push_str(&(line + "\n"));
        }
        let end = timeout(PATIENCE, self.child.wait_with_output()).await.expect("it does not end").expect("a process");
        Said { out, err: String::from_utf8_lossy(&end.stderr).into_owned(), code: end.status.code() }
    }
}

/// The kubeconfig, as somebody else's.
fn of(user: Option<&str>, groups: &[&str]) -> Value {
    let text = fs::read_to_string(kubeconfig().expect("a cluster")).expect("a kubeconfig");
    let mut config: Value = serde_saphyr::from_str(&text).expect("YAML");
    for entry in config["users"].as_array_mut().into_iter().flatten() {
        if let Some(user) = user {
            entry["user"]["as"] = json!(user);
            entry["user"]["as-groups"] = json!(groups);
        }
    }
    config
}
