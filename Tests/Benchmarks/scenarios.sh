# Sourced by bench.sh: what is measured of the API and its peers, and how each answer is known to be right.
# What bench.sh set is used here.
# shellcheck shell=bash disable=SC2154

# check WHO CONNECTIONS TARGETS SUFFIX CONDITIONAL STATUS CACHE BODY [record]: see check.lua.
check() {
  local verdict
  verdict=$(look "$@")
  [ "$verdict" = right ] || fail "$(label "GET /conversations/{id}$4" "$1"): $verdict"
}

# The same, for the verdict.
look() {
  wrk -t1 -c"$2" -d120s --timeout 10s -s "$here/wrk/check.lua" "${url[$1]}" -- \
    "$folder" "$4" "$5" "$2" "$3" "$6" "$7" "$8" "${9:-}" | tail -n 1
}

# measure_reads PEERS SCENARIO SUFFIX STATUS CACHE BODY [conditional]: where hits are wanted, two passes over all targets
# fill the cache and a third sees that they did. A part of them is looked at before each round, and in the end.
measure_reads() {
  local scenario=$2 suffix=$3 status=$4 cache=$5 body=$6 conditional=${7:-} who all
  read -ra all <<<"$(present "ours $1")"
  if [[ $cache = *hit* ]]; then
    fill_cache "$suffix" "$cache"
    fill_peers "$suffix"
  fi
  for who in "${all[@]}"; do load "$who" "$warm_up" read.lua "$folder" "$suffix" "$conditional" >/dev/null; done
  in_turn read_round "${all[@]}"
  for who in "${all[@]}"; do check_some; done
}

# fill_cache SUFFIX CACHE: all that is wanted; the bodies lie in the file `bodies` then.
fill_cache() {
  local attempt verdict
  check ours 64 0 "$1" "" 200 "" ""
  for attempt in 1 2 3 4 5; do
    # Answers that a busy machine gave without Redis were not kept.
    check ours 8 0 "$1" "" 200 "" ""
    verdict=$(look ours 1 0 "$1" "" 200 "$2" "" record)
    [ "$verdict" != right ] || return 0
    # An API that has just begun keeps nothing until the relay vouches for this Redis.
    sleep 1
  done
  fail "the cache does not fill (attempt $attempt): $verdict"
}

# Peers know no conditions: theirs is always the whole answer.
check_some() {
  if [ "$who" = ours ]; then
    check ours 1 1000 "$suffix" "$conditional" "$status" "$cache" "$body"
  else
    check "$who" 1 1000 "$suffix" "$conditional" 200 "" '"id":'
  fi
}

read_round() {
  local kind=read
  [[ $cache != *hit* ]] || kind=hit
  check_some
  proven "$kind" "$scenario" read.lua "$folder" "$suffix" "$conditional"
}

# measure_cache SCENARIO SCRIPT ARGUMENT…: reads and writes that are not all hits; %r stands for the number of the round.
measure_cache() {
  local scenario=$1 request before after
  shift
  request=("$@")
  load ours "$warm_up" "${request[@]//%r/0}" >/dev/null
  read -ra before <<<"$(reads)"
  in_turn cache_round ours
  read -ra after <<<"$(reads)"
  progress "$(printf '%-36s %d of %d reads were hits' "$scenario" $((after[0] - before[0])) $((after[1] - before[1])))"
}

cache_round() {
  proven read "$scenario" "${request[@]//%r/$round}"
}

# Hits, and reads of all kinds, as the API counts them.
reads() {
  metrics | awk '
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

# What is queued of WHO.
queued() {
  if [ "$1" = ours ]; then
    redis "$REDIS_QUEUE_PORT" HGET "webhooks:{0}:meta" depth
  else
    redis "$REDIS_QUEUE_PORT" LLEN peer:webhooks
  fi
}

# measure_intake PEERS
measure_intake() {
  local all who
  read -ra all <<<"$(present "ours $1")"
  for who in "${all[@]}"; do
    reset_queue
    load "$who" "$warm_up" webhook.lua "warm-up-" >/dev/null
  done
  in_turn intake_round "${all[@]}"
  reset_queue
}

intake_round() {
  local depth
  reset_queue
  proven webhook "webhook intake" webhook.lua "intake-$round-" || return 1
  depth=$(queued "$who")
  # What was under way when wrk stopped is queued, yet not counted.
  ((depth >= requests && depth <= requests + connections)) ||
    fail "the queue of $who holds $depth events after $requests answers"
}
