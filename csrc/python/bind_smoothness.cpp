#include "ops/smoothness/smoothness.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

py::tuple smoothness(py::handle verts, py::handle adj_ptr, py::handle adj_idx, int threads) {
  require_threads(threads);
  const View<float> v = require<float>(verts, "verts", {{"V"}, {"3", 3}});
  const View<int32_t> ptr = require<int32_t>(adj_ptr, "adj_ptr", {{"V+1", v.shape[0] + 1}});
  const View<int32_t> idx = require<int32_t>(adj_idx, "adj_idx", {{"N"}});
  py::array_t<float> gradient({v.shape[0], int64_t{3}});
  float* data = gradient.mutable_data();
  double value = 0.0;
  {
    const py::gil_scoped_release release;
    require_row_pointer("adj_ptr", ptr.data, v.shape[0], idx.shape[0]);
    require_indices("adj_idx", idx.data, idx.shape[0], v.shape[0]);
    smoothness_cpu({v.data, ptr.data, idx.data, v.shape[0], &value, data, threads}, thread_workspace());
  }
  return py::make_tuple(value, gradient);
}

}  // namespace

void bind_smoothness(py::module_& m) { m.def("smoothness", &smoothness); }

}  // namespace facesdk::python
