# The medians of all drains as Markdown, and what an idle worker does. After medians.awk.
# folder: where commits.tsv and idle.tsv may lie.
function total(scenario) {
  return median(scenario, 5) + median(scenario, 6) + median(scenario, 7)
}

function against(peer) {
  if (!(peer in rounds)) return
  printf "\n%s: %.1f times its rate, %.1f times the events per CPU second.", peer, \
    median("worker", 2) / median(peer, 2), total(peer) / total("worker")
}

END {
  while ((getline < (folder "/commits.tsv")) > 0) commits[$1] = $2 / $3
  if (scenarios) {
    print "| drain | events/s | CPU s per 1,000 | worker | Redis | Postgres | commits per event | worker RSS MB |"
    print "|---|--:|--:|--:|--:|--:|--:|--:|"
  }
  for (i = 1; i <= scenarios; i++) {
    name = order[i]
    printf "| %s | %.0f | %.3f | %.3f | %.3f | %.3f | %.3f | %.0f |\n", name, median(name, 2), total(name), \
      median(name, 5), median(name, 6), median(name, 7), commits[name], median(name, 9)
  }
  against("Go worker")
  against("Go worker, two indexes")
  if ((getline < (folder "/idle.tsv")) > 0)
    printf "\n\nIdle: %.2f commands a second to the queue's Redis, %.2f %% of a core; %d single events stored within " \
      "%.1f ms (p50) and %.1f ms (p99).", $1, $2, $3, $4, $5
  print ""
}
