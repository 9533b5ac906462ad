# Sourced by those who measure the API: what is in its database, whom its users are, and which conversations are asked for.
# What they set is used here.
# shellcheck shell=bash disable=SC2154

users=500

seed() {
  progress "seeding 10,000 conversations with 20 messages each, minting $users tokens"
  mint_tokens &
  insert seed.sql first=1 last=10000
  sql -c "VACUUM (ANALYZE) conversations, messages"
  aim "external_id LIKE 'read-%'"
  wait $!
  # All values of us and of the peers at once.
  redis "$REDIS_CACHE_PORT" CONFIG SET maxmemory 1gb >/dev/null
}

# insert SCRIPT VARIABLE=VALUE…: without what triggers do for each row, for nobody has cached it yet, and no message is
# without its conversation.
insert() {
  local script=$1 variable variables=()
  shift
  for variable in "$@"; do variables+=(-v "$variable"); done
  role=postgres sql "${variables[@]}" -c "SET session_replication_role = replica" -f "$here/$script"
}

# aim CONDITION [LIMIT]: from now on requests are for these conversations.
aim() {
  sql -c "SELECT id, substr(user_id, 7) FROM conversations WHERE $1 ORDER BY ${2:+random() LIMIT }${2:-id}" >"$folder/targets"
}

mint_tokens() {
  local user
  [ ! -s "$folder/tokens" ] || return 0
  for ((user = 0; user < users; user++)); do
    "$programs/APIService" token --user "bench-$user" --ttl 86400
  done >"$folder/tokens.new"
  mv "$folder/tokens.new" "$folder/tokens"
}

# Minting takes longer than a short run. So the tokens of a run that went well serve for half a day, with their secret.
take_tokens_again() {
  if [ -e "$folder/secret" ] && [ -n "$(find "$folder/tokens" -mmin -720)" ]; then
    JWT_SECRET=$(cat "$folder/secret")
    export JWT_SECRET
  else
    rm -f "$folder/tokens"
  fi
  rm -f "$folder/secret"
}

keep_tokens() {
  (umask 077 && echo "$JWT_SECRET" >"$folder/secret")
}
