// Kernels with the faults that the emulation is to find, and their sound counterparts. Each is launched with
// 64 threads a block.
#pragma once

namespace facesdk::test {

void read_neighbour(int* out);
void read_neighbour_without_barrier(int* out);
void note_order(int* out);  // out[0] counts, the notes follow
void leave_before_barrier(int* out);
void count_threads(int* out);
void count_threads_without_atomic(int* out);
void read_unwritten_shared(int* out);
void write_one_too_far(int* out);
void read_one_too_far(int* out);

}  // namespace facesdk::test
