# Sourced by growth.sh: reads that Postgres answers, from more and more conversations.
# What growth.sh set is used here.
# shellcheck shell=bash disable=SC2034,SC2154

# So many are asked for, of those there are.
sample=10000
# What a conversation with its messages and indexes takes, in bytes, and what Postgres' log takes besides.
bytes_each=12000 bytes_besides=3000000000

# A database cannot become smaller again for the next round: all rounds of a size come together.
measure_database() {
  local size=0 next=1000 scenario detail="redis; fwd=bypass; detail=off"
  require_space
  serve off ""
  sql -c "TRUNCATE conversations CASCADE" 2>/dev/null
  until [ "$size" -eq "$largest" ]; do
    next=$((next < largest ? next : largest))
    grow "$size" "$next"
    size=$next next=$((10 * next))
    create_noted
    aim "external_id LIKE 'read-%'" "$sample"
    scenario="$size conversations, GET"
    measure_uncached "${conversation[@]}" cache="$detail"
    scenario="$size conversations, messages page"
    measure_uncached "${page[@]}" cache="$detail" body='"total":20,'
  done
}

# measure_uncached NAME=VALUE…: all rounds of a scenario.
measure_uncached() {
  local round who=ours "$@"
  load ours "$warm_up" read.lua "$folder" "$suffix" >/dev/null
  for ((round = 1; round <= rounds; round++)); do round_to_the_limit; done
}

require_space() {
  local available needed=$((largest * bytes_each + bytes_besides))
  available=$(df --output=avail --block-size=1 "$(realpath "$LOCAL_FOLDER/postgres")" | tail -n 1)
  progress "$((available / 1000000000)) GB are free, $((needed / 1000000000)) are needed"
  [ "$available" -ge "$needed" ] || fail "the disk has too little room for $largest conversations"
}

# grow FROM TO: adds the conversations between, and brings Postgres to rest.
grow() {
  local first last=$1 size
  while [ "$last" -lt "$2" ]; do
    first=$((last + 1)) last=$((last + 20000 < $2 ? last + 20000 : $2))
    insert seed.sql first=$first last=$last
    progress "$last of $2 conversations seeded"
  done
  role=postgres sql -c "VACUUM (ANALYZE) conversations, messages" -c CHECKPOINT
  size=$(sql -c "SELECT pg_size_pretty(pg_database_size(current_database()))")
  progress "$2 conversations, $((20 * $2)) messages: a database of $size"
}
