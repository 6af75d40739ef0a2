#include <algorithm>

#include "common/math_functions.h"
#include "support.h"

namespace facesdk::test {
namespace {

// Largest distance from the C library's long double, in units in the last place.
class Error {
 public:
  explicit Error(const char* name) : name_(std::string("math ") + name) {}

  // Every value goes into the digest; one in sixteen is measured, because emulated long doubles are slow.
  template <typename Value, typename Truth>
  void add(int i, Value ours, const Truth& truth_of) {
    add_to_digest(name_, &ours, sizeof ours);
    if (i % 16 != 0) return;
    const long double truth = truth_of();
    const auto nearest = static_cast<Value>(std::fabs(truth));
    const long double unit = std::nextafter(nearest, static_cast<Value>(INFINITY)) - nearest;
    units_ = std::max(units_, static_cast<double>(std::fabs(ours - truth) / unit));
  }
  double units() const { return units_; }

 private:
  std::string name_;
  double units_ = 0.0;
};

}  // namespace

TEST_CASE("elementary functions: distance from long double, and bits") {
  Random random(1);
  Error exp_float("expf"), exp_double("exp"), log("log"), sin("sin"), cos("cos"), tan("tan"), atan2("atan2"),
      arcs("asin acos");
  for (int i = 0; i < 200000; ++i) {
    const float x = random.uniform(-87.0f, 88.0f);
    const double y = x, unit = random.uniform(-1.0f, 1.0f), turn = random.uniform(-7.0f, 7.0f);
    const double positive = i % 2 == 0 ? math::exp(y) : 1.0 + unit / 2;
    const long double long_unit = unit, long_turn = turn;
    exp_float.add(i, math::exp(x), [&] { return std::exp(static_cast<long double>(x)); });
    exp_double.add(i, math::exp(8.0 * y), [&] { return std::exp(static_cast<long double>(8.0 * y)); });
    log.add(i, math::log(positive), [&] { return std::log(static_cast<long double>(positive)); });
    sin.add(i, math::sin(turn), [&] { return std::sin(long_turn); });
    cos.add(i, math::cos(turn), [&] { return std::cos(long_turn); });
    tan.add(i, math::tan(turn), [&] { return std::tan(long_turn); });
    atan2.add(i, math::atan2(turn, unit), [&] { return std::atan2(long_turn, long_unit); });
    atan2.add(i, math::atan2(unit, turn), [&] { return std::atan2(long_unit, long_turn); });
    arcs.add(i, math::asin(unit), [&] { return std::asin(long_unit); });
    arcs.add(i, math::acos(unit), [&] { return std::acos(long_unit); });
  }
  CHECK(exp_float.units() < 1.0);
  CHECK(exp_double.units() < 1.0);
  CHECK(log.units() < 1.0);
  CHECK(sin.units() < 1.5);
  CHECK(cos.units() < 1.5);
  CHECK(tan.units() < 3.0);
  CHECK(atan2.units() < 3.0);
  CHECK(arcs.units() < 3.0);
}

TEST_CASE("atan2 on the axes is C's") {
  for (const double y : {0.0, -0.0, 1.0, -2.0}) {
    for (const double x : {0.0, -0.0, 1.0, -2.0}) {
      CHECK(math::atan2(y, x) == doctest::Approx(std::atan2(y, x)).epsilon(1e-15));
      CHECK(std::signbit(math::atan2(y, x)) == std::signbit(std::atan2(y, x)));
    }
  }
}

TEST_CASE("elementary functions at the ends of their ranges") {
  const float nan = std::nanf("");
  const double nan_double = nan;
  CHECK(std::isnan(math::exp(nan)));
  CHECK(math::exp(INFINITY) == INFINITY);
  CHECK(math::exp(-INFINITY) == 0.0f);
  CHECK(math::exp(0.0f) == 1.0f);
  CHECK(math::sigmoid(-INFINITY) == 0.0f);
  CHECK(math::sigmoid(INFINITY) == 1.0f);
  CHECK(std::isnan(math::exp(nan_double)));
  CHECK(math::exp(710.0) == static_cast<double>(INFINITY));
  CHECK(math::exp(-709.0) == 0.0);
  CHECK(math::log(0.0) == -static_cast<double>(INFINITY));
  CHECK(math::log(1.0) == 0.0);
  CHECK(std::isnan(math::log(-1.0)));
  CHECK(std::isnan(math::log(nan_double)));
  CHECK(std::isnan(math::sin(1e7)));
  CHECK(std::isnan(math::atan2(nan_double, 1.0)));
  CHECK(std::isnan(math::atan2(1.0, nan_double)));
}

TEST_CASE("angles are wrapped by whole turns") {
  CHECK(math::wrap_angle(5.0) == 5.0 - 2 * math::kPi);
  CHECK(math::wrap_angle(-5.0) == 2 * math::kPi - 5.0);
  CHECK(math::wrap_angle(3.0) == 3.0);
}

}  // namespace facesdk::test
