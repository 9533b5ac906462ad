# Sourced, after `run` is set to a folder: processes that are found again by name, also by a later script.
# shellcheck shell=bash

# launch NAME COMMAND…: starts it in a session of its own, so that Ctrl-C reaches only the script. $! is its id.
launch() {
  local name=$1
  shift
  setsid "$@" </dev/null 9>&- &
  echo "$! $(start_time $!)" >"${run:?}/$name.pid"
}

# start_time ID: when a process started, in clock ticks since boot; nothing when it is dead.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # What follows the name, which may hold blanks: the state, and 19 fields later the start time.
  read -ra stat <<<"${stat##*) }"
  [ "${stat[0]}" = Z ] || echo "${stat[19]}"
}

# alive NAME: an id alone would not do, another process may have got it since.
alive() {
  local id since
  { read -r id since <"${run:?}/$1.pid"; } 2>/dev/null || return 1
  [ -n "$since" ] && [ "$(start_time "$id")" = "$since" ]
}

# halt NAME SIGNAL SECONDS: asks it to end, kills it after the given time, returns when it is gone.
halt() {
  local id deadline=$((SECONDS + $3))
  if alive "$1"; then
    read -r id _ <"${run:?}/$1.pid"
    kill -"$2" "$id" || true
    while alive "$1"; do
      if [ $SECONDS -ge $deadline ]; then
        echo "$1 did not end in $3 s and is killed" >&2
        kill -KILL "$id" || true
        deadline=$((SECONDS + 5))
      fi
      sleep 0.1
    done
  fi
  rm -f "${run:?}/$1.pid"
}

# await_ready NAME URL: until the URL answers; ends the script when the process does not get that far.
await_ready() {
  local deadline=$((SECONDS + 60))
  until curl -sf -o /dev/null "$2"; do
    if ! alive "$1" || [ $SECONDS -ge $deadline ]; then
      echo "$1 did not become ready" >&2
      exit 1
    fi
    sleep 0.2
  done
}
