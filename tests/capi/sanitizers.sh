#!/bin/sh
# The C API under AddressSanitizer with UBSan and under ThreadSanitizer, by the presets of CMakePresets.json.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -c "import PIL.Image, sys
PIL.Image.open('facesdk/assets/sample.jpg').convert('RGB').save(sys.argv[1])" "$work/sample.ppm"

# check PRESET FLAGS PROGRAM...
check() {
  preset=$1 flags=$2
  shift 2
  cmake --preset "$preset" -DPython_EXECUTABLE="$(command -v "$python")" > /dev/null
  cmake --build --preset "$preset" --target facesdk
  for call in "$@"; do
    program=${call%% *}
    # shellcheck disable=SC2086 # the flags and the number of rounds are words of their own
    gcc -std=c11 -O1 -g $flags -Icsrc/include "tests/capi/programs/$program.c" examples/c/read_ppm.c \
      -o "$work/$program" "build/$preset/libfacesdk.so" -Wl,-rpath,"$PWD/build/$preset" -pthread -lm
    echo "$preset: $call"
    # shellcheck disable=SC2086
    "$work/$program" facesdk/assets "$work/sample.ppm" ${call#"$program"}
  done
}

check asan "-fsanitize=address,undefined -fno-sanitize-recover=all" \
  bad_input image_formats draw_faces allocator_hooks "many_threads 6" "engine_lifetimes 3" "result_digest default" \
  "occlusion $work"
check tsan "-fsanitize=thread" "many_threads 6"
