# The medians of all rounds of each scenario, as Markdown.
{
  if (!($1 in rounds)) order[++scenarios] = $1
  round = ++rounds[$1]
  for (column = 2; column <= NF; column++) value[$1, column, round] = $column
}

function median(scenario, column,    n, i, j, sorted, moved) {
  n = rounds[scenario]
  for (i = 1; i <= n; i++) {
    moved = value[scenario, column, i] + 0
    for (j = i - 1; j >= 1 && sorted[j] > moved; j--) sorted[j + 1] = sorted[j]
    sorted[j + 1] = moved
  }
  return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

function row(scenario) {
  printf "| %s | %.0f |", scenario, median(scenario, 2)
  if (median(scenario, 3) > 0) printf " %.2f | %.2f |", median(scenario, 3), median(scenario, 4)
  printf " %.3f | %.3f | %.3f | %.0f | %.0f |\n", median(scenario, 5), median(scenario, 6), median(scenario, 7), \
    median(scenario, 8), median(scenario, 9)
}

END {
  print "| scenario | requests/s | p50 ms | p99 ms | API CPU s per 1,000 | Redis | Postgres | requests per API CPU s | API RSS MB |"
  print "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= scenarios; i++) if (median(order[i], 3) > 0) row(order[i])
  print "\n| scenario | events/s | worker CPU s per 1,000 | Redis | Postgres | events per worker CPU s | worker RSS MB |"
  print "|---|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= scenarios; i++) if (median(order[i], 3) == 0) row(order[i])
}
