//! What the numbers were measured on: without it they say nothing.
use std::fs::read_to_string;

/// One line a fact.
#[must_use]
pub fn describe() -> String {
    let facts = [
        ("cpu", field("/proc/cpuinfo", "model name").unwrap_or_default()),
        ("cores", std::thread::available_parallelism().map(|n| n.to_string()).unwrap_or_default()),
        ("memory", field("/proc/meminfo", "MemTotal").unwrap_or_default()),
        ("kernel", line("/proc/sys/kernel/osrelease")),
        ("load", line("/proc/loadavg")),
        ("date", jiff::Timestamp::now().strftime("%F %H:%M UTC").to_string()),
        ("profile", std::env::var("PROFILE").unwrap_or_else(|_| "dev".into())),
    ];
    facts.iter().map(|(name, is)| format!("{name:8} {is}")).collect::<Vec<_>>().join("\n") + "\n"
}

/// `name : value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn line(path: &str) -> String {
    read_to_string(path).unwrap_or_default().trim().to_owned()
}
