#include "tensorrt/plugin_builder.h"

#include <stdexcept>
#include <string>

#include "tensorrt/features.h"

namespace facesdk::tensorrt {
namespace {

using nvinfer1::BuilderFlag;
using nvinfer1::NetworkDefinitionCreationFlag;

template <typename T>
std::unique_ptr<T> required(T* object, const char* what) {
  if (object == nullptr) throw std::runtime_error(std::string(what) + ": " + logger().take());
  return std::unique_ptr<T>(object);
}

nvinfer1::NetworkDefinitionCreationFlags network_flags() {
  using Flag = NetworkDefinitionCreationFlag;
  nvinfer1::NetworkDefinitionCreationFlags flags = 0;
  for (const std::optional<Flag> flag : {find_kEXPLICIT_BATCH<Flag>(0), find_kSTRONGLY_TYPED<Flag>(0)}) {
    if (flag) flags |= 1U << static_cast<uint32_t>(*flag);
  }
  return flags;
}

void parse(const FacesdkTrtBuild& build, nvonnxparser::IParser* parser) {
  if (parser->parse(build.model, build.model_size)) return;
  std::string why = logger().take();
  if (parser->getNbErrors() > 0) {
    const nvonnxparser::IParserError* error = parser->getError(0);
    why = std::string(error->desc()) + " (node " + std::to_string(error->node()) + ")";
  }
  throw std::runtime_error("the graph does not parse: " + why);
}

void set_flags(const FacesdkTrtBuild& build, nvinfer1::IBuilderConfig* config) {
  // Rounded to 10 bits, float32 would be no more exact than float16.
  if (const auto tf32 = find_kTF32<BuilderFlag>(0)) config->clearFlag(*tf32);
  if (!is_strongly_typed()) {
    const auto fp16 = find_kFP16<BuilderFlag>(0), int8 = find_kINT8<BuilderFlag>(0);
    if (fp16 && build.fp16 != 0) config->setFlag(*fp16);
    if (int8 && build.int8 != 0) config->setFlag(*int8);
  }
  if (const auto sharing = find_kPROFILE_SHARING_0806<nvinfer1::PreviewFeature>(0)) {
    config->setPreviewFeature(*sharing, true);
  }
}

void add_profiles(const FacesdkTrtBuild& build, nvinfer1::IBuilder* builder,
                  const nvinfer1::INetworkDefinition& network, nvinfer1::IBuilderConfig* config) {
  using nvinfer1::OptProfileSelector;
  if (network.getNbInputs() != 1) throw std::runtime_error("got a graph of several inputs, expected one");
  const char* const input = network.getInput(0)->getName();
  for (int32_t i = 0; i < build.profile_count; ++i) {
    const FacesdkTrtProfile& sizes = build.profiles[i];
    nvinfer1::IOptimizationProfile* const profile = builder->createOptimizationProfile();  // the builder's
    if (profile == nullptr ||
        !profile->setDimensions(input, OptProfileSelector::kMIN, to_dims(sizes.smallest)) ||
        !profile->setDimensions(input, OptProfileSelector::kOPT, to_dims(sizes.usual)) ||
        !profile->setDimensions(input, OptProfileSelector::kMAX, to_dims(sizes.largest)) ||
        config->addOptimizationProfile(profile) < 0) {
      throw std::runtime_error("profile " + std::to_string(i) + ": " + logger().take());
    }
  }
}

std::unique_ptr<nvinfer1::ITimingCache> use_timing_cache(const FacesdkTrtBuild& build,
                                                         nvinfer1::IBuilderConfig* config) {
  std::unique_ptr<nvinfer1::ITimingCache> cache(
      config->createTimingCache(build.timing_cache, build.timing_cache_size));
  if (cache == nullptr) {  // of another device or damaged: it saves time alone
    cache.reset(config->createTimingCache(nullptr, 0));
  }
  if (cache != nullptr && !config->setTimingCache(*cache, false)) cache.reset();
  return cache;
}

}  // namespace

bool is_strongly_typed() {
  return find_kSTRONGLY_TYPED<NetworkDefinitionCreationFlag>(0).has_value() ||
         !find_kFP16<BuilderFlag>(0).has_value();
}

bool shares_profiles() {
  return find_kPROFILE_SHARING_0806<nvinfer1::PreviewFeature>(0).has_value() ||
         !find_kEXPLICIT_BATCH<NetworkDefinitionCreationFlag>(0).has_value();
}

nvinfer1::Dims to_dims(const FacesdkTrtDims& dims) {
  nvinfer1::Dims out{};
  out.nbDims = dims.count;
  for (int32_t i = 0; i < dims.count; ++i) {
    out.d[i] = static_cast<std::remove_reference_t<decltype(out.d[0])>>(dims.sizes[i]);
  }
  return out;
}

FacesdkTrtDims from_dims(const nvinfer1::Dims& dims) {
  FacesdkTrtDims out{};
  out.count = dims.nbDims < FACESDK_TENSORRT_MAX_DIMS ? dims.nbDims : FACESDK_TENSORRT_MAX_DIMS;
  for (int32_t i = 0; i < out.count; ++i) out.sizes[i] = dims.d[i];
  return out;
}

Plan build_plan(const FacesdkTrtBuild& build) {
  logger().take();
  const std::unique_ptr<nvinfer1::IBuilder> builder(make_builder());
  const auto network = required(builder->createNetworkV2(network_flags()), "a network cannot be made");
  // Destroyed after the build: before 8.6 the network refers to the parser's copies of the weights.
  const std::unique_ptr<nvonnxparser::IParser> parser(make_parser(*network));
  parse(build, parser.get());
  const auto config = required(builder->createBuilderConfig(), "a configuration cannot be made");
  config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, build.workspace_bytes);
  set_flags(build, config.get());
  add_profiles(build, builder.get(), *network, config.get());
  const std::unique_ptr<nvinfer1::ITimingCache> cache = use_timing_cache(build, config.get());
  Plan out;
  out.plan = required(builder->buildSerializedNetwork(*network, *config), "the graph cannot be built");
  if (cache != nullptr) out.timing_cache.reset(cache->serialize());
  return out;
}

}  // namespace facesdk::tensorrt
