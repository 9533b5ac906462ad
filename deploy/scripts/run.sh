#!/usr/bin/env bash
# A whole freshet in the foreground: private servers, migrations, API, worker and a few sample conversations.
# `run.sh ports` only says which ports are taken. HOST, PORT, WORKER_PORT and the ports of local-stack.sh may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."

export HOST=${HOST:-127.0.0.1} PORT=${PORT:-8080} WORKER_PORT=${WORKER_PORT:-8081}
export LOCAL_FOLDER=${LOCAL_FOLDER:-.local}
run=$LOCAL_FOLDER/run
# The API may listen on all addresses; from here it is reached on loopback.
api=http://127.0.0.1:$PORT

# shellcheck source=deploy/scripts/processes.sh
. deploy/scripts/processes.sh

prepare() {
  mkdir -p "$run"
  exec 9>"$run/lock"
  if ! flock -n 9; then
    echo "a run is active in $LOCAL_FOLDER already" >&2
    exit 1
  fi
  # A killed run leaves its processes behind, on the ports this one wants.
  deploy/scripts/local-stack.sh stop 9>&-
  deploy/scripts/ports.sh "PORT=$PORT" "WORKER_PORT=$WORKER_PORT" "REDIS_CACHE_PORT=${REDIS_CACHE_PORT:-6479}" \
    "REDIS_QUEUE_PORT=${REDIS_QUEUE_PORT:-6480}" "POSTGRES_PORT=${POSTGRES_PORT:-5532}"
}

start() {
  trap 'finish $?' EXIT
  trap 'echo; echo "stopping"; exit 0' INT TERM HUP
  deploy/scripts/local-stack.sh start 9>&-
  # shellcheck disable=SC1091
  . "$LOCAL_FOLDER/env"
  export SHUTDOWN_DRAIN_SECONDS=0 LOG_FORMAT=${LOG_FORMAT:-console}
  programs=$(make --no-print-directory programs)
  DATABASE_DIRECT_URL=$OWNER_DATABASE_URL DATABASE_APP_ROLE=freshet_app "$programs/APIService" migrate
  launch api "$programs/APIService" > >(prefix "api    | ") 2>&1
  api_id=$!
  launch worker "$programs/WebhookWorker" run > >(prefix "worker | ") 2>&1
  worker_id=$!
  deploy/scripts/local-stack.sh watch 9>&- &
  watch_id=$!
  await_ready api "$api/health/ready"
  await_ready worker "http://127.0.0.1:$WORKER_PORT/health/ready"
}

# Outlives Ctrl-C, so that the last lines of a program are read as well.
prefix() {
  trap '' INT TERM HUP
  exec 9>&-
  exec sed -u "s/^/$1/"
}

# Registers the sample conversations as the backend of an application would, then plays the provider.
feed() {
  local service sample external
  service=$("$programs/APIService" token --user sample-feed --role service)
  token=$("$programs/APIService" token --user demo --role user --ttl 86400)
  for sample in deploy/samples/*.json; do
    external=$(sed -n 's/^ *"conversation_id": "\(.*\)",$/\1/p' "$sample")
    # 409: an earlier run registered it.
    request "201 409" "$api/conversations" -H "Authorization: Bearer $service" \
      --data "{\"externalId\": \"$external\", \"userId\": \"demo\"}"
    request 202 "$api/webhooks/tavus?token=$WEBHOOK_TOKENS" --data "@$sample"
  done
  await_samples
}

# request "STATUS…" URL ARGUMENT…: posts JSON; any other answer ends the run.
request() {
  local expected=$1 answer status
  shift
  answer=$(curl -s -w '\n%{http_code}' -X POST -H "Content-Type: application/json" "$@") || true
  status=${answer##*$'\n'}
  case " $expected " in
    *" $status "*) ;;
    *) echo "feeding samples: ${1%%\?*} answered $answer" >&2 && exit 1 ;;
  esac
}

await_samples() {
  local deadline=$((SECONDS + 30)) wanted stored
  wanted=$(printf '%s\n' deploy/samples/*.json | wc -l)
  while true; do
    conversations=$(curl -s -H "Authorization: Bearer $token" "$api/conversations?transcriptReceived=true&limit=100")
    # grep fails when it finds none, which is where every first run begins.
    stored=$({ grep -o '"transcriptReceived": \?true' <<<"$conversations" || true; } | wc -l)
    [ "$stored" -lt "$wanted" ] || return 0
    if [ $SECONDS -ge $deadline ]; then
      echo "the worker stored $stored of $wanted samples: $conversations" >&2
      exit 1
    fi
    sleep 0.2
  done
}

invite() {
  local id
  [[ $conversations =~ \"id\":\ ?\"([0-9a-f-]{36})\" ]]
  id=${BASH_REMATCH[1]}
  cat <<EOT

freshet is up          $api
worker                 http://127.0.0.1:$WORKER_PORT/health/ready
settings and secrets   $LOCAL_FOLDER/env
server logs            $LOCAL_FOLDER/logs

Try, in another terminal (the token is user "demo" and lasts a day):

TOKEN=$token
curl -s $api/health
curl -s -H "Authorization: Bearer \$TOKEN" $api/conversations
curl -si -H "Authorization: Bearer \$TOKEN" $api/conversations/$id
curl -s -H "Authorization: Bearer \$TOKEN" "$api/conversations/$id/messages?page=1&limit=50"
curl -s -H "Authorization: Bearer \$TOKEN" $api/users/demo/messages
curl -s -X POST -H "Content-Type: application/json" --data @$(printf '%s\n' deploy/samples/*.json | head -1) "$api/webhooks/tavus?token=$WEBHOOK_TOKENS"

Ctrl-C ends it and keeps the data; make clean-data drops the data.

EOT
}

# Until one of them ends, which none should.
supervise() {
  local ended code=0
  wait -n -p ended "$api_id" "$worker_id" "$watch_id" || code=$?
  case $ended in
    "$api_id") echo "the API ended with code $code; stopping the rest" >&2 ;;
    "$worker_id") echo "the worker ended with code $code; stopping the rest" >&2 ;;
    *) echo "a server ended; stopping the rest" >&2 ;;
  esac
  exit 1
}

# The programs first, so that they end while their servers still answer.
finish() {
  trap '' INT TERM HUP
  trap - EXIT
  [ -z "${watch_id:-}" ] || kill "$watch_id" 2>/dev/null || true
  halt api TERM 20 || true
  halt worker TERM 30 || true
  deploy/scripts/local-stack.sh stop 9>&- || true
  exit "$1"
}

case ${1:-} in
  ports) prepare ;;
  "")
    prepare
    start
    feed
    invite
    supervise
    ;;
  *) echo "usage: $0 [ports]" >&2 && exit 64 ;;
esac
