// A test double of TensorRT with the C++ interface of the headers it is compiled with: a network that
// predicts the mean of each channel of a picture, or of a row of numbers. What else it does stands in the
// graph's bytes, as "fake:NAME=VALUE;" (see `Model`). FAKE_TENSORRT_VERSION: the version that it states,
// 100300 for 10.3.0.
#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "defaults.h"

namespace {

using namespace nvinfer1;
using Sizes = std::vector<int64_t>;

// What the interface declares otherwise in some versions.
#if NV_TENSORRT_MAJOR >= 10
using DimsArgument = Dims const&;
#define FAKE_FACTORY
#define FAKE_STRATEGY ExecutionContextAllocationStrategy
#else
using DimsArgument = Dims;
#define FAKE_FACTORY , IPluginFactory*
#define FAKE_STRATEGY
#endif

ILogger* logger = nullptr;
void complain(const std::string& text) { logger->log(ILogger::Severity::kERROR, text.c_str()); }

int32_t stated_version() {
  const char* const value = std::getenv("FAKE_TENSORRT_VERSION");
  const int32_t own = NV_TENSORRT_MAJOR >= 10
                          ? NV_TENSORRT_MAJOR * 10000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH
                          : NV_TENSORRT_MAJOR * 1000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH;
  return value == nullptr ? own : std::atoi(value);
}

// "fake:NAME=VALUE;" anywhere in the graph: input (name:AxBxC), output (name), offset (added to all outputs),
// slow (seconds of a build), slow_us (of a run), kill (ends the process in the build), kill_unless (the same,
// but once: makes this file), no_implementation (of that node), does_not_parse, network (see
// `predict_instead`).
using Model = std::map<std::string, std::string>;

Model read_model(const std::string& bytes) {
  Model model;
  for (size_t at = bytes.find("fake:"); at != std::string::npos; at = bytes.find("fake:", at + 1)) {
    const size_t equals = bytes.find('=', at), end = bytes.find(';', at);
    if (equals == std::string::npos || end == std::string::npos || equals > end) continue;
    model[bytes.substr(at + 5, equals - at - 5)] = bytes.substr(equals + 1, end - equals - 1);
  }
  return model;
}

Sizes split(const std::string& text) {
  Sizes sizes;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, 'x');) sizes.push_back(std::stoll(part));
  return sizes;
}

Dims to_dims(const Sizes& sizes) {
  Dims dims{};
  dims.nbDims = static_cast<int32_t>(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) dims.d[i] = static_cast<decltype(+dims.d[0])>(sizes[i]);
  return dims;
}

Sizes to_sizes(const Dims& dims) { return {dims.d, dims.d + dims.nbDims}; }

// The outputs' names and sizes, -1 for the items and -2 for the detector's cells; without sizes the means.
std::vector<std::pair<std::string, Sizes>> outputs_of(const Model& model) {
  std::vector<std::pair<std::string, Sizes>> outputs;
  std::istringstream stream(model.at("output"));
  for (std::string part; std::getline(stream, part, ',');) {
    const size_t colon = part.find(':');
    outputs.emplace_back(part.substr(0, colon),
                         colon == std::string::npos ? Sizes() : split(part.substr(colon + 1)));
  }
  return outputs;
}

// Of a caller in the same process: predicts for "fake:network=NAME;" in place of the means.
using Predict = void (*)(const char* network, const float* input, const int64_t* sizes, int32_t rank,
                         float** outputs);
Predict predict_instead = nullptr;

// A graph that says nothing to the fake is described in FAKE_TENSORRT_GRAPHS, in a file named by its size.
Model describe(const std::string& bytes) {
  const char* const folder = std::getenv("FAKE_TENSORRT_GRAPHS");
  if (folder == nullptr || bytes.find("fake:input") != std::string::npos) return read_model(bytes);
  std::ifstream file(std::string(folder) + "/" + std::to_string(bytes.size()));
  return read_model(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string input_name(const Model& model) {
  return model.at("input").substr(0, model.at("input").find(':'));
}
Sizes input_sizes(const Model& model) {
  return split(model.at("input").substr(model.at("input").find(':') + 1));
}

struct Profile {
  Sizes smallest, usual, largest;
};

struct Memory final : IHostMemory, apiv::DefaultVHostMemory {
  explicit Memory(std::string content) : bytes(std::move(content)) { mImpl = this; }
  void* data() const noexcept override { return const_cast<char*>(bytes.data()); }
  std::size_t size() const noexcept override { return bytes.size(); }
  std::string bytes;
};

struct Cache final : ITimingCache, apiv::DefaultVTimingCache {
  explicit Cache(std::string content) : bytes(std::move(content)) { mImpl = this; }
  IHostMemory* serialize() const noexcept override { return new Memory(bytes + "timed;"); }
  std::string bytes;
};

struct Optimization final : IOptimizationProfile, apiv::DefaultVOptimizationProfile {
  Optimization() { mImpl = this; }
  bool setDimensions(char const*, OptProfileSelector select, DimsArgument dims) noexcept override {
    (select == OptProfileSelector::kMIN   ? sizes.smallest
     : select == OptProfileSelector::kOPT ? sizes.usual
                                          : sizes.largest) = to_sizes(dims);
    return true;
  }
  Profile sizes;
};

struct Tensor final : ITensor, apiv::DefaultVTensor {
  Tensor() { mImpl = this; }
  char const* getName() const noexcept override { return name.c_str(); }
  std::string name;
};

struct Network final : INetworkDefinition, apiv::DefaultVNetworkDefinition {
  Network() { INetworkDefinition::mImpl = this; }
  int32_t getNbInputs() const noexcept override { return 1; }
  ITensor* getInput(int32_t) const noexcept override { return &input; }
  Model model;
  mutable Tensor input;
};

struct Config final : IBuilderConfig, apiv::DefaultVBuilderConfig {
  Config() { mImpl = this; }
  void setMemoryPoolLimit(MemoryPoolType, std::size_t size) noexcept override { workspace = size; }
  void setFlag(BuilderFlag flag) noexcept override { flags |= 1U << static_cast<uint32_t>(flag); }
  void clearFlag(BuilderFlag) noexcept override {}
  void setPreviewFeature(PreviewFeature, bool) noexcept override {}
  int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept override {
    profiles.push_back(static_cast<const Optimization*>(profile)->sizes);
    return static_cast<int32_t>(profiles.size()) - 1;
  }
  ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override {
    return new Cache(std::string(static_cast<const char*>(blob), size));
  }
  bool setTimingCache(ITimingCache const& cache, bool) noexcept override {
    timings = static_cast<const Cache&>(cache).bytes;
    return true;
  }
  size_t workspace = 0;
  uint32_t flags = 0;
  std::string timings;
  std::vector<Profile> profiles;
};

std::string text_of(const Sizes& sizes) {
  std::string text;
  for (const int64_t size : sizes) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

// "FAKEPLAN VERSION\n", the graph's settings, the configuration, "\nEND".
std::string serialized(const Network& network, const Config& config) {
  std::string text = "FAKEPLAN " + std::to_string(stated_version()) + "\n";
  for (const auto& [name, value] : network.model) text += "fake:" + name + "=" + value + ";";
  text += "fake:flags=" + std::to_string(config.flags) +
          ";fake:workspace=" + std::to_string(config.workspace) +
          ";fake:timings=" + std::to_string(config.timings.size()) + ";";
  for (size_t i = 0; i < config.profiles.size(); ++i) {
    const Profile& p = config.profiles[i];
    text += "fake:profile" + std::to_string(i) + "=" + text_of(p.smallest) + ":" + text_of(p.usual) + ":" +
            text_of(p.largest) + ";";
  }
  return text + "\nEND";
}

struct Builder final : IBuilder, apiv::DefaultVBuilder {
  Builder() { mImpl = this; }
  INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags) noexcept override {
    return new Network;
  }
  IBuilderConfig* createBuilderConfig() noexcept override { return new Config; }
  IOptimizationProfile* createOptimizationProfile() noexcept override {
    profiles.push_back(std::make_unique<Optimization>());
    return profiles.back().get();
  }
  IHostMemory* buildSerializedNetwork(INetworkDefinition& of, IBuilderConfig& config) noexcept override {
    const auto& network = static_cast<const Network&>(of);
    const Model& model = network.model;
    if (model.count("slow") > 0)
      std::this_thread::sleep_for(std::chrono::duration<double>(std::stod(model.at("slow"))));
    if (model.count("kill") > 0) raise(SIGKILL);
    if (model.count("kill_unless") > 0 && access(model.at("kill_unless").c_str(), F_OK) != 0) {
      std::fclose(std::fopen(model.at("kill_unless").c_str(), "w"));
      raise(SIGKILL);
    }
    if (model.count("no_implementation") > 0) {
      complain("10: Could not find any implementation for node " + model.at("no_implementation") + ".");
      return nullptr;
    }
    return new Memory(serialized(network, static_cast<const Config&>(config)));
  }
  std::vector<std::unique_ptr<Optimization>> profiles;
};

struct ParserError final : nvonnxparser::DefaultIParserError {
  const char* desc() const noexcept override { return "an operator that the fake does not know"; }
  int node() const noexcept override { return 7; }
};

struct Parser final : nvonnxparser::DefaultIParser {
  explicit Parser(Network* into) : network(into) {}
  bool parse(void const* bytes, size_t size, const char*) noexcept override {
    network->model = describe(std::string(static_cast<const char*>(bytes), size));
    if (network->model.count("input") == 0 || network->model.count("does_not_parse") > 0) return false;
    network->input.name = input_name(network->model);
    return true;
  }
  int getNbErrors() const noexcept override { return 1; }
  nvonnxparser::IParserError const* getError(int) const noexcept override { return &error; }
  Network* network;
  ParserError error;
};

struct Context final : IExecutionContext, apiv::DefaultVExecutionContext {
  explicit Context(Model of)
      : model(std::move(of)),
        sizes(input_sizes(model)),
        outputs(outputs_of(model)),
        pointers(outputs.size()) {
    mImpl = this;
  }
  bool setOptimizationProfileAsync(int32_t, cudaStream_t) noexcept override { return true; }
  bool setInputShape(char const*, Dims const& dims) noexcept override { return sizes = to_sizes(dims), true; }
  Dims getTensorShape(char const* name) const noexcept override {
    for (const auto& [output, given] : outputs) {
      if (output != name || given.empty()) continue;
      Sizes filled = given;
      for (int64_t& size : filled) size = size == -1 ? sizes[0] : size == -2 ? cells() : size;
      return to_dims(filled);
    }
    return to_dims({sizes[0], sizes.size() == 2 ? 1 : sizes[1]});
  }
  int64_t cells() const {
    int64_t count = 0;
    for (const int64_t stride : {8, 16, 32}) count += sizes[2] / stride * (sizes[3] / stride);
    return count;
  }
  bool setTensorAddress(char const* name, void* data) noexcept override {
    if (name == input_name(model)) input = static_cast<float*>(data);
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].first == name) pointers[i] = static_cast<float*>(data);
    }
    return true;
  }
  bool enqueueV3(cudaStream_t stream) noexcept override {
    using Put = void (*)(void*, void (*)(void*), void*);
    static const auto put = reinterpret_cast<Put>(dlsym(dlopen("libcuda.so.1", RTLD_NOW), "fake_cuda_put"));
    put(stream, [](void* self) { static_cast<Context*>(self)->predict(); }, this);
    return true;
  }
  void predict() {
    if (model.count("slow_us") > 0)
      std::this_thread::sleep_for(std::chrono::microseconds(std::stoi(model["slow_us"])));
    if (predict_instead != nullptr && model.count("network") > 0) {
      predict_instead(model["network"].c_str(), input, sizes.data(), static_cast<int32_t>(sizes.size()),
                      pointers.data());
      return;
    }
    int64_t area = 1;
    for (size_t i = sizes.size() == 2 ? 1 : 2; i < sizes.size(); ++i) area *= sizes[i];
    const int64_t rows = sizes.size() == 2 ? sizes[0] : sizes[0] * sizes[1];
    const float offset = model.count("offset") > 0 ? std::stof(model["offset"]) : 0.0F;
    for (int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (int64_t i = 0; i < area; ++i) sum += static_cast<double>(input[row * area + i]);
      pointers[0][row] = static_cast<float>(sum / static_cast<double>(area)) + offset;
    }
  }
  Model model;
  Sizes sizes;
  std::vector<std::pair<std::string, Sizes>> outputs;
  std::vector<float*> pointers;
  float* input = nullptr;
};

struct Engine final : ICudaEngine, apiv::DefaultVCudaEngine {
  explicit Engine(Model of) : model(std::move(of)), input(input_name(model)), outputs(outputs_of(model)) {
    mImpl = this;
    for (int i = 0; model.count("profile" + std::to_string(i)) > 0; ++i) {
      std::istringstream text(model["profile" + std::to_string(i)]);
      std::string parts[3];
      for (std::string& part : parts) std::getline(text, part, ':');
      profiles.push_back({split(parts[0]), split(parts[1]), split(parts[2])});
    }
  }
  int32_t getNbIOTensors() const noexcept override { return 1 + static_cast<int32_t>(outputs.size()); }
  char const* getIOTensorName(int32_t i) const noexcept override {
    return (i == 0 ? input : outputs[static_cast<size_t>(i) - 1].first).c_str();
  }
  TensorIOMode getTensorIOMode(char const* name) const noexcept override {
    return name == input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
  }
  DataType getTensorDataType(char const*) const noexcept override { return DataType::kFLOAT; }
  Dims getTensorShape(char const* name) const noexcept override {
    return name == input ? to_dims(input_sizes(model)) : to_dims({-1, 3});
  }
  int32_t getNbOptimizationProfiles() const noexcept override {
    return profiles.empty() ? 1 : static_cast<int32_t>(profiles.size());
  }
  Dims getProfileShape(char const*, int32_t i, OptProfileSelector select) const noexcept override {
    const Profile& p = profiles[static_cast<size_t>(i)];
    return to_dims(select == OptProfileSelector::kMIN   ? p.smallest
                   : select == OptProfileSelector::kOPT ? p.usual
                                                        : p.largest);
  }
  IExecutionContext* createExecutionContext(FAKE_STRATEGY) noexcept override { return new Context(model); }
  Model model;
  std::string input;
  std::vector<std::pair<std::string, Sizes>> outputs;
  std::vector<Profile> profiles;
};

struct Runtime final : IRuntime, apiv::DefaultVRuntime {
  Runtime() { mImpl = this; }
  ICudaEngine* read(void const* blob, std::size_t size) noexcept {
    const std::string bytes(static_cast<const char*>(blob), size);
    const std::string head = "FAKEPLAN " + std::to_string(stated_version()) + "\n", end = "\nEND";
    if (bytes.compare(0, head.size(), head) != 0)
      return complain("1: the plan is of another version"), nullptr;
    if (bytes.compare(bytes.size() - end.size(), end.size(), end) != 0)
      return complain("1: the plan is cut"), nullptr;
    return new Engine(read_model(bytes));
  }
  ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size FAKE_FACTORY) noexcept override {
    return read(blob, size);
  }
};

int32_t version() { return stated_version(); }
void* make_builder(void* log, int32_t) {
  return logger = static_cast<ILogger*>(log), static_cast<IBuilder*>(new Builder);
}
void* make_runtime(void* log, int32_t) {
  return logger = static_cast<ILogger*>(log), static_cast<IRuntime*>(new Runtime);
}
void* make_parser(void* network, void*, int) {
  return static_cast<nvonnxparser::IParser*>(
      new Parser(static_cast<Network*>(static_cast<INetworkDefinition*>(network))));
}

}  // namespace

// Under the names of the libraries' symbols, whose declarations differ between the versions.
extern "C" {
void fake_predict_instead(Predict predict) { predict_instead = predict; }
int32_t fake_version() asm("getInferLibVersion");
int32_t fake_version() { return version(); }
void* fake_builder(void* log, int32_t number) asm("createInferBuilder_INTERNAL");
void* fake_builder(void* log, int32_t number) { return make_builder(log, number); }
void* fake_runtime(void* log, int32_t number) asm("createInferRuntime_INTERNAL");
void* fake_runtime(void* log, int32_t number) { return make_runtime(log, number); }
void* fake_parser(void* network, void* log, int number) asm("createNvOnnxParser_INTERNAL");
void* fake_parser(void* network, void* log, int number) { return make_parser(network, log, number); }
}
