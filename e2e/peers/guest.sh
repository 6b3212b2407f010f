#!/usr/bin/env bash
# Becomes QEMU with a small Linux guest whose only network card is a vhost-user device on SOCKET. Its console is on
# standard input and output: it says "guest: ready" when it is up, takes a shell command a line, prints what that prints,
# then "guest: status N". "poweroff -f" ends it. Needs install.sh once.
#
#   guest.sh --socket PATH --ip ADDRESS/LENGTH [--mac MAC] [--queues N] [--smp N] [--mem MIB] [--packed]
#            [--dev EXTRA] [--server] [--reconnect]
#
# --dev EXTRA   is appended to the device, such as ",mrg_rxbuf=off"
# --server      QEMU owns the socket, and starts once the back-end has connected
# --reconnect   QEMU connects, and again each second when the back-end is gone
# VHOST_PEERS_CACHE   where install.sh put the kernel (/var/cache/vhost-e2e)
# VHOST_GUEST_ACCEL   tcg (default) or kvm; a nested /dev/kvm may open and yet never run a guest
set -euo pipefail

usage() {
  sed -n '2,/^set/p' "$0" | sed '$d;s/^# \?//' >&2
  exit 2
}

cache=${VHOST_PEERS_CACHE:-/var/cache/vhost-e2e}
accel=${VHOST_GUEST_ACCEL:-tcg}
socket='' ip='' mac=52:54:00:00:00:01 queues=1 smp=1 mem=192 packed=off dev='' chardev=''
while (($#)); do
  case $1 in
    --packed) packed=on ;;
    --server) chardev=,server=on ;;
    --reconnect) chardev=,reconnect=1 ;;
    --socket | --ip | --mac | --queues | --smp | --mem | --dev)
      (($# > 1)) || usage
      declare "${1#--}=$2"
      shift
      ;;
    *) usage ;;
  esac
  shift
done
[[ -n $socket && -n $ip ]] || usage
kernel=$(compgen -G "$cache/boot/vmlinuz-*" | sort -V | tail -n 1) || true
if [[ -z $kernel || ! -s $cache/initramfs.cpio ]]; then
  echo "guest.sh: no guest in $cache; run e2e/peers/install.sh as root first" >&2
  exit 97
fi
cpu=max
[[ $accel == tcg ]] || cpu=host
# QEMU 7.2 without KVM crashes with vhost-user and MSI-X.
device="virtio-net-pci,netdev=net0,mac=$mac,packed=$packed,vectors=0"
((queues == 1)) || device+=,mq=on
exec qemu-system-x86_64 -accel "$accel" -cpu "$cpu" -M q35 -m "$mem" -smp "$smp" \
  -object "memory-backend-memfd,id=mem,size=${mem}M,share=on" -numa node,memdev=mem \
  -kernel "$kernel" -initrd "$cache/initramfs.cpio" \
  -append "console=ttyS0 quiet loglevel=2 panic=-1 random.trust_cpu=on net.ifnames=0 rdinit=/init ip4=$ip" \
  -chardev "socket,id=ch0,path=$socket$chardev" \
  -netdev "vhost-user,id=net0,chardev=ch0,queues=$queues" \
  -device "$device$dev" \
  -display none -nodefaults -serial stdio
