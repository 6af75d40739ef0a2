// Elementary vector functions of NEON for fragments_template.h and large_triangle_template.h. Included after
// FACESDK_TARGET is defined.
#pragma once

#include <arm_neon.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "common/float4.h"
#include "ops/rasterize/rasterize_math.h"

namespace facesdk {
namespace {

#define FACESDK_OP FACESDK_TARGET static inline __attribute__((always_inline))

// The bytes of the lanes of each of 16 masks in order: what moves them to the front.
constexpr std::array<std::array<uint8_t, 16>, 16> packing_orders() {
  std::array<std::array<uint8_t, 16>, 16> orders{};
  for (unsigned mask = 0; mask < 16; ++mask) {
    unsigned place = 0;
    for (unsigned byte = 0; byte < 16; ++byte) {
      if ((mask >> (byte / 4) & 1) != 0) orders[mask][place++] = static_cast<uint8_t>(byte);
    }
  }
  return orders;
}
constexpr std::array<std::array<uint8_t, 16>, 16> kPackingOrders = packing_orders();

struct V {
  static constexpr int kLanes = 4;
  using I = int32x4_t;
  using F = float32x4_t;
  using Packing = uint8x16_t;

  FACESDK_OP I set(int32_t value) { return vdupq_n_s32(value); }
  FACESDK_OP F set(float value) { return vdupq_n_f32(value); }
  FACESDK_OP I lanes() { return I{0, 1, 2, 3}; }
  FACESDK_OP I load(const int32_t* from) { return vld1q_s32(from); }
  FACESDK_OP F load(const float* from) { return vld1q_f32(from); }
  FACESDK_OP void store(int32_t* to, I value) { vst1q_s32(to, value); }
  FACESDK_OP void store(float* to, F value) { vst1q_f32(to, value); }

  FACESDK_OP I add(I a, I b) { return vaddq_s32(a, b); }
  FACESDK_OP I sub(I a, I b) { return vsubq_s32(a, b); }
  FACESDK_OP I mul(I a, I b) { return vmulq_s32(a, b); }
  FACESDK_OP I min(I a, I b) { return vminq_s32(a, b); }
  FACESDK_OP I max(I a, I b) { return vmaxq_s32(a, b); }
  FACESDK_OP I max_unsigned(I a, I b) {
    return vreinterpretq_s32_u32(vmaxq_u32(vreinterpretq_u32_s32(a), vreinterpretq_u32_s32(b)));
  }
  FACESDK_OP I abs(I a) { return vabsq_s32(a); }
  template <int kBits>
  FACESDK_OP I shift_left(I a) {
    return vshlq_n_s32(a, kBits);
  }
  template <int kBits>
  FACESDK_OP I shift_right(I a) {
    return vshrq_n_s32(a, kBits);
  }
  FACESDK_OP F add(F a, F b) { return vaddq_f32(a, b); }
  FACESDK_OP F sub(F a, F b) { return vsubq_f32(a, b); }
  FACESDK_OP F mul(F a, F b) { return vmulq_f32(a, b); }
  FACESDK_OP F div(F a, F b) { return vdivq_f32(a, b); }
  FACESDK_OP F to_float(I value) { return vcvtq_f32_s32(value); }
  FACESDK_OP I float_bits(F value) { return vreinterpretq_s32_f32(value); }

  // Masks are vectors of ones or zeros.
  FACESDK_OP I less(I a, I b) { return vreinterpretq_s32_u32(vcltq_s32(a, b)); }
  FACESDK_OP I not_less(F a, F b) { return vreinterpretq_s32_u32(vmvnq_u32(vcltq_f32(a, b))); }
  FACESDK_OP I equal(F a, F b) { return vreinterpretq_s32_u32(vceqq_f32(a, b)); }
  FACESDK_OP I both(I a, I b) { return vandq_s32(a, b); }
  FACESDK_OP I either(I a, I b) { return vorrq_s32(a, b); }
  FACESDK_OP I without(I a, I b) { return vbicq_s32(a, b); }
  FACESDK_OP unsigned bits(I mask) {
    return vaddvq_u32(vandq_u32(vreinterpretq_u32_s32(mask), uint32x4_t{1, 2, 4, 8}));
  }
  FACESDK_OP bool all_equal(I a, I b) { return vminvq_u32(vceqq_s32(a, b)) != 0; }
  FACESDK_OP I choose(I mask, I then, I otherwise) {
    return vbslq_s32(vreinterpretq_u32_s32(mask), then, otherwise);
  }
  FACESDK_OP F choose(I mask, F then, F otherwise) {
    return vbslq_f32(vreinterpretq_u32_s32(mask), then, otherwise);
  }
  FACESDK_OP int32_t largest(I a) { return vmaxvq_s32(a); }

  // Two numbers of 16 bits in each lane.
  FACESDK_OP I pairs(I low, I high) { return vsliq_n_s32(low, high, 16); }
  FACESDK_OP I dot(I a, I b) {
    const int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
    return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
  }
  FACESDK_OP I negate_pairs(I a, I mask) {
    const int16x8_t ones = vreinterpretq_s16_s32(mask);
    return vreinterpretq_s32_s16(vsubq_s16(veorq_s16(vreinterpretq_s16_s32(a), ones), ones));
  }

  // The lanes of a mask to the front; what lies behind them is undefined.
  FACESDK_OP Packing packing(unsigned mask) { return vld1q_u8(kPackingOrders[mask].data()); }
  FACESDK_OP void store_packed(int32_t* to, Packing order, I value) {
    store(to, vreinterpretq_s32_u8(vqtbl1q_u8(vreinterpretq_u8_s32(value), order)));
  }
  FACESDK_OP void store_packed(float* to, Packing order, F value) {
    store(to, vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(value), order)));
  }

  // The points of every third index.
  FACESDK_OP void gather3(const FixedPoint* fixed, const int32_t* index, I& x, I& y) {
    const auto point = [&](int lane) { return vld1_s32(&fixed[index[3 * lane]].x); };
    const I low = vcombine_s32(point(0), point(1)), high = vcombine_s32(point(2), point(3));
    x = vuzp1q_s32(low, high), y = vuzp2q_s32(low, high);
  }

  // A colour of three floats; nothing behind them is read.
  FACESDK_OP Float4 load_color(const float* from) {
    return vcombine_f32(vld1_f32(from), vset_lane_f32(from[2], vdup_n_f32(0.0f), 0));
  }

  // The colours of a triangle, a vector for each channel.
  struct Ramp {
    F c0[3], to1[3], to2[3];
  };
  FACESDK_OP Ramp ramp(const float* colors, const int32_t* index) {
    Ramp out;
    for (int channel = 0; channel < 3; ++channel) {
      const auto number = [&](int corner) { return colors[3 * int64_t{index[corner]} + channel]; };
      const float first = number(0);
      out.c0[channel] = set(first), out.to1[channel] = set(number(1) - first);
      out.to2[channel] = set(number(2) - first);
    }
    return out;
  }

  // interpolate() of the pixels in `taken`; the others are written as they are.
  FACESDK_OP void paint(float* to, const Ramp& ramp, I taken, F b1, F b2) {
    float32x4x3_t pixels = vld3q_f32(to);
    for (int channel = 0; channel < 3; ++channel) {
      const F halfway = add(ramp.c0[channel], mul(b1, ramp.to1[channel]));
      const F color = add(halfway, mul(b2, ramp.to2[channel]));
      pixels.val[channel] = choose(taken, color, pixels.val[channel]);
    }
    vst3q_f32(to, pixels);
  }
};

}  // namespace
}  // namespace facesdk
