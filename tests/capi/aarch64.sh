#!/bin/sh
# The whole chain on aarch64 under emulation through the C API: its digests must be those of x86.
# Exits with 3 where there is no cross compiler or no emulator.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v aarch64-linux-gnu-g++ > /dev/null || ! command -v qemu-aarch64 > /dev/null; then
  echo "NOT TESTED: aarch64 (Debian: apt install g++-aarch64-linux-gnu qemu-user)"
  exit 3
fi
build=build/capi-aarch64
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake \
  -DPython_EXECUTABLE="$(command -v "${PYTHON:-python3}")" > /dev/null
cmake --build "$build" --parallel --target facesdk
aarch64-linux-gnu-gcc -std=c11 -O2 -Icsrc/include tests/capi/programs/result_digest.c examples/c/read_ppm.c \
  -o "$build/result_digest" "$build/libfacesdk.so"
exec tests/capi/golden.sh aarch64 "plain neon_dotprod" \
  qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$PWD/$build" "$build/result_digest"
