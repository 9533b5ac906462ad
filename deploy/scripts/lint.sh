#!/usr/bin/env bash
# Format of the Swift sources; scripts and container files as well where the tools for them are installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

# check TOOL COMMAND…: a tool that is not installed is named, not missed.
check() {
  local tool=$1
  shift
  if command -v "$tool" >/dev/null; then
    echo "lint: $*"
    "$@"
  else
    echo "lint: $tool is not installed, skipped"
  fi
}

echo "lint: swift format"
swift format lint --strict --parallel --configuration .swift-format --recursive Package.swift Sources Tests
check shellcheck shellcheck --external-sources deploy/scripts/*.sh deploy/postgres/*.sh Tests/Benchmarks/*.sh Tests/Benchmarks/peers/*.sh Tests/FuzzTests/*.sh .ci/run
check hadolint hadolint deploy/Dockerfile
check check-jsonschema check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
# Values for what the file demands from whoever deploys it.
export JWT_SECRET=lint WEBHOOK_TOKENS=lint REDIS_PASSWORD=lint
export POSTGRES_PASSWORD=lint POSTGRES_OWNER_PASSWORD=lint POSTGRES_SUPERUSER_PASSWORD=lint
check docker-compose docker-compose config -q
check haproxy haproxy -c -q -f deploy/haproxy/haproxy.cfg
