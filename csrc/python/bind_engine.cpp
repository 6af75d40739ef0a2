// The engine's Python face: checks and converts arguments, calls, and copies the result into arrays.
#include <pybind11/stl.h>

#include <cmath>
#include <optional>

#include "assets/face_model.h"
#include "common/cpu_features.h"
#include "common/error.h"
#include "pipeline/given_detections.h"
#include "pipeline/quality.h"
#include "pipeline/session.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/exclusive.h"
#include "python/frame_input.h"
#include "python/observations.h"

namespace facesdk::python {
namespace {

template <typename T>
py::array_t<T> copy(const std::vector<T>& values, std::vector<py::ssize_t> shape) {
  return py::array_t<T>(std::move(shape), values.data());
}

// What is measured of the cover of each face.
void add_occlusion(const Engine& engine, const FrameResult& r, Record* out) {
  const py::ssize_t n = r.count, side = engine.occlusion()->side(), cells = kRegionCells;
  py::array_t<uint8_t> chance({n, side, side}), outline({n, cells, cells});
  py::array_t<float> matrix({n, py::ssize_t{2}, py::ssize_t{3}});
  py::list completions;  // of each face: (RGB (S, S, 3), generated (S, S)), or None
  for (py::ssize_t i = 0; i < n; ++i) {
    const Occlusion& one = *r.occlusions[static_cast<size_t>(i)];
    const Completion& made = one.completion;
    if (made.made) {
      completions.append(py::make_tuple(copy(made.rgb, {side, side, 3}), copy(made.generated, {side, side})));
    } else {
      completions.append(py::none());
    }
    std::copy(one.chance.begin(), one.chance.end(), chance.mutable_data(i, 0, 0));
    std::copy(one.outline.begin(), one.outline.end(), outline.mutable_data(i, 0, 0));
    std::copy_n(one.matrix, 6, matrix.mutable_data(i, 0, 0));
  }
  (*out)["occluded_share"] = copy(r.occluded_share, {n});
  (*out)["expression_observed"] = copy(r.expression_observed, {n, engine.face_model().num_expression()});
  (*out)["occlusion_chance"] = chance;
  (*out)["occlusion_outline"] = outline;
  (*out)["occlusion_matrix"] = matrix;
  (*out)["completions"] = completions;
}

Record to_dict(const Engine& engine, const FrameResult& r) {
  const FaceModel& model = engine.face_model();
  const py::ssize_t n = r.count;
  Record out;
  out["intrinsics"] = py::array_t<float>({3, 3}, r.intrinsics);
  out["metric"] = r.metric;
  out["boxes_px"] = copy(r.boxes_px, {n, 4});
  out["scores"] = copy(r.scores, {n});
  out["quality"] = copy(r.quality, {n});
  out["reasons"] = copy(r.reasons, {n});
  out["tracks"] = copy(r.tracks, {n});
  out["identity"] = copy(r.identity, {n, model.num_identity()});
  out["albedo"] = copy(r.albedo, {n, model.num_albedo()});
  out["expression"] = copy(r.expression, {n, model.num_expression()});
  out["sh"] = copy(r.sh, {n, 9, 3});
  out["rotation"] = copy(r.rotation, {n, 3, 3});
  out["translation_mm"] = copy(r.translation_mm, {n, 3});
  out["landmarks_px"] = copy(r.landmarks_px, {n, kLandmarks, 2});
  if (!r.landmark_error_px.empty()) out["landmark_error_px"] = copy(r.landmark_error_px, {n, kLandmarks});
  out["verts_face_mm"] = copy(r.verts_face_mm, {n, static_cast<py::ssize_t>(model.verts()), 3});
  if (!r.occluded_share.empty()) add_occlusion(engine, r, &out);
  constexpr const char* kStages[] = {"detect", "network",   "refine",     "decode",
                                     "camera", "occlusion", "completion", "quality"};
  py::dict timings;
  for (int stage = 0; stage < static_cast<int>(Stage::kCount); ++stage) {
    timings[kStages[stage]] = r.clock.ms(static_cast<Stage>(stage));
  }
  out["timings_ms"] = timings;
  return out;
}

// A detector in Python: takes the picture (H, W, 3) and returns what `to_detections` takes.
DetectFunction python_detector(const py::object& detect) {
  if (detect.is_none()) return {};
  const std::shared_ptr<py::object> held(new py::object(detect), [](py::object* object) {
    const py::gil_scoped_acquire acquire;
    delete object;
  });
  return [held](const ImageView& image, std::vector<Detection>* out) {
    const py::gil_scoped_acquire acquire;
    const py::array_t<uint8_t> picture({image.height, image.width, int64_t{3}}, image.pixels);
    *out = to_detections((*held)(picture).cast<GivenDetections>());
  };
}

std::shared_ptr<Engine> make_engine(std::optional<std::shared_ptr<Network>> detector,
                                    std::shared_ptr<Network> regressor, std::shared_ptr<FaceModel> model,
                                    std::shared_ptr<Network> eyes,
                                    std::optional<std::shared_ptr<Network>> mask,
                                    std::optional<std::shared_ptr<Network>> contours,
                                    std::optional<std::shared_ptr<Network>> picture, const py::object& detect,
                                    int32_t max_faces, float min_detector_score, float min_face_px,
                                    double field_of_view_deg, int32_t passes, int32_t threads,
                                    int32_t detection_interval, int32_t deocclude) {
  EngineParts parts{detector.value_or(nullptr), std::move(regressor),
                    std::move(model),           std::move(eyes),
                    mask.value_or(nullptr),     contours.value_or(nullptr),
                    picture.value_or(nullptr),  python_detector(detect)};
  return std::make_shared<Engine>(
      std::move(parts), EngineOptions{max_faces, min_detector_score, min_face_px, field_of_view_deg, passes,
                                      threads, detection_interval, static_cast<Deocclude>(deocclude)});
}

// A session and the guard of its working memory.
struct GuardedSession {
  explicit GuardedSession(std::shared_ptr<Engine> engine) : session(std::move(engine)) {}
  Session session;
  Exclusive exclusive;
};

// A frame's arguments, held while the chain runs.
struct PythonFrame {
  PythonFrame(const Image& image, const std::optional<Floats<3, 3>>& intrinsics,
              const std::optional<GivenDetections>& given) {
    input.image = to_image(image);
    if (intrinsics) {
      camera = require(*intrinsics, "intrinsics");
      input.intrinsics = camera.data;
    }
    if (given) {
      detections = to_detections(*given);
      input.detections = &detections;
    }
  }
  PythonFrame(const PythonFrame&) = delete;
  PythonFrame& operator=(const PythonFrame&) = delete;

  FrameInput input{};
  View<float> camera{};
  std::vector<Detection> detections;
};

using Frame = const FrameResult& (Session::*)(const FrameInput&);

template <Frame kFrame>
Record run_frame(GuardedSession& guarded, const Image& image, const std::optional<Floats<3, 3>>& intrinsics,
                 const std::optional<GivenDetections>& detections) {
  const PythonFrame frame(image, intrinsics, detections);
  const Exclusive::Use use(&guarded.exclusive);
  const FrameResult* result;
  {
    const py::gil_scoped_release release;
    result = &(guarded.session.*kFrame)(frame.input);
  }
  return to_dict(guarded.session.engine(), *result);
}

Record observe(GuardedSession& guarded, const Image& image, const std::optional<GivenDetections>& detections,
               bool verify) {
  const PythonFrame frame(image, std::nullopt, detections);
  const Exclusive::Use use(&guarded.exclusive);
  const ObservationList* faces;
  {
    const py::gil_scoped_release release;
    faces = &guarded.session.observe(frame.input, verify);
  }
  return observations_to_dict(guarded.session.engine().regressor(), *faces);
}

MeshLevel mesh_level(bool control) { return control ? MeshLevel::kControl : MeshLevel::kFull; }

template <typename T>
std::shared_ptr<T> unlocked(const std::shared_ptr<const T>& object) {
  return std::const_pointer_cast<T>(object);
}

}  // namespace

void bind_engine(py::module_& m) {
  py::class_<FaceModel, std::shared_ptr<FaceModel>>(m, "FaceModel")
      .def_property_readonly("name", &FaceModel::name)
      .def_property_readonly("verts", &FaceModel::verts);
  m.def(
      "load_face_model",
      [](const PathName& path, bool control) {
        return std::const_pointer_cast<FaceModel>(
            FaceModel::load(Safetensors::open(bytes_of(path)), mesh_level(control)));
      },
      "path"_a, "control"_a);
  // The model copies what it keeps but for its mean and identity bases: the bytes must live as long as it
  // does.
  m.def(
      "face_model_from_bytes",
      [](const py::bytes& data, const std::string& name, bool control) {
        const auto held = std::make_shared<std::string>(data);
        const auto file = Safetensors::from_memory(reinterpret_cast<const uint8_t*>(held->data()),
                                                   static_cast<int64_t>(held->size()), name);
        const std::shared_ptr<const FaceModel> model = FaceModel::load(file, mesh_level(control));
        return std::shared_ptr<FaceModel>(const_cast<FaceModel*>(model.get()), [model, held](FaceModel*) {});
      },
      "data"_a, "name"_a, "control"_a);
  py::class_<Engine, std::shared_ptr<Engine>>(m, "Engine")
      .def(py::init(&make_engine), py::kw_only(), "detector"_a, "regressor"_a, "face_model"_a, "eyes"_a,
           "mask"_a, "contours"_a, "picture"_a, "detect"_a, "max_faces"_a, "min_detector_score"_a,
           "min_face_px"_a, "field_of_view_deg"_a, "passes"_a, "threads"_a, "detection_interval"_a,
           "deocclude"_a)
      .def_property_readonly("detector",
                             [](const Engine& e) -> std::optional<std::shared_ptr<Network>> {
                               if (e.parts().detector == nullptr) return std::nullopt;
                               return unlocked(e.parts().detector);
                             })
      .def_property_readonly("regressor", [](const Engine& e) { return unlocked(e.parts().regressor); })
      .def_property_readonly("eyes", [](const Engine& e) { return unlocked(e.parts().eyes); })
      .def_property_readonly("face_model", [](const Engine& e) { return unlocked(e.parts().face_model); });
  py::class_<GuardedSession>(m, "Session")
      .def(py::init<std::shared_ptr<Engine>>(), "engine"_a)
      .def("reconstruct", &run_frame<&Session::reconstruct>, "image"_a, "intrinsics"_a, "detections"_a)
      .def("track", &run_frame<&Session::track>, "image"_a, "intrinsics"_a, "detections"_a)
      .def("observe", &observe, "image"_a, "detections"_a, "verify"_a)
      .def("reset",
           [](GuardedSession& guarded) {
             const Exclusive::Use use(&guarded.exclusive);
             guarded.session.reset();
           })
      .def_property_readonly("num_tracks", [](const GuardedSession& g) { return g.session.tracks(); });
  m.def("quality_reasons",
        [] { return std::vector<std::string>(kQualityReasonNames, kQualityReasonNames + kQualityReasons); });
  m.def("vector_level", [] { return vector_level_name(vector_level()); });
  m.def(
      "check_detections",
      [](const GivenDetections& detections, const char* name) {
        check_detections(to_detections(detections), name);
      },
      "detections"_a, "name"_a);
  m.def("detected_vector_level", [] { return vector_level_name(detected_vector_level()); });
}

}  // namespace facesdk::python
