// What TensorRT's headers have, found by the compiler: an enumerator that a version lacks is an empty
// optional. Versions are not compared, for the same number means other things in TensorRT and TensorRT-RTX.
#pragma once

#include <optional>

namespace facesdk::tensorrt {

#define FACESDK_OPTIONAL_ENUMERATOR(NAME)                                    \
  template <typename E>                                                      \
  constexpr auto find_##NAME(int) -> decltype(E::NAME, std::optional<E>()) { \
    return E::NAME;                                                          \
  }                                                                          \
  template <typename E>                                                      \
  constexpr std::optional<E> find_##NAME(long) {                             \
    return std::nullopt;                                                     \
  }

FACESDK_OPTIONAL_ENUMERATOR(kEXPLICIT_BATCH)  // required before 10, gone in 11
FACESDK_OPTIONAL_ENUMERATOR(kSTRONGLY_TYPED)  // since 9; the only way since 11
FACESDK_OPTIONAL_ENUMERATOR(kFP16)            // of the builder's flags; gone in 11
FACESDK_OPTIONAL_ENUMERATOR(kINT8)
FACESDK_OPTIONAL_ENUMERATOR(kTF32)
FACESDK_OPTIONAL_ENUMERATOR(kPROFILE_SHARING_0806)  // 8.6 only; later versions always share

#undef FACESDK_OPTIONAL_ENUMERATOR

}  // namespace facesdk::tensorrt
