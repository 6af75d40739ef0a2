// The engine's Python face: checks and converts arguments, calls, and hands the result over.
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
#include "python/frame.h"
#include "python/frame_input.h"
#include "python/observations.h"

namespace facesdk::python {
namespace {

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
  std::shared_ptr<SpareMemory> spare = std::make_shared<SpareMemory>();
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

using FrameOf = const FrameResult& (Session::*)(const FrameInput&);

// The session's last result, which goes on with the memory of an earlier one.
std::unique_ptr<Frame> hand_over(GuardedSession& guarded) {
  std::unique_ptr<FrameMemory> memory = guarded.spare->take();
  guarded.session.exchange_result(&memory->result);
  const OcclusionModel* measured = guarded.session.engine().occlusion();
  if (measured != nullptr) {
    memory->occlusions.resize(static_cast<size_t>(memory->result.count));
    for (size_t i = 0; i < memory->occlusions.size(); ++i) {
      memory->occlusions[i] = *memory->result.occlusions[i];
    }
  }
  return std::make_unique<Frame>(std::move(memory), guarded.spare,
                                 measured == nullptr ? 0 : measured->side());
}

template <FrameOf kFrame>
std::unique_ptr<Frame> run_frame(GuardedSession& guarded, const Image& image,
                                 const std::optional<Floats<3, 3>>& intrinsics,
                                 const std::optional<GivenDetections>& detections) {
  const PythonFrame frame(image, intrinsics, detections);
  const Exclusive::Use use(&guarded.exclusive);
  {
    const py::gil_scoped_release release;
    (guarded.session.*kFrame)(frame.input);
  }
  return hand_over(guarded);
}

// Frames of the photos, and the person's identity and albedo; of no length where no photo has a face.
std::tuple<std::vector<std::unique_ptr<Frame>>, Floats<'K'>, Floats<'K'>> reconstruct_person(
    GuardedSession& guarded, const std::vector<Image>& images, const std::optional<Floats<3, 3>>& intrinsics,
    const std::vector<std::optional<GivenDetections>>& detections) {
  require_range("detections", static_cast<int64_t>(detections.size()), static_cast<int64_t>(images.size()),
                static_cast<int64_t>(images.size()));
  std::vector<std::unique_ptr<PythonFrame>> held;
  std::vector<FrameInput> photos;
  for (size_t i = 0; i < images.size(); ++i) {
    held.push_back(std::make_unique<PythonFrame>(images[i], intrinsics, detections[i]));
    photos.push_back(held.back()->input);
  }
  const Exclusive::Use use(&guarded.exclusive);
  Session::PersonResult person;
  {
    const py::gil_scoped_release release;
    person = guarded.session.reconstruct_person(photos);
  }
  const OcclusionModel* measured = guarded.session.engine().occlusion();
  std::vector<std::unique_ptr<Frame>> frames;
  for (size_t i = 0; i < photos.size(); ++i) {
    auto memory = std::make_unique<FrameMemory>();
    std::swap(memory->result, person.photos[i]);
    if (measured != nullptr && memory->result.count > 0) memory->occlusions.assign(1, person.occlusions[i]);
    frames.push_back(std::make_unique<Frame>(std::move(memory), guarded.spare,
                                             measured == nullptr ? 0 : measured->side()));
  }
  const auto copied = [](const std::vector<float>& values) {
    return Floats<'K'>::copy(values.data(), {static_cast<py::ssize_t>(values.size())});
  };
  return {std::move(frames), copied(person.mean.identity), copied(person.mean.albedo)};
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
      .def("reconstruct_person", &reconstruct_person, "images"_a, "intrinsics"_a, "detections"_a)
      .def("observe", &observe, "image"_a, "detections"_a, "verify"_a)
      .def("reset",
           [](GuardedSession& guarded) {
             const Exclusive::Use use(&guarded.exclusive);
             guarded.session.reset();
           })
      .def_property_readonly("num_tracks", [](const GuardedSession& g) { return g.session.tracks(); });
  m.def("is_picture", &is_picture, "image"_a, "max_pixels"_a);
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
