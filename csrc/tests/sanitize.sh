#!/usr/bin/env bash
# Builds the ops without Python under the address and undefined-behaviour sanitizers and runs them once.
# Usage: csrc/tests/sanitize.sh [compiler]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
"${1:-${CXX:-g++}}" -std=c++17 -O1 -g -ffp-contract=off -fno-omit-frame-pointer -Wall -Wextra -Werror \
  -fsanitize=address,undefined -fno-sanitize-recover=all -I"$root" \
  "$root"/tests/sanitize.cpp "$root"/*/*_cpu.cpp -o "$build/sanitize" -pthread
"$build/sanitize"
