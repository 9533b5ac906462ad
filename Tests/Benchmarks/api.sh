# Sourced by those who measure the API: all that they share, in `here` of stack.sh.
# shellcheck shell=bash
# shellcheck source=Tests/Benchmarks/stack.sh
. Tests/Benchmarks/stack.sh
# shellcheck source=Tests/Benchmarks/seed.sh
. "${here:?}/seed.sh"
# shellcheck source=Tests/Benchmarks/peers.sh
. "$here/peers.sh"
# shellcheck source=Tests/Benchmarks/measure.sh
. "$here/measure.sh"
# shellcheck source=Tests/Benchmarks/proofs.sh
. "$here/proofs.sh"
# shellcheck source=Tests/Benchmarks/scenarios.sh
. "$here/scenarios.sh"
# shellcheck source=Tests/Benchmarks/report.sh
. "$here/report.sh"
