#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
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

using Mesh = Floats<'V', 3>;
using Control = Floats<'C', 3>;
using RowPointers = Ints<RowPointer{'V'}>;

struct Subdivision {
  View<int32_t> ptr, idx;
  View<float> val;
  int64_t verts;
};

Subdivision require_subdivision(const RowPointers& ptr, const Ints<'N'>& idx, const Floats<'N'>& val) {
  Subdivision s{require(ptr, "sub_ptr"), require(idx, "sub_idx"), {}, 0};
  s.val = require(val, "sub_val", {{'N', s.idx.shape[0]}});
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

template <char kMesh>
using Basis = AnyOf<Floats<'K', kMesh, 3>, Int8s<'K', kMesh, 3>>;

// The basis may be float32, or int8 with the steps folded into the coefficients: a quarter of the memory to
// read, which is what a decode costs.
template <char kMesh>
Blend require_blend(const Floats<kMesh, 3>& mean, const Basis<kMesh>& bases, const Floats<'K'>& coeffs,
                    int threads) {
  Blend b{require(mean, "mean"), require(coeffs, "coeffs"), {}, {}};
  const int64_t rows = b.coeffs.shape[0], verts = b.mean.shape[0];
  b.params = {b.mean.data, nullptr, nullptr, b.coeffs.data, rows, 3 * verts, nullptr, threads};
  if (py::isinstance<py::array_t<int8_t, py::array::c_style>>(bases)) {
    const View<int8_t> q = require(Int8s<'K', kMesh, 3>(bases), "bases", {{'K', rows}, {kMesh, verts}});
    b.params.bases_q = q.data;
    b.bases = q.owner;
  } else {
    const View<float> f = require(Floats<'K', kMesh, 3>(bases), "bases", {{'K', rows}, {kMesh, verts}});
    b.params.bases = f.data;
    b.bases = f.owner;
  }
  return b;
}

Mesh decode(const Control& mean, const Basis<'C'>& bases, const Floats<'K'>& coeffs, const RowPointers& ptr,
            const Ints<'N'>& idx, const Floats<'N'>& val, int threads) {
  Blend b = require_blend<'C'>(mean, bases, coeffs, require_threads(threads));
  const Subdivision s = require_subdivision(ptr, idx, val);
  Mesh out = Mesh::empty({s.verts, 3});
  float* data = out.data();
  const py::gil_scoped_release release;
  std::vector<float> control(static_cast<size_t>(b.params.size));
  b.params.out = control.data();
  blend_cpu(b.params);
  run_subdivision(s, control.data(), b.params.size / 3, data, threads);
  return out;
}

Mesh decode_dense(const Mesh& mean, const Basis<'V'>& bases, const Floats<'K'>& coeffs, int threads) {
  Blend b = require_blend<'V'>(mean, bases, coeffs, require_threads(threads));
  Mesh out = Mesh::empty({b.mean.shape[0], 3});
  b.params.out = out.data();
  const py::gil_scoped_release release;
  blend_cpu(b.params);
  return out;
}

Mesh subdivide(const Control& control, const RowPointers& ptr, const Ints<'N'>& idx, const Floats<'N'>& val,
               int threads) {
  require_threads(threads);
  const View<float> c = require(control, "control");
  const Subdivision s = require_subdivision(ptr, idx, val);
  Mesh out = Mesh::empty({s.verts, 3});
  float* data = out.data();
  const py::gil_scoped_release release;
  run_subdivision(s, c.data, c.shape[0], data, threads);
  return out;
}

struct BlendedControl {
  std::vector<float> values;  // (C, 3)
};

// Local shapes and a subdivision, checked once and then applied frame by frame.
class Decoder {
 public:
  Decoder(int64_t controls, const Ints<RowPointer{'B'}>& ptr, const Ints<'E'>& row, const Floats<'E'>& step,
          const Int8s<'E', kShapeBlock>& values, const std::optional<RowPointers>& sub_ptr,
          const std::optional<Ints<'N'>>& sub_idx, const std::optional<Floats<'N'>>& sub_val)
      : controls_(controls) {
    const int64_t blocks = (3 * controls + kShapeBlock - 1) / kShapeBlock;
    const View<int32_t> p = require(ptr, "ptr", {{'B', blocks}});
    const View<int32_t> r = require(row, "row");
    const int64_t entries = r.shape[0];
    const View<float> s = require(step, "step", {{'E', entries}});
    const View<int8_t> v = require(values, "values", {{'E', entries}});
    require_row_pointer("ptr", p.data, blocks, entries);
    for (int64_t i = 0; i < entries; ++i) shapes_ = std::max<int64_t>(shapes_, r.data[i] + int64_t{1});
    require_indices("row", r.data, entries, shapes_);
    blocks_ = pack_shape_blocks(p.data, blocks, r.data, s.data, v.data);
    if (!sub_ptr) return;
    if (!sub_idx || !sub_val) refuse("sub_idx, sub_val", "None", "those of sub_ptr");
    const Subdivision sub = require_subdivision(*sub_ptr, *sub_idx, *sub_val);
    require_row_pointer("sub_ptr", sub.ptr.data, sub.verts, sub.idx.shape[0]);
    require_indices("sub_idx", sub.idx.data, sub.idx.shape[0], controls);
    verts_ = sub.verts;
    rows_ = find_subdivision_runs(sub.ptr.data, sub.idx.data, sub.val.data, sub.verts);
  }

  Mesh apply(const Control& base, const Floats<'K'>& coeffs, int threads) const {
    require_threads(threads);
    const View<float> b = require(base, "base", {{'C', controls_}});
    const View<float> c = require(coeffs, "coeffs");
    if (c.shape[0] < shapes_) {
      refuse("coeffs", std::to_string(c.shape[0]) + " numbers", "one for each of " + std::to_string(shapes_));
    }
    Mesh out = Mesh::empty({verts_ < 0 ? controls_ : verts_, 3});
    float* data = out.data();
    const py::gil_scoped_release release;
    float* const blended =
        verts_ < 0 ? data : at_least(thread_workspace().of<BlendedControl>().values, 3 * controls_);
    add_shapes_cpu({b.data, blocks_.blocks.data(), blocks_.row.data(), blocks_.step.data(),
                    blocks_.values.data(), c.data, 3 * controls_, blended, threads});
    if (verts_ >= 0) subdivide_runs_cpu(rows_, blended, controls_, data, threads, thread_workspace());
    return out;
  }

  // Of any values on the control mesh.
  Mesh subdivided(const Control& control, int threads) const {
    require_threads(threads);
    const View<float> c = require(control, "control", {{'C', controls_}});
    if (verts_ < 0) refuse("subdivision", "None", "that of the mesh");
    Mesh out = Mesh::empty({verts_, 3});
    float* data = out.data();
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
  m.def("decode", &decode, "mean"_a, "bases"_a, "coeffs"_a, "sub_ptr"_a, "sub_idx"_a, "sub_val"_a,
        "threads"_a);
  m.def("decode_dense", &decode_dense, "mean"_a, "bases"_a, "coeffs"_a, "threads"_a);
  m.def("subdivide", &subdivide, "control"_a, "sub_ptr"_a, "sub_idx"_a, "sub_val"_a, "threads"_a);
  py::class_<Decoder>(m, "Decoder")
      .def(py::init<int64_t, const Ints<RowPointer{'B'}>&, const Ints<'E'>&, const Floats<'E'>&,
                    const Int8s<'E', kShapeBlock>&, const std::optional<RowPointers>&,
                    const std::optional<Ints<'N'>>&, const std::optional<Floats<'N'>>&>(),
           "controls"_a, "ptr"_a, "row"_a, "step"_a, "values"_a, "sub_ptr"_a, "sub_idx"_a, "sub_val"_a)
      .def("apply", &Decoder::apply, "base"_a, "coeffs"_a, "threads"_a)
      .def("subdivide", &Decoder::subdivided, "control"_a, "threads"_a);
}

}  // namespace facesdk::python
