#!/usr/bin/env bash
# Installs the real peers of the end-to-end tests from Debian's packages, and prepares the host for them: DPDK (its
# testpmd drives our ports by net_virtio_user, and so does sequence.c, which is compiled here), QEMU, and a small Linux
# guest for it. Needs root. May run again.
#
#   e2e/peers/install.sh
#
# VHOST_PEERS_CACHE   where the guest's kernel and initramfs and the compiled peers go (/var/cache/vhost-e2e)
# VHOST_HUGE_PAGES    huge pages of 2 MiB to have at least (512)
set -euo pipefail

readonly cache=${VHOST_PEERS_CACHE:-/var/cache/vhost-e2e}
readonly huge_pages=${VHOST_HUGE_PAGES:-512}
readonly packages=(dpdk dpdk-dev qemu-system-x86 busybox-static iperf3 cpio socat util-linux coreutils diffutils
  perl gcc libc6-dev libdpdk-dev pkg-config)

die() {
  echo "install.sh: $*" >&2
  exit 1
}

quietly() {
  local log
  log=$(mktemp)
  if ! "$@" > "$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "failed: $*"
  fi
  rm -f "$log"
}

installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null) == installed ]]
}

# Downloads lists of packages once, and only where something is missing.
update_lists() {
  [[ -n ${lists_updated:-} ]] || quietly apt-get update -qq
  lists_updated=1
}

install_packages() {
  local package missing=()
  for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  update_lists
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# The "cloud" flavour is small and has virtio; "unsigned" is the package with the files and no boot loader's scripts. It
# is only unpacked: the host keeps its own kernel.
fetch_kernel() {
  compgen -G "$cache/boot/vmlinuz-*" > /dev/null && return 0
  update_lists
  local kernel folder
  kernel=$(apt-cache search --names-only '^linux-image-[0-9.-]+-cloud-amd64-unsigned$' | awk '{print $1}' | sort -V | tail -n 1)
  [[ -n $kernel ]] || die "no package linux-image-*-cloud-amd64-unsigned; are Debian's lists there?"
  folder=$(mktemp -d)
  # _apt, the user who downloads, must be able to write there.
  chmod 755 "$folder"
  (cd "$folder" && quietly apt-get download "$kernel" && dpkg -x "$kernel"_*.deb unpacked)
  mkdir -p "$cache/boot" "$cache/lib"
  cp -r "$folder"/unpacked/lib/modules "$cache/lib/"
  cp "$folder"/unpacked/boot/vmlinuz-* "$cache/boot/"
  rm -rf "$folder"
}

# DPDK's front-end wants huge pages; guests take theirs from memfd.
reserve_huge_pages() {
  local have=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
  (($(< "$have") >= huge_pages)) || echo "$huge_pages" > "$have"
  (($(< "$have") >= huge_pages)) || die "only $(< "$have") of $huge_pages huge pages could be had; free some memory"
  if ! grep -q ' hugetlbfs ' /proc/mounts; then
    mkdir -p /dev/hugepages
    mount -t hugetlbfs nodev /dev/hugepages
  fi
}

((EUID == 0)) || die "needs root, to install packages and to reserve huge pages"
command -v apt-get > /dev/null || die "knows only Debian and its kin"
install_packages
fetch_kernel
VHOST_PEERS_CACHE=$cache "$(dirname "$0")/initramfs.sh"
VHOST_PEERS_CACHE=$cache quietly "$(dirname "$0")/compile.sh"
reserve_huge_pages
echo "peers: dpdk $(dpkg-query -W -f '${Version}' dpdk-dev), qemu $(dpkg-query -W -f '${Version}' qemu-system-x86)," \
  "guest $(basename "$(compgen -G "$cache/boot/vmlinuz-*" | sort -V | tail -n 1)")"
