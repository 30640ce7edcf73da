# shellcheck shell=bash
# say.sh owns how we talk to a person: progress on stderr, so that stdout stays for answers.

say() { printf 'writ-local: %s\n' "$*" >&2; }

# die WHAT-HAPPENED WHAT-TO-DO
die() {
  printf 'writ-local: error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "${@:2}" >&2
  exit 1
}

# now_ms: milliseconds since the epoch, without starting a process.
now_ms() {
  local t=${EPOCHREALTIME/[.,]/}
  echo $((t / 1000))
}

# seconds_since MS: like "7.3"
seconds_since() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}
