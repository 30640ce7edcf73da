# shellcheck shell=bash
# build.sh owns the binaries: bin/<key>/ in the cache. The key is the version and a hash of every source of theirs,
# so a changed version builds anew and an unchanged one never does.

readonly SOURCES=(go.mod go.sum kube/main.go kubectl/main.go image/main.go image/layer.go image/layout.go pause/pause.c)
VERSION=$(awk '$1 == "k8s.io/kubernetes" {print $2; exit}' "$HERE/go.mod")
KEY=$VERSION-$(cd "$HERE" && cat "${SOURCES[@]}" | sha256sum | cut -c1-12)
BIN=$WRIT_CACHE/bin/$KEY

# The names the multi-call program answers to.
readonly NAMES=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)

# running_bin: the binaries of the cluster that is up, which may be older than our sources.
running_bin() {
  readlink "$RUN/bin" 2>/dev/null || echo "$BIN"
}

built() { [ -e "$BIN/complete" ]; }

# build_as_user: `up` needs root, the build does not; below sudo the caches stay those of the user.
build_as_user() {
  if ! built && [ "$(id -u)" -ne 0 ]; then
    take_lock
    build_all
    exec 9>&-
  fi
}

build_all() {
  if built; then return; fi
  check_toolchain
  mkdir -p "$BIN"
  local since
  since=$(now_ms)
  say "building Kubernetes ${VERSION#v} from source: about 10 minutes the first time, then cached in $BIN"
  go_build kube kube "Kubernetes (one program with all parts)"
  go_build kubectl-image kubectl "kubectl for images"
  go_build image image "the image maker"
  cc -Os -static -s -o "$BIN/pause" "$HERE/pause/pause.c"
  local name
  for name in "${NAMES[@]}"; do ln -sf kube "$BIN/$name"; done
  : >"$BIN/complete"
  say "built in $(seconds_since "$since") s"
}

check_toolchain() {
  command -v go >/dev/null || die "Go is missing" "install Go $(awk '$1 == "go" {print $2}' "$HERE/go.mod") or newer: https://go.dev/dl"
  if ! command -v cc >/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
      die "a C compiler is missing" "install one; on Debian: apt-get install gcc libc6-dev"
    fi
    say "installing from Debian: gcc libc6-dev"
    apt_install gcc libc6-dev
  fi
}

# go_build OUTPUT DIRECTORY WHAT: the directory has a module of its own, or that beside it. It says every half minute how far it
# is, since nothing is worse than a silent ten minutes.
go_build() {
  local log=$BIN/$1.log next=30000 since pid
  since=$(now_ms)
  (cd "$HERE/$2" && exec go build -v -trimpath -ldflags "$(link_flags)" -o "$BIN/$1.new" .) >"$log" 2>&1 9>&- &
  pid=$!
  # A shell's background job does not hear Ctrl-C.
  # shellcheck disable=SC2064 # this very process
  trap "kill $pid 2>/dev/null || true" EXIT
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    if [ $(($(now_ms) - since)) -gt "$next" ]; then
      next=$((next + 30000))
      say "  $3: $(grep -c / "$log" || true) packages compiled, $(seconds_since "$since") s"
    fi
  done
  wait "$pid" || { tail -20 "$log" >&2; die "could not build $3" "the whole output: $log; no network? set GOPROXY"; }
  trap - EXIT
  mv "$BIN/$1.new" "$BIN/$1"
}

# Without these the API server and kubectl call themselves v0.0.0, and clients warn of a version skew.
link_flags() {
  local v=k8s.io/component-base/version major minor
  IFS=. read -r major minor _ <<<"${VERSION#v}"
  echo "-s -w -X $v.gitVersion=$VERSION -X $v.gitMajor=$major -X $v.gitMinor=$minor"
}
