#include "ops/smoothness/smoothness.h"
#include "support.h"

namespace facesdk::test {

// A closed ring of vertices: each has two neighbours.
TEST_CASE("smoothness: gradient and value belong together") {
  Workspace workspace;
  Random random(18);
  for (const int64_t count : {3, 127, 1000, 3000}) {
    const auto verts = random.floats(3 * count, -10, 10);
    const auto ptr = row_pointer(count, 2);
    std::vector<int32_t> idx;
    for (int64_t v = 0; v < count; ++v) {
      idx.push_back(static_cast<int32_t>((v + count - 1) % count));
      idx.push_back(static_cast<int32_t>((v + 1) % count));
    }
    double value = 0.0, threaded = 0.0;
    const auto gradient = same_on_threads("smoothness", 3 * count, [&](int threads, float* out) {
      smoothness_cpu({verts.data(), ptr.data(), idx.data(), count, &threaded, out, threads}, workspace);
      if (threads == 1) value = threaded;
      CHECK(value == threaded);
    });
    // A quadratic: half the gradient along the vertices themselves is the value.
    double along = 0.0;
    for (size_t i = 0; i < verts.size(); ++i) along += 0.5 * static_cast<double>(verts[i]) * gradient[i];
    CHECK(along == doctest::Approx(value).epsilon(1e-4));
  }
}

TEST_CASE("smoothness: hostile numbers") {
  Workspace workspace;
  Random random(19);
  auto points = random.floats(3 * 129, -100, 100);
  add_hostile_values(points);
  const auto ptr = row_pointer(129, 4), idx = random.indices(4 * 129, 129);
  std::vector<float> out(points.size());
  double value = 0.0;
  smoothness_cpu({points.data(), ptr.data(), idx.data(), 129, &value, out.data(), 3}, workspace);
  CHECK_FALSE(std::isfinite(value));
}

}  // namespace facesdk::test
