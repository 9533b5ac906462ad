#!/usr/bin/env bash
# The private servers of a local run: two Redis, one Postgres, on loopback, data under .local/.
#
#   local-stack.sh start   starts them, waits until they answer, writes their addresses to .local/env
#   local-stack.sh stop    ends them and whatever else a killed run left behind
#   local-stack.sh watch   returns 1 as soon as one of them is gone
#   local-stack.sh clean   stops and removes all data
#
# LOCAL_FOLDER, REDIS_CACHE_PORT, REDIS_QUEUE_PORT and POSTGRES_PORT choose another place.
set -euo pipefail
umask 077
cd "$(dirname "$0")/../.."

local=$(realpath -m "${LOCAL_FOLDER:-.local}")
run=$local/run
logs=$local/logs
cache_port=${REDIS_CACHE_PORT:-6479}
queue_port=${REDIS_QUEUE_PORT:-6480}
postgres_port=${POSTGRES_PORT:-5532}
servers=(redis-cache redis-queue postgres)
as_postgres=()
[ "$(id -u)" -ne 0 ] || as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)

# shellcheck source=deploy/scripts/processes.sh
. deploy/scripts/processes.sh

fail() {
  echo "local stack: $*" >&2
  exit 1
}

start() {
  [ ! -e "$local" ] || [ -O "$local" ] || fail "$local belongs to another user; run as that user"
  for server in "${servers[@]}"; do
    ! alive "$server" || fail "$server is running already; stop it first: $0 stop"
  done
  deploy/scripts/ports.sh "REDIS_CACHE_PORT=$cache_port" "REDIS_QUEUE_PORT=$queue_port" \
    "POSTGRES_PORT=$postgres_port"
  mkdir -p "$run" "$logs" "$local/redis-cache" "$local/redis-queue"
  chmod 711 "$local"
  prepare_secrets
  trap stop EXIT
  start_redis redis-cache "$cache_port" "maxmemory 256mb" "maxmemory-policy allkeys-lfu" "appendonly no"
  start_redis redis-queue "$queue_port" "maxmemory 512mb" "maxmemory-policy noeviction" \
    "appendonly yes" "appendfsync always"
  start_postgres
  write_environment
  trap - EXIT
}

# Made once, because the data outlives a run. Hexadecimal, so that URLs, SQL and shells need no quoting.
prepare_secrets() {
  touch "$local/secrets"
  cp "$local/secrets" "$local/secrets.new"
  for name in JWT_SECRET WEBHOOK_TOKEN REDIS_PASSWORD POSTGRES_PASSWORD POSTGRES_APP_PASSWORD; do
    grep -q "^$name=" "$local/secrets" ||
      echo "$name=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" >>"$local/secrets.new"
  done
  mv "$local/secrets.new" "$local/secrets"
  # shellcheck disable=SC1091
  . "$local/secrets"
}

start_redis() {
  local name=$1 port=$2
  shift 2
  printf '%s\n' "port $port" "bind 127.0.0.1" "dir $local/$name" 'save ""' "requirepass $REDIS_PASSWORD" "$@" \
    >"$local/$name.conf"
  launch "$name" redis-server "$local/$name.conf" >"$logs/$name.log" 2>&1
  await "$name" redis_answers "$port"
}

redis_answers() {
  [ "$(REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p "$1" PING 2>/dev/null)" = PONG ]
}

start_postgres() {
  local home programs
  home=$(postgres_home)
  if [ ! -e "$home/data/PG_VERSION" ]; then create_cluster "$home"; fi
  programs=$(postgres_programs "$(cat "$home/data/PG_VERSION")")
  # The server looks at its working directory, which its user may not be allowed to see.
  (cd / && launch postgres "${as_postgres[@]}" "$programs/postgres" -D "$home/data" -p "$postgres_port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= >"$logs/postgres.log" 2>&1)
  await postgres superuser "$programs" -c "SELECT 1"
  create_database "$programs"
}

# User `postgres` cannot enter, say, /root; then the data lies in /var/lib, and .local/postgres points there.
postgres_home() {
  local home=$local/postgres
  if [ "$(id -u)" -ne 0 ]; then
    mkdir -p "$home"
  else
    if [ ! -e "$home" ] && ! "${as_postgres[@]}" test -x "$local"; then
      ln -sfn "/var/lib/freshet/$(cksum <<<"$local" | cut -d ' ' -f 1)" "$home"
    fi
    (umask 066 && mkdir -p "$(realpath -m "$home")")
    chown -R postgres: "$(realpath "$home")"
  fi
  realpath "$home"
}

# postgres_programs [VERSION]: Debian keeps the server's programs out of PATH. Default: the newest.
postgres_programs() {
  local version=${1:-}
  [ -n "$version" ] || version=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1 | cut -d / -f 5)
  [ -x "/usr/lib/postgresql/$version/bin/postgres" ] || fail "Postgres $version is not installed"
  echo "/usr/lib/postgresql/$version/bin"
}

# Made aside and moved, so that an interrupted start leaves no half of a cluster.
create_cluster() {
  local programs
  programs=$(postgres_programs)
  echo "creating a Postgres cluster in $1"
  (
    cd /
    # shellcheck disable=SC2016
    "${as_postgres[@]}" sh -c 'rm -rf "$1/data.new" && cat >"$1/password"' _ "$1" <<<"$POSTGRES_PASSWORD"
    "${as_postgres[@]}" "$programs/initdb" -D "$1/data.new" -U postgres --auth=scram-sha-256 \
      --encoding=UTF8 --locale=C.UTF-8 --pwfile="$1/password" >"$logs/initdb.log" 2>&1 || {
      cat "$logs/initdb.log" >&2
      exit 1
    }
    rm "$1/password"
    "${as_postgres[@]}" mv "$1/data.new" "$1/data"
  )
}

superuser() {
  local programs=$1
  shift
  PGPASSWORD=$POSTGRES_PASSWORD "$programs/psql" --no-psqlrc --quiet -v ON_ERROR_STOP=1 -h 127.0.0.1 \
    -p "$postgres_port" -U postgres "$@" >/dev/null 2>>"$logs/psql.log"
}

# `freshet` owns the database and migrates; `freshet_app` is what the programs are, and can neither create nor drop.
create_database() {
  superuser "$1" <<SQL || fail "no database; see $logs/psql.log"
SELECT 'CREATE ROLE freshet LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'freshet') \gexec
ALTER ROLE freshet PASSWORD '$POSTGRES_PASSWORD';
SELECT 'CREATE ROLE freshet_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'freshet_app') \gexec
ALTER ROLE freshet_app PASSWORD '$POSTGRES_APP_PASSWORD';
SELECT 'CREATE DATABASE freshet OWNER freshet'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'freshet') \gexec
REVOKE ALL ON DATABASE freshet FROM PUBLIC;
GRANT CONNECT ON DATABASE freshet TO freshet_app;
SQL
}

# await NAME PROBE…: until the probe succeeds. Two minutes, because Postgres may have to recover first.
await() {
  local name=$1 deadline=$((SECONDS + 120))
  shift
  until "$@"; do
    if ! alive "$name" || [ $SECONDS -ge $deadline ]; then
      tail -n 20 "$logs/$name.log" >&2
      fail "$name does not answer"
    fi
    sleep 0.2
  done
}

# Every address a program could look for is set, so that none of another environment is mixed in.
write_environment() {
  local redis="redis://default:$REDIS_PASSWORD@127.0.0.1"
  local database="127.0.0.1:$postgres_port/freshet"
  cat >"$local/env" <<EOT
unset JWT_SECRET_FILE WEBHOOK_TOKENS_FILE DATABASE_URL_FILE REDIS_URL_FILE REDIS_CACHE_URL_FILE REDIS_QUEUE_URL_FILE
export REDIS_URL='$redis:$cache_port'
export REDIS_CACHE_URL='$redis:$cache_port'
export REDIS_QUEUE_URL='$redis:$queue_port'
export DATABASE_URL='postgresql://freshet_app:$POSTGRES_APP_PASSWORD@$database?connection_limit=20&pool_timeout=10'
# Of the role that owns the schema, for migrate alone.
export OWNER_DATABASE_URL='postgresql://freshet:$POSTGRES_PASSWORD@$database'
export DATABASE_WRITE_URL="\$DATABASE_URL"
export DATABASE_READ_URL="\$DATABASE_URL"
export DATABASE_DIRECT_URL="\$DATABASE_URL"
export JWT_SECRET='$JWT_SECRET'
export WEBHOOK_TOKENS='$WEBHOOK_TOKEN'
EOT
}

stop() {
  halt api TERM 20
  halt worker TERM 30
  halt redis-cache TERM 30
  halt redis-queue TERM 30
  # The fast kind of end: sessions are told, nothing is waited for.
  halt postgres INT 30
}

watch() {
  while true; do
    for server in "${servers[@]}"; do
      alive "$server" && continue
      tail -n 20 "$logs/$server.log" >&2
      fail "$server is gone"
    done
    sleep 1
  done
}

clean() {
  [ -e "$local" ] || return 0
  mkdir -p "$run"
  exec 9>"$run/lock"
  flock -n 9 || fail "a run is active here; end it first"
  stop
  [ ! -L "$local/postgres" ] || rm -rf "$(realpath "$local/postgres")"
  rm -rf "$local"
}

case ${1:-} in
  start | stop | watch | clean) "$1" ;;
  *) echo "usage: $0 start|stop|watch|clean" >&2 && exit 64 ;;
esac
