# Sourced by growth.sh: several instances of the API behind HAProxy, as deploy/haproxy has it.
# What growth.sh set is used here.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154

measure_instances() {
  local level round scenario who=ours "${conversation[@]}"
  aim "external_id LIKE 'read-%'"
  for ((round = 1; round <= rounds; round++)); do
    for level in 1 2 4; do
      serve_balanced "$level"
      create_noted
      # Cached by the first of them, the values are there for all others.
      ((round > 1 || level > 1)) || fill_cache "$suffix" "$cache"
      load ours "$warm_up" read.lua "$folder" "$suffix" >/dev/null
      scenario="$level instances, GET"
      repeat read_round
    done
  done
  halt haproxy TERM 10
}

# serve_balanced COUNT: so many instances, and in front of them HAProxy.
serve_balanced() {
  local number name port
  halt haproxy TERM 10
  end_servers
  instances=()
  for ((number = 1; number <= $1; number++)); do
    name=api$number port=PORT_$number
    instances["$name"]=http://127.0.0.1:${!port}
    start "$name" APIService "${instances[$name]}/health/ready" PORT="${!port}" CACHE_MODE=strict TRUSTED_PROXIES=127.0.0.1/32
  done
  write_haproxy_configuration
  launch haproxy haproxy -db -f "$folder/haproxy.cfg" >>"$folder/haproxy.log" 2>&1
  await_ready haproxy "${url[ours]}/health/ready"
}

# The one that is deployed, with our ports; without Docker's names, without a line per request, with connections enough
# for wrk and no more than there may be files.
write_haproxy_configuration() {
  local name servers=""
  for name in "${!instances[@]}"; do servers+="    server $name ${instances[$name]#http://}\\n"; done
  sed -e '/^ *log/d' -e '/^resolvers/,/^$/d' -e 's/maxconn .*/maxconn 2000/' -e "s/bind :8080/bind 127.0.0.1:$PORT/" \
    -e 's/ init-addr .*//' -e "s/^ *server-template .*/$servers/" deploy/haproxy/haproxy.cfg >"$folder/haproxy.cfg"
}
