# Sourced by those who measure: private servers, our programs on them, and how to ask them.
# What is set here is used by those who source it.
# shellcheck shell=bash disable=SC2034

folder=$PWD/.bench
export LOCAL_FOLDER=$folder/stack
run=$LOCAL_FOLDER/run
here=Tests/Benchmarks
rate_limit=1000000

# shellcheck source=deploy/scripts/processes.sh
. deploy/scripts/processes.sh

fail() {
  echo "benchmark: $*; logs are in $folder" >&2
  exit 1
}

progress() {
  printf '%4d s  %s\n' $SECONDS "$*"
}

# wanted NAME…: whether ONLY names one of them, or is not set.
wanted() {
  local name
  [ -n "${ONLY:-}" ] || return 0
  for name in "$@"; do
    [[ " $ONLY " != *" $name "* ]] || return 0
  done
  return 1
}

# prepare NAME…: servers on ports of their own; each name, too, gets a port where nobody listens.
prepare() {
  # A connection is a file, to wrk as to us.
  ulimit -n "$(ulimit -Hn)"
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock -n 9 || fail "another one runs here"
  rm -f "$folder"/*.log "$folder"/*.tsv "$folder/ids"
  : >"$folder/results.tsv"
  deploy/scripts/local-stack.sh clean 9>&-
  choose_ports REDIS_CACHE_PORT REDIS_QUEUE_PORT POSTGRES_PORT "$@"
  trap 'finish $?' EXIT
  trap 'exit 130' INT TERM HUP
  progress "starting servers"
  deploy/scripts/local-stack.sh start 9>&-
  # shellcheck disable=SC1091
  . "$LOCAL_FOLDER/env"
  # shellcheck disable=SC1091
  . "$LOCAL_FOLDER/secrets"
  # So high a limit that all are admitted, over so long a window that all still count in the end.
  export HOST=127.0.0.1 LOG_LEVEL=warning LOG_FORMAT=json SHUTDOWN_DRAIN_SECONDS=0 \
    RATE_LIMIT_REQUESTS=$rate_limit RATE_LIMIT_WINDOW_SECONDS=86400 CACHE_TTL_SECONDS=3600
  programs=$(realpath "${PROGRAMS:-$(make --no-print-directory programs)}")
  DATABASE_DIRECT_URL=$OWNER_DATABASE_URL DATABASE_APP_ROLE=freshet_app \
    "$programs/APIService" migrate >>"$folder/migrate.log"
}

# require_files COUNT: fails when a process may not have so many open, connections included.
require_files() {
  [ "$(ulimit -n)" -ge "$1" ] || fail "a process may have $(ulimit -n) open files here, and $1 are needed"
}

# choose_ports NAME…: below those the kernel gives to outgoing connections.
choose_ports() {
  local name port=$((15000 + RANDOM % 10000))
  for name in "$@"; do
    port=$((port + 1))
    until deploy/scripts/ports.sh "$name=$port" 2>/dev/null; do port=$((port + 1)); done
    export "$name=$port"
  done
}

sql() {
  PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -p "$POSTGRES_PORT" -U "${role:-freshet}" "${database:-freshet}" \
    --no-psqlrc --quiet --tuples-only --no-align --field-separator ' ' -v ON_ERROR_STOP=1 "$@"
}

# redis PORT COMMAND…
redis() {
  REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p "$@"
}

# start NAME PROGRAM URL [SETTING=VALUE…]: returns when it is ready. It runs where no .env lies.
start() {
  local name=$1 program=$2 url=$3
  shift 3
  launch "$name" env -C "$folder" "$@" "$programs/$program" >>"$folder/$name.log" 2>&1
  await_ready "$name" "$url"
}

# The data of a failed run stays until the next one.
finish() {
  local process
  trap '' INT TERM HUP
  trap - EXIT
  for process in "$run"/{idle,haproxy,api*,worker*,peer*}.pid; do
    [ ! -e "$process" ] || halt "$(basename "$process" .pid)" TERM 30 || true
  done
  if [ "$1" -eq 0 ]; then
    deploy/scripts/local-stack.sh clean 9>&- || true
  else
    deploy/scripts/local-stack.sh stop 9>&- || true
  fi
  exit "$1"
}
