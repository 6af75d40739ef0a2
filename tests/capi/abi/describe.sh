#!/bin/sh
# Writes the ABI of facesdk.h to a file: describe.sh OUT.abi [FOLDER OF THE HEADER]
#
# A change at the end of a struct or of the function table is allowed; then tests/capi/abi/facesdk.abi is
# written anew by this script. Anything else breaks programs that were compiled before.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
include=$(realpath "${2:-$here/../../../csrc/include}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here" # so that no path of this machine is written
gcc -std=c11 -g -O0 -shared -fPIC -I"$include" header.c -o "$work/libfacesdk.so"
abidw --no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed --type-id-style hash \
  --out-file "$out" "$work/libfacesdk.so"
