//! What the operator weighs: resident memory of its process, where it runs on this machine.
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::ListParams};
use std::fs;

/// MiB. None where the operator runs on another machine, or cannot be looked at from here.
pub async fn of_operator(client: &Client) -> Option<f64> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), "writ-system");
    let all = pods.list(&ListParams::default()).await.ok()?;
    let uids = all.items.into_iter().filter_map(|pod| pod.metadata.uid);
    uids.filter_map(|uid| of_pod(&uid)).reduce(f64::max)
}

/// The largest process of a pod; the other is `pause`.
fn of_pod(uid: &str) -> Option<f64> {
    // The systemd driver of cgroups writes the uid of a pod with underscores.
    let names = [uid.to_owned(), uid.replace('-', "_")];
    let processes = fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path());
    let of_pod = processes.filter(|process| {
        fs::read_to_string(process.join("cgroup")).is_ok_and(|text| names.iter().any(|name| text.contains(name)))
    });
    of_pod.filter_map(|process| resident(&fs::read_to_string(process.join("status")).ok()?)).reduce(f64::max)
}

/// `VmRSS:     1234 kB`.
fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
