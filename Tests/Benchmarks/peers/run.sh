#!/usr/bin/env bash
# Becomes a peer: `run.sh nginx|go|express FOLDER`; the folder is for what it writes. Environment: PORT, DATABASE_URL,
# REDIS_CACHE_URL, REDIS_QUEUE_URL, CACHE; for nginx REDIS_CACHE_PORT, REDIS_QUEUE_PORT and REDIS_PASSWORD.
set -euo pipefail

here=$(realpath "$(dirname "$0")")
built=$(realpath "$here/../../../.build/peers")

case ${1:-} in
  nginx)
    mkdir -p "$2"
    sed "s|@PORT@|$PORT|; s|@SOURCES@|$here/nginx|" "$here/nginx/nginx.conf" >"$2/nginx.conf"
    exec /usr/sbin/nginx -p "$2" -c nginx.conf
    ;;
  go) GOMAXPROCS=2 exec "$built/go" ;;
  express)
    libraries=("$built"/node/usr/share/nodejs "$built"/node/usr/lib/*/nodejs)
    NODE_ENV=production NODE_PATH=$(IFS=: && echo "${libraries[*]}") exec node "$here/express/main.js"
    ;;
  *) echo "usage: $0 nginx|go|express FOLDER" >&2 && exit 64 ;;
esac
