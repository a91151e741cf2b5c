#!/usr/bin/env bash
# redis-cli and redis-benchmark as Debian ships them.
set -u
failed=0
name=redis-tools
tls=()
if [ -n "$CERTIFICATES" ]; then
  name='redis-tools over TLS'
  tls=(--tls --cacert "$CERTIFICATES/ca.crt" --cert "$CERTIFICATES/peer.crt" --key "$CERTIFICATES/peer.key")
fi
cli() { redis-cli -p "$PORT" "${tls[@]}" "$@"; }
check() { # NAME EXPECTED ACTUAL
  if [ "$2" = "$3" ]; then
    echo "ok $name: $1"
  else
    echo "not ok $name: $1: expected '$2', got '$3'"
    failed=1
  fi
}

cli set greeting 'hello world' >/dev/null
check "a value comes back" "hello world" "$(cli get greeting)"
check "a value comes back over RESP3" "hello world" "$(cli -3 get greeting)"
check "HELLO 3 answers with a map" "1" "$(cli -3 --no-raw hello 3 | grep -c '"proto" => (integer) 3')"
check "an error is shown" "ERR wrong number of arguments for 'get' command" "$(cli get 2>&1 | head -n 1)"
check "binary arguments from standard input" "3" "$(printf 'a\0b' | cli -x set binary >/dev/null; cli strlen binary)"
check "a thousand commands through --pipe" "1000" "$(
  for i in $(seq 1000); do printf 'SET pipe:%d %d\r\n' "$i" "$i"; done | cli --pipe | sed -n 's/.*replies: //p')"
check "--scan finds all of them" "1000" "$(cli --scan --pattern 'pipe:*' | sort -u | wc -l)"
check "INFO has its sections" "1" "$(cli info server | grep -c '^valkey_version:9.1.0')"
check "CONFIG GET answers" "maxmemory" "$(cli config get maxmemory | head -n 1)"
check "COMMAND DOCS is understood" "1" "$(cli command docs get | grep -c '^summary$')"

benchmark=$(redis-benchmark -p "$PORT" "${tls[@]}" -t set,get,incr,mset -n 20000 -P 16 -q 2>&1 | tr '\r' '\n' | grep -c 'requests per second, p50')
check "redis-benchmark runs its loads" "4" "$benchmark"

if [ -n "$CERTIFICATES" ]; then
  session=$(mktemp)
  visit() { # OPTIONS
    # The server ends the connection, after the ticket of the session.
    printf 'ping\r\nquit\r\n' | timeout 60 openssl s_client -ign_eof -connect "127.0.0.1:$PORT" -CAfile "$CERTIFICATES/ca.crt" \
      -cert "$CERTIFICATES/peer.crt" -key "$CERTIFICATES/peer.key" "$@" 2>/dev/null | grep -a -o '^New\|^Reused'
  }
  for version in tls1_2 tls1_3; do
    check "a session of $version is new" "New" "$(visit "-$version" -sess_out "$session")"
    check "and can be resumed" "Reused" "$(visit "-$version" -sess_in "$session")"
  done
  rm -f "$session"
fi
exit $failed
