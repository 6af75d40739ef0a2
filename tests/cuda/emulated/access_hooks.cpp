// GCC's -fsanitize=thread calls a function before each access to memory. Kernels are compiled so, and these
// are the functions, in place of the sanitizer's own: it knows nothing of the threads of a grid.
#include <cstddef>

#include "emulated/simt.h"

namespace simt {

void on_access(const void* address, size_t bytes, bool write, bool atomic);

#if defined(SIMT_CHECKED)
bool checks_accesses() { return true; }
#else
bool checks_accesses() { return false; }
#endif

}  // namespace simt

#if defined(SIMT_CHECKED)
#define SIMT_HOOKS(bytes)                                                                   \
  void __tsan_read##bytes(void* at) { simt::on_access(at, bytes, false, false); }           \
  void __tsan_write##bytes(void* at) { simt::on_access(at, bytes, true, false); }           \
  void __tsan_unaligned_read##bytes(void* at) { simt::on_access(at, bytes, false, false); } \
  void __tsan_unaligned_write##bytes(void* at) { simt::on_access(at, bytes, true, false); }

extern "C" {
SIMT_HOOKS(1)
SIMT_HOOKS(2)
SIMT_HOOKS(4)
SIMT_HOOKS(8)
SIMT_HOOKS(16)
void __tsan_read_range(void* at, size_t bytes) { simt::on_access(at, bytes, false, false); }
void __tsan_write_range(void* at, size_t bytes) { simt::on_access(at, bytes, true, false); }
void __tsan_vptr_update(void**, void*) {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}
}
#endif
