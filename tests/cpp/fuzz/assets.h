// Kinds of assets: a sound file of each, and what loading one and using it once means.
#pragma once

#include <memory>

#include "assets/safetensors.h"
#include "fuzz/mutations.h"

namespace facesdk::fuzz {

// `use_*` throws Error(kAsset) for a file that it refuses.

// The container by itself: tensors of every dtype.
File sound_safetensors();
void use_safetensors(const std::shared_ptr<const Safetensors>& file);

File sound_graph();
void use_graph(const std::shared_ptr<const Safetensors>& file);

// packed: the identity shapes in floats, packed with the expressions; else in bytes of their own.
File sound_face_model(bool packed);
void use_face_model(const std::shared_ptr<const Safetensors>& file);

File sound_dense_network();
void use_dense_network(const std::shared_ptr<const Safetensors>& file);

}  // namespace facesdk::fuzz
