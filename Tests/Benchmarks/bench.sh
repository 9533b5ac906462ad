#!/usr/bin/env bash
# Measures the release build on private servers: cached reads, misses, writes, both by Zipf's law, webhook intake. The worker has worker.sh.
#
#   QUICK=1   one short round of each, to see that all works
#   RECORD=1  also puts the result into docs/performance.md
#
# Every answer expected of a scenario is checked before and after it; any failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."

connections=64
if [ -n "${QUICK:-}" ]; then
  seconds=2 rounds=1 warm_up=1
else
  seconds=8 rounds=3 warm_up=2
fi

# shellcheck source=Tests/Benchmarks/stack.sh
. Tests/Benchmarks/stack.sh
# shellcheck source=Tests/Benchmarks/measure.sh
. "$here/measure.sh"
# shellcheck source=Tests/Benchmarks/report.sh
. "$here/report.sh"

seed() {
  local user
  progress "seeding 10,000 conversations with 20 messages each"
  sql -f "$here/seed.sql"
  sql -c "SELECT id, substr(user_id, 7) FROM conversations ORDER BY id" >"$folder/targets"
  progress "minting 500 tokens"
  for user in {0..499}; do
    "$programs/APIService" token --user "bench-$user" --ttl 86400
  done >"$folder/tokens"
}

prepare PORT
api=http://127.0.0.1:${PORT:?}
seed
describe_machine
start api APIService "$api/health/ready" CACHE_MODE=strict
measure_reads "cached GET" "" 200 "redis; hit" '"title":'
measure_reads "304" "" 304 "redis; hit" "" conditional
measure_reads "cached messages page" "/messages?page=1&limit=50" 200 "redis; hit" '"total":20,'
measure_cache "miss, filled" miss.lua "$folder" %r
measure_cache "PATCH" patch.lua "$folder" "Title of round %r"
measure_cache "95 reads, 5 PATCH, Zipf" mix.lua "$folder" "Mix of round %r" %r
measure_intake
halt api TERM 20
start api APIService "$api/health/ready" CACHE_MODE=off
measure_reads "GET, cache off" "" 200 "redis; fwd=bypass; detail=off" '"title":'
measure_reads "messages page, cache off" "/messages?page=1&limit=50" 200 "redis; fwd=bypass; detail=off" '"total":20,'
report bench report.awk
