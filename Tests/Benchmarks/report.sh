# Sourced by those who measure: the machine, and the medians as tables.
# What bench.sh set is used here.
# shellcheck shell=bash disable=SC2154

# Before anything is measured, so that the load is that of others.
describe_machine() {
  local commit
  commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
  [ -z "$(git status --porcelain 2>/dev/null)" ] || commit="$commit, with changes"
  [ -z "${PROGRAMS:-}" ] || commit="$commit, programs of $PROGRAMS"
  machine="$(sed -n '/^model name/ { s/[^:]*: //p; q }' /proc/cpuinfo), $(nproc) cores, \
$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r). \
$(swift --version 2>/dev/null | sed -n 's/.*\(Swift version [0-9.]*\).*/\1/p'), \
Redis $(redis "$REDIS_QUEUE_PORT" INFO server | sed -n 's/^redis_version:\([0-9.]*\).*/\1/p'), \
Postgres $(sql -c "SHOW server_version" | cut -d ' ' -f 1), $(wrk --version 2>&1 | sed -n '1s/ \[.*//p'). \
$(date -u +%Y-%m-%d), commit $commit. Load average before the first round: $(cut -d ' ' -f 1-3 /proc/loadavg)."
}

# report NAME SCRIPT…: NAME is that of the section in docs/performance.md; each script adds something to it.
report() {
  local name=$1 scripts=() script
  shift
  for script in "$@"; do scripts+=(-f "$here/$script"); done
  {
    echo "$machine"
    echo
    awk -F '\t' -v section="$name" -v folder="$folder" -v here="$here" -f "$here/medians.awk" "${scripts[@]}" "$folder/results.tsv"
  } >"$folder/performance.md"
  echo
  cat "$folder/performance.md"
  [ -z "${RECORD:-}" ] || record docs/performance.md "$name"
}

# record FILE NAME: what lies between the section's two marks is replaced.
record() {
  local begin="<!-- make $2 RECORD=1 writes this -->" end="<!-- until here: $2 -->"
  [ "$(grep -cxF -e "$begin" -e "$end" "$1")" -eq 2 ] || fail "$1 lacks its marks"
  awk -v begin="$begin" -v end="$end" -v table="$folder/performance.md" '
    $0 == end { skipped = 0 }
    !skipped
    $0 == begin { skipped = 1; print ""; while ((getline line < table) > 0) print line; print "" }
  ' "$1" >"$folder/recorded.md"
  cat "$folder/recorded.md" >"$1"
}
