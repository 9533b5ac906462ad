#!/usr/bin/env bash
# Installs the Debian packages that are missing. `packages.sh build`: only those the build needs; `bench`: also
# those of make bench, and so on with `bench-growth`, `bench-idle`, `bench-micro` and `bench-worker`.
set -euo pipefail

case ${1:-all} in
  build) wanted=(make libhiredis-dev libpq-dev zlib1g-dev) ;;
  all) wanted=(libhiredis-dev libpq-dev zlib1g-dev redis-server postgresql curl python3-venv valgrind binutils) ;;
  bench)
    wanted=(libhiredis-dev libpq-dev zlib1g-dev redis-server postgresql curl wrk nginx libnginx-mod-http-lua lua-nginx-redis
      golang-go golang-github-jackc-pgx-v4-dev golang-github-gomodule-redigo-dev nodejs)
    ;;
  bench-growth)
    wanted=(libhiredis-dev libpq-dev zlib1g-dev redis-server postgresql curl wrk haproxy gnuplot-nox)
    ;;
  bench-idle) wanted=(libhiredis-dev libpq-dev zlib1g-dev redis-server postgresql curl wrk python3) ;;
  bench-micro) wanted=(libhiredis-dev libpq-dev zlib1g-dev valgrind binutils) ;;
  bench-worker)
    wanted=(libhiredis-dev libpq-dev zlib1g-dev redis-server postgresql curl golang-go golang-github-jackc-pgx-v4-dev
      golang-github-gomodule-redigo-dev)
    ;;
  *) echo "usage: $0 [all|build|bench|bench-growth|bench-idle|bench-micro|bench-worker]" >&2 && exit 64 ;;
esac

if ! command -v swift >/dev/null; then
  echo "Swift 6.2 or later is not installed: https://www.swift.org/install/linux/" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

install="apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${missing[*]}"
echo "missing packages: ${missing[*]}"
if [ "$(id -u)" -eq 0 ]; then
  sh -c "$install"
elif command -v sudo >/dev/null; then
  sudo sh -c "$install"
else
  echo "there is no sudo here; run this as root, then try again:" >&2
  echo "  $install" >&2
  exit 1
fi
