-- What bench.sh reads of a round, one line: requests, microseconds, p50 and p99 in microseconds, failures.
-- wrk counts a status of 400 or more as a failure.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("%d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
