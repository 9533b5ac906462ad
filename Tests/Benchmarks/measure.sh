# Sourced by bench.sh: rounds of wrk, and the CPU time that each server spent in them.
# What bench.sh set is used here.
# shellcheck shell=bash disable=SC2154

# cpu NAME…: clock ticks that processes and their children have spent so far, ended children included.
cpu() {
  local name id child ticks=0 stat
  for name in "$@"; do
    read -r id _ <"${run:?}/$name.pid"
    for child in "$id" $(cat "/proc/$id/task/$id/children"); do
      stat=$(cat "/proc/$child/stat" 2>/dev/null) || continue
      # What follows the name: the state, and 11 fields later the times of user, system, and of ended children.
      read -ra stat <<<"${stat##*) }"
      ticks=$((ticks + stat[11] + stat[12]))
      [ "$child" != "$id" ] || ticks=$((ticks + stat[13] + stat[14]))
    done
  done
  echo "$ticks"
}

# cpu_of_all NAME…: that of these programs together, Redis's and Postgres's.
cpu_of_all() {
  echo "$(cpu "$@") $(cpu redis-cache redis-queue) $(cpu postgres)"
}

# resident NAME: its memory in kB.
resident() {
  local id
  read -r id _ <"${run:?}/$1.pid"
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$id/status"
}

# load SECONDS SCRIPT ARGUMENT…: one run of wrk; its summary line.
load() {
  local duration=$1 script=$2
  shift 2
  wrk -t1 -c"$connections" -d"${duration}s" --timeout 10s -s "$here/wrk/$script" "$api" -- "$@" | tail -n 1
}

# measure SCENARIO SCRIPT ARGUMENT…: one round, kept in results.tsv; leaves the number of requests in `requests`.
# Returns 1 when a request failed.
measure() {
  local scenario=$1 before after duration p50 p99 failures
  shift
  before=$(cpu_of_all api)
  read -r requests duration p50 p99 failures < <(load "$seconds" "$@") || fail "$scenario: wrk failed"
  after=$(cpu_of_all api)
  if [ "$failures" -ne 0 ]; then
    progress "$scenario: $failures of $requests requests failed"
    return 1
  fi
  keep "$scenario" "$requests" "$duration" "$before" "$after" "$(resident api)" "$p50" "$p99"
}

# repeat ROUND: until none of its requests fails. A stalled disk, say, makes the intake answer 503.
repeat() {
  local attempt
  for attempt in 1 2 3; do
    ! "$1" || return 0
    progress "the round does not count (attempt $attempt)"
  done
  fail "requests fail again and again"
}

# keep SCENARIO UNITS MICROSECONDS BEFORE AFTER KILOBYTES [P50 P99]: a line of results.tsv, told as progress too.
keep() {
  local line rate p50 p99 own
  line=$(awk -v OFS='\t' -v scenario="$1" -v units="$2" -v duration="$3" -v before="$4" -v after="$5" \
    -v kilobytes="$6" -v p50="${7:-0}" -v p99="${8:-0}" -v hertz="$(getconf CLK_TCK)" -f "$here/round.awk")
  echo "$line" >>"$folder/results.tsv"
  IFS=$'\t' read -r _ rate p50 p99 own _ <<<"$line"
  progress "$(printf '%-24s %8.0f/s  %6.3f CPU s per 1,000' "$1" "$rate" "$own")" \
    "${7:+$(printf '  p50 %.2f ms  p99 %.2f ms' "$p50" "$p99")}"
}

# check CONNECTIONS TARGETS SUFFIX CONDITIONAL STATUS CACHE BODY [record]: see check.lua.
check() {
  local verdict
  verdict=$(wrk -t1 -c"$1" -d120s --timeout 10s -s "$here/wrk/check.lua" "$api" -- \
    "$folder" "$3" "$4" "$1" "$2" "$5" "$6" "$7" "${8:-}" | tail -n 1)
  [ "$verdict" = right ] || fail "GET /conversations/{id}$3: $verdict"
}

# measure_reads SCENARIO SUFFIX STATUS CACHE BODY [conditional]: where hits are wanted, two passes over all
# targets fill the cache and a third sees that they did. A part of them is looked at before and after each round.
measure_reads() {
  local scenario=$1 suffix=$2 status=$3 cache=$4 body=$5 conditional=${6:-} found
  if [[ $cache = *hit* ]]; then
    check "$connections" 0 "$suffix" "" 200 "" ""
    # Answers that a busy machine gave without Redis were not kept.
    check 1 0 "$suffix" "" 200 "" ""
    check 1 0 "$suffix" "" 200 "$cache" "" record
  fi
  load "$warm_up" read.lua "$folder" "$suffix" "$conditional" >/dev/null
  for ((round = 1; round <= rounds; round++)); do repeat read_round; done
  check 1 1000 "$suffix" "$conditional" "$status" "$cache" "$body"
}

read_round() {
  check 1 1000 "$suffix" "$conditional" "$status" "$cache" "$body"
  found=$(keys_found)
  measure "$scenario" read.lua "$folder" "$suffix" "$conditional" || return 1
  found=$(($(keys_found) - found))
  # A hit finds three keys: epoch, value, watermark.
  [[ $cache != *hit* ]] || ((found >= requests * 297 / 100)) ||
    fail "$scenario: $requests requests found only $found keys in Redis"
}

keys_found() {
  redis "$REDIS_CACHE_PORT" INFO stats | sed -n 's/^keyspace_hits:\([0-9]*\).*/\1/p'
}

# measure_cache SCENARIO SCRIPT ARGUMENT…: reads and writes that are not all hits; %r stands for the number of the round.
measure_cache() {
  local scenario=$1 request before after
  shift
  request=("$@")
  load "$warm_up" "${request[@]//%r/0}" >/dev/null
  for ((round = 1; round <= rounds; round++)); do
    read -ra before <<<"$(reads)"
    repeat cache_round
    read -ra after <<<"$(reads)"
    progress "$(printf '%-24s %d of %d reads were hits' "$scenario" $((after[0] - before[0])) $((after[1] - before[1])))"
  done
}

cache_round() {
  measure "$scenario" "${request[@]//%r/$round}"
}

# Hits, and reads of all kinds, as the API counts them.
reads() {
  curl -fsS "$api/metrics" | awk '
    /^freshet_cache_reads_total\{/ { all += $2; if (/outcome="hit"/) hits += $2 }
    END { printf "%d %d", hits, all }'
}

# An empty queue, also on disk, with room for what a fast machine queues in a round.
reset_queue() {
  # For what was under way when wrk stopped.
  sleep 1
  redis "$REDIS_QUEUE_PORT" FLUSHALL >/dev/null
  redis "$REDIS_QUEUE_PORT" CONFIG SET maxmemory 4gb >/dev/null
  redis "$REDIS_QUEUE_PORT" BGREWRITEAOF >/dev/null
  while redis "$REDIS_QUEUE_PORT" INFO persistence | grep -E 'aof_rewrite_(in_progress|scheduled):1' >/dev/null; do sleep 0.2; done
}

queue_depth() {
  redis "$REDIS_QUEUE_PORT" HGET "webhooks:{0}:meta" depth
}

measure_intake() {
  reset_queue
  load "$warm_up" webhook.lua "warm-up-" >/dev/null
  for ((round = 1; round <= rounds; round++)); do repeat intake_round; done
  reset_queue
}

intake_round() {
  local depth
  reset_queue
  measure "webhook intake" webhook.lua "intake-$round-" || return 1
  depth=$(queue_depth)
  # What was under way when wrk stopped is queued, yet not counted.
  ((depth >= requests && depth <= requests + connections)) ||
    fail "the queue holds $depth events after $requests answers"
}
