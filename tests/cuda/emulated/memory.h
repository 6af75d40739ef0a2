// The memory that an emulated thread may touch, and who touched each byte of it last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace simt {

struct Access {
  uint32_t launch, block, thread, phase;  // phase: barriers that the thread has passed
  bool write, atomic;
};

// Memory that is read and written, or read alone; a region is known by its first byte.
void add_region(const void* begin, size_t bytes, bool writable);
void remove_region(const void* begin);

// Empty where the access is sound; else what is wrong with it: outside of all regions, into memory that is
// read alone, or at the same time as one of another thread, where one of the two writes and not both are
// atomic.
std::string check_access(const void* address, size_t bytes, const Access& access);

}  // namespace simt
