# The medians of each axis as a Markdown table, and for growth.gnuplot (in the folder `folder`): growth-axes, their names, and
# growth-1.tsv and so on. After medians.awk.
# A scenario is called by its level, then a blank, then its axis.
function microseconds(scenario, column) { return 1000 * median(scenario, column) }

function short(level) {
  if (level >= 1000000) return level / 1000000 "M"
  return level >= 10000 ? level / 1000 "k" : level
}

END {
  for (i = 1; i <= scenarios; i++) {
    scenario = order[i]
    level = axis = scenario
    sub(/ .*/, "", level)
    sub(/^[^ ]* /, "", axis)
    if (!(axis in rows)) axes[++count] = axis
    rows[axis] = rows[axis] sprintf("| %s | %.0f | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f |\n", level, median(scenario, 2), \
      median(scenario, 3), median(scenario, 4), microseconds(scenario, 5), microseconds(scenario, 6), microseconds(scenario, 7), \
      median(scenario, 9))
    points[axis] = points[axis] sprintf("%s\t%s\t%f\t%f\t%f\t%f\t%f\n", level, short(level), median(scenario, 2), \
      median(scenario, 4), microseconds(scenario, 5), microseconds(scenario, 6), microseconds(scenario, 7))
  }
  for (i = 1; i <= count; i++) {
    printf "| %s | requests/s | p50 ms | p99 ms | API CPU µs per request | Redis | Postgres | API RSS MB |\n", axes[i]
    print "|--:|--:|--:|--:|--:|--:|--:|--:|"
    print rows[axes[i]]
    print axes[i] >(folder "/growth-axes")
    printf "%s", points[axes[i]] >(folder "/growth-" i ".tsv")
  }
}
