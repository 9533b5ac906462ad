# What is demanded of the target `section` (goals.tsv in the folder `here`), and whether it is met, as Markdown. After medians.awk.
# Our own scenarios bear no peer's name.
function against(figure, scenario, peer, bound,    column, other, ours, ratio, is_met) {
  column = figure == "rate" ? 8 : 4
  other = scenario ", " peer
  if (!(scenario in rounds) || !(other in rounds)) return
  ours = median(scenario, column)
  ratio = median(other, column) ? ours / median(other, column) : 0
  is_met = figure == "rate" ? ratio >= bound : ratio <= bound
  printf figure == "rate" ? "| %s, requests per CPU s | %.0f | %s: %.0f | %.2f | ≥ %.2f | %s |\n" : \
    "| %s, p99 ms | %.2f | %s: %.2f | %.2f | ≤ %.2f | %s |\n", scenario, ours, peer, median(other, column), ratio, bound, \
    is_met ? "met" : "**not met**"
}

function more(scenario, peer, bound,    other, surplus) {
  other = scenario ", " peer
  if (!(scenario in rounds) || !(other in rounds)) return
  surplus = median(scenario, 9) - median(other, 9)
  printf "| %s, MB | %.0f | %s: %.0f | + %.0f | ≤ + %d | %s |\n", scenario, median(scenario, 9), peer, median(other, 9), \
    surplus, bound, surplus <= bound ? "met" : "**not met**"
}

function memory(bound,    i, most, peer) {
  for (i = 1; i <= scenarios; i++) {
    peer = order[i]
    sub(/^.*, /, "", peer)
    if (!(peer in is_peer) && median(order[i], 9) > most) most = median(order[i], 9)
  }
  printf "| memory, MB at most | %.0f | | | ≤ %d | %s |\n", most, bound, most <= bound ? "met" : "**not met**"
}

END {
  FS = "\t"
  while ((getline <(here "/goals.tsv")) > 0) {
    if ($1 != section) continue
    goal[++goals] = $0
    if ($4 != "") is_peer[$4]
  }
  is_peer["Express"]
  print "| | ours | peer | ratio | wanted | |"
  print "|---|--:|--:|--:|--:|---|"
  for (g = 1; g <= goals; g++) {
    split(goal[g], part, "\t")
    if (part[2] == "memory") memory(part[5])
    else if (part[2] == "more") more(part[3], part[4], part[5])
    else against(part[2], part[3], part[4], part[5])
  }
  print ""
}
