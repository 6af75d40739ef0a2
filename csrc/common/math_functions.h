// Elementary functions with the same bits on every CPU, compiler and C library, on host and device:
// additions, multiplications, divisions and square roots only, each rounded once (no fused multiply-add). The
// C library's exp, log, sin, cos, atan2 and hypot differ between versions and processors in the last bits.
//
// Largest errors in units in the last place, against long double (tests/cpp): exp of a float 1, of a double
// 1, log 1, sin and cos 1.5, atan2, asin, acos and tan 3.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/host_device.h"

namespace facesdk::math {

constexpr double kPi = 3.14159265358979323846;
constexpr double kDegreesPerRadian = 57.295779513082320877;

FACESDK_HD uint64_t bits_of(double v) {
  uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits;
}

FACESDK_HD double from_bits(uint64_t bits) {
  double v;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

// 0 below -87, infinity above 88, NaN of NaN; a loop over it becomes vectors.
FACESDK_HD float exp(float x) {
  const float above = x < -87.0f ? -87.0f : x, held = above > 88.0f ? 88.0f : above;
  const float shifted = held * 1.44269504f + 12582912.0f;  // rounds to a whole number n
  const float n = shifted - 12582912.0f;
  const float r = (held - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r + 1.0f;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  const uint32_t power = (bits - 0x4B400000u + 127u) << 23;  // 2^n
  float scale;
  std::memcpy(&scale, &power, sizeof scale);
  const float value = x > 88.0f ? INFINITY : p * scale;
  return x < -87.0f ? 0.0f : value;
}

// 0 below -708, infinity above 709, NaN of NaN.
FACESDK_HD double exp(double x) {
  const double above = x < -708.0 ? -708.0 : x, held = above > 709.0 ? 709.0 : above;
  const double shifted = held * 1.4426950408889634074 + 6755399441055744.0;  // rounds to a whole number n
  const double n = shifted - 6755399441055744.0;
  // ln 2 in two parts, of which the first times n is exact
  const double r = (held - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  // Taylor's series; |r| <= 0.3466, and r^14 / 14! is below 5e-18.
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = (p * r) * r + r + 1.0;
  const uint64_t power = (bits_of(shifted) - 0x4338000000000000u + 1022u) << 52;  // 2^(n - 1): n may be 1023
  const double value = x > 709.0 ? static_cast<double>(INFINITY) : p * from_bits(power) * 2.0;
  return x < -708.0 ? 0.0 : value;
}

// -infinity of 0 and of numbers below the normal ones, NaN below 0, infinity of infinity.
FACESDK_HD double log(double x) {
  if (!(x >= 2.2250738585072014e-308)) return x >= 0.0 ? -static_cast<double>(INFINITY) : NAN;
  if (x > 1.7976931348623157e308) return x;
  // x = 2^k m, m from sqrt(1/2) to sqrt(2)
  const uint64_t bits = bits_of(x);
  int32_t k = static_cast<int32_t>(bits >> 52) - 1023;
  double m = from_bits((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  if (m > 1.4142135623730951) m *= 0.5, ++k;
  // log m = 2 artanh(s); |s| <= 0.172, and s^22 / 23 is below 1e-18.
  const double f = m - 1.0, s = f / (m + 1.0), q = s * s;
  double p = 1.0 / 21.0;
  p = p * q + 1.0 / 19.0;
  p = p * q + 1.0 / 17.0;
  p = p * q + 1.0 / 15.0;
  p = p * q + 1.0 / 13.0;
  p = p * q + 1.0 / 11.0;
  p = p * q + 1.0 / 9.0;
  p = p * q + 1.0 / 7.0;
  p = p * q + 1.0 / 5.0;
  p = p * q + 1.0 / 3.0;
  // 2 s = f - s f, so that the error of the quotient is multiplied by s.
  const double n = static_cast<double>(k);
  return n * 0.693147180369123816490 + (f - (s * (f - 2.0 * q * p) - n * 1.90821492927058770002e-10));
}

FACESDK_HD float log(float x) { return static_cast<float>(log(static_cast<double>(x))); }

// 1 / (1 + exp(-x))
FACESDK_HD float sigmoid(float x) { return 1.0f / (1.0f + exp(-x)); }

struct SinCos {
  double sin, cos;
};

// Of an angle in radians; NaN beyond +-1e6, where the reduction would no longer be exact.
FACESDK_HD SinCos sin_cos(double x) {
  if (!(std::fabs(x) <= 1e6)) return {NAN, NAN};
  const double n = std::floor(x * 0.63661977236758134308 + 0.5);
  // pi / 2 in three parts, of which the first two times n are exact
  const double r =
      ((x - n * 1.57079632673412561417) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21;
  const double q = r * r;
  // Taylor's series; |r| <= 0.786, and r^18 / 19! is below 2e-19.
  double s = 1.0 / 355687428096000.0;
  s = s * q - 1.0 / 1307674368000.0;
  s = s * q + 1.0 / 6227020800.0;
  s = s * q - 1.0 / 39916800.0;
  s = s * q + 1.0 / 362880.0;
  s = s * q - 1.0 / 5040.0;
  s = s * q + 1.0 / 120.0;
  s = s * q - 1.0 / 6.0;
  s = (s * q) * r + r;
  double c = 1.0 / 20922789888000.0;
  c = c * q - 1.0 / 87178291200.0;
  c = c * q + 1.0 / 479001600.0;
  c = c * q - 1.0 / 3628800.0;
  c = c * q + 1.0 / 40320.0;
  c = c * q - 1.0 / 720.0;
  c = c * q + 1.0 / 24.0;
  const double half = 0.5 * q, w = 1.0 - half;
  c = w + ((1.0 - w) - half + (c * q) * q);
  const uint32_t quarter = static_cast<uint32_t>(static_cast<int32_t>(n)) & 3u;
  const double along = (quarter & 1u) != 0 ? c : s, across = (quarter & 1u) != 0 ? s : c;
  return {(quarter & 2u) != 0 ? -along : along, quarter == 1u || quarter == 2u ? -across : across};
}

FACESDK_HD double sin(double x) { return sin_cos(x).sin; }
FACESDK_HD double cos(double x) { return sin_cos(x).cos; }
FACESDK_HD double tan(double x) {
  const SinCos both = sin_cos(x);
  return both.sin / both.cos;
}

// Arc tangent of t in 0 .. 1.
FACESDK_HD double atan_of_unit(double t) {
  // atan t = atan c + atan z for c = 0, 1/4, 1/2, 3/4 or 1, whichever is next; |z| <= 1/8
  const double step = std::floor(t * 4.0 + 0.5), c = step * 0.25;
  const double of_c = step == 0.0   ? 0.0
                      : step == 1.0 ? 0.24497866312686414
                      : step == 2.0 ? 0.4636476090008061
                      : step == 3.0 ? 0.6435011087932844
                                    : 0.7853981633974483;
  const double rest_of_c = step == 0.0   ? 0.0
                           : step == 1.0 ? 1.0692943926138287e-17
                           : step == 2.0 ? 2.268693045925918e-17
                           : step == 3.0 ? 1.5829351718288365e-17
                                         : 3.06287113727155e-17;
  const double z = (t - c) / (1.0 + t * c), q = z * z;
  double p = -1.0 / 19.0;
  p = p * q + 1.0 / 17.0;
  p = p * q - 1.0 / 15.0;
  p = p * q + 1.0 / 13.0;
  p = p * q - 1.0 / 11.0;
  p = p * q + 1.0 / 9.0;
  p = p * q - 1.0 / 7.0;
  p = p * q + 1.0 / 5.0;
  p = p * q - 1.0 / 3.0;
  return of_c + (z + ((p * q) * z + rest_of_c));
}

// Angle of (x, y) in radians, -pi .. pi, signed zeros as in C; NaN where both are infinite.
FACESDK_HD double atan2(double y, double x) {
  const double ax = std::fabs(x), ay = std::fabs(y);
  const double longer = ax > ay ? ax : ay, shorter = ax > ay ? ay : ax;
  if (longer != longer || shorter != shorter) return NAN;
  const bool behind = bits_of(x) >> 63 != 0;
  double angle = longer > 0.0 ? atan_of_unit(shorter / longer) : 0.0;
  if (ay > ax) {
    angle = 1.57079632679489661923 + ((behind ? angle : -angle) + 6.12323399573676588613e-17);
  } else if (behind) {
    angle = kPi - (angle - 1.22464679914735317723e-16);
  }
  return bits_of(y) >> 63 != 0 ? -angle : angle;
}

FACESDK_HD double asin(double x) { return atan2(x, std::sqrt((1.0 - x) * (1.0 + x))); }
FACESDK_HD double acos(double x) { return atan2(std::sqrt((1.0 - x) * (1.0 + x)), x); }

// No care for squares that overflow: coordinates are in pixels or millimetres.
FACESDK_HD double hypot(double x, double y) { return std::sqrt(x * x + y * y); }

// The angle within -pi .. pi that differs from this one, -3 pi .. 3 pi, by whole turns.
FACESDK_HD double wrap_angle(double angle) {
  return angle > kPi ? angle - 2.0 * kPi : (angle < -kPi ? angle + 2.0 * kPi : angle);
}

}  // namespace facesdk::math
