#include <algorithm>
#include <string>
#include <vector>

#include "ops/decode/decode.h"
#include "ops/decode/shape_blocks.h"
#include "ops/decode/subdivision_runs.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

using Floats = py::array_t<float>;

struct Subdivision {
  View<int32_t> ptr, idx;
  View<float> val;
  int64_t verts;
};

Subdivision require_subdivision(py::handle ptr, py::handle idx, py::handle val) {
  Subdivision s{
      require<int32_t>(ptr, "sub_ptr", {{"V+1"}}), require<int32_t>(idx, "sub_idx", {{"N"}}), {}, 0};
  s.val = require<float>(val, "sub_val", {{"N", s.idx.shape[0]}});
  if (s.ptr.shape[0] == 0) refuse("sub_ptr", "int32 (0,)", "at least one entry");
  s.verts = s.ptr.shape[0] - 1;
  return s;
}

void run_subdivision(const Subdivision& s, const float* control, int64_t controls, float* out, int threads) {
  require_row_pointer("sub_ptr", s.ptr.data, s.verts, s.idx.shape[0]);
  require_indices("sub_idx", s.idx.data, s.idx.shape[0], controls);
  subdivide_cpu({control, controls, s.ptr.data, s.idx.data, s.val.data, s.verts, out, threads},
                thread_workspace());
}

struct Blend {
  View<float> mean, coeffs;
  BlendParams params;
  py::array bases;  // keeps the basis alive while the GIL is released
};

// The basis may be float32, or int8 with the steps folded into the coefficients: a quarter of the memory to
// read, which is what a decode costs.
Blend require_blend(py::handle mean, py::handle bases, py::handle coeffs, const char* label, int threads) {
  Blend b{
      require<float>(mean, "mean", {{label}, {"3", 3}}), require<float>(coeffs, "coeffs", {{"K"}}), {}, {}};
  const int64_t rows = b.coeffs.shape[0], verts = b.mean.shape[0];
  b.params = {b.mean.data, nullptr, nullptr, b.coeffs.data, rows, 3 * verts, nullptr, threads};
  if (py::isinstance<py::array_t<int8_t, py::array::c_style>>(bases)) {
    const View<int8_t> q = require<int8_t>(bases, "bases", {{"K", rows}, {label, verts}, {"3", 3}});
    b.params.bases_q = q.data;
    b.bases = q.owner;
  } else {
    const View<float> f = require<float>(bases, "bases", {{"K", rows}, {label, verts}, {"3", 3}});
    b.params.bases = f.data;
    b.bases = f.owner;
  }
  return b;
}

Floats decode(py::handle mean, py::handle bases, py::handle coeffs, py::handle ptr, py::handle idx,
              py::handle val, int threads) {
  Blend b = require_blend(mean, bases, coeffs, "C", require_threads(threads));
  const Subdivision s = require_subdivision(ptr, idx, val);
  Floats out({s.verts, int64_t{3}});
  float* data = out.mutable_data();
  const py::gil_scoped_release release;
  std::vector<float> control(static_cast<size_t>(b.params.size));
  b.params.out = control.data();
  blend_cpu(b.params);
  run_subdivision(s, control.data(), b.params.size / 3, data, threads);
  return out;
}

Floats decode_dense(py::handle mean, py::handle bases, py::handle coeffs, int threads) {
  Blend b = require_blend(mean, bases, coeffs, "V", require_threads(threads));
  Floats out({b.mean.shape[0], int64_t{3}});
  b.params.out = out.mutable_data();
  const py::gil_scoped_release release;
  blend_cpu(b.params);
  return out;
}

Floats subdivide(py::handle control, py::handle ptr, py::handle idx, py::handle val, int threads) {
  require_threads(threads);
  const View<float> c = require<float>(control, "control", {{"C"}, {"3", 3}});
  const Subdivision s = require_subdivision(ptr, idx, val);
  Floats out({s.verts, int64_t{3}});
  float* data = out.mutable_data();
  const py::gil_scoped_release release;
  run_subdivision(s, c.data, c.shape[0], data, threads);
  return out;
}

struct Control {
  std::vector<float> values;  // (C, 3)
};

// Local shapes and a subdivision, checked once and then applied frame by frame.
class Decoder {
 public:
  Decoder(int64_t controls, py::handle ptr, py::handle row, py::handle step, py::handle values,
          py::handle sub_ptr, py::handle sub_idx, py::handle sub_val)
      : controls_(controls) {
    const int64_t blocks = (3 * controls + kShapeBlock - 1) / kShapeBlock;
    const View<int32_t> p = require<int32_t>(ptr, "ptr", {{"B+1", blocks + 1}});
    const View<int32_t> r = require<int32_t>(row, "row", {{"E"}});
    const int64_t entries = r.shape[0];
    const View<float> s = require<float>(step, "step", {{"E", entries}});
    const View<int8_t> v = require<int8_t>(values, "values", {{"E", entries}, {"256", kShapeBlock}});
    require_row_pointer("ptr", p.data, blocks, entries);
    for (int64_t i = 0; i < entries; ++i) shapes_ = std::max<int64_t>(shapes_, r.data[i] + int64_t{1});
    require_indices("row", r.data, entries, shapes_);
    blocks_ = pack_shape_blocks(p.data, blocks, r.data, s.data, v.data);
    if (sub_ptr.is_none()) return;
    const Subdivision sub = require_subdivision(sub_ptr, sub_idx, sub_val);
    require_row_pointer("sub_ptr", sub.ptr.data, sub.verts, sub.idx.shape[0]);
    require_indices("sub_idx", sub.idx.data, sub.idx.shape[0], controls);
    verts_ = sub.verts;
    rows_ = find_subdivision_runs(sub.ptr.data, sub.idx.data, sub.val.data, sub.verts);
  }

  Floats apply(py::handle base, py::handle coeffs, int threads) const {
    require_threads(threads);
    const View<float> b = require<float>(base, "base", {{"C", controls_}, {"3", 3}});
    const View<float> c = require<float>(coeffs, "coeffs", {{"K"}});
    if (c.shape[0] < shapes_) {
      refuse("coeffs", std::to_string(c.shape[0]) + " numbers", "one for each of " + std::to_string(shapes_));
    }
    Floats out({verts_ < 0 ? controls_ : verts_, int64_t{3}});
    float* data = out.mutable_data();
    const py::gil_scoped_release release;
    float* const blended =
        verts_ < 0 ? data : at_least(thread_workspace().of<Control>().values, 3 * controls_);
    add_shapes_cpu({b.data, blocks_.blocks.data(), blocks_.row.data(), blocks_.step.data(),
                    blocks_.values.data(), c.data, 3 * controls_, blended, threads});
    if (verts_ >= 0) subdivide_runs_cpu(rows_, blended, controls_, data, threads, thread_workspace());
    return out;
  }

  // Of any values on the control mesh.
  Floats subdivided(py::handle control, int threads) const {
    require_threads(threads);
    const View<float> c = require<float>(control, "control", {{"C", controls_}, {"3", 3}});
    if (verts_ < 0) refuse("subdivision", "None", "that of the mesh");
    Floats out({verts_, int64_t{3}});
    float* data = out.mutable_data();
    const py::gil_scoped_release release;
    subdivide_runs_cpu(rows_, c.data, controls_, data, threads, thread_workspace());
    return out;
  }

 private:
  int64_t controls_, verts_ = -1, shapes_ = 0;
  ShapeBlocks blocks_;
  SubdivisionRuns rows_;  // copied: nobody can change what was checked
};

}  // namespace

void bind_decode(py::module_& m) {
  m.def("decode", &decode);
  m.def("decode_dense", &decode_dense);
  m.def("subdivide", &subdivide);
  py::class_<Decoder>(m, "Decoder")
      .def(py::init<int64_t, py::handle, py::handle, py::handle, py::handle, py::handle, py::handle,
                    py::handle>())
      .def("apply", &Decoder::apply)
      .def("subdivide", &Decoder::subdivided);
}

}  // namespace facesdk::python
