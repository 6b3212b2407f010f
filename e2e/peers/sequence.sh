#!/usr/bin/env bash
# Compiles sequence.c, the front-end that checks what it gets, unless that was done already.
#
# VHOST_PEERS_CACHE   where the program goes (/var/cache/vhost-e2e)
set -euo pipefail

readonly cache=${VHOST_PEERS_CACHE:-/var/cache/vhost-e2e}
readonly source=$(cd "$(dirname "$0")" && pwd)/sequence.c

# The tests compare the sources too, so that none runs with a program that is not of its tree. A DPDK of another version
# has other libraries, and the loader then complains.
if cmp -s "$source" "$cache/sequence.c" && ! ldd "$cache/sequence" | grep -q 'not found'; then
  exit 0
fi
read -ra flags <<< "$(pkg-config --cflags libdpdk)"
read -ra libraries <<< "$(pkg-config --libs libdpdk)"
mkdir -p "$cache"
gcc -std=gnu11 -O3 -Wall -Wextra -Werror "${flags[@]}" "$source" -o "$cache/sequence.part" "${libraries[@]}"
mv "$cache/sequence.part" "$cache/sequence"
cp "$source" "$cache/sequence.c"
