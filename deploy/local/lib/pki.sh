# shellcheck shell=bash
# pki.sh owns the certificate authority, the certificates and the kubeconfigs below run/. A new cluster has a new one.
# Keys are ECDSA P-256: an RSA key takes longer to make than the API server to start.

readonly PKI=$RUN/pki
# Ten years: the cluster is gone long before, and a certificate that ends during a test helps nobody.
readonly DAYS=3650

make_pki() {
  [ ! -e "$PKI/complete" ] || return 0
  say "making certificates"
  mkdir -p "$PKI" "$RUN/kubeconfig"
  chmod 700 "$PKI"
  make_key "$PKI/ca.key"
  # A configuration of our own: that of the machine may add other extensions.
  printf '%s\n' '[req]' distinguished_name=dn x509_extensions=ca '[dn]' '[ca]' basicConstraints=critical,CA:TRUE \
    keyUsage=critical,keyCertSign,cRLSign,digitalSignature subjectKeyIdentifier=hash >"$PKI/ca.cnf"
  openssl req -x509 -new -config "$PKI/ca.cnf" -key "$PKI/ca.key" -out "$PKI/ca.crt" -subj /CN=writ-local -days "$DAYS"
  make_key "$PKI/sa.key"
  openssl pkey -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub"
  make_part_certificates
  : >"$PKI/complete"
}

make_part_certificates() {
  local names="IP:127.0.0.1,IP:$NODE_IP,IP:$SERVICE_IP,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default"
  names+=",DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  make_certificate kube-apiserver /CN=kube-apiserver "$names"
  make_certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
  make_certificate kube-controller-manager /CN=system:kube-controller-manager IP:127.0.0.1
  make_certificate kube-scheduler /CN=system:kube-scheduler IP:127.0.0.1
  make_certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "IP:$NODE_IP,IP:127.0.0.1,DNS:$NODE"
  make_certificate kube-proxy /CN=system:kube-proxy
  make_certificate admin /O=system:masters/O=writ:policy-admins/CN=admin
  local user
  for user in kube-controller-manager kube-scheduler kubelet kube-proxy admin; do write_kubeconfig "$user"; done
}

make_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# make_certificate FILE SUBJECT [ALTERNATIVE-NAMES]
make_certificate() {
  local base=$PKI/$1
  make_key "$base.key"
  {
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=serverAuth,clientAuth"
    [ -z "${3:-}" ] || echo "subjectAltName=$3"
  } >"$base.ext"
  openssl req -new -key "$base.key" -subj "$2" 2>/dev/null |
    openssl x509 -req -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
      -days "$DAYS" -extfile "$base.ext" -out "$base.crt" 2>/dev/null || die "openssl could not make the certificate $base.crt"
  rm "$base.ext"
}

# write_kubeconfig FILE: everything inside, so that the file can be copied anywhere on this machine.
write_kubeconfig() {
  local out=$RUN/kubeconfig/$1
  (umask 077 && cat >"$out.new") <<YAML
apiVersion: v1
kind: Config
clusters:
- name: writ-local
  cluster:
    server: $API_URL
    certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 "$PKI/$1.crt")
    client-key-data: $(base64 -w0 "$PKI/$1.key")
contexts:
- name: writ-local
  context: {cluster: writ-local, user: $1}
current-context: writ-local
YAML
  # Below sudo the file belongs to the person who asked.
  [ -z "${SUDO_UID:-}" ] || chown "$SUDO_UID" "$out.new"
  mv "$out.new" "$out"
}

# kubeconfig [USER [GROUP...]]
kubeconfig() {
  [ -e "$PKI/complete" ] || die "there is no cluster, so no certificate authority" "bring it up: writ-local up"
  if [ $# -eq 0 ]; then
    echo "$RUN/kubeconfig/admin"
    return
  fi
  local user=$1 subject='' part file
  shift
  for part in "$user" "$@"; do
    case $part in
      '' | *[!A-Za-z0-9:@._-]*) die "'$part' cannot be a user or group here" "use letters, digits and : @ . _ -" ;;
    esac
  done
  for part in "$@"; do subject+=/O=$part; done
  # Another set of groups is another certificate, so another file.
  file=user-$user$([ $# -eq 0 ] || printf -- '-%s' "$(printf '%s\n' "$@" | sha256sum | cut -c1-8)")
  if [ ! -e "$RUN/kubeconfig/$file" ]; then
    make_certificate "$file" "$subject/CN=$user"
    write_kubeconfig "$file"
  fi
  echo "$RUN/kubeconfig/$file"
}
