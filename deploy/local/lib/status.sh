# shellcheck shell=bash
# status.sh owns the picture of what runs. It changes nothing and needs no root.

status() {
  local part pid whole=0
  for part in "${PARTS[@]}"; do
    pid=$(pid_of "$part")
    if [ -n "$pid" ]; then
      printf '%-26s running  pid %-8s %s MB\n' "$part" "$pid" "$(memory_of "$pid")"
    else
      printf '%-26s stopped\n' "$part"
      whole=1
    fi
  done
  if [ ! -d "$RUN" ]; then
    echo "no cluster. Bring it up: writ-local up"
    return "$whole"
  fi
  print_places
  return "$whole"
}

memory_of() { awk '/^VmRSS:/ {printf "%d", $2 / 1024}' "/proc/$1/status" 2>/dev/null || echo "?"; }

print_places() {
  echo
  echo "version     $(basename "$(running_bin)")"
  echo "API server  $API_URL $(api_state)"
  echo "kubeconfig  $RUN/kubeconfig/admin"
  echo "logs        $RUN/log/  audit: $RUN/audit/audit.log"
  echo "volumes     $RUN/volumes/"
  local file
  for file in "$RUN"/image/*; do
    [ ! -e "$file" ] || printf 'image       %s\n' "$(paste -sd ' ' "$file")"
  done
}

api_state() {
  if [ ! -r "$PKI/admin.key" ]; then
    echo "(only root can ask it here)"
  elif ! api_ready >/dev/null; then
    echo "does not answer"
  elif node_ready >/dev/null; then
    echo "ready, node $NODE Ready"
  else
    echo "ready, node $NODE not Ready"
  fi
}
