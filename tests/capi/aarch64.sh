#!/bin/sh
# The whole chain on aarch64 under emulation through the C API: its digests must be those of x86.
# Exits with 3 where there is no cross compiler or no emulator.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v aarch64-linux-gnu-g++ > /dev/null || ! command -v qemu-aarch64 > /dev/null; then
  echo "NOT TESTED: aarch64 (Debian: apt install g++-aarch64-linux-gnu qemu-user)"
  exit 3
fi
python=${PYTHON:-python3}
build=build/capi-aarch64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -c "import PIL.Image, sys
PIL.Image.open('facesdk/assets/sample.jpg').convert('RGB').save(sys.argv[1])" "$work/sample.ppm"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake \
  -DPython_EXECUTABLE="$(command -v "$python")" > /dev/null
cmake --build "$build" --parallel --target facesdk
aarch64-linux-gnu-gcc -std=c11 -O2 -Icsrc/include tests/capi/programs/result_digest.c examples/c/read_ppm.c \
  -o "$work/result_digest" "$build/libfacesdk.so"
failed=0
for preset in default tiny; do
  for level in plain neon_dotprod; do
    qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$PWD/$build" -E FACESDK_VECTOR_LEVEL=$level \
      "$work/result_digest" facesdk/assets "$work/sample.ppm" $preset > "$work/digests"
    for part in reconstruct track vertex_normals vertices_camera vertices_picture vertex_albedo vertex_colors \
      draw_face depth_mm; do
      got=$(grep "^$part " "$work/digests")
      grep -qx "$preset.$got" tests/capi/golden_digests.txt && continue
      echo "aarch64, $level, $preset: $got is not the golden digest"
      failed=1
    done
  done
done
[ $failed = 0 ] && echo "aarch64: all digests are those of x86"
exit $failed
