#!/usr/bin/env bash
# Compiles the arithmetic that host and device share as device code, without fused multiply-add, for the GPUs that
# are supported. Exits 3 with a line where there is no nvcc.
# Usage: tests/cpp/nvcc_headers.sh [nvcc]
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
csrc=$tests/../../csrc
nvcc=${1:-nvcc}
if ! command -v "$nvcc" > /dev/null; then
  echo "nvcc_headers: $nvcc is missing; the shared headers were NOT compiled as device code"
  exit 3
fi
for header in $(cd "$csrc" && find . -name '*_math.h' | sed 's|^\./||'); do
  if ! grep -q "#include \"$header\"" "$tests/device_math.cu"; then
    echo "nvcc_headers: $header is not in device_math.cu"
    exit 1
  fi
done
object=$(mktemp)
trap 'rm -f "$object"' EXIT
"$nvcc" -std=c++17 --fmad=false -Werror=cross-execution-space-call,all-warnings -I"$csrc" \
  -gencode=arch=compute_75,code=sm_75 -gencode=arch=compute_87,code=sm_87 -gencode=arch=compute_89,code=sm_89 \
  -gencode=arch=compute_110,code=sm_110 -c "$tests/device_math.cu" -o "$object"
echo "nvcc_headers: $("$nvcc" --version | grep -o 'release [0-9.]*'): the shared headers compile for sm_75, 87, 89 and 110"
