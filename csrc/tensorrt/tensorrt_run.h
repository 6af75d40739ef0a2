// A run of a TensorRT plan: contexts, a stream and memory of its own; from 8-bit pixels to float32 outputs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/inference.h"
#include "tensorrt/cuda_driver.h"
#include "tensorrt/tensorrt_library.h"

namespace facesdk::tensorrt {

struct RunPlan {
  std::shared_ptr<const TensorRtLibrary> library;
  std::shared_ptr<void> engine;
  std::string input;
  std::vector<std::string> outputs;
  FacesdkTrtDims dims{};           // of the input; the first, of items, is replaced
  int32_t single = -1, many = -1;  // profiles for one item and for several; -1: the plan has one size
  int32_t capacity = 0;            // items
};

class TensorRtRun final : public NetworkRun {
 public:
  explicit TensorRtRun(RunPlan plan);
  ~TensorRtRun() override;

  int32_t capacity() const override { return plan_.capacity; }
  PixelBuffer input(int32_t item) override;
  float* numbers(int32_t item) override;
  void run(int32_t items) override;
  OutputView output(int32_t index) const override;

 private:
  struct Tensor {
    DevicePointer device = 0;
    float* host = nullptr;  // page-locked
    int64_t size = 0;       // numbers of one item
  };

  void prepare();
  void release() noexcept;
  void* make_context(int32_t profile);
  void make_tensor(int64_t size, Tensor* tensor);
  void bind(void* context);
  void set_items(void* context, int32_t items);
  void pixels_to_planes(int32_t items);
  void enqueue(void* context, int32_t items);
  void check(int32_t status, const FacesdkTrtMessage& message) const;

  RunPlan plan_;
  const CudaDriver& driver_;
  Stream stream_ = nullptr;
  LaunchGraph graph_ = nullptr;  // of one item; null until captured or where it cannot be
  bool capture_tried_ = false;
  void *single_ = nullptr, *many_ = nullptr;  // contexts; the same where one serves both
  int32_t many_items_ = 0;                    // that `many_` is set for
  Tensor input_;
  std::vector<Tensor> outputs_;
  std::vector<uint8_t> pixels_;
};

}  // namespace facesdk::tensorrt
