// Splits independent work among threads that are started once and then wait.
#pragma once

#include <algorithm>
#include <cstdint>

namespace facesdk {

// One piece of work of a job; `context` is the job's, `worker` (0 .. threads - 1) is that of the thread that
// runs it: pieces of one job that run at the same time have different ones.
using Task = void (*)(const void* context, int64_t number, int worker);

// Calls task(context, number, worker) once for every number in [0, count), on the calling thread, which is
// worker 0, and on up to threads - 1 others, in any order. May be called from several threads at a time and
// after a fork.
void run_tasks(int64_t count, int threads, Task task, const void* context);

// Calls body(number, worker) once for every number in [0, count): who is free takes the next. What a piece
// gives must not depend on another or on the worker: then it does not depend on the threads.
template <typename Body>
void parallel_tasks(int64_t count, int threads, const Body& body) {
  if (threads == 1 || count <= 1) {
    for (int64_t number = 0; number < count; ++number) body(number, 0);
    return;
  }
  run_tasks(
      count, threads,
      [](const void* context, int64_t number, int worker) {
        (*static_cast<const Body*>(context))(number, worker);
      },
      &body);
}

// Calls body(begin, end) on bands that cover [0, count) once. Every element must be computed from inputs
// alone, never from a neighbour's result: then the bits do not depend on where the bands are cut.
template <typename Body>
void parallel_bands(int64_t count, int threads, const Body& body) {
  const int64_t bands = std::max<int64_t>(1, std::min<int64_t>(threads, count));
  if (bands == 1) return body(int64_t{0}, count);
  parallel_tasks(bands, threads,
                 [&](int64_t band, int) { body(count * band / bands, count * (band + 1) / bands); });
}

}  // namespace facesdk
