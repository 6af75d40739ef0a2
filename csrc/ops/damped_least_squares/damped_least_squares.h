// Damped least squares (Levenberg-Marquardt step): the s that minimises |J s - r|^2 + damping |s|^2, for
// fewer equations than unknowns: s = J^T y with (J J^T + damping I) y = r, by Cholesky's factors.
#pragma once

#include <cstdint>

#include "common/workspace.h"

namespace facesdk {

struct DampedLeastSquaresParams {
  const float* jacobian;  // (M, N)
  const float* residual;  // (M,)
  float damping;          // > 0
  int64_t equations;      // M
  int64_t unknowns;       // N
  float* step;            // (N,)
};

// False, with a step of zeros, where the system is not positive definite: something in it is not finite.
bool damped_least_squares_cpu(const DampedLeastSquaresParams& p, Workspace& workspace);

}  // namespace facesdk
