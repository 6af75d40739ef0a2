#!/usr/bin/env bash
# The core library by zig's compiler (clang, libc++, any glibc as target), which builds the wheels: the digests of
# the ops, the networks and the sample through the C API are those by gcc. Zig comes from PyPI into its own
# environment; exits with 3 where it does not install. PYTHON has Pillow.
# Usage: tests/cpp/zig.sh [TARGET], as x86_64-linux-gnu.2.28
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-x86_64-linux-gnu.2.28}
environment=build/zig-venv build=build/zig-$target
if [ ! -e "$environment/installed" ]; then
  python3 -m venv "$environment"
  if ! "$environment/bin/pip" install --quiet ziglang; then
    echo "NOT TESTED: zig's compiler (ziglang does not install from PyPI)"
    exit 3
  fi
  touch "$environment/installed"
fi
zig=$("$environment/bin/python" -c 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))')
CXX="$zig c++" CXXFLAGS="-target $target" cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DBUILD_TESTING=ON -DPython_EXECUTABLE="$(command -v "${PYTHON:-python3}")"
cmake --build "$build" --target facesdk facesdk_tests facesdk_networks
# Mutated assets do not depend on the compiler: they stay with gcc and its sanitizers.
ctest --test-dir "$build" --output-on-failure --no-tests=error --exclude-regex '^fuzz_'
cc -std=c11 -O2 -Icsrc/include tests/capi/programs/result_digest.c examples/c/read_ppm.c \
  -o "$build/result_digest" "$build/libfacesdk.so" -Wl,-rpath,"$PWD/$build" -lm
PYTHON=${PYTHON:-python3} tests/capi/golden.sh zig "plain avx2 avx512_vnni" "$build/result_digest"
