# Rounds as lines of scenario and figures; the scenarios in order[1…scenarios], median(scenario, column).
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
