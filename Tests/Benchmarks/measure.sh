# Sourced by those who measure: rounds of wrk, and the CPU time that each server spent in them.
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

# resident NAME…: the memory in kB of processes and their children.
resident() {
  local name id child
  for name in "$@"; do
    read -r id _ <"${run:?}/$name.pid"
    for child in "$id" $(cat "/proc/$id/task/$id/children"); do cat "/proc/$child/status"; done
  done |
    awk '/^VmRSS:/ { sum += $2 } END { print sum + 0 }'
}

# load WHO SECONDS SCRIPT ARGUMENT…: one run of wrk; its summary line.
load() {
  local who=$1 duration=$2 script=$3
  shift 3
  wrk -t1 -c"$connections" -d"${duration}s" --timeout 10s -s "$here/wrk/$script" "${url[$who]}" -- "$@" | tail -n 1
}

# measure WHO SCENARIO SCRIPT ARGUMENT…: one round, kept in results.tsv; leaves the number of requests in `requests`, of those
# that failed in `failures`. Returns 1 when a request failed; where failures are `tolerated` the others count instead.
measure() {
  local who=$1 scenario names before after duration p50 p99
  scenario=$(label "$2" "$who")
  read -ra names <<<"$(process "$who")"
  shift 2
  before=$(cpu_of_all "${names[@]}")
  read -r requests duration p50 p99 failures < <(load "$who" "$seconds" "$@") || fail "$scenario: wrk failed"
  after=$(cpu_of_all "${names[@]}")
  if [ "$failures" -ne 0 ]; then
    progress "$scenario: $failures of $requests requests failed"
    [ -n "${tolerated:-}" ] || return 1
  fi
  keep "$scenario" "$((requests - failures))" "$duration" "$before" "$after" "$(resident "${names[@]}")" "$p50" "$p99"
}

# in_turn ROUND WHO…: a round of each, then another of each, and so on; ROUND finds `round` and `who`.
in_turn() {
  local step=$1 who round
  shift
  for ((round = 1; round <= rounds; round++)); do
    for who in "$@"; do repeat "$step"; done
  done
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
  progress "$(printf '%-36s %8.0f/s  %6.3f CPU s per 1,000' "$1" "$rate" "$own")" \
    "${7:+$(printf '  p50 %.2f ms  p99 %.2f ms' "$p50" "$p99")}"
}

# discard REASON: forgets the round that was kept last.
discard() {
  progress "$1"
  sed -i '$d' "$folder/results.tsv"
}
