#include <pybind11/stl.h>

#include <limits>

#include "nn/graph.h"
#include "python/bind_resize.h"
#include "python/bind_warp.h"
#include "python/bindings.h"
#include "python/check.h"

namespace facesdk::python {
namespace {

constexpr int32_t kLargestSide = 8192, kLargestKernel = 9, kMostSources = 8;

int32_t whole(const char* name, int64_t value, int64_t low, int64_t high) {
  require_range(name, value, low, high);
  return static_cast<int32_t>(value);
}

template <typename T>
int32_t index_of(const char* name, int64_t value, const std::vector<T>& among) {
  return whole(name, value, 0, static_cast<int64_t>(among.size()) - 1);
}

std::vector<float> floats(py::handle value, const char* name, int64_t size) {
  const View<float> view = require<float>(value, name, {{"N", size}});
  return {view.data, view.data + size};
}

std::vector<int32_t> ints(py::handle value, const char* name, int64_t size) {
  const View<int32_t> view = require<int32_t>(value, name, {{"N", size}});
  return {view.data, view.data + size};
}

void require_lanes(const char* name, int64_t value) {
  if (value % kLanes == 0) return;
  refuse(name, std::to_string(value), "a multiple of 16");
}

int64_t add_map(Plan& plan, int64_t stride, int64_t channels, int64_t halo, int64_t zero) {
  Map map{};
  map.stride = whole("stride", stride, 1, 1024);
  map.channels = whole("channels", channels, 4, 8192);
  if (plan.maps.empty() && channels != 4) refuse("channels", std::to_string(channels), "4 for the picture");
  if (!plan.maps.empty()) require_lanes("channels", channels);
  map.halo = whole("halo", halo, 0, 16);
  map.zero = static_cast<uint8_t>(whole("zero", zero, 0, 255));
  plan.maps.push_back(map);
  return static_cast<int64_t>(plan.maps.size()) - 1;
}

int64_t add_float_map(Plan& plan, int64_t stride, int64_t channels) {
  require_lanes("channels", channels);
  plan.float_maps.push_back({whole("stride", stride, 1, 1024), whole("channels", channels, 16, 8192)});
  return static_cast<int64_t>(plan.float_maps.size()) - 1;
}

int64_t add_vector(Plan& plan, int64_t size) {
  plan.vectors.push_back(whole("size", size, 1, 1 << 20));
  return static_cast<int64_t>(plan.vectors.size()) - 1;
}

Source source_of(const Plan& plan, const std::pair<int64_t, bool>& given) {
  return {index_of("source", given.first, plan.maps), given.second};
}

void require_stride(const char* name, int64_t came, int64_t expected_stride) {
  if (came != expected_stride) {
    refuse(name, "a map of stride " + std::to_string(came),
           "one of stride " + std::to_string(expected_stride));
  }
}

void add_conv(Plan& plan, const std::vector<std::pair<int64_t, bool>>& sources, int64_t stride,
              int64_t dilation, int64_t pad, py::handle weights, py::handle bias, py::handle scale,
              int64_t out, bool to_float, const std::string& join, std::pair<int64_t, bool> other,
              float other_scale, int64_t gate_zero, py::handle gate) {
  Conv conv{};
  conv.stride = whole("stride", stride, 1, 16);
  conv.dilation = whole("dilation", dilation, 1, 16);
  conv.pad = whole("pad", pad, 0, 16);
  require_range("sources", static_cast<int64_t>(sources.size()), 1, kMostSources);
  std::vector<int32_t> channels;
  int64_t inputs = 0;
  for (const auto& given : sources) {
    conv.sources.push_back(source_of(plan, given));
    channels.push_back(plan.maps[static_cast<size_t>(conv.sources.back().map)].channels);
    inputs += channels.back();
  }
  const View<int8_t> w = require<int8_t>(weights, "weights", {{"N"}, {"taps"}, {"C", inputs}});
  conv.kernel = 1;
  while (conv.kernel < kLargestKernel && conv.kernel * conv.kernel < w.shape[1]) ++conv.kernel;
  if (conv.kernel * conv.kernel != w.shape[1])
    refuse("weights", describe(weights), "a square kernel of 1 to 81 taps");
  conv.outputs = whole("weights", w.shape[0], 16, 8192);
  require_lanes("outputs", conv.outputs);
  conv.weights = pack_conv(w.data, conv.outputs, static_cast<int32_t>(w.shape[1]), channels);
  conv.bias = ints(bias, "bias", conv.outputs);
  conv.scale = floats(scale, "scale", conv.outputs);
  conv.to_float = to_float;
  int64_t out_stride = 0, out_channels = 0;
  if (to_float) {
    conv.out = index_of("out", out, plan.float_maps);
    out_stride = plan.float_maps[static_cast<size_t>(conv.out)].stride;
    out_channels = plan.float_maps[static_cast<size_t>(conv.out)].channels;
  } else {
    conv.out = index_of("out", out, plan.maps);
    out_stride = plan.maps[static_cast<size_t>(conv.out)].stride;
    out_channels = plan.maps[static_cast<size_t>(conv.out)].channels;
  }
  if (out_channels != conv.outputs)
    refuse("out", std::to_string(out_channels) + " channels", "as many as outputs");
  const int64_t reach = static_cast<int64_t>(conv.dilation) * (conv.kernel - 1) + 1;
  for (const Source& source : conv.sources) {
    const Map& map = plan.maps[static_cast<size_t>(source.map)];
    // The last tap of the last pixel must lie within the halo.
    const int64_t beyond = reach - conv.pad - conv.stride;
    if (map.halo < conv.pad || map.halo < beyond) refuse("source", "a halo too small", "room for every tap");
    require_stride("source", static_cast<int64_t>(map.stride) * conv.stride,
                   source.doubled ? 2 * out_stride : out_stride);
  }
  conv.join = Join::kNone;
  if (join == "add" || join == "gate") {
    if (to_float) refuse("join", join, "none with to_float");
    conv.join = join == "add" ? Join::kAdd : Join::kGate;
    conv.other = source_of(plan, other);
    const Map& map = plan.maps[static_cast<size_t>(conv.other.map)];
    if (map.channels != conv.outputs)
      refuse("other", std::to_string(map.channels) + " channels", "as many as outputs");
    require_stride("other", map.stride, conv.other.doubled ? 2 * out_stride : out_stride);
    conv.other_scale = other_scale;
    conv.gate_zero = static_cast<uint8_t>(whole("gate_zero", gate_zero, 0, 255));
    if (conv.join == Join::kGate) conv.gate = floats(gate, "gate", 256);
  } else if (join != "none") {
    refuse("join", join, "none, add or gate");
  }
  plan.steps.emplace_back(std::move(conv));
}

void add_depthwise(Plan& plan, int64_t source, int64_t stride, py::handle weights, py::handle bias,
                   py::handle scale, int64_t out) {
  Depthwise step{};
  step.source = index_of("source", source, plan.maps);
  step.out = index_of("out", out, plan.maps);
  step.stride = whole("stride", stride, 1, 2);
  const Map &from = plan.maps[static_cast<size_t>(step.source)],
            &to = plan.maps[static_cast<size_t>(step.out)];
  require_lanes("channels", from.channels);
  if (from.channels != to.channels)
    refuse("out", std::to_string(to.channels) + " channels", "as many as the source");
  if (from.halo < 1) refuse("source", "a map without halo", "a halo of at least 1");
  require_stride("source", from.stride * step.stride, to.stride);
  const View<int8_t> w = require<int8_t>(weights, "weights", {{"9", 9}, {"C", from.channels}});
  const std::vector<int32_t> b = ints(bias, "bias", from.channels);
  const std::vector<float> s = floats(scale, "scale", from.channels);
  pack_depthwise(w.data, b.data(), s.data(), from.channels, &step);
  plan.steps.emplace_back(std::move(step));
}

int32_t sized_vector(const Plan& plan, int64_t out, int64_t size) {
  const int32_t index = index_of("out", out, plan.vectors);
  if (plan.vectors[static_cast<size_t>(index)] != size) {
    refuse("out", "a vector of " + std::to_string(plan.vectors[static_cast<size_t>(index)]),
           std::to_string(size));
  }
  return index;
}

void add_mean(Plan& plan, int64_t source, float scale, int64_t out) {
  const int32_t from = index_of("source", source, plan.maps);
  plan.steps.emplace_back(
      Mean{from, sized_vector(plan, out, plan.maps[static_cast<size_t>(from)].channels), scale});
}

void add_flatten(Plan& plan, int64_t source, float scale, int64_t out) {
  plan.steps.emplace_back(
      Flatten{index_of("source", source, plan.maps), index_of("out", out, plan.vectors), scale});
}

void add_thumbnail(Plan& plan, int64_t cells, int64_t out) {
  const int32_t count = whole("cells", cells, 1, 64);
  plan.steps.emplace_back(Thumbnail{sized_vector(plan, out, 3 * cells * cells), count});
}

void add_peaks(Plan& plan, int64_t source, int64_t points, float extent, int64_t out) {
  const int32_t from = index_of("source", source, plan.float_maps);
  const int32_t count = whole("points", points, 1, plan.float_maps[static_cast<size_t>(from)].channels);
  plan.steps.emplace_back(Peaks{from, sized_vector(plan, out, 2 * points), count, extent});
}

void add_dense(Plan& plan, const std::vector<int64_t>& inputs, py::handle weights, py::handle scale,
               py::handle bias, py::handle low, py::handle high, int64_t out) {
  Dense dense{};
  int64_t count = 0;
  for (const int64_t input : inputs) {
    dense.inputs.push_back(index_of("input", input, plan.vectors));
    count += plan.vectors[static_cast<size_t>(input)];
  }
  const View<int8_t> w = require<int8_t>(weights, "weights", {{"N"}, {"C", count}});
  dense.outputs = whole("weights", w.shape[0], 16, 8192);
  require_lanes("outputs", dense.outputs);
  dense.weights = pack_dense(w.data, dense.outputs, static_cast<int32_t>(count));
  dense.scale = floats(scale, "scale", dense.outputs);
  dense.bias = floats(bias, "bias", dense.outputs);
  dense.low = floats(low, "low", dense.outputs);
  dense.high = floats(high, "high", dense.outputs);
  dense.out = sized_vector(plan, out, dense.outputs);
  plan.steps.emplace_back(std::move(dense));
}

std::unique_ptr<Run> make_run(std::shared_ptr<Plan> plan, int64_t height, int64_t width) {
  int64_t coarsest = 1;
  for (const Map& map : plan->maps) coarsest = std::max<int64_t>(coarsest, map.stride);
  for (const auto& [name, side] : {std::pair{"height", height}, std::pair{"width", width}}) {
    require_range(name, side, coarsest, kLargestSide);
    if (side % coarsest != 0) refuse(name, std::to_string(side), "a multiple of " + std::to_string(coarsest));
  }
  for (const Map& map : plan->maps) {
    const int64_t bytes =
        (height / map.stride + 2 * map.halo) * (width / map.stride + 2 * map.halo) * map.channels;
    require_range("height x width", bytes, 0, std::numeric_limits<int32_t>::max() / 2);
  }
  for (const Step& step : plan->steps) {
    if (const Flatten* flatten = std::get_if<Flatten>(&step)) {
      const Map& map = plan->maps[static_cast<size_t>(flatten->source)];
      sized_vector(*plan, flatten->out, (height / map.stride) * (width / map.stride) * map.channels);
    }
  }
  return std::make_unique<Run>(std::move(plan), static_cast<int32_t>(height), static_cast<int32_t>(width));
}

// The crop of a picture straight into the run's input.
void crop_into(Run& run, py::handle image, py::handle matrix, int threads) {
  require_threads(threads);
  if (run.height() != run.width()) refuse("run", "one that is not square", "a square one");
  const View<uint8_t> from = require<uint8_t>(image, "image", {{"H"}, {"W"}, {"3", 3}});
  const View<float> map = require<float>(matrix, "matrix", {{"2", 2}, {"3", 3}});
  WarpParams p = warp_params(from, map);
  p.size = run.height();
  p.threads = threads;
  p.pixels = run.picture();
  p.pixel_bytes = 4;
  p.row_bytes = run.picture_row();
  const py::gil_scoped_release release;
  warp_cpu(p);
}

// A smaller picture, and black beyond it, straight into the run's input.
void shrink_picture(Run& run, py::handle image, int64_t rows, int64_t columns, int halvings) {
  const View<uint8_t> from = require<uint8_t>(image, "image", {{"H"}, {"W"}, {"3", 3}});
  shrink_into(from, rows, columns, halvings, {run.picture(), run.picture_row(), run.height(), run.width()});
}

py::array_t<uint8_t> picture_of(py::object self) {
  Run& run = self.cast<Run&>();
  return py::array_t<uint8_t>(
      {static_cast<int64_t>(run.height()), static_cast<int64_t>(run.width()), int64_t{4}},
      {run.picture_row(), int64_t{4}, int64_t{1}}, run.picture(), self);
}

// A vector's first numbers into an array of any shape.
void read_vector(const Run& run, int64_t index, py::array_t<float, py::array::c_style> out) {
  const std::vector<float>& values = run.vector(index_of("vector", index, run.plan().vectors));
  require_range("out", out.size(), 0, static_cast<int64_t>(values.size()));
  std::copy_n(values.data(), out.size(), out.mutable_data());
}

// The run's picture in gray, 0..1.
void gray_of(Run& run, py::handle out) {
  View<float> view = require<float>(out, "out", {{"H", run.height()}, {"W", run.width()}});
  if (!view.owner.writeable()) refuse("out", "a read-only array", "one that can be written");
  run.gray(static_cast<float*>(view.owner.mutable_data()));
}

py::array_t<float> vector_of(const Run& run, int64_t index) {
  const std::vector<float>& values = run.vector(index_of("vector", index, run.plan().vectors));
  return py::array_t<float>(static_cast<int64_t>(values.size()), values.data());
}

py::array_t<float> float_map_of(const Run& run, int64_t index) {
  const int32_t which = index_of("float map", index, run.plan().float_maps);
  const int64_t channels = run.plan().float_maps[static_cast<size_t>(which)].channels;
  const std::vector<float>& values = run.float_map(which);
  return py::array_t<float>({static_cast<int64_t>(values.size()) / channels, channels}, values.data());
}

}  // namespace

void bind_network(py::module_& m) {
  py::class_<Plan, std::shared_ptr<Plan>>(m, "Plan")
      .def(py::init<>())
      .def("map", &add_map)
      .def("float_map", &add_float_map)
      .def("vector", &add_vector)
      .def("conv", &add_conv)
      .def("depthwise", &add_depthwise)
      .def("mean", &add_mean)
      .def("flatten", &add_flatten)
      .def("thumbnail", &add_thumbnail)
      .def("peaks", &add_peaks)
      .def("dense", &add_dense);
  py::class_<Run>(m, "Run")
      .def(py::init(&make_run))
      .def("picture", &picture_of)
      .def("crop", &crop_into)
      .def("shrink", &shrink_picture)
      .def("run", &Run::run, py::call_guard<py::gil_scoped_release>())
      .def("gray", &gray_of)
      .def("read", &read_vector, py::arg(), py::arg().noconvert())
      .def("vector", &vector_of)
      .def("float_map", &float_map_of);
  m.def("use_plain_network", &use_plain_network);
  m.def("network_is_plain", &uses_plain_network);
}

}  // namespace facesdk::python
