# The medians of all rounds of each scenario, as Markdown. After medians.awk.
function row(scenario) {
  printf "| %s | %.0f | %.2f | %.2f | %.3f | %.3f | %.3f | %.0f | %.0f |\n", scenario, median(scenario, 2), \
    median(scenario, 3), median(scenario, 4), median(scenario, 5), median(scenario, 6), median(scenario, 7), \
    median(scenario, 8), median(scenario, 9)
}

END {
  print "| scenario | requests/s | p50 ms | p99 ms | CPU s per 1,000 | Redis | Postgres | requests per CPU s | RSS MB |"
  print "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= scenarios; i++) row(order[i])
}
