#!/usr/bin/env bash
# Measures what idle keep-alive connections cost the release build's API: memory, and the p99 of 200 connections that are
# busy meanwhile. Ends with 1 when more is used than goals.tsv allows, or a connection did not stay open.
#
#   QUICK=1    one short round, to see that all works
#   RECORD=1   also puts the result into docs/performance.md
#   IDLE=…     connections (15000)
#   ROUNDS=…   of each (3)
#   PROGRAMS=… a folder with the programs, instead of those that make release builds
set -euo pipefail
cd "$(dirname "$0")/../.."

connections=200 idle=${IDLE:-15000}
if [ -n "${QUICK:-}" ]; then
  seconds=2 rounds=${ROUNDS:-1} warm_up=1
else
  seconds=8 rounds=${ROUNDS:-3} warm_up=4
fi

# shellcheck source=Tests/Benchmarks/api.sh
. Tests/Benchmarks/api.sh
peers=()

# In each round a new process, for one that had idle connections keeps some of their memory.
measure_idle() {
  local round who=ours scenario suffix="" status=200 cache="redis; hit" body='"title":' conditional=""
  for ((round = 1; round <= rounds; round++)); do
    serve strict ""
    create_noted
    fill_cache "$suffix" "$cache"
    load ours "$warm_up" read.lua "$folder" "$suffix" >/dev/null
    scenario="200 connections beside idle ones, alone"
    repeat read_round
    scenario="200 connections beside idle ones"
    repeat round_beside_idle
  done
}

# The service closes connections that were idle for 60 s, and no setting changes that: so they are opened anew for each
# round, which has to be over before.
round_beside_idle() {
  local outcome=0
  open_idle
  read_round || outcome=$?
  close_idle
  return $outcome
}

open_idle() {
  local since=$SECONDS
  : >"$folder/idle"
  launch idle python3 "$here/idle.py" "$folder" "$PORT" "$idle" >"$folder/idle" 2>>"$folder/idle.log"
  until grep -qx "open $idle" "$folder/idle"; do
    alive idle || fail "$idle idle connections could not be opened: $(tail -n 1 "$folder/idle.log")"
    sleep 0.2
  done
  progress "$idle idle connections opened in $((SECONDS - since)) s"
}

# Both ends must have kept all of them: the clients', and the service by its metrics.
close_idle() {
  local served
  served=$(metrics | awk '/^freshet_api_connections[ {]/ { print int($2) }')
  halt idle TERM 20
  grep -qx "still open $idle" "$folder/idle" || fail "of $idle idle connections $(tail -n 1 "$folder/idle")"
  [ "$served" -ge "$idle" ] || fail "the service has $served connections, not $idle"
  progress "$idle idle connections were still open"
}

prepare PORT
url=([ours]=http://127.0.0.1:$PORT)
require_files $((idle + connections + 300))
take_tokens_again
seed
describe_machine
machine+=" Idle connections: $idle."
measure_idle
report bench-idle goals.awk report.awk proofs.awk
keep_tokens
! grep -qF '**not met**' "$folder/performance.md" || exit 1
