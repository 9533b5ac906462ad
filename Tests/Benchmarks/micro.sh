#!/usr/bin/env bash
# Counts what one pass through each fast path costs: instructions, and allocations of memory. Both are the same on every
# run of the same build, whatever else the machine does. Ends with 1 when more is used than micro.tsv allows.
#
#   micro.sh debug|release   which build; it is made if need be
set -euo pipefail
cd "$(dirname "$0")/../.."

kind=${1:-release} less=50 more=250
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SWIFT_DETERMINISTIC_HASHING=1

build=(swift build --no-color-diagnostics --product MicroBenchmarks)
[ "$kind" = debug ] || build+=(-c release --static-swift-stdlib)
"${build[@]}"
program=$folder/MicroBenchmarks
# valgrind 3.19 gives up on what Swift writes for debuggers.
objcopy --strip-debug "$("${build[@]}" --show-bin-path)/MicroBenchmarks" "$program"

# cost PATH PASSES: instructions and allocations of so many passes, and of whatever is not one.
cost() {
  valgrind --tool=callgrind --callgrind-out-file="$folder/$1.$2" "$program" "$1" "$2" >/dev/null 2>"$folder/log" || {
    cat "$folder/log" >&2
    return 1
  }
  awk -f Tests/Benchmarks/micro-cost.awk "$folder/$1.$2"
}

for path in $("$program" list); do
  read -r least leastAllocations < <(cost "$path" $less)
  read -r most mostAllocations < <(cost "$path" $more)
  printf '%s\t%s\t%d\t%d\n' "$kind" "$path" $(((most - least) / (more - less))) \
    $(((mostAllocations - leastAllocations) / (more - less)))
done >"$folder/costs"
awk -f Tests/Benchmarks/micro-report.awk Tests/Benchmarks/micro.tsv "$folder/costs"
