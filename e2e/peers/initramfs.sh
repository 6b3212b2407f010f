#!/usr/bin/env bash
# Builds the guest's initramfs: busybox, iperf3, the virtio modules of the kernel that install.sh fetched, and init.
#
# VHOST_PEERS_CACHE   where the kernel is and the initramfs goes (/var/cache/vhost-e2e)
set -euo pipefail

readonly cache=${VHOST_PEERS_CACHE:-/var/cache/vhost-e2e}
# Each after those it needs.
readonly modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net)
readonly here=$(cd "$(dirname "$0")" && pwd)

kernel=$(compgen -G "$cache/lib/modules/*" | sort -V | tail -n 1)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,proc,sys,tmp,lib/modules,root}
cp "$(command -v busybox)" "$root/bin/busybox"
"$root/bin/busybox" --list | while read -r tool; do
  [[ $tool == busybox ]] || ln -s busybox "$root/bin/$tool"
done
iperf3=$(command -v iperf3)
cp "$iperf3" "$root/bin/"
ldd "$iperf3" | grep -oE '/[^ ]+' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
n=10
for module in "${modules[@]}"; do
  # Some kernels have a module built in.
  file=$(find "$kernel" -name "$module.ko" -o -name "$module.ko.xz" | head -n 1)
  case $file in
    *.xz) xz -dc "$file" > "$root/lib/modules/$n-$module.ko" ;;
    *.ko) cp "$file" "$root/lib/modules/$n-$module.ko" ;;
  esac
  n=$((n + 1))
done
cp "$here/guest-init" "$root/init"
chmod 755 "$root/init"
(cd "$root" && find . | sort | cpio -o -H newc --quiet --reproducible) > "$cache/initramfs.part"
mv "$cache/initramfs.part" "$cache/initramfs.cpio"
