# Sourced by worker.sh: a queue that is filled while nobody works on it, and how fast it is emptied.
# What worker.sh set is used here.
# shellcheck shell=bash disable=SC2154

# fill WHO EVENTS PREFIX: the same conversations, registered, and the same events for either; an empty database and an
# empty queue before. The events go in as the intake's script puts them in, without the intake.
fill() {
  local script="" depth
  sql -c "TRUNCATE conversations, messages, webhook_events, queue_fences, conversation_transcripts" 2>/dev/null ||
    sql -c "TRUNCATE conversations, messages, webhook_events"
  sql -v events="$2" -v prefix="$3" -f "$here/register.sql"
  role=postgres sql -c CHECKPOINT
  empty_redis
  redis "$REDIS_QUEUE_PORT" CONFIG SET appendfsync no >/dev/null
  [ "$1" != ours ] || script=$(redis "$REDIS_QUEUE_PORT" SCRIPT LOAD "$(cat Sources/Shared/Queue/Scripts/enqueue.lua)")
  awk -v count="$2" -v prefix="$3" -v script="$script" -f "$here/events.awk" |
    redis "$REDIS_QUEUE_PORT" --pipe >"$folder/fill.log"
  redis "$REDIS_QUEUE_PORT" CONFIG SET appendfsync always >/dev/null
  settle_aof
  depth=$(waiting "$1")
  [ "$depth" -eq "$2" ] || fail "the queue holds $depth of $2 events; see $folder/fill.log"
}

# An empty queue, also on disk, with room for what is to come, and an empty cache.
empty_redis() {
  redis "$REDIS_CACHE_PORT" FLUSHALL >/dev/null
  redis "$REDIS_QUEUE_PORT" FLUSHALL >/dev/null
  redis "$REDIS_QUEUE_PORT" CONFIG SET maxmemory 12gb >/dev/null
}

# The log is rewritten now, so that it is not in the middle of a drain.
settle_aof() {
  redis "$REDIS_QUEUE_PORT" CONFIG SET auto-aof-rewrite-percentage 0 >/dev/null
  redis "$REDIS_QUEUE_PORT" BGREWRITEAOF >/dev/null
  while redis "$REDIS_QUEUE_PORT" INFO persistence |
    grep -E 'aof_rewrite_(in_progress|scheduled):1' >/dev/null; do sleep 0.2; done
}

# waiting WHO: events that are not applied yet, those in somebody's hands included.
waiting() {
  local count
  if [ "$1" = ours ]; then
    count=$(redis "$REDIS_QUEUE_PORT" HGET "webhooks:{0}:meta" depth)
  else
    count=$(redis "$REDIS_QUEUE_PORT" EVAL "local n = redis.call('LLEN', 'peer:jobs')
      for i = 0, 15 do n = n + redis.call('LLEN', 'peer:processing:' .. i) end
      return n" 0)
  fi
  echo "${count:-0}"
}

# drain SCENARIO EVENTS NAME…: how fast the named workers, launched already or now, get from 2.5 % of the events to all
# of them. Returns when the workers are gone.
drain() {
  local scenario=$1 events=$2 first last started ended before after name
  shift 2
  commits=$(commits_so_far)
  for name in "$@"; do launch_worker "$name"; done
  read -r first started < <(sighting $((events / 40))) || true
  [ -n "${started:-}" ] || fail "$scenario: the worker does not work"
  before=$(cpu_of_all "$@")
  read -r last ended < <(sighting "$events") || true
  after=$(cpu_of_all "$@")
  [ "${last:-0}" -ge "$events" ] || fail "$scenario: ${last:-no} events of $events are recorded"
  memory=$(resident "$1")
  for name in "$@"; do halt "$name" TERM 30; done
  commits=$(($(commits_so_far) - commits))
  keep "$scenario" $((last - first)) "$(awk "BEGIN { print ($ended - $started) * 1e6 }")" "$before" "$after" "$memory"
  printf '%s\t%d\t%d\n' "$scenario" "$commits" "$last" >>"$folder/commits.tsv"
}

launch_worker() {
  case $1 in
    peer) launch peer env REDIS_URL="$REDIS_QUEUE_URL" REDIS_CACHE_URL="$REDIS_CACHE_URL" \
      DATABASE_URL="${DATABASE_URL%%\?*}" "$folder/peer" >>"$folder/peer.log" 2>&1 ;;
    worker*) launch "$1" env -C "$folder" WORKER_PORT="$((WORKER_PORT + ${1#worker}))" \
      "$programs/WebhookWorker" run >>"$folder/worker.log" 2>&1 ;;
  esac
}

# Of the database in use. Servers' processes count their last ones when they end.
commits_so_far() {
  sql -c "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
}

# sighting EVENTS: how many are recorded and when, as soon as there are so many.
sighting() {
  sql -v events="$1" -f "$here/await-events.sql"
}

# verify WHO EVENTS PREFIX: nothing lost, nothing twice, nothing left.
verify() {
  local left
  left="$(sql -v events="$2" -v prefix="$3" -f "$here/verify.sql") $(waiting "$1") \
$(redis "$REDIS_QUEUE_PORT" ZCARD "webhooks:{0}:dead")"
  [ "$left" = "0 0 0 0 0" ] ||
    fail "events not applied, messages missing, surplus, events queued, dead: $left (instead of zeros)"
}
