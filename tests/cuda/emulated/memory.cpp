#include "emulated/memory.h"

#include <map>
#include <vector>

namespace simt {
namespace {

// An access in one number: launch, block, thread and phase, and in the last bit whether it is atomic. 0:
// none.
using Stamp = uint64_t;

constexpr Stamp kAtomic = 1, kPhases = 0xfff, kThreads = 0x3ff, kBlocks = 0xfffff;

Stamp stamp_of(const Access& a) {
  return Stamp{a.launch & 0x1fffffu} << 43 | (a.block & kBlocks) << 23 | (a.thread & kThreads) << 13 |
         (a.phase & kPhases) << 1 | (a.atomic ? kAtomic : 0);
}

bool same_launch(Stamp a, Stamp b) { return a >> 43 == b >> 43; }
bool same_block(Stamp a, Stamp b) { return a >> 23 == b >> 23; }
bool same_thread(Stamp a, Stamp b) { return a >> 13 == b >> 13; }
Stamp phase_of(Stamp a) { return a >> 1 & kPhases; }

// Whether nothing orders the two.
bool at_once(Stamp a, Stamp b) {
  if (a == 0 || !same_launch(a, b) || same_thread(a, b) || (a & b & kAtomic) != 0) return false;
  return !same_block(a, b) || phase_of(a) == phase_of(b);
}

struct Cell {
  Stamp written, read, read_before;  // the last two readers: a thread may be one of them itself
};

struct Region {
  const char* begin;
  size_t bytes;
  bool writable;
  std::vector<Cell> cells;
};

std::map<const char*, Region>& regions() {
  static std::map<const char*, Region> all;
  return all;
}

Region* last_region = nullptr;  // most accesses are into the one of the access before

Region* region_of(const char* address, size_t bytes) {
  const auto fits = [&](const Region& r) {
    return address >= r.begin && address + bytes <= r.begin + r.bytes;
  };
  if (last_region != nullptr && fits(*last_region)) return last_region;
  auto next = regions().upper_bound(address);
  if (next == regions().begin()) return nullptr;
  Region& found = std::prev(next)->second;
  if (!fits(found)) return nullptr;
  return last_region = &found;
}

}  // namespace

void add_region(const void* begin, size_t bytes, bool writable) {
  const auto* at = static_cast<const char*>(begin);
  regions()[at] = Region{at, bytes, writable, std::vector<Cell>(writable ? bytes : 0)};
}

void remove_region(const void* begin) {
  last_region = nullptr;
  regions().erase(static_cast<const char*>(begin));
}

std::string check_access(const void* address, size_t bytes, const Access& access) {
  const auto* at = static_cast<const char*>(address);
  Region* const region = region_of(at, bytes);
  if (region == nullptr) return access.write ? "write outside of memory" : "read outside of memory";
  if (!region->writable) return access.write ? "write into constant memory" : "";
  const Stamp own = stamp_of(access);
  const char* problem = "";
  for (size_t i = 0; i < bytes; ++i) {
    Cell& cell = region->cells[static_cast<size_t>(at - region->begin) + i];
    if (at_once(cell.written, own)) problem = access.write ? "two writes at once" : "read during a write";
    if (access.write) {
      if (at_once(cell.read, own) || at_once(cell.read_before, own)) problem = "write during a read";
      cell.written = own;
    } else if (!same_thread(cell.read, own)) {
      cell.read_before = cell.read, cell.read = own;
    } else {
      cell.read = own;
    }
  }
  return problem;
}

}  // namespace simt
