# Sourced by bench.sh: who is measured, that is our API, and peers that do the same work with nginx, Go and Express, on
# two processes or threads each.
# What bench.sh set is used here, and what is set here is used by those who source it.
# shellcheck shell=bash disable=SC2034,SC2154

read -ra peers <<<"${PEERS:-nginx go express}"
# The processes of our API, with their addresses. With several of them url[ours] is that of what stands in front.
declare -A instances
declare -A url title=([nginx]="nginx + lua" [go]="Go" [express]="Express")

# present "WHO…": those of them that take part.
present() {
  local who found=()
  for who in $1; do
    [[ " ours ${peers[*]} " != *" $who "* ]] || found+=("$who")
  done
  echo "${found[*]}"
}

# process WHO: its name where processes have names, or its names.
process() {
  [ "$1" = ours ] && echo "${!instances[@]}" || echo "peer-$1"
}

# metrics: those of all instances, one after the other.
metrics() {
  local name
  for name in "${!instances[@]}"; do curl -fsS "${instances[$name]}/metrics"; done
}

# label SCENARIO WHO: what its rounds are called in results.tsv and in goals.tsv.
label() {
  echo "$1${title[$2]:+, ${title[$2]}}"
}

# serve MODE "WHO…": our API with this CACHE_MODE, and these peers with a cache or (off) without.
serve() {
  local mode=$1 who
  end_servers
  instances=([api]=${url[ours]})
  for who in $(present "ours $2"); do
    progress "starting ${title[$who]:-our API}"
    case $who in
      ours) start api APIService "${url[ours]}/health/ready" CACHE_MODE="$mode" ;;
      *)
        launch "peer-$who" env CACHE="$mode" PORT="${url[$who]##*:}" DATABASE_URL="${DATABASE_URL%%\?*}" \
          REDIS_PASSWORD="$REDIS_PASSWORD" "$here/peers/run.sh" "$who" "$folder/peer-$who" >>"$folder/peer-$who.log" 2>&1
        await_ready "peer-$who" "${url[$who]}/health"
        ;;
    esac
  done
}

end_servers() {
  local who name
  for who in ours "${peers[@]}"; do
    for name in $(process "$who"); do halt "$name" TERM 20; done
  done
}

# Addresses of all, once there are ports.
name_addresses() {
  url=([ours]=http://127.0.0.1:$PORT [nginx]=http://127.0.0.1:$NGINX_PORT
    [go]=http://127.0.0.1:$GO_PORT [express]=http://127.0.0.1:$EXPRESS_PORT)
}

# fill_peers SUFFIX: the bodies that our API answered (the file `bodies`, in the order of the targets) are what the peers
# find in Redis.
fill_peers() {
  local kind=conversation page=""
  [ ${#peers[@]} -gt 0 ] || return 0
  [ -z "$1" ] || { kind=messages page=":1:50"; }
  LC_ALL=C awk -v before="peer:$kind:" -v after="$page" '
    NR == FNR { key[FNR] = before $1 after; next }
    { printf "*5\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n$2\r\nEX\r\n$4\r\n3600\r\n", length(key[FNR]), key[FNR], length($0), $0 }
  ' "$folder/targets" "$folder/bodies" | redis "$REDIS_CACHE_PORT" --pipe >"$folder/fill.log" ||
    fail "the peers' values could not be stored; see $folder/fill.log"
}
