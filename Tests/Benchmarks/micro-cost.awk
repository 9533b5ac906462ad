# What callgrind wrote of a run, as two numbers: instructions, and calls of whatever allocates memory.
/^c?fn=/ || /^cfn=/ {
  line = $0
  isCall = line ~ /^cfn=/
  sub(/^c?fn=/, "", line)
  id = line
  sub(/ .*/, "", id)
  # A name is written out where it comes first.
  if (line ~ / /) { sub(/^[^ ]* /, "", line); name[id] = line }
  if (isCall) called = name[id]
}
/^calls=/ && called ~ /^(malloc|calloc|realloc|posix_memalign|aligned_alloc)('[0-9]+)?$/ {
  sub(/^calls=/, "", $1)
  allocations += $1
}
/^(summary|totals):/ { instructions = $2 }
END { print instructions + 0, allocations + 0 }
