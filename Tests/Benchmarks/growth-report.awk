# The medians of each axis as a Markdown table, and for growth.gnuplot (in the folder `folder`): growth-axes, their names, and
# growth-1.tsv and so on. After medians.awk.
# folder: where outcomes.tsv may lie: scenario, requests, failures, hits, reads.
# A scenario is called by its level, then a blank, then its axis.
function microseconds(scenario, column) { return 1000 * median(scenario, column) }

function short(level) {
  level += 0
  if (level >= 1000000) return level / 1000000 "M"
  return level >= 1000 ? sprintf("%.0fk", level / 1000) : level
}

# Of all rounds, "" where nobody counted.
function outcome(scenario) {
  if (!(scenario in sent)) return ""
  return sprintf(" %.1f | %.1f |", 100 * found[scenario] / looked[scenario], 100 * failed[scenario] / sent[scenario])
}

END {
  FS = "\t"
  while ((getline <(folder "/outcomes.tsv")) > 0) {
    sent[$1] += $2
    failed[$1] += $3
    found[$1] += $4
    looked[$1] += $5
  }
  for (i = 1; i <= scenarios; i++) {
    scenario = order[i]
    level = axis = scenario
    sub(/ .*/, "", level)
    sub(/^[^ ]* /, "", axis)
    if (!(axis in rows)) axes[++count] = axis
    if (scenario in sent) counted[axis]
    rows[axis] = rows[axis] sprintf("| %s | %.0f | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f |%s\n", level, median(scenario, 2), \
      median(scenario, 3), median(scenario, 4), microseconds(scenario, 5), microseconds(scenario, 6), microseconds(scenario, 7), \
      median(scenario, 9), outcome(scenario))
    points[axis] = points[axis] sprintf("%s\t%s\t%f\t%f\t%f\t%f\t%f\n", level, short(level), median(scenario, 2), \
      median(scenario, 4), microseconds(scenario, 5), microseconds(scenario, 6), microseconds(scenario, 7))
  }
  for (i = 1; i <= count; i++) {
    printf "| %s | requests/s | p50 ms | p99 ms | API CPU µs per request | Redis | Postgres | API RSS MB |%s\n", axes[i], \
      axes[i] in counted ? " hits % | failed % |" : ""
    print "|--:|--:|--:|--:|--:|--:|--:|--:|" (axes[i] in counted ? "--:|--:|" : "")
    print rows[axes[i]]
    print axes[i] >(folder "/growth-axes")
    printf "%s", points[axes[i]] >(folder "/growth-" i ".tsv")
  }
}
