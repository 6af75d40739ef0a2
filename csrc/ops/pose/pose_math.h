// Rotations, the derivative of one projected point, and a system of six equations.
#pragma once

#include <cmath>

#include "common/host_device.h"
#include "common/math_functions.h"

namespace facesdk {

struct Vec3 {
  double x, y, z;
};

FACESDK_HD Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

FACESDK_HD Vec3 scaled(Vec3 v, double by) { return {v.x * by, v.y * by, v.z * by}; }

FACESDK_HD double length(Vec3 v) { return std::sqrt(v.x * v.x + v.y * v.y + v.z * v.z); }

struct Mat3 {
  double m[9];  // row-major
};

FACESDK_HD Vec3 operator*(const Mat3& a, Vec3 v) {
  return {a.m[0] * v.x + a.m[1] * v.y + a.m[2] * v.z, a.m[3] * v.x + a.m[4] * v.y + a.m[5] * v.z,
          a.m[6] * v.x + a.m[7] * v.y + a.m[8] * v.z};
}

FACESDK_HD Mat3 operator*(const Mat3& a, const Mat3& b) {
  Mat3 c;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      c.m[3 * i + j] = a.m[3 * i] * b.m[j] + a.m[3 * i + 1] * b.m[3 + j] + a.m[3 * i + 2] * b.m[6 + j];
    }
  }
  return c;
}

// Rotation about a unit axis (Rodrigues).
FACESDK_HD Mat3 rotation_about(Vec3 axis, double angle) {
  const auto [s, c] = math::sin_cos(angle);
  const double r = 1.0 - c;
  const double x = axis.x, y = axis.y, z = axis.z;
  return {{c + r * x * x, r * x * y - s * z, r * x * z + s * y,  //
           r * x * y + s * z, c + r * y * y, r * y * z - s * x,  //
           r * x * z - s * y, r * y * z + s * x, c + r * z * z}};
}

FACESDK_HD Mat3 rotation_by(Vec3 vector) {
  const double angle = std::sqrt(vector.x * vector.x + vector.y * vector.y + vector.z * vector.z);
  if (angle < 1e-12) return {{1, 0, 0, 0, 1, 0, 0, 0, 1}};
  return rotation_about({vector.x / angle, vector.y / angle, vector.z / angle}, angle);
}

// J^T J (upper triangle) and J^T r of the squared distance in px, over the rotation and the shift of a pose.
struct NormalEquations {
  double matrix[6][6] = {};
  double side[6] = {};

  // One coordinate of one landmark: `slope` is d px / d mm, `rotated` the landmark about the face's origin.
  FACESDK_HD void add(Vec3 slope, Vec3 rotated, double residual) {
    const Vec3 by_rotation = cross(rotated, slope);  // a small rotation w moves the landmark by w x rotated
    const double row[6] = {by_rotation.x, by_rotation.y, by_rotation.z, slope.x, slope.y, slope.z};
    for (int i = 0; i < 6; ++i) {
      for (int j = i; j < 6; ++j) matrix[i][j] += row[i] * row[j];
      side[i] += row[i] * residual;
    }
  }

  // By Cholesky's factors, in place; false where the equations do not determine the step.
  FACESDK_HD bool solve(double* step) {
    for (int i = 0; i < 6; ++i) {
      matrix[i][i] *= 1.0 + 1e-9;  // far below any real curvature: it only keeps a degenerate face solvable
    }
    for (int i = 0; i < 6; ++i) {
      for (int j = i; j < 6; ++j) {
        double rest = matrix[i][j];
        for (int k = 0; k < i; ++k) rest -= matrix[k][i] * matrix[k][j];
        if (i == j && !(rest > 0.0)) return false;
        matrix[i][j] = i == j ? std::sqrt(rest) : rest / matrix[i][i];
      }
    }
    for (int i = 0; i < 6; ++i) {
      step[i] = side[i];
      for (int k = 0; k < i; ++k) step[i] -= matrix[k][i] * step[k];
      step[i] /= matrix[i][i];
    }
    for (int i = 5; i >= 0; --i) {
      for (int k = i + 1; k < 6; ++k) step[i] -= matrix[i][k] * step[k];
      step[i] /= matrix[i][i];
      if (!std::isfinite(step[i])) return false;
    }
    return true;
  }
};

}  // namespace facesdk
