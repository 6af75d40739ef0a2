#!/usr/bin/env bash
# The core library and its tests by zig's compiler (clang, libc++, any glibc as target), which builds the wheels:
# the same digests as by gcc, of the ops and of the sample through the C API. Zig comes from PyPI into its own
# environment. PYTHON has Pillow.
# Usage: tests/cpp/zig.sh [TARGET], as x86_64-linux-gnu.2.28
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-x86_64-linux-gnu.2.28}
environment=build/zig-venv
if [ ! -d "$environment" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet ziglang
fi
zig=$("$environment/bin/python" -c 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
CXX="$zig c++" CXXFLAGS="-target $target" cmake -S . -B "build/zig-$target" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DBUILD_TESTING=ON
cmake --build "build/zig-$target"
ctest --test-dir "build/zig-$target" --output-on-failure
cc -std=c11 -O2 -Icsrc/include tests/capi/programs/result_digest.c examples/c/read_ppm.c \
  -o "build/zig-$target/result_digest" "build/zig-$target/libfacesdk.so" -Wl,-rpath,"$PWD/build/zig-$target" -lm
PYTHON=${PYTHON:-python3} tests/capi/golden.sh zig "plain avx2 avx512_vnni" "build/zig-$target/result_digest"
