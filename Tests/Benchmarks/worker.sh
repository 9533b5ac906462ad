#!/usr/bin/env bash
# Measures the worker of the release build on private servers, in turn with a worker in Go.
#
#   QUICK=1   one short round of each, to see that all works
#   RECORD=1  also puts the result into docs/performance.md
#   ONLY=…    some of: peer growth backlog idle
#
# After each drain nothing may be lost, double or left; anything else ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=Tests/Benchmarks/stack.sh
. Tests/Benchmarks/stack.sh
# shellcheck source=Tests/Benchmarks/measure.sh
. "$here/measure.sh"
# shellcheck source=Tests/Benchmarks/queue.sh
. "$here/queue.sh"
# shellcheck source=Tests/Benchmarks/report.sh
. "$here/report.sh"

if [ -n "${QUICK:-}" ]; then
  events=4000 rounds=1 backlogs="1000 10000" idle_seconds=10 idle_events=50
else
  events=20000 rounds=3 backlogs="1000 100000 1000000" idle_seconds=40 idle_events=300
fi
# Of a larger backlog only so many are taken.
most=100000
# shellcheck source=Tests/Benchmarks/worker-idle.sh
. "$here/worker-idle.sh"

# The packages of Debian lie in one folder, which an old-style build takes as it is.
build_peer() {
  progress "building the worker in Go"
  GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$folder/go-cache go build -o "$folder/peer" \
    "./$here/peers/goworker"
}

# The same tables for the peer with the fewest indexes that its own statements need, and a serial key.
create_lean_database() {
  role=postgres sql -c "CREATE DATABASE lean OWNER freshet"
  database=lean sql -f "$here/peers/lean.sql" \
    -c "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO freshet_app" \
    -c "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO freshet_app"
}

compare() {
  local round
  for ((round = 1; round <= rounds; round++)); do
    drain_once ours "worker" "$events" worker1
    drain_once peer "Go worker" "$events" peer
    database=lean DATABASE_URL=${DATABASE_URL/\/freshet\?/\/lean?} \
      drain_once peer "Go worker, two indexes" "$events" peer
  done
}

# drain_once WHO SCENARIO EVENTS NAME…
drain_once() {
  fill "$1" "$3" "drain-"
  drain "$2" "$3" "${@:4}"
  verify "$1" "$3" "drain-"
}

measure_growth() {
  drain_once ours "1 worker" "$((2 * events))" worker1
  drain_once ours "2 workers" "$((2 * events))" worker1 worker2
  drain_once ours "4 workers" "$((2 * events))" worker1 worker2 worker3 worker4
}

measure_backlogs() {
  local backlog taken stored
  for backlog in $backlogs; do
    progress "filling the queue with $backlog events"
    fill ours "$backlog" "drain-"
    taken=$((backlog < most ? backlog : most))
    drain "backlog of $backlog" "$taken" worker1
    progress "Redis holds $(redis "$REDIS_QUEUE_PORT" INFO memory | sed -n 's/^used_memory_human:\([^\r]*\).*/\1/p')"
    stored=$(sql -c "SELECT count(*) FROM webhook_events WHERE outcome = 'applied'")
    [ $((stored + $(waiting ours))) -eq "$backlog" ] || fail "of $backlog events $stored are stored, $(waiting ours) queued"
    [ "$(sql -c "SELECT count(*) FROM messages")" -eq $((20 * stored)) ] || fail "messages are missing, or too many"
  done
}

prepare WORKER_PORT
describe_machine
if wanted peer; then
  build_peer
  create_lean_database
  compare
fi
! wanted growth || measure_growth
! wanted backlog || measure_backlogs
! wanted idle || measure_idle
report bench-worker worker-report.awk
