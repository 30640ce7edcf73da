# shellcheck shell=bash
# config.sh owns the configuration files of the parts, below run/config. Files that need no value of ours are in config/.

readonly CONFIG=$RUN/config

write_config() {
  mkdir -p "$CONFIG/cni" "$RUN/log" "$RUN/audit" "$RUN/volumes"
  cp "$HERE/config/audit-policy.yaml" "$CONFIG/"
  write_containerd_config
  write_cni_config
  write_admission_config
  write_scheduler_config
  write_kubelet_config
  write_proxy_config
}

# The API server reads the directory again while it runs. It gets a copy: the cluster outlives a clone.
copy_static_admission() {
  [ -d "$STATIC_ADMISSION" ] || die "there is no directory $STATIC_ADMISSION" "set WRIT_STATIC_ADMISSION to a directory of policies"
  mkdir -p "$RUN/static-admission"
  diff -rq "$STATIC_ADMISSION" "$RUN/static-admission" >/dev/null 2>&1 && return
  find "$RUN/static-admission" -type f -delete
  cp "$STATIC_ADMISSION"/*.yaml "$RUN/static-admission/" 2>/dev/null || true
}

# restrict_oom_score_adj: without CAP_SYS_RESOURCE runc cannot lower the score, and every sandbox dies with "can't get
# final child's PID from pipe: EOF". Network namespaces and runc's state below run/, so that `down` finds all of them.
write_containerd_config() {
  cat >"$CONFIG/containerd.toml" <<TOML
version = 2
root = "$RUN/containerd/root"
state = "$RUN/containerd/state"
# opt would make /opt/containerd; the others need devices or file systems that we do not use.
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/writ/pause:dev"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$CNI_BIN"
    conf_dir = "$CONFIG/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "$RUN/runc"
TOML
}

# No ipMasq and no portmap: each would run iptables a dozen times a pod. network.sh has one rule for all of them.
write_cni_config() {
  cat >"$CONFIG/cni/10-writ-local.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "writ-local", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "hairpinMode": true, "ipam": {
    "type": "host-local", "dataDir": "$RUN/cni", "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
}

write_admission_config() {
  cat >"$CONFIG/admission.yaml" <<YAML
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: ValidatingAdmissionPolicy
  configuration:
    apiVersion: apiserver.config.k8s.io/v1
    kind: ValidatingAdmissionPolicyConfiguration
    staticManifestsDir: $RUN/static-admission
YAML
}

write_scheduler_config() {
  cat >"$CONFIG/scheduler.yaml" <<YAML
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: $RUN/kubeconfig/kube-scheduler, qps: 1000, burst: 2000}
YAML
}

# Images are imported, never pulled, so nothing may collect them (threshold 100). Limits on events and requests are off:
# load tests would measure them. Status every 2 s and disk thresholds of a full developer's disk.
write_kubelet_config() {
  local fail_cgroup_v1=true
  cgroup_v2 || fail_cgroup_v1=false
  cat >"$CONFIG/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
port: $KUBELET_PORT
healthzBindAddress: 127.0.0.1
healthzPort: $KUBELET_HEALTH_PORT
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
failCgroupV1: $fail_cgroup_v1
failSwapOn: false
enforceNodeAllocatable: []
makeIPTablesUtilChains: false
podCIDR: $POD_CIDR
maxPods: $MAX_PODS
podLogsDir: $RUN/pod-logs
volumePluginDir: $RUN/kubelet/volume-plugins
clusterDomain: cluster.local
clusterDNS: [$DNS_IP]
resolvConf: $CONFIG/resolv.conf
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
serializeImagePulls: false
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 1000
kubeAPIBurst: 2000
syncFrequency: 10s
nodeStatusUpdateFrequency: 2s
nodeStatusReportFrequency: 1m
YAML
  # An empty one: names of the machine's own network are nothing to a pod here, and there is no cluster DNS.
  : >"$CONFIG/resolv.conf"
}

# All conntrack settings 0: the kernel's limits are the machine's business. No localhost node ports: they need route_localnet.
write_proxy_config() {
  cat >"$CONFIG/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $POD_CIDR
hostnameOverride: $NODE
nodePortAddresses: [primary]
metricsBindAddress: 127.0.0.1:$PROXY_METRICS_PORT
healthzBindAddress: 127.0.0.1:$PROXY_HEALTH_PORT
clientConnection: {kubeconfig: $RUN/kubeconfig/kube-proxy}
iptables: {localhostNodePorts: false, minSyncPeriod: 100ms, masqueradeAll: $(bridge_hides_from_iptables && echo true || echo false)}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
}
