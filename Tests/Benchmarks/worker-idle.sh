# Sourced by worker.sh: what a worker costs that has nothing to do, and how soon it stores an event that arrives then.
# What worker.sh set is used here.
# shellcheck shell=bash disable=SC2154

# Into idle.tsv: commands a second, percent of a core, events, p50 and p99 of their latencies in ms.
measure_idle() {
  local name=worker1 seconds sent ticks p50 p99
  fill ours 0 "idle-"
  launch_worker "$name"
  await_ready "$name" "http://127.0.0.1:$((WORKER_PORT + 1))/health/ready"
  sleep 5
  seconds=$idle_seconds sent=$(commands_sent) ticks=$(cpu "$name")
  sleep "$seconds"
  ticks=$(($(cpu "$name") - ticks)) sent=$(($(commands_sent) - sent))
  store_singly "$idle_events" >"$folder/latencies"
  read -r p50 p99 < <(sort -n "$folder/latencies" |
    awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)], value[int(NR * 0.99 + 0.99)] }')
  [ "$(wc -l <"$folder/latencies")" -eq "$idle_events" ] || fail "idle: not every event was stored"
  halt "$name" TERM 30
  awk -v OFS='\t' -v sent="$sent" -v ticks="$ticks" -v seconds="$seconds" -v hertz="$(getconf CLK_TCK)" \
    -v events="$idle_events" -v p50="$p50" -v p99="$p99" \
    'BEGIN { print sent / seconds, 100 * ticks / hertz / seconds, events, p50, p99 }' >"$folder/idle.tsv"
  progress "$(awk -F '\t' '{ printf "idle: %.2f commands/s, %.2f %% of a core; %d events stored within %.1f ms (p50), %.1f ms (p99)", $1, $2, $3, $4, $5 }' "$folder/idle.tsv")"
}

# Those that a worker sends by itself; the others are counted within scripts, or are ours.
commands_sent() {
  redis "$REDIS_QUEUE_PORT" INFO commandstats | tr -d '\r' |
    awk -F '[_:=,]' '$2 ~ /^(evalsha|eval|blpop|ping|hello|auth|client|script.*)$/ { sum += $4 } END { print sum + 0 }'
}

# store_singly EVENTS: milliseconds of each, from its enqueue by the clock of Redis to the first look, of one each
# millisecond, that finds it stored.
store_singly() {
  local script
  script=$(redis "$REDIS_QUEUE_PORT" SCRIPT LOAD "$(cat Sources/Shared/Queue/Scripts/enqueue.lua)")
  sql -f "$here/stored.sql"
  awk -v count="$1" -v prefix="idle-" -v script="$script" -v quoted=1 -f "$here/events.awk" |
    awk -v port="$REDIS_QUEUE_PORT" '{
      print "\\! REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p " port " " $0 " >/dev/null"
      printf "SELECT stored(\047idle-%08d\047);\nSELECT pg_sleep(0.02 + random() * 0.1) \\g /dev/null\n", NR
    }' >"$folder/idle.sql"
  REDIS_PASSWORD=$REDIS_PASSWORD sql -f "$folder/idle.sql"
}
