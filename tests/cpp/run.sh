#!/usr/bin/env bash
# The ops without Python: their promises at every vector level of this CPU, which must give the same bits; then
# promises and hostile numbers under the address, undefined-behaviour and thread sanitizers.
# Usage: tests/cpp/run.sh [compiler]
set -euo pipefail
source "$(dirname "$0")/build.sh"
compiler=${1:-${CXX:-g++}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build "$work/levels" properties "$compiler" -O2
for level in plain avx2 avx_vnni avx512 avx512_vnni; do
  FACESDK_VECTOR_LEVEL=$level "$work/levels/properties" | tee "$work/$level.txt" | sed "s/^/vector level $level: /"
  cmp "$work/plain.txt" "$work/$level.txt"
done

for sanitizer in address,undefined thread; do
  build "$work/sanitized" "properties hostile" "$compiler" -O1 -g -fno-omit-frame-pointer -DFACESDK_NO_CLONES \
    -fsanitize=$sanitizer -fno-sanitize-recover=all
  for program in properties hostile; do
    "$work/sanitized/$program" | sed "s/^/$sanitizer: /"
  done
done
