# shellcheck shell=bash disable=SC2034
# settings.sh owns every name, path, address and port. It reads the environment and run/offset; it changes nothing.

WRIT_CACHE=${WRIT_CACHE:-$HOME/.cache/writ}
RUN=$WRIT_CACHE/run

NODE=node1
BRIDGE=writ0
CGROUP=writ-local
CHAIN=WRIT-LOCAL

# The address of the API server and the node. It sits on `lo`, so that no network of the machine sees it.
NODE_IP=10.244.0.1
# Node and pods together: traffic inside keeps its address.
CLUSTER_CIDR=10.244.0.0/16
# /24: 253 pods, about what kubelet's maxPods below allows.
POD_CIDR=10.244.1.0/24
SERVICE_CIDR=10.96.0.0/16
SERVICE_IP=10.96.0.1
DNS_IP=10.96.0.10
MAX_PODS=250

OFFSET=${WRIT_PORT_OFFSET:-$(cat "$RUN/offset" 2>/dev/null || echo 0)}
API_PORT=$((6443 + OFFSET))
ETCD_PORT=$((2379 + OFFSET))
ETCD_PEER_PORT=$((2380 + OFFSET))
KUBELET_PORT=$((10250 + OFFSET))
KUBELET_HEALTH_PORT=$((10248 + OFFSET))
CONTROLLER_PORT=$((10257 + OFFSET))
SCHEDULER_PORT=$((10259 + OFFSET))
PROXY_METRICS_PORT=$((10249 + OFFSET))
PROXY_HEALTH_PORT=$((10256 + OFFSET))

API_URL=https://127.0.0.1:$API_PORT
CONTAINERD_SOCKET=$RUN/containerd.sock
STATIC_ADMISSION=${WRIT_STATIC_ADMISSION:-$HERE/static-admission}

# The clients come second: before the API server has made its roles they are refused, and they come back late.
SERVERS=(etcd containerd kube-apiserver)
CLIENTS=(kubelet kube-controller-manager kube-scheduler kube-proxy)
# Nobody enforces NetworkPolicies until somebody asks for it: see netpol.sh.
[ ! -e "$RUN/pid/netpol" ] || CLIENTS+=(netpol)
PARTS=("${SERVERS[@]}" "${CLIENTS[@]}")

# The user containers run as, and the owner of the volumes: "nonroot" by custom.
APP_USER=65532
