#!/usr/bin/env bash
# Compiles the peers that are ours, unless that was done already: sequence.c, the front-end that checks what it gets, and
# pace.c, which gives a platform shell commands.
#
# VHOST_PEERS_CACHE   where the programs go (/var/cache/vhost-e2e)
set -euo pipefail

readonly cache=${VHOST_PEERS_CACHE:-/var/cache/vhost-e2e}
readonly sources=$(cd "$(dirname "$0")" && pwd)

# The tests compare the sources too, so that none runs with a program that is not of its tree. A DPDK of another version
# has other libraries, and the loader then complains.
compile() {
  local name=$1
  shift
  if cmp -s "$sources/$name.c" "$cache/$name.c" && ! ldd "$cache/$name" | grep -q 'not found'; then
    return
  fi
  gcc -std=gnu11 -O3 -Wall -Wextra -Werror "$sources/$name.c" -o "$cache/$name.part" "$@"
  mv "$cache/$name.part" "$cache/$name"
  cp "$sources/$name.c" "$cache/$name.c"
}

mkdir -p "$cache"
read -ra dpdk <<< "$(pkg-config --cflags --libs libdpdk)"
compile sequence "${dpdk[@]}"
compile pace
