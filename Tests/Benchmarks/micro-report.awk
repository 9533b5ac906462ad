# The costs of one build beside what micro.tsv allows it.
BEGIN { FS = "\t" }
/^#/ { next }
NR == FNR { instructions[$1, $2] = $3; allocations[$1, $2] = $4; next }
FNR == 1 { printf "%-16s %14s %10s %13s %10s\n", $1, "instructions", "at most", "allocations", "at most" }
{
  isGood = (($1, $2) in instructions) && $3 <= instructions[$1, $2] && $4 <= allocations[$1, $2]
  printf "%-16s %14d %10s %13d %10s  %s\n", $2, $3, instructions[$1, $2], $4, allocations[$1, $2], isGood ? "" : "TOO MUCH"
  if (!isGood) failed = 1
  seen++
}
END { exit failed || !seen }
