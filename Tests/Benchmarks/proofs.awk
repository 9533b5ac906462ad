# What was counted while our API was measured, in words: the sums of proofs.tsv.
END {
  FS = "\t"
  while ((getline <(folder "/proofs.tsv")) > 0) {
    total++
    requests += $2
    used += $3
    answered += $4
    limited += $5
    scripts += $6
    if ($5 > $2 / 2) of_users += $2
  }
  getline ids <(folder "/ids")
  if (!total) exit
  printf "\nRounds of our API: %d. It answered %d requests; its metrics counted %d. Of the %d that are limited the metrics of " \
    "the limit counted %d, and what remained to the 500 users fell by %d. Redis ran %d scripts. That is all, with three requests a " \
    "round of our own and those that were under way when wrk stopped. In each round a write was seen by the next read.", \
    total, requests, answered, of_users, limited, used, scripts
  if (ids) printf " %d answers had as many request ids.", ids
  print ""
}
