#include "ops/sample_normalized_patch/sample_normalized_patch.h"
#include "support.h"

namespace facesdk::test {

TEST_CASE("a normalized patch does not depend on brightness and contrast") {
  Random random(21);
  for (const int64_t size : {2, 31, 96}) {
    const auto gray = random.floats(size * size, 0, 1);
    auto half = gray;
    for (float& v : half) v = 0.25f + 0.5f * v;
    std::vector<float> patch(20 * 9), brighter(patch.size());
    const double middle = static_cast<double>(size) / 2;
    SampleNormalizedPatchParams p{gray.data(), size,  {middle, middle}, {middle, 1.5}, false, 20,
                                  9,           0.02f, patch.data()};
    sample_normalized_patch_cpu(p);
    add_to_digest("sample_normalized_patch", patch);
    p.gray = half.data(), p.contrast_epsilon = 0.01f, p.out = brighter.data();
    sample_normalized_patch_cpu(p);
    CHECK(largest_difference(patch, brighter) < 1e-3);
  }
}

}  // namespace facesdk::test
