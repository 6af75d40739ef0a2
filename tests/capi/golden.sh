#!/bin/sh
# The sample's whole result by a build of the library must have the golden digests, at every level named.
# Usage: tests/capi/golden.sh NAME "LEVELS" COMMAND...: tests/capi/programs/result_digest.c, compiled, behind an
# emulator where it needs one. PYTHON has Pillow.
set -eu
cd "$(dirname "$0")/../.."
name=$1 levels=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -c "import PIL.Image, sys
PIL.Image.open('facesdk/assets/sample.jpg').convert('RGB').save(sys.argv[1])" "$work/sample.ppm"
failed=0
for preset in default tiny; do
  for level in $levels; do
    FACESDK_VECTOR_LEVEL=$level "$@" facesdk/assets "$work/sample.ppm" $preset > "$work/digests"
    for part in reconstruct track vertex_normals vertices_camera vertices_picture vertex_albedo vertex_colors \
      draw_face depth_mm; do
      got=$(grep "^$part " "$work/digests")
      grep -qx "$preset.$got" tests/capi/golden_digests.txt && continue
      echo "$name, $level, $preset: $got is not the golden digest"
      failed=1
    done
  done
done
[ $failed = 0 ] && echo "$name: all digests are the golden ones"
exit $failed
