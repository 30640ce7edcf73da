//! The pod of a run: `kubectl` and nothing else, as nobody, on a read-only root, with a token of ten minutes.
use super::FILE_ANNOTATION;
use crate::{
    access::Access,
    model::{Command, Planned},
    site::Site,
};
use k8s_openapi::{
    api::core::v1::{
        Capabilities, ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, DownwardAPIVolumeSource,
        EmptyDirVolumeSource, EnvVar, KeyToPath, ObjectFieldSelector, PodSecurityContext, PodSpec, ProjectedVolumeSource,
        ResourceRequirements, SeccompProfile, SecurityContext, ServiceAccountTokenProjection, Volume, VolumeMount,
        VolumeProjection,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

/// Where in-cluster clients look for their token.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// A user that owns nothing.
const NOBODY: i64 = 65532;
/// The shortest that the API server issues.
const TOKEN_SECONDS: i64 = 600;
/// kubectl ends at once when it is told to; the default of 30 would only make a cancellation slow.
const GRACE_SECONDS: i64 = 5;
/// What an idle kubectl needs: enough of them fit on a small node.
const REQUESTS: [(&str, &str); 2] = [("cpu", "10m"), ("memory", "32Mi")];
/// Room for kubectl's discovery cache.
const TMP_SIZE: &str = "16Mi";

pub(super) fn spec(planned: &Planned, access: &Access, site: &Site, argv: fn(&Command, Option<&str>) -> Vec<String>) -> PodSpec {
    let commands = planned.proposal.commands.iter().zip(0_usize..);
    let mut containers: Vec<Container> =
        commands.map(|(command, n)| container(n, argv(command, access.namespace.as_deref()), planned, site)).collect();
    // In order, each after the one before: all but the last are init containers.
    let last = containers.pop();
    PodSpec {
        init_containers: if containers.is_empty() { None } else { Some(containers) },
        containers: last.into_iter().collect(),
        service_account_name: Some(access.name.clone()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        restart_policy: Some("Never".to_owned()),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(NOBODY),
            run_as_group: Some(NOBODY),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        volumes: Some(volumes(planned)),
        ..PodSpec::default()
    }
}

fn container(n: usize, args: Vec<String>, planned: &Planned, site: &Site) -> Container {
    Container {
        name: format!("c{n}"),
        image: Some(planned.image.clone()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(vec![site.program.clone()]),
        args: Some(args),
        env: Some(vec![EnvVar { name: "HOME".to_owned(), value: Some("/tmp".to_owned()), value_from: None }]),
        resources: Some(ResourceRequirements {
            requests: Some(REQUESTS.iter().map(|(what, much)| quantity(what, much)).collect()),
            limits: Some(BTreeMap::from([quantity("cpu", &site.cpu), quantity("memory", &site.memory)])),
            ..ResourceRequirements::default()
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            run_as_non_root: Some(true),
            capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) }),
            ..SecurityContext::default()
        }),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(mounts(planned)),
        ..Container::default()
    }
}

fn quantity(what: &str, much: &str) -> (String, Quantity) {
    (what.to_owned(), Quantity(much.to_owned()))
}

fn files(planned: &Planned) -> impl Iterator<Item = &str> {
    planned.proposal.commands.iter().flat_map(|c| &c.files).map(|(name, _)| name.as_str())
}

fn mounts(planned: &Planned) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: if read_only { Some(true) } else { None },
        ..VolumeMount::default()
    };
    let input = files(planned).next().map(|_| mount("in", "/writ/in", true));
    [mount("tmp", "/tmp", false), mount("token", TOKEN, true)].into_iter().chain(input).collect()
}

fn volumes(planned: &Planned) -> Vec<Volume> {
    let tmp = EmptyDirVolumeSource {
        medium: Some("Memory".to_owned()),
        size_limit: Some(Quantity(TMP_SIZE.to_owned())),
        ..EmptyDirVolumeSource::default()
    };
    let mut all = vec![
        Volume { name: "tmp".to_owned(), empty_dir: Some(tmp), ..Volume::default() },
        Volume { name: "token".to_owned(), projected: Some(token()), ..Volume::default() },
    ];
    let items: Vec<_> = files(planned).map(|f| field(f, &format!("metadata.annotations['{FILE_ANNOTATION}{f}']"))).collect();
    if !items.is_empty() {
        let source = DownwardAPIVolumeSource { items: Some(items), ..DownwardAPIVolumeSource::default() };
        all.push(Volume { name: "in".to_owned(), downward_api: Some(source), ..Volume::default() });
    }
    all
}

fn field(path: &str, from: &str) -> DownwardAPIVolumeFile {
    let field_ref = ObjectFieldSelector { api_version: None, field_path: from.to_owned() };
    DownwardAPIVolumeFile { path: path.to_owned(), field_ref: Some(field_ref), ..DownwardAPIVolumeFile::default() }
}

/// What `automountServiceAccountToken` would mount, but short-lived.
fn token() -> ProjectedVolumeSource {
    let token = ServiceAccountTokenProjection {
        path: "token".to_owned(),
        expiration_seconds: Some(TOKEN_SECONDS),
        ..ServiceAccountTokenProjection::default()
    };
    let ca = KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned(), ..KeyToPath::default() };
    let ca = ConfigMapProjection { name: "kube-root-ca.crt".to_owned(), items: Some(vec![ca]), optional: None };
    let namespace = DownwardAPIProjection { items: Some(vec![field("namespace", "metadata.namespace")]) };
    ProjectedVolumeSource {
        sources: Some(vec![
            VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() },
            VolumeProjection { config_map: Some(ca), ..VolumeProjection::default() },
            VolumeProjection { downward_api: Some(namespace), ..VolumeProjection::default() },
        ]),
        ..ProjectedVolumeSource::default()
    }
}
