# Builds programs of this folder with the ops, without Python. To be sourced, then:
# build DIRECTORY "PROGRAM..." COMPILER FLAGS...
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
csrc=$(cd "$tests/../../csrc" && pwd)
build() {
  local directory=$1 programs=$2
  shift 2
  local command=("$@" -std=c++17 -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra -Werror -I"$csrc")
  rm -rf "$directory" && mkdir -p "$directory"
  find "$csrc" -name '*.cpp' -not -path "$csrc/python/*" -print0 |
    xargs -0 -P "$(nproc)" -I{} sh -c 'source=$1 object=$2/$(basename "$1").o; shift 2; exec "$@" -c "$source" -o "$object"' \
      build {} "$directory" "${command[@]}"
  local program
  for program in $programs; do
    "${command[@]}" "$tests/$program.cpp" "$directory"/*.o -o "$directory/$program" -pthread
  done
}
