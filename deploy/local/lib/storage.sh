# shellcheck shell=bash
# storage.sh owns the volumes: directories below run/volumes, offered as hostPath volumes of the default storage class.
# A released volume is not used again (its data may matter); `down` deletes all.

readonly VOLUMES=8

offer_volumes() {
  local number
  for ((number = 1; number <= VOLUMES; number++)); do
    install -d -o "$APP_USER" -g "$APP_USER" -m 0770 "$RUN/volumes/$number"
  done
  volume_objects | "$BIN_IN_USE/kubectl" --kubeconfig "$RUN/kubeconfig/admin" create -f - >/dev/null
}

volume_objects() {
  local number
  cat <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: Immediate
reclaimPolicy: Retain
YAML
  for ((number = 1; number <= VOLUMES; number++)); do
    cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local-$number}
spec:
  capacity: {storage: 10Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: local
  hostPath: {path: $RUN/volumes/$number, type: Directory}
YAML
  done
}
