# Sourced by bench.sh: how fast a worker empties a queue that was filled while it was stopped.
# What bench.sh set is used here.
# shellcheck shell=bash disable=SC2154

measure_drains() {
  for ((round = 1; round <= rounds; round++)); do
    fill "drain-$round-"
    drain
    verify "drain-$round-"
  done
}

# Through the intake, as the provider would: what was refused is sent again, all else is a duplicate then.
fill() {
  local attempt
  reset_queue
  sql -c "TRUNCATE webhook_events" -v events="$events" -v prefix="$1" -f "$here/register.sql"
  for attempt in 1 2 3; do
    load 300 webhook.lua "$1" "$events" "$connections" >/dev/null
    [ "$(queue_depth)" -ne "$events" ] || return 0
    progress "the queue holds $(queue_depth) of $events events (attempt $attempt)"
  done
  fail "the queue cannot be filled"
}

# Measured from 2.5 % on, when all connections are open, to the last event.
drain() {
  local first last started ended before after
  launch worker env -C "$folder" "$programs/WebhookWorker" run >>"$folder/worker.log" 2>&1
  read -r first started < <(sighting $((events / 40))) || true
  [ -n "${started:-}" ] || fail "the worker does not work"
  before=$(cpu_of_all worker)
  read -r last ended < <(sighting "$events") || true
  after=$(cpu_of_all worker)
  [ "${last:-0}" -eq "$events" ] || fail "${last:-no} events of $events are recorded"
  keep "worker drain" $((last - first)) "$(awk "BEGIN { print ($ended - $started) * 1e6 }")" "$before" "$after" \
    "$(resident worker)"
  halt worker TERM 30
}

# sighting EVENTS: how many are recorded and when, as soon as there are so many.
sighting() {
  sql -v events="$1" -f "$here/await-events.sql"
}

# Nothing lost, nothing twice, nothing left.
verify() {
  local left
  left="$(sql -v events="$events" -v prefix="$1" -f "$here/verify.sql") $(queue_depth) \
$(redis "$REDIS_QUEUE_PORT" ZCARD "webhooks:{0}:dead")"
  [ "$left" = "0 0 0 0 0" ] ||
    fail "events not applied, messages missing, surplus, events queued, dead: $left (instead of zeros)"
}
