#include "nn/int8_network.h"

#include "common/error.h"
#include "nn/executor.h"
#include "nn/graph_loader.h"
#include "nn/kernels.h"

namespace facesdk {
namespace {

class Int8Run : public NetworkRun {
 public:
  Int8Run(std::shared_ptr<const Graph> graph, int32_t height, int32_t width)
      : executor_(std::move(graph), height, width) {}

  int32_t capacity() const override { return 1; }
  PixelBuffer input(int32_t) override { return executor_.picture(); }
  void run(int32_t) override { executor_.run(); }
  void run_part(int32_t part, int32_t parts) override { executor_.run_part(part, parts); }
  OutputView output(int32_t index) const override { return executor_.output(index); }

 private:
  Executor executor_;
};

std::shared_ptr<const Int8Network> load(const Safetensors& file, const Kernels& kernels) {
  const auto metadata = file.metadata().find("facesdk");
  return std::make_shared<const Int8Network>(
      file.name(), metadata == file.metadata().end() ? "" : metadata->second, load_graph(file, kernels));
}

}  // namespace

Int8Network::Int8Network(std::string name, std::string metadata, std::shared_ptr<const Graph> graph)
    : name_(std::move(name)), metadata_(std::move(metadata)), graph_(std::move(graph)) {
  for (const GraphOutput& output : graph_->outputs) outputs_.push_back(output.name);
}

const std::string& Int8Network::backend() const {
  static const std::string name = "int8";
  return name;
}

std::unique_ptr<NetworkRun> Int8Network::prepare(int32_t height, int32_t width) const {
  check_size(*graph_, height, width);
  return std::make_unique<Int8Run>(graph_, height, width);
}

std::shared_ptr<const Network> load_int8_network(const std::shared_ptr<const Safetensors>& file) {
  return load(*file, *best_kernels());
}

std::shared_ptr<const Int8Network> load_int8_network(const std::shared_ptr<const Safetensors>& file,
                                                     const std::string& kernels) {
  const Kernels* const family = kernels_by_name(kernels);
  if (family == nullptr) {
    throw Error(ErrorCode::kInvalidArgument,
                "kernels: got '" + kernels +
                    "', expected reference, avx2, avx_vnni, avx512_vnni, neon or neon_dotprod");
  }
  return load(*file, *family);
}

}  // namespace facesdk
