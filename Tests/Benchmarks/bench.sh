#!/usr/bin/env bash
# Measures the release build on private servers: cached reads, misses, webhook intake, worker drain.
#
#   QUICK=1   one short round of each, to see that all works
#   RECORD=1  also puts the result into docs/performance.md
#
# Every answer expected of a scenario is checked before and after it; any failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$PWD/.bench
export LOCAL_FOLDER=$folder/stack
run=$LOCAL_FOLDER/run
here=Tests/Benchmarks
connections=64
if [ -n "${QUICK:-}" ]; then
  seconds=2 rounds=1 warm_up=1 events=2000
else
  seconds=8 rounds=3 warm_up=2 events=20000
fi

# shellcheck source=deploy/scripts/processes.sh
. deploy/scripts/processes.sh
# shellcheck source=Tests/Benchmarks/measure.sh
. "$here/measure.sh"
# shellcheck source=Tests/Benchmarks/drain.sh
. "$here/drain.sh"
# shellcheck source=Tests/Benchmarks/report.sh
. "$here/report.sh"

fail() {
  echo "benchmark: $*; logs are in $folder" >&2
  exit 1
}

progress() {
  printf '%4d s  %s\n' $SECONDS "$*"
}

prepare() {
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock -n 9 || fail "another one runs here"
  rm -f "$folder"/*.log "$folder"/*.tsv
  deploy/scripts/local-stack.sh clean 9>&-
  choose_ports PORT WORKER_PORT REDIS_CACHE_PORT REDIS_QUEUE_PORT POSTGRES_PORT
  trap 'finish $?' EXIT
  trap 'exit 130' INT TERM HUP
  progress "starting servers"
  deploy/scripts/local-stack.sh start 9>&-
  # shellcheck disable=SC1091
  . "$LOCAL_FOLDER/env"
  # shellcheck disable=SC1091
  . "$LOCAL_FOLDER/secrets"
  export HOST=127.0.0.1 LOG_LEVEL=warning LOG_FORMAT=json RATE_LIMIT_REQUESTS=0 SHUTDOWN_DRAIN_SECONDS=0
  api=http://127.0.0.1:${PORT:?}
  programs=$(make --no-print-directory programs)
}

# choose_ports NAME…: each gets a port where nobody listens, below those the kernel gives to outgoing connections.
choose_ports() {
  local name port=$((15000 + RANDOM % 10000))
  for name in "$@"; do
    port=$((port + 1))
    until deploy/scripts/ports.sh "$name=$port" 2>/dev/null; do port=$((port + 1)); done
    export "$name=$port"
  done
}

sql() {
  PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -p "$POSTGRES_PORT" -U freshet --no-psqlrc --quiet \
    --tuples-only --no-align --field-separator ' ' -v ON_ERROR_STOP=1 "$@"
}

# redis PORT COMMAND…
redis() {
  REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p "$@"
}

seed() {
  local user
  progress "seeding 10,000 conversations with 20 messages each"
  "$programs/APIService" migrate >>"$folder/migrate.log"
  sql -f "$here/seed.sql"
  sql -c "SELECT id, substr(user_id, 7) FROM conversations ORDER BY id" >"$folder/targets"
  progress "minting 500 tokens"
  for user in {0..499}; do
    "$programs/APIService" token --user "bench-$user" --ttl 86400
  done >"$folder/tokens"
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
  trap '' INT TERM HUP
  trap - EXIT
  halt api TERM 20 || true
  halt worker TERM 30 || true
  if [ "$1" -eq 0 ]; then
    deploy/scripts/local-stack.sh clean 9>&- || true
  else
    deploy/scripts/local-stack.sh stop 9>&- || true
  fi
  exit "$1"
}

prepare
seed
describe_machine
start api APIService "$api/health/ready" CACHE_MODE=strict
measure_reads "cached GET" "" 200 "redis; hit" '"title":'
measure_reads "304" "" 304 "redis; hit" "" conditional
measure_reads "cached messages page" "/messages?page=1&limit=50" 200 "redis; hit" '"total":20,'
measure_intake
halt api TERM 20
start api APIService "$api/health/ready" CACHE_MODE=off
measure_reads "GET, cache off" "" 200 "redis; fwd=bypass; detail=off" '"title":'
measure_reads "messages page, cache off" "/messages?page=1&limit=50" 200 "redis; fwd=bypass; detail=off" '"total":20,'
measure_drains
report
