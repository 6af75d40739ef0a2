#!/usr/bin/env bash
# The ops built for aarch64 with NEON: their promises, and the same bits as on this machine, under emulation.
# Needs a cross compiler and qemu (Debian: apt install g++-aarch64-linux-gnu qemu-user); exits 3 without them.
# On an aarch64 machine it needs neither.
set -euo pipefail
source "$(dirname "$0")/build.sh"
compiler=aarch64-linux-gnu-g++ run=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
if [ "$(uname -m)" = aarch64 ]; then
  compiler=${CXX:-g++} run=()
fi
for tool in "$compiler" ${run[0]:+"${run[0]}"}; do
  if ! command -v "$tool" > /dev/null; then
    echo "aarch64: $tool is missing (Debian: apt install g++-aarch64-linux-gnu qemu-user); nothing was tested"
    exit 3
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build "$work/here" properties "${CXX:-g++}" -O2
build "$work/there" properties "$compiler" -O2
"$work/here/properties" > "$work/here.txt"
"${run[@]}" "$work/there/properties" | tee "$work/there.txt" | sed 's/^/aarch64: /'
cmp "$work/here.txt" "$work/there.txt"
