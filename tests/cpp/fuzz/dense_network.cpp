// Networks of dense layers: a small one, in both dtypes that the loader takes.
#include "nn/dense_network.h"

#include "fuzz/assets.h"

namespace facesdk::fuzz {

File sound_dense_network() {
  constexpr int kInputs = 12, kHidden = 5;
  File file;
  file.add("0.weight", "F16", {kHidden, kInputs}, repeated<uint16_t>(0x2e66, kHidden * kInputs));  // 0.1
  file.add("0.bias", "F32", Json::array({kHidden}), repeated<float>(-0.5f, kHidden));
  file.add("1.weight", "F32", {1, kHidden}, repeated<float>(0.3f, kHidden));
  file.add("1.bias", "F16", Json::array({1}), repeated<uint16_t>(0x0001, 1));  // subnormal
  return file;
}

void use_dense_network(const std::shared_ptr<const Safetensors>& file) {
  const auto network = load_dense_network(*file);
  const auto run = network->prepare(1, network->input_numbers());
  for (int32_t item = 0; item < run->capacity(); ++item) {
    float* const numbers = run->numbers(item);
    for (int32_t i = 0; i < network->input_numbers(); ++i) numbers[i] = static_cast<float>(i % 7) - 3.0f;
  }
  run->run(run->capacity());
  volatile float last = 0.0f;
  const OutputView out = run->output(0);
  for (int64_t i = 0; i < run->capacity() * out.size; ++i) last = out.data[i];
  static_cast<void>(last);
}

}  // namespace facesdk::fuzz
