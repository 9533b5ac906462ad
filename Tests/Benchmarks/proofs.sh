# Sourced by bench.sh: that our API skips nothing while it is measured. What wrk saw answered, the limits of 500 users, the
# metrics and Redis must have counted, too, and in the middle of each round a write is seen by the next read.
# What bench.sh set is used here.
# shellcheck shell=bash disable=SC2154

# Requests of write_meanwhile.
own_requests=3

# A conversation that no scenario reads.
create_noted() {
  token=$(head -n 1 "$folder/tokens")
  noted=$(ask "" -X POST --json '{"title":"first"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
}

# ask PATH OPTION…: as the first user.
ask() {
  curl -fsS --max-time 10 -H "Authorization: Bearer $token" "${@:2}" "${url[ours]}/conversations$1"
}

# proven KIND SCENARIO SCRIPT ARGUMENT…: a round of `who`, and the proof if that is us. KIND: hit, read or webhook.
proven() {
  local kind=$1 writer outcome used before after
  shift
  if [ "$who" != ours ]; then
    measure "$who" "$@"
    return
  fi
  used=$(limits_used)
  read -ra before <<<"$(counts)"
  write_meanwhile &
  writer=$!
  if ! measure ours "$@"; then
    wait "$writer" || true
    return 1
  fi
  outcome=0
  wait "$writer" || outcome=$?
  [ $outcome -ne 2 ] || fail "$1: a write during the round was not seen"
  if [ $outcome -ne 0 ]; then
    discard "$1: a request of our own failed"
    return 1
  fi
  # What was under way when wrk stopped is answered and counted now.
  sleep 0.5
  read -ra after <<<"$(counts)"
  # Looking costs a request of each user, which counts.
  used=$(($(limits_used) - used - users))
  judge "$kind" "$1" "$used" $((after[0] - before[0])) $((after[1] - before[1])) $((after[2] - before[2])) \
    $((after[3] - before[3])) $((after[4] - before[4]))
}

# judge KIND SCENARIO USED ANSWERED LIMITED SCRIPTS HITS FOUND: what was counted during the round of $requests requests. 1: it
# does not count, since too few of them were hits.
judge() {
  local limited=$requests
  # The intake is exempt from the limit, and no read.
  [ "$1" != webhook ] || limited=0
  agrees "$2" "the limits" "$3" "$limited"
  agrees "$2" "freshet_api_requests_total" "$4" "$requests"
  agrees "$2" "freshet_rate_limit_requests_total" "$5" "$limited"
  (($6 >= requests)) || fail "$2: $requests requests, but Redis ran only $6 scripts"
  if [ "$1" = hit ]; then
    # Where Redis exceeds its budget of 50 ms, because the machine is busy, Postgres is asked.
    if (($7 * 100 < requests * 99)); then
      discard "$2: only $7 of $requests were hits"
      return 1
    fi
    # A hit finds three keys: epoch, value, watermark.
    (($8 * 100 >= requests * 297)) || fail "$2: $requests requests found only $8 keys in Redis"
  fi
  printf '%s\t%d\t%d\t%d\t%d\t%d\n' "$2" "$requests" "${@:3:4}" >>"$folder/proofs.tsv"
}

# agrees SCENARIO WHAT COUNTED EXPECTED: apart from our own requests, and from those under way when wrk stopped.
agrees() {
  local surplus=$(($3 - $4 - own_requests))
  ((surplus >= 0 && surplus <= ($4 ? connections : 0))) || fail "$1: of $4 requests $2 counted $(($3 - own_requests))"
}

# What all users together have used of their limits, as answers tell them.
limits_used() {
  wrk -t1 -c1 -d60s --timeout 10s -s "$here/wrk/limits.lua" "${url[ours]}" -- "$folder" "$rate_limit" | tail -n 1
}

# counts: requests answered and requests limited, by the metrics; scripts that both Redis ran; hits, by the metrics; keys
# found in Redis.
counts() {
  {
    metrics
    redis "$REDIS_CACHE_PORT" INFO commandstats
    redis "$REDIS_QUEUE_PORT" INFO commandstats
    redis "$REDIS_CACHE_PORT" INFO stats
  } | tr -d '\r' | awk -F '[ :=,]' '
    /^freshet_api_requests_total\{/ && !/route="\/(metrics|health)/ { answered += $NF }
    /^freshet_rate_limit_requests_total\{.*limit="user"/ { limited += $NF }
    /^freshet_cache_reads_total\{.*outcome="hit"/ { hits += $NF }
    /^cmdstat_(evalsha|fcall):/ { scripts += $3 }
    /^keyspace_hits:/ { found = $2 }
    END { printf "%d %d %d %d %d\n", answered, limited, scripts, hits, found }'
}

# In the middle of a round: what is written is what the next read, of what was cached before, answers. 1: a request failed.
# 2: it is not.
write_meanwhile() {
  local text="written at $SECONDS s, $RANDOM" answer
  sleep "$((seconds / 2))"
  ask "/$noted" >/dev/null || return 1
  ask "/$noted" -X PATCH --json "{\"title\":\"$text\"}" >/dev/null || return 1
  answer=$(ask "/$noted") || return 1
  [[ $answer = *"\"title\":\"$text\""* ]] || return 2
}

# Every answer has an id of its own. Apart from the rounds, since looking at answers costs wrk more than asking.
prove_ids() {
  local verdict
  verdict=$(wrk -t1 -c"$connections" -d120s --timeout 10s -s "$here/wrk/ids.lua" "${url[ours]}" -- "$folder" "$1" | tail -n 1)
  [ "$verdict" = unique ] || fail "request ids: $verdict"
  echo "$1" >"$folder/ids"
  progress "$1 answers had as many request ids"
}
