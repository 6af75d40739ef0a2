#include <algorithm>

#include "ops/damped_least_squares/damped_least_squares.h"
#include "support.h"

namespace facesdk::test {

TEST_CASE("damped_least_squares: the gradient at the step is 0") {
  Workspace workspace;
  Random random(27);
  const int64_t sizes[][2] = {{1, 1}, {3, 5}, {17, 152}, {136, 64}, {136, 153}};
  for (const auto& [equations, unknowns] : sizes) {
    const auto jacobian = random.floats(equations * unknowns, -1, 1),
               residual = random.floats(equations, -5, 5);
    const float damping = 2.0f;
    std::vector<float> step(static_cast<size_t>(unknowns));
    CHECK(damped_least_squares_cpu(
        {jacobian.data(), residual.data(), damping, equations, unknowns, step.data()}, workspace));
    add_to_digest("damped_least_squares", step);
    std::vector<double> rest(residual.begin(), residual.end());
    for (size_t i = 0; i < rest.size(); ++i) {
      for (size_t k = 0; k < step.size(); ++k) {
        rest[i] -= static_cast<double>(jacobian[i * step.size() + k]) * step[k];
      }
    }
    double most = 0.0;
    for (size_t k = 0; k < step.size(); ++k) {
      double gradient = -static_cast<double>(damping) * step[k];
      for (size_t i = 0; i < rest.size(); ++i) gradient += jacobian[i * step.size() + k] * rest[i];
      most = std::max(most, std::fabs(gradient));
    }
    CHECK(most < 2e-3);
  }
}

TEST_CASE("damped_least_squares: what is not finite gives no step") {
  Workspace workspace;
  for (const float wrong : {NAN, INFINITY}) {
    std::vector<float> jacobian(12, 1.0f), residual(3, 1.0f), step(4, 9.0f);
    jacobian[5] = wrong;
    CHECK_FALSE(
        damped_least_squares_cpu({jacobian.data(), residual.data(), 1.0f, 3, 4, step.data()}, workspace));
    CHECK(step == std::vector<float>(4, 0.0f));
  }
}

}  // namespace facesdk::test
