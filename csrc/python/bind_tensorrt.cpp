// TensorRT: what is on this machine, building plans and loading them.
#include <pybind11/stl.h>

#include <algorithm>
#include <utility>

#include "python/bindings.h"
#include "python/check.h"
#include "tensorrt/tensorrt_library.h"
#include "tensorrt/tensorrt_network.h"

namespace facesdk::python {
namespace {

using tensorrt::TensorRtLibrary;
using Sizes = std::vector<int64_t>;

FacesdkTrtDims to_dims(const Sizes& sizes) {
  if (sizes.size() > FACESDK_TENSORRT_MAX_DIMS) throw py::value_error("profiles: too many dimensions");
  FacesdkTrtDims dims{};
  dims.count = static_cast<int32_t>(sizes.size());
  std::copy(sizes.begin(), sizes.end(), dims.sizes);
  return dims;
}

std::string version_text(int32_t major, int32_t minor, int32_t patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::pair<py::bytes, py::bytes> build_plan(const TensorRtLibrary& library, const py::bytes& model, bool fp16,
                                           bool int8, int64_t workspace_bytes, const py::bytes& timing_cache,
                                           const std::vector<std::tuple<Sizes, Sizes, Sizes>>& profiles) {
  tensorrt::PlanRequest request{model, fp16, int8, workspace_bytes, timing_cache, {}};
  for (const auto& [smallest, usual, largest] : profiles) {
    request.profiles.push_back({to_dims(smallest), to_dims(usual), to_dims(largest)});
  }
  tensorrt::BuiltPlan built;
  {
    const py::gil_scoped_release release;
    built = tensorrt::build_plan(library, request);
  }
  return {py::bytes(built.plan), py::bytes(built.timing_cache)};
}

}  // namespace

void bind_tensorrt(py::module_& m) {
  py::class_<TensorRtLibrary, std::shared_ptr<TensorRtLibrary>>(m, "TensorRtLibrary")
      .def(py::init([](const PathName& plugin, const PathName& folder) {
             return std::const_pointer_cast<TensorRtLibrary>(
                 TensorRtLibrary::open(bytes_of(plugin), bytes_of(folder)));
           }),
           "plugin"_a, "folder"_a)
      .def_property_readonly("product", [](const TensorRtLibrary& l) { return l.plugin().product; })
      .def_property_readonly("headers",
                             [](const TensorRtLibrary& l) {
                               const FacesdkTrtPlugin& p = l.plugin();
                               return version_text(p.major, p.minor, p.patch);
                             })
      .def_property_readonly("version",
                             [](const TensorRtLibrary& l) {
                               const FacesdkTrtLibraries& found = l.libraries();
                               return version_text(found.major, found.minor, found.patch);
                             })
      .def_property_readonly("strongly_typed",
                             [](const TensorRtLibrary& l) { return l.plugin().strongly_typed != 0; })
      .def_property_readonly("infer_path",
                             [](const TensorRtLibrary& l) { return std::string(l.libraries().infer_path); })
      .def_property_readonly("parser_path",
                             [](const TensorRtLibrary& l) { return std::string(l.libraries().parser_path); })
      .def("build", &build_plan, py::kw_only(), "model"_a, "fp16"_a, "int8"_a, "workspace_bytes"_a,
           "timing_cache"_a, "profiles"_a);
  m.def(
      "load_tensorrt_network",
      [](const std::shared_ptr<TensorRtLibrary>& library, const py::bytes& plan, std::string name,
         std::string metadata) {
        return std::const_pointer_cast<Network>(tensorrt::load_tensorrt_network(
            library, {std::move(name), std::move(metadata), std::make_shared<std::string>(plan)}));
      },
      "library"_a, "plan"_a, "name"_a, "metadata"_a);
}

}  // namespace facesdk::python
