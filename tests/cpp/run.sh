#!/usr/bin/env bash
# The ops without Python: their promises with plain loops, AVX2 and AVX-512, which must give the same bits; then
# promises and hostile numbers under the address, undefined-behaviour and thread sanitizers.
# Usage: tests/cpp/run.sh [compiler]
set -euo pipefail
source "$(dirname "$0")/build.sh"
compiler=${1:-${CXX:-g++}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for level in 0 1 2; do
  build "$work/level" properties "$compiler" -O2 -DFACESDK_VECTOR_LEVEL=$level
  "$work/level/properties" | tee "$work/level$level.txt" | sed "s/^/vector level $level: /"
done
cmp "$work/level0.txt" "$work/level1.txt"
cmp "$work/level0.txt" "$work/level2.txt"

for sanitizer in address,undefined thread; do
  build "$work/sanitized" "properties hostile" "$compiler" -O1 -g -fno-omit-frame-pointer -DFACESDK_NO_CLONES \
    -fsanitize=$sanitizer -fno-sanitize-recover=all
  for program in properties hostile; do
    "$work/sanitized/$program" | sed "s/^/$sanitizer: /"
  done
done
