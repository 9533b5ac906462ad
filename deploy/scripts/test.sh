#!/usr/bin/env bash
# From nothing to a verdict, one stage after the other; the times of all stages come last.
set -euo pipefail
cd "$(dirname "$0")/../.."

times=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT

stage() {
  local name=$1 since=$SECONDS verdict=ok
  shift
  printf '\n== %s\n' "$name"
  "$@" || verdict=FAILED
  times+=("$(printf '%-10s %6d s  %s' "$name" $((SECONDS - since)) "$verdict")")
  [ $verdict = ok ] || conclude 1
}

# One test at a time: many measure time against real servers, which two cores cannot give to several of them at once.
# That costs a minute of four.
# A run that found no test proves nothing. One chain, because `set -e` does not reach into a stage.
# shellcheck disable=SC2317,SC2329
tests() {
  swift test --skip-build --disable-xctest --no-parallel 2>&1 | tee "$log" && grep -qE 'Test run with [1-9][0-9]* tests' "$log"
}

conclude() {
  printf '\n== stages\n'
  printf '%s\n' "${times[@]}" "$(printf '%-10s %6d s' total $SECONDS)"
  grep -E 'recorded an issue|Test run with' "$log" || true
  exit "$1"
}

stage packages deploy/scripts/packages.sh
stage python deploy/scripts/python-tools.sh
stage lint deploy/scripts/lint.sh
stage build make --no-print-directory build
stage micro Tests/Benchmarks/micro.sh debug
stage tests tests
conclude 0
