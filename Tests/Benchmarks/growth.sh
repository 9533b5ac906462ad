#!/usr/bin/env bash
# Measures how throughput, CPU time per request and p99 of the release build's API change with what grows: connections, the
# size of values, instances behind HAProxy, the database.
#
#   QUICK=1    one short round of each, to see that all works
#   RECORD=1   also puts the tables into docs/performance.md and the figure, .bench/growth.png, into docs
#   ONLY=…     some of: connections sizes instances database
#   SIZE=…     conversations of the largest database (100000); 1000000 take 12 GB and a while
#   ROUNDS=…   of each (3)
#   PROGRAMS=… a folder with the programs, instead of those that make release builds
#
# What is expected of answers is what bench.sh expects. Too many connections and too large values may make requests fail, and
# hits become misses: how many is in the tables. Any other failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."

connections=64
if [ -n "${QUICK:-}" ]; then
  seconds=2 rounds=${ROUNDS:-1} warm_up=1 largest=${SIZE:-10000}
else
  seconds=8 rounds=${ROUNDS:-3} warm_up=2 largest=${SIZE:-100000}
fi

# shellcheck source=Tests/Benchmarks/api.sh
. Tests/Benchmarks/api.sh
# shellcheck source=Tests/Benchmarks/growth-instances.sh
. "$here/growth-instances.sh"
# shellcheck source=Tests/Benchmarks/growth-database.sh
. "$here/growth-database.sh"
peers=()

# What read_round reads: a conversation, or a page of messages.
conversation=(suffix="" status=200 cache="redis; hit" body='"title":' conditional="")
page=(suffix="/messages?page=1&limit=50" status=200 cache="redis; hit" body='"total":1,' conditional="")

# Levels have a round each, then all of them another, so that what else the machine does meets them alike.
measure_connections() {
  local level round scenario connections=64 who=ours "${conversation[@]}"
  require_files 4500
  serve strict ""
  create_noted
  prove_ids 20000
  fill_cache "$suffix" "$cache"
  load ours "$warm_up" read.lua "$folder" "$suffix" >/dev/null
  for ((round = 1; round <= rounds; round++)); do
    for level in 1 4 16 64 256 1024 4096; do
      scenario="$level connections, GET" connections=$level
      round_to_the_limit
    done
  done
}

# What is more than the machine can serve is no reason to end: how many requests came to what is in outcomes.tsv.
round_to_the_limit() {
  local before after
  await_recovery
  read -ra before <<<"$(reads)"
  tolerated=yes measure ours "$scenario" read.lua "$folder" "$suffix"
  sleep 0.5
  read -ra after <<<"$(reads)"
  printf '%s\t%d\t%d\t%d\t%d\n' "$scenario" "$requests" "$failures" $((after[0] - before[0])) $((after[1] - before[1])) \
    >>"$folder/outcomes.tsv"
}

# A breaker that a round has opened, and what waits for it, take a while.
await_recovery() {
  local attempt verdict
  for attempt in {1..10}; do
    verdict=$(look ours 1 1000 "$suffix" "$conditional" "$status" "$cache" "$body")
    [ "$verdict" != right ] || return 0
    sleep 1
  done
  fail "$scenario, after $attempt attempts: $verdict"
}

# A page of one message, which may be of any size.
measure_sizes() {
  local level round scenario who=ours "${page[@]}"
  serve strict ""
  create_noted
  for level in 0.3 1 4 16 64 256; do
    aim_at_size "$level"
    fill_cache "$suffix" "$cache"
    [ "$(LC_ALL=C awk '{ print length }' "$folder/bodies" | sort -u)" = "$bytes" ] ||
      fail "not every answer has $bytes bytes"
  done
  load ours "$warm_up" read.lua "$folder" "$suffix" >/dev/null
  for ((round = 1; round <= rounds; round++)); do
    for level in 0.3 1 4 16 64 256; do
      aim_at_size "$level"
      scenario="$level KB, messages page"
      round_to_the_limit
    done
  done
}

# aim_at_size KILOBYTES: requests are for conversations whose pages have so many `bytes`; they are made the first time.
aim_at_size() {
  bytes=$(awk "BEGIN { print int($1 * 1024) }")
  insert sizes.sql bytes="$bytes"
  aim "external_id LIKE 'size-$bytes-%'"
}

prepare PORT PORT_1 PORT_2 PORT_3 PORT_4
url=([ours]=http://127.0.0.1:$PORT)
take_tokens_again
seed
describe_machine
! wanted connections || measure_connections
! wanted sizes || measure_sizes
! wanted instances || measure_instances
! wanted database || measure_database
report bench-growth growth-report.awk proofs.awk
keep_tokens
gnuplot -e "folder = '$folder'" "$here/growth.gnuplot"
[ -z "${RECORD:-}" ] || cp "$folder/growth.png" docs/growth.png
