#!/usr/bin/env bash
# Says which of the given loopback ports are taken: `ports.sh PORT=8080 WORKER_PORT=8081`. Exit 1 when one is.
set -euo pipefail

taken=0
for setting in "$@"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/${setting#*=}") 2>/dev/null; then
    echo "port ${setting#*=} is taken; choose another: make run ${setting%=*}=…" >&2
    taken=1
  fi
done
exit "$taken"
