#include <tuple>

#include "ops/smoothness/smoothness.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

// value, gradient
using Smoothness = std::tuple<double, Floats<'V', 3>>;

Smoothness smoothness(const Floats<'V', 3>& verts, const Ints<RowPointer{'V'}>& adj_ptr,
                      const Ints<'N'>& adj_idx, int threads) {
  require_threads(threads);
  const View<float> v = require(verts, "verts");
  const View<int32_t> ptr = require(adj_ptr, "adj_ptr", {{'V', v.shape[0]}});
  const View<int32_t> idx = require(adj_idx, "adj_idx");
  Floats<'V', 3> gradient = Floats<'V', 3>::empty({v.shape[0], 3});
  float* data = gradient.data();
  double value = 0.0;
  {
    const py::gil_scoped_release release;
    require_row_pointer("adj_ptr", ptr.data, v.shape[0], idx.shape[0]);
    require_indices("adj_idx", idx.data, idx.shape[0], v.shape[0]);
    smoothness_cpu({v.data, ptr.data, idx.data, v.shape[0], &value, data, threads}, thread_workspace());
  }
  return {value, gradient};
}

}  // namespace

void bind_smoothness(py::module_& m) {
  m.def("smoothness", &smoothness, "verts"_a, "adj_ptr"_a, "adj_idx"_a, "threads"_a);
}

}  // namespace facesdk::python
