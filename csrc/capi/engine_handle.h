// The engine behind its handle: parts from a folder of assets, and what results share.
#pragma once

#include <memory>
#include <vector>

#include "capi/memory.h"
#include "facesdk.h"
#include "pipeline/engine.h"

namespace facesdk::capi {

facesdk_options default_options();

// Immutable; held by the engine's handle and by its sessions.
class SharedEngine {
 public:
  // Throws Error where an option or an asset does not fit.
  SharedEngine(const char* folder, const facesdk_options& options);

  const Memory& memory() const { return memory_; }
  const std::shared_ptr<const Engine>& engine() const { return engine_; }
  facesdk_model model() const;

 private:
  Memory memory_;
  std::shared_ptr<const Engine> engine_;
  std::vector<const char*> expression_names_;
};

}  // namespace facesdk::capi

struct facesdk_engine {
  std::shared_ptr<const facesdk::capi::SharedEngine> shared;
};
