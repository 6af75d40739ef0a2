#include "python/observations.h"

#include <algorithm>
#include <limits>

namespace facesdk::python {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// An array over all faces: `write(face, row)` fills one row.
template <typename T, typename Write>
py::array_t<T> rows(const ObservationList& faces, std::vector<py::ssize_t> shape, const Write& write) {
  py::ssize_t size = 1;
  for (const py::ssize_t n : shape) size *= n;
  shape.insert(shape.begin(), static_cast<py::ssize_t>(faces.size()));
  py::array_t<T> out(shape);
  for (size_t i = 0; i < faces.size(); ++i) {
    write(faces[i], out.mutable_data() + static_cast<py::ssize_t>(i) * size);
  }
  return out;
}

template <typename T>
void copy(const std::vector<T>& from, T* to) {
  std::copy(from.begin(), from.end(), to);
}

bool all(const ObservationList& faces, bool FaceObservation::* has) {
  bool found = faces.size() > 0;
  for (size_t i = 0; i < faces.size(); ++i) found = found && faces[i].*has;
  return found;
}

}  // namespace

Record predictions_to_dict(const Regressor& r, const ObservationList& faces) {
  const auto part = [&](std::vector<float> FaceObservation::* values, py::ssize_t size) {
    return rows<float>(faces, {size}, [&](const FaceObservation& f, float* to) { copy(f.*values, to); });
  };
  const py::ssize_t side = r.input_size();
  Record out;
  out["identity"] = part(&FaceObservation::identity, r.identities());
  out["albedo"] = part(&FaceObservation::albedo, r.albedos());
  out["expression"] = part(&FaceObservation::expression, r.expressions());
  out["rotation"] =
      rows<float>(faces, {3, 3}, [](const FaceObservation& f, float* to) { std::copy_n(f.rotation, 9, to); });
  out["translation_mm"] = rows<float>(
      faces, {3}, [](const FaceObservation& f, float* to) { std::copy_n(f.translation_mm, 3, to); });
  out["sh"] =
      rows<float>(faces, {9, 3}, [](const FaceObservation& f, float* to) { std::copy_n(f.sh, 27, to); });
  if (faces.size() == 0 || !faces[0].gray.empty()) {
    out["gray"] =
        rows<float>(faces, {side, side}, [](const FaceObservation& f, float* to) { copy(f.gray, to); });
  }
  if (all(faces, &FaceObservation::has_points)) {
    out["points"] = rows<float>(faces, {kLandmarks, 2}, [](const FaceObservation& f, float* to) {
      std::copy_n(f.points, 2 * kLandmarks, to);
    });
  }
  if (all(faces, &FaceObservation::has_sigma)) {
    out["landmark_log_sigma"] = rows<float>(faces, {kLandmarks}, [](const FaceObservation& f, float* to) {
      std::copy_n(f.landmark_log_sigma, kLandmarks, to);
    });
  }
  if (all(faces, &FaceObservation::has_face_logit)) {
    out["face_logit"] =
        rows<double>(faces, {}, [](const FaceObservation& f, double* to) { *to = f.face_logit; });
  }
  return out;
}

Record observations_to_dict(const Regressor& r, const ObservationList& faces) {
  Record out = predictions_to_dict(r, faces);
  out["boxes_px"] = rows<float>(
      faces, {4}, [](const FaceObservation& f, float* to) { std::copy_n(f.detection.box, 4, to); });
  out["scores"] =
      rows<float>(faces, {}, [](const FaceObservation& f, float* to) { *to = f.detection.score; });
  out["five_points_px"] = rows<float>(faces, {5, 2}, [](const FaceObservation& f, float* to) {
    if (f.detection.has_points) {
      std::copy_n(f.detection.points, 10, to);
    } else {
      std::fill_n(to, 10, kNone);
    }
  });
  out["detected_roll_deg"] = rows<float>(faces, {}, [](const FaceObservation& f, float* to) {
    *to = f.detection.has_roll ? static_cast<float>(f.detection.roll_deg) : kNone;
  });
  out["crops"] = rows<double>(faces, {4}, [](const FaceObservation& f, double* to) {
    to[0] = f.crop.center[0], to[1] = f.crop.center[1], to[2] = f.crop.side, to[3] = f.crop.roll_deg;
  });
  out["landmarks_crop"] = rows<float>(faces, {kLandmarks, 2}, [](const FaceObservation& f, float* to) {
    std::copy_n(f.landmarks_crop, 2 * kLandmarks, to);
  });
  out["landmarks_px"] = rows<float>(faces, {kLandmarks, 2}, [](const FaceObservation& f, float* to) {
    std::copy_n(f.landmarks_px, 2 * kLandmarks, to);
  });
  out["landmark_disagreement"] = rows<double>(faces, {}, [](const FaceObservation& f, double* to) {
    *to = f.has_disagreement ? f.landmark_disagreement : static_cast<double>(kNone);
  });
  if (all(faces, &FaceObservation::has_points) && all(faces, &FaceObservation::has_sigma)) {
    out["landmark_error"] =
        rows<double>(faces, {}, [](const FaceObservation& f, double* to) { *to = f.landmark_error; });
  }
  return out;
}

}  // namespace facesdk::python
