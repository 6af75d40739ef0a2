#include "tensorrt/tensorrt_network.h"

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "tensorrt/tensorrt_run.h"

namespace facesdk::tensorrt {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::kAsset, name + ": " + why);
}

std::shared_ptr<void> read_plan(const std::shared_ptr<const TensorRtLibrary>& library, const PlanFile& file) {
  CudaDriver::get().use();
  void* engine = nullptr;
  FacesdkTrtMessage message{};
  if (library->plugin().load(file.plan->data(), file.plan->size(), &engine, &message) != 0) {
    refuse(file.name, message.text);
  }
  return {engine, [library](void* made) { library->plugin().free_engine(made); }};
}

bool holds(const FacesdkTrtProfile& profile, const FacesdkTrtDims& dims) {
  for (int32_t i = 1; i < dims.count; ++i) {
    if (dims.sizes[i] < profile.smallest.sizes[i] || dims.sizes[i] > profile.largest.sizes[i]) return false;
  }
  return true;
}

class TensorRtNetwork final : public Network {
 public:
  TensorRtNetwork(std::shared_ptr<const TensorRtLibrary> library, PlanFile file)
      : library_(std::move(library)), file_(std::move(file)), engine_(read_plan(library_, file_)) {
    const FacesdkTrtPlugin& plugin = library_->plugin();
    for (int32_t i = 0; i < plugin.tensor_count(engine_.get()); ++i) {
      FacesdkTrtTensor tensor{};
      FacesdkTrtMessage message{};
      if (plugin.tensor(engine_.get(), i, &tensor, &message) != 0) refuse(file_.name, message.text);
      if (tensor.is_float == 0) {
        refuse(file_.name, std::string(tensor.name) + " is not float32, expected float32 in and out");
      }
      if (tensor.is_input != 0) {
        inputs_.push_back(tensor);
      } else {
        outputs_.emplace_back(tensor.name);
      }
    }
    if (inputs_.size() != 1 || outputs_.empty() || !takes(inputs_[0].dims)) {
      refuse(file_.name, "got other tensors than one input of pictures or numbers and its outputs");
    }
    for (int32_t i = 0; is_free() && i < plugin.profile_count(engine_.get()); ++i) {
      profiles_.emplace_back();
      plugin.profile(engine_.get(), i, inputs_[0].name, &profiles_.back());
    }
  }

  const std::string& name() const override { return file_.name; }
  const std::string& metadata() const override { return file_.metadata; }
  const std::vector<std::string>& outputs() const override { return outputs_; }
  const std::string& backend() const override {
    static const std::string name = "tensorrt";
    return name;
  }

  int32_t side() const override {
    const FacesdkTrtDims& dims = inputs_[0].dims;
    return dims.count == 4 && dims.sizes[2] == dims.sizes[3]
               ? static_cast<int32_t>(std::max<int64_t>(dims.sizes[2], 0))
               : 0;
  }

  int32_t input_numbers() const override {
    return inputs_[0].dims.count == 2 ? static_cast<int32_t>(inputs_[0].dims.sizes[1]) : 0;
  }

  std::unique_ptr<NetworkRun> prepare(int32_t height, int32_t width) const override {
    RunPlan plan = run_plan(height, width);
    plan.library = library_;
    // Before 8.6 a profile serves one context of an engine.
    plan.engine = library_->plugin().shares_profiles != 0 ? engine_ : read_plan(library_, file_);
    plan.input = inputs_[0].name;
    plan.outputs = outputs_;
    return std::make_unique<TensorRtRun>(std::move(plan));
  }

 private:
  static bool takes(const FacesdkTrtDims& dims) {
    return dims.count == 2 || (dims.count == 4 && (dims.sizes[1] == 3 || dims.sizes[1] == 4));
  }

  bool is_free() const {
    const FacesdkTrtDims& dims = inputs_[0].dims;
    return std::any_of(dims.sizes, dims.sizes + dims.count, [](int64_t size) { return size < 0; });
  }

  // The profiles of one item and of many, whichever hold pictures of this size.
  RunPlan run_plan(int32_t height, int32_t width) const {
    RunPlan plan;
    plan.dims = inputs_[0].dims;
    FacesdkTrtDims& dims = plan.dims;
    const bool pictures = dims.count == 4;
    const int64_t rows = pictures ? height : dims.sizes[1];
    for (const auto& [axis, size] : {std::pair(dims.count - 1, int64_t{pictures ? width : dims.sizes[1]}),
                                     std::pair(pictures ? 2 : 1, rows)}) {
      if (dims.sizes[axis] < 0) dims.sizes[axis] = size;
      if (dims.sizes[axis] != size) refuse_size(height, width);
    }
    if (!is_free()) {
      plan.capacity = static_cast<int32_t>(dims.sizes[0]);
      return plan;
    }
    for (size_t i = 0; i < profiles_.size(); ++i) {
      if (!holds(profiles_[i], dims)) continue;
      const auto number = static_cast<int32_t>(i), most = static_cast<int32_t>(profiles_[i].largest.sizes[0]);
      if (plan.single < 0 && profiles_[i].smallest.sizes[0] <= 1) plan.single = number;
      if (most > plan.capacity) plan.capacity = most, plan.many = number;
    }
    if (plan.single < 0) refuse_size(height, width);
    return plan;
  }

  [[noreturn]] void refuse_size(int32_t height, int32_t width) const {
    refuse(file_.name, "was not built for pictures of " + std::to_string(height) + " x " +
                           std::to_string(width) + " px; see `facesdk engines list`");
  }

  std::shared_ptr<const TensorRtLibrary> library_;
  PlanFile file_;
  std::shared_ptr<void> engine_;
  std::vector<FacesdkTrtTensor> inputs_;
  std::vector<std::string> outputs_;
  std::vector<FacesdkTrtProfile> profiles_;
};

}  // namespace

std::shared_ptr<const Network> load_tensorrt_network(std::shared_ptr<const TensorRtLibrary> library,
                                                     PlanFile file) {
  return std::make_shared<const TensorRtNetwork>(std::move(library), std::move(file));
}

}  // namespace facesdk::tensorrt
