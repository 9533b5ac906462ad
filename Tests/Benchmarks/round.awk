# A round's figures from what was counted: rate, p50 and p99 in ms, CPU seconds per 1,000 of the program, Redis and
# Postgres, units per CPU second of the program, resident MB.
BEGIN {
  split(before, b, " ")
  split(after, a, " ")
  for (i = 1; i <= 3; i++) cpu[i] = (a[i] - b[i]) / hertz
  thousands = units / 1000
  print scenario, units / (duration / 1e6), p50 / 1000, p99 / 1000, cpu[1] / thousands, cpu[2] / thousands, \
    cpu[3] / thousands, (cpu[1] > 0 ? units / cpu[1] : 0), kilobytes / 1024
}
