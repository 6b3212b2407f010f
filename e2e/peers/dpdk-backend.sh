#!/usr/bin/env bash
# Becomes DPDK's own vhost-user back-end, with the command line of "./vhost forward": to see whether a failing test is
# the platform's fault or the test's own, run the tests with -De2e.forward=e2e/peers/dpdk-backend.sh.
#
#   dpdk-backend.sh MODE SOCKET...     MODE: io, mac, macswap, rxonly, txonly; switch is io, enough for two guests
#
# BE_CPU      its processor (0)
# BE_TXPKTS   bytes of the packets that txonly sends (64)
# BE_QUEUES   queue pairs (1)
set -euo pipefail
mode=${1/switch/io}
shift
devices=() n=0
for socket in "$@"; do
  rm -f "$socket"
  devices+=(--vdev "net_vhost$n,iface=$socket,queues=${BE_QUEUES:-1}")
  n=$((n + 1))
done
cpu=${BE_CPU:-0}
# testpmd ends when its input does: this one stays open and empty.
pipe=$(mktemp -u)
mkfifo "$pipe"
exec 3<> "$pipe"
rm "$pipe"
exec dpdk-testpmd --lcores "0@$cpu,1@$cpu" -m 128 --in-memory --file-prefix vhost-e2e --single-file-segments --no-pci \
  --no-telemetry "${devices[@]}" -- -i --nb-cores=1 --forward-mode="$mode" --auto-start --total-num-mbufs=8192 \
  --txpkts="${BE_TXPKTS:-64}" --rxq="${BE_QUEUES:-1}" --txq="${BE_QUEUES:-1}" <&3
