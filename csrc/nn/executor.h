// One graph at one picture size, with the memory of its maps; belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/image_view.h"
#include "nn/graph.h"
#include "nn/inference.h"
#include "nn/kernels.h"

namespace facesdk {

class Executor {
 public:
  // The size must have passed check_size.
  Executor(std::shared_ptr<const Graph> graph, int32_t height, int32_t width);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  PixelBuffer picture();

  // Runs every step; allocates nothing.
  void run() { run_part(0, 1); }

  // Runs the steps of one of `parts` parts of about the same cost; 0 .. parts - 1 in this order are a run.
  void run_part(int32_t part, int32_t parts);

  OutputView output(int32_t index) const;

 private:
  struct Area {
    AlignedVector<uint8_t> bytes;
    int32_t height, width, row;  // row: bytes
    int64_t first;               // byte of pixel (0, 0)
  };
  int32_t offset(int32_t map, int32_t y, int32_t x) const;
  ConvCall prepare(const Conv& conv);
  void add_costs();
  SourceOffsets offsets(const Conv& conv, const Source& source, int32_t height, int32_t width);
  void step(const Depthwise& depthwise);
  void step(const Upsample& upsample);
  void step(const Mean& mean);
  void step(const Flatten& flatten);
  void step(const AveragePool& pool);
  void step(const SoftArgmax& argmax);
  void step(const Dense& dense);
  void join_float_maps(const GraphOutput& output, std::vector<float>* joined) const;

  template <typename T>
  AlignedVector<T> array(size_t size, T value = 0) {
    return AlignedVector<T>(size, value, CacheLineAllocator<T>(&arena_));
  }

  std::shared_ptr<const Graph> graph_;
  Arena arena_;
  int32_t height_, width_;
  std::vector<Area> areas_;
  std::vector<AlignedVector<float>> float_maps_, vectors_;
  std::vector<ConvCall> convs_;             // in the order of the steps
  std::vector<int64_t> cost_;               // of each step and those before it
  size_t next_step_ = 0, next_conv_ = 0;    // of a run in parts
  AlignedVector<float> scratch_;            // inputs of a dense step, sums of a soft-argmax
  std::vector<std::vector<float>> joined_;  // outputs made of float maps
};

// Throws Error(kInvalidArgument) for a size that the graph cannot take: sides that are no multiple of its
// coarsest map's stride, or maps that would need more than a gibibyte.
void check_size(const Graph& graph, int64_t height, int64_t width);

}  // namespace facesdk
