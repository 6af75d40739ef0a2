// Elementary vector functions of NEON for kernel_templates.h: what plain NEON and NEON with dot products
// share. Included after FACESDK_TARGET is defined.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

namespace facesdk {
namespace {

#define FACESDK_OP FACESDK_TARGET static inline __attribute__((always_inline))

struct NeonVectors {
  static constexpr int kLanes = 4;
  static constexpr int kPixels[2] = {8, 4};
  using I = int32x4_t;
  using F = float32x4_t;
  using A = int8x16_t;
  using W = int8x16_t;

  FACESDK_OP I set(int32_t value) { return vdupq_n_s32(value); }
  FACESDK_OP F set(float value) { return vdupq_n_f32(value); }
  FACESDK_OP I load(const int32_t* from) { return vld1q_s32(from); }
  FACESDK_OP F load(const float* from) { return vld1q_f32(from); }
  FACESDK_OP void store(float* to, F value) { vst1q_f32(to, value); }
  FACESDK_OP I add(I a, I b) { return vaddq_s32(a, b); }
  FACESDK_OP I sub(I a, I b) { return vsubq_s32(a, b); }
  FACESDK_OP F add(F a, F b) { return vaddq_f32(a, b); }
  FACESDK_OP F mul(F a, F b) { return vmulq_f32(a, b); }
  // The second where either is no number, as on x86.
  FACESDK_OP F min(F a, F b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
  FACESDK_OP F max(F a, F b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
  FACESDK_OP F to_float(I value) { return vcvtq_f32_s32(value); }
  FACESDK_OP I round(F value) { return vcvtnq_s32_f32(value); }  // nearest even
  FACESDK_OP F gather(const float* table, I index) {
    const float values[4] = {table[vgetq_lane_s32(index, 0)], table[vgetq_lane_s32(index, 1)],
                             table[vgetq_lane_s32(index, 2)], table[vgetq_lane_s32(index, 3)]};
    return vld1q_f32(values);
  }
  FACESDK_OP I widen(const uint8_t* from) {
    uint32_t four;
    std::memcpy(&four, from, 4);
    const uint16x8_t wide = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four)));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide)));
  }
  FACESDK_OP I widen(const int8_t* from) {
    uint32_t four;
    std::memcpy(&four, from, 4);
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four)))));
  }
  FACESDK_OP W load_weights(const int8_t* from) { return vld1q_s8(from); }
  FACESDK_OP A broadcast4(const uint8_t* from) {
    uint32_t four;
    std::memcpy(&four, from, 4);
    return vreinterpretq_s8_u8(
        veorq_u8(vreinterpretq_u8_u32(vdupq_n_u32(four)), vdupq_n_u8(128)));  // less 128
  }

  // Numbers in 0..255 as bytes.
  FACESDK_OP void store_bytes(uint8_t* to, const I (&whole)[2]) {
    const int16x8_t words = vcombine_s16(vmovn_s32(whole[0]), vmovn_s32(whole[1]));
    vst1_u8(to, vqmovun_s16(words));
  }
  FACESDK_OP void store_bytes(uint8_t* to, const I (&whole)[4]) {
    const int16x8_t low = vcombine_s16(vmovn_s32(whole[0]), vmovn_s32(whole[1]));
    const int16x8_t high = vcombine_s16(vmovn_s32(whole[2]), vmovn_s32(whole[3]));
    vst1q_u8(to, vcombine_u8(vqmovun_s16(low), vqmovun_s16(high)));
  }

  struct DepthwiseWeights {
    int8x16_t tap[9];
  };
  FACESDK_OP DepthwiseWeights load_depthwise(const int8_t* weights, int32_t channel, int32_t channels) {
    DepthwiseWeights out;
    for (int t = 0; t < 9; ++t) out.tap[t] = vld1q_s8(weights + t * channels + channel);
    return out;
  }
  FACESDK_OP void depthwise16(const uint8_t* from, int32_t row, int32_t channels,
                              const DepthwiseWeights& weights, I (&sums)[4]) {
    for (int t = 0; t < 9; ++t) {
      const uint8x16_t a = vld1q_u8(from + (t / 3) * row + (t % 3) * channels);
      const int16x8_t a_low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(a)));
      const int16x8_t a_high = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(a)));
      const int16x8_t w_low = vmovl_s8(vget_low_s8(weights.tap[t]));
      const int16x8_t w_high = vmovl_s8(vget_high_s8(weights.tap[t]));
      sums[0] = vmlal_s16(sums[0], vget_low_s16(a_low), vget_low_s16(w_low));
      sums[1] = vmlal_high_s16(sums[1], a_low, w_low);
      sums[2] = vmlal_s16(sums[2], vget_low_s16(a_high), vget_low_s16(w_high));
      sums[3] = vmlal_high_s16(sums[3], a_high, w_high);
    }
  }
};

}  // namespace
}  // namespace facesdk
