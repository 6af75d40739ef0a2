#include "ops/sharpness/sharpness.h"
#include "support.h"

namespace facesdk::test {

TEST_CASE("sharpness does not depend on the contrast") {
  Random random(20);
  for (const int64_t size : {5, 27, 112}) {
    auto gray = random.floats(size * size, 0, 1);
    const double sharp = sharpness_cpu({gray.data(), size});
    add_to_digest("sharpness", &sharp, sizeof sharp);
    for (float& v : gray) v *= 0.25f;
    CHECK(sharpness_cpu({gray.data(), size}) == doctest::Approx(sharp).epsilon(1e-4));
  }
}

TEST_CASE("sharpness of nothing is 0") {
  const std::vector<float> even(100, 0.5f);
  CHECK(sharpness_cpu({even.data(), 10}) == 0.0);
  CHECK(sharpness_cpu({even.data(), 2}) == 0.0);
}

}  // namespace facesdk::test
