#include <pybind11/stl.h>

#include <algorithm>

#include "nn/int8_network.h"
#include "nn/kernels.h"
#include "python/bind_assets.h"
#include "python/bind_resize.h"
#include "python/bind_warp.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

using NetworkPointer = std::shared_ptr<const Int8Network>;

NetworkPointer open_network(const SafetensorsFile& file, const std::string& kernels) {
  if (!kernels.empty()) return load_int8_network(file.file, kernels);
  return std::static_pointer_cast<const Int8Network>(load_int8_network(file.file));
}

int32_t require_side(const char* name, int64_t side) {
  require_range(name, side, 1, 8192);
  return static_cast<int32_t>(side);
}

// A run and the network that it belongs to.
struct RunOf {
  NetworkPointer network;
  std::unique_ptr<NetworkRun> run;

  PixelBuffer picture() const { return run->input(0); }
};

RunOf make_run(const NetworkPointer& network, int64_t height, int64_t width) {
  return {network, network->prepare(require_side("height", height), require_side("width", width))};
}

// The crop of a picture straight into the network's input.
void crop_into(RunOf& self, py::handle image, py::handle matrix, int threads) {
  require_threads(threads);
  const PixelBuffer picture = self.picture();
  if (picture.height != picture.width) refuse("run", "one that is not square", "a square one");
  const View<uint8_t> from = require<uint8_t>(image, "image", {{"H"}, {"W"}, {"3", 3}});
  const View<float> map = require<float>(matrix, "matrix", {{"2", 2}, {"3", 3}});
  WarpParams p = warp_params(from, map);
  p.size = picture.height;
  p.threads = threads;
  p.pixels = picture.pixels;
  p.pixel_bytes = 4;
  p.row_bytes = picture.row_bytes;
  const py::gil_scoped_release release;
  warp_cpu(p, thread_workspace());
}

// A smaller picture, and black beyond it, straight into the network's input.
void resize_picture(RunOf& self, py::handle image, int64_t rows, int64_t columns, int halvings) {
  const View<uint8_t> from = require<uint8_t>(image, "image", {{"H"}, {"W"}, {"3", 3}});
  const PixelBuffer picture = self.picture();
  shrink_into(from, rows, columns, halvings,
              {picture.pixels, picture.row_bytes, picture.height, picture.width});
}

py::array_t<uint8_t> picture_of(py::object self) {
  const PixelBuffer picture = self.cast<RunOf&>().picture();
  return py::array_t<uint8_t>(
      {static_cast<int64_t>(picture.height), static_cast<int64_t>(picture.width), int64_t{4}},
      {picture.row_bytes, int64_t{4}, int64_t{1}}, picture.pixels, self);
}

// The network's input in gray, 0..1.
void gray_of(RunOf& self, py::handle out) {
  const PixelBuffer picture = self.picture();
  View<float> view = require<float>(out, "out", {{"H", picture.height}, {"W", picture.width}});
  if (!view.owner.writeable()) refuse("out", "a read-only array", "one that can be written");
  float* to = static_cast<float*>(view.owner.mutable_data());
  for (int32_t y = 0; y < picture.height; ++y) {
    const uint8_t* row = picture.pixels + y * picture.row_bytes;
    for (int32_t x = 0; x < picture.width; ++x) {
      const float red = row[4 * x], green = row[4 * x + 1], blue = row[4 * x + 2];
      *to++ = (red * 0.299f + green * 0.587f + blue * 0.114f) * (1.0f / 255.0f);
    }
  }
}

OutputView view_of(const RunOf& self, int64_t index) {
  require_range("output", index, 0, static_cast<int64_t>(self.network->outputs().size()) - 1);
  return self.run->output(static_cast<int32_t>(index));
}

// An output as (values,), or (pixels, values) where it is made of float maps.
py::array_t<float> output_of(const RunOf& self, int64_t index) {
  const OutputView view = view_of(self, index);
  const GraphOutput& output = self.network->graph().outputs[static_cast<size_t>(index)];
  if (output.vector >= 0) return py::array_t<float>(view.size, view.data);
  return py::array_t<float>({view.size / output.size, output.size}, view.data);
}

// An output into an array of as many numbers in any shape.
void read_output(const RunOf& self, int64_t index, py::array_t<float, py::array::c_style> out) {
  const OutputView view = view_of(self, index);
  require_range("out", out.size(), view.size, view.size);
  std::copy_n(view.data, view.size, out.mutable_data());
}

std::vector<std::vector<int64_t>> shapes_of(const Int8Network& network) {
  std::vector<std::vector<int64_t>> shapes;
  for (const GraphOutput& output : network.graph().outputs) shapes.push_back(output.shape);
  return shapes;
}

}  // namespace

void bind_network(py::module_& m) {
  py::class_<Int8Network, Network, std::shared_ptr<Int8Network>>(m, "Int8Network")
      .def(py::init([](const SafetensorsFile& file, const std::string& kernels) {
             return std::const_pointer_cast<Int8Network>(open_network(file, kernels));
           }),
           py::arg("file"), py::arg("kernels") = "")
      .def_property_readonly("output_shapes", &shapes_of)
      .def_property_readonly("kernels",
                             [](const Int8Network& self) { return std::string(self.graph().kernels->name); })
      .def("prepare", [](const std::shared_ptr<Int8Network>& self, int64_t height, int64_t width) {
        return make_run(self, height, width);
      });
  py::class_<RunOf>(m, "NetworkRun")
      .def("picture", &picture_of)
      .def("crop", &crop_into)
      .def("resize", &resize_picture)
      .def(
          "run", [](RunOf& self) { self.run->run(1); }, py::call_guard<py::gil_scoped_release>())
      .def("gray", &gray_of)
      .def("output", &output_of)
      .def("read", &read_output, py::arg(), py::arg().noconvert());
}

}  // namespace facesdk::python
