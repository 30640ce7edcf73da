# shellcheck shell=bash
# image.sh owns container images: made from files of this machine, imported into our containerd. There is no registry.

readonly IMAGES=$WRIT_CACHE/images
readonly REPOSITORY=docker.io/writ

ctr_ours() { ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io "$@"; }

# image NAME TAG FILE[=PATH]... | image NAME
image() {
  [ $# -ge 1 ] || die "which image?" "writ-local image NAME TAG FILE[=PATH]..."
  alive containerd || die "the cluster is not up, so there is nowhere to import an image to" "bring it up: writ-local up"
  [ $# -ne 2 ] || die "image $1:$2 of which files?" "writ-local image $1 $2 FILE[=PATH]..."
  BIN_IN_USE=$(running_bin)
  case $1${2:-} in *[!a-z0-9._-]*) die "'$1' or '${2:-}' is no image name or tag here" "use lower-case letters, digits and . _ -" ;; esac
  [ $# -eq 1 ] || make_image "$@"
  image_references "$1"
}

# image_references NAME: by tag, then by digest, of the image imported last under that name.
image_references() {
  local file=$RUN/image/$1
  [ -e "$file" ] || die "no image '$1' was imported" "writ-local image $1 TAG FILE[=PATH]..."
  cat "$file"
}

# make_image NAME TAG FILE[=PATH]...: containerd resolves the reference by digest only because it is a name of its own
# in the archive; with it a pod's imagePullPolicy Never or IfNotPresent finds the image without a registry.
make_image() {
  local name=$REPOSITORY/$1 tag=$2 archive=$IMAGES/$1-$2.tar digest file
  mkdir -p "$IMAGES" "$RUN/image"
  for file in "${@:3}"; do
    [ -r "${file%%=*}" ] || die "cannot read ${file%%=*} for the image $1:$2" "build it first"
  done
  digest=$("$BIN_IN_USE/image" -out "$archive" -name "$name" -tag "$tag" -user "$APP_USER" "${@:3}") ||
    die "could not make the image $1:$2"
  if [ "$(image_digest "$name:$tag")" != "$digest" ] || [ "$(image_digest "$name@$digest")" != "$digest" ]; then
    say "importing $1:$2 ($(($(stat -c %s "$archive") >> 20)) MB)"
    ctr_ours images import "$archive" >>"$RUN/log/images.log" 2>&1 || die "containerd could not import $archive" "see $RUN/log/images.log"
  fi
  # The tar has done its work: containerd holds the layer, and a copy of each would fill the cache.
  rm -f "$archive"
  printf '%s\n' "$name:$tag" "$name@$digest" >"$RUN/image/$1"
}

# image_digest REFERENCE: empty when containerd does not know it.
image_digest() { ctr_ours images list "name==$1" 2>/dev/null | awk 'NR == 2 {print $3}'; }

# import_own_images: what every pod and every Job needs. Only once a cluster.
import_own_images() {
  [ -e "$RUN/image/pause" ] || make_image pause dev "$BIN_IN_USE/pause"
  [ -e "$RUN/image/kubectl" ] || make_image kubectl dev "$BIN_IN_USE/kubectl-image=/bin/kubectl"
}
