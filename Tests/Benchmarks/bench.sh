#!/usr/bin/env bash
# Measures the release build on private servers, in turn with peers in nginx, Go and Express: cached reads, misses, writes,
# both by Zipf's law, webhook intake. The worker has worker.sh.
#
#   QUICK=1    one short round of each, to see that all works
#   RECORD=1   also puts the result into docs/performance.md
#   ONLY=…     some of: cached (that is get 304 messages) fill patch mix intake off (off-get off-messages)
#   PEERS=…    some of: nginx go express
#   ROUNDS=…   of each (3)
#   PROGRAMS=… a folder with the programs, instead of those that make release builds
#
# Every answer expected of a scenario is checked before and after it; any failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."

connections=64
if [ -n "${QUICK:-}" ]; then
  seconds=2 rounds=${ROUNDS:-1} warm_up=1
else
  seconds=8 rounds=${ROUNDS:-3} warm_up=2
fi

# shellcheck source=Tests/Benchmarks/api.sh
. Tests/Benchmarks/api.sh

measure_cached() {
  serve strict "nginx go express"
  create_noted
  prove_ids 20000
  ! wanted cached get ||
    measure_reads "nginx go express" "cached GET" "" 200 "redis; hit" '"title":'
  ! wanted cached 304 ||
    measure_reads "nginx" "304" "" 304 "redis; hit" "" conditional
  ! wanted cached messages ||
    measure_reads "nginx go express" "cached messages page" "/messages?page=1&limit=50" 200 "redis; hit" '"total":20,'
  ! wanted fill || measure_cache "miss, filled" miss.lua "$folder" %r
  ! wanted patch || measure_cache "PATCH" patch.lua "$folder" "Title of round %r"
  ! wanted mix || measure_cache "95 reads, 5 PATCH, Zipf" mix.lua "$folder" "Mix of round %r" %r
  ! wanted intake || measure_intake "nginx go express"
}

measure_uncached() {
  local detail="redis; fwd=bypass; detail=off"
  serve off "go express"
  create_noted
  ! wanted off off-get ||
    measure_reads "go express" "GET, cache off" "" 200 "$detail" '"title":'
  ! wanted off off-messages ||
    measure_reads "go express" "messages page, cache off" "/messages?page=1&limit=50" 200 "$detail" '"total":20,'
}

prepare PORT NGINX_PORT GO_PORT EXPRESS_PORT
name_addresses
take_tokens_again
seed
describe_machine
! wanted cached get 304 messages fill patch mix intake || measure_cached
! wanted off off-get off-messages || measure_uncached
report bench goals.awk report.awk proofs.awk
keep_tokens
