#!/usr/bin/env bash
# Gives hostile cases to every parser, in a build of its own that counts what was reached.
#
#   FUZZ_CASES=…       how many for each (1,000,000)
#   FUZZ_SEED=…        repeats a run
#   ONLY=…             one of them, a regular expression over the tests' names: redisReplies
#   SANITIZE=address   looks for faults of memory instead of what was reached; several times slower
set -euo pipefail
cd "$(dirname "$0")/../.."

export FUZZ_CASES=${FUZZ_CASES:-1000000}
# What was freed it holds back for a while: 256 MB, which would count as growth.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:quarantine_size_mb=8}
build=.build/fuzz-${SANITIZE:-release}
if [ -n "${SANITIZE:-}" ]; then
  flags=(--sanitize="$SANITIZE")
else
  # Faster than a debug build, and as strict: whatever is asserted there is asserted here.
  flags=(-c release --enable-code-coverage -Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -DDEBUG)
fi

# The first time everything is compiled once more, but no other tests: some twenty minutes on two cores.
export FUZZ_TESTS_ONLY=1
SWIFT_DETERMINISTIC_HASHING=1 swift build --no-color-diagnostics --build-tests --scratch-path "$build" "${flags[@]}"
SWIFT_DETERMINISTIC_HASHING=1 swift test --skip-build --disable-xctest --no-parallel --scratch-path "$build" \
  "${flags[@]}" --filter "FuzzTests\.FuzzTests/.*${ONLY:-}"
[ -z "${SANITIZE:-}" ] || exit 0

# Swift's own: others read the profiles of their version only.
llvm_cov=$(dirname "$(realpath "$(command -v swift)")")/llvm-cov
echo
echo "what the cases reached (of these tests alone), by file:"
"$llvm_cov" report "$build/release/freshetPackageTests.xctest" -instr-profile="$build/release/codecov/default.profdata" \
  Sources/Shared/Conversations/{JSON,Requests,ProviderEvents} Sources/Shared/Redis/Codec \
  Sources/APIService/{Identity,HTTP,Connection,CachedReads,Intake} |
  awk '/^Filename|^TOTAL|\.swift/ { printf "%-58s %9s of %5s lines %8s\n", $1, $8 - $9, $8, $10 }' |
  sed '1s/.*/file/'
