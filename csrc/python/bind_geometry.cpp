#include "ops/normals/normals.h"
#include "ops/project/project.h"
#include "ops/shade/shade.h"
#include "ops/shade_and_project/shade_and_project.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

using Floats = py::array_t<float>;

Floats normals(py::handle verts, py::handle triangles, int threads) {
  require_threads(threads);
  const View<float> v = require<float>(verts, "verts", {{"V"}, {"3", 3}});
  const View<int32_t> t = require<int32_t>(triangles, "triangles", {{"T"}, {"3", 3}});
  Floats out({v.shape[0], int64_t{3}});
  float* data = out.mutable_data();
  const py::gil_scoped_release release;
  if (!normals_cpu({v.data, t.data, v.shape[0], t.shape[0], data, threads}, thread_workspace())) {
    require_indices("triangles", t.data, 3 * t.shape[0], v.shape[0]);
  }
  return out;
}

Floats transform(py::handle verts, py::handle rotation, py::handle translation, int threads) {
  require_threads(threads);
  const View<float> v = require<float>(verts, "verts_face", {{"V"}, {"3", 3}});
  const View<float> r = require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}});
  const View<float> m = require<float>(translation, "translation", {{"3", 3}});
  Floats out({v.shape[0], int64_t{3}});
  float* data = out.mutable_data();
  const py::gil_scoped_release release;
  transform_cpu({v.data, r.data, m.data, v.shape[0], data, threads});
  return out;
}

template <void (*Op)(const ProjectParams&)>
Floats through_camera(const char* name, py::handle verts, py::handle intrinsics, int threads) {
  require_threads(threads);
  const View<float> v = require<float>(verts, name, {{"V"}, {"3", 3}});
  const View<float> k = require<float>(intrinsics, "intrinsics", {{"3", 3}, {"3", 3}});
  if (!(k.data[0] != 0.0f) || !(k.data[4] != 0.0f)) {
    refuse("intrinsics", "a focal length of 0 or NaN", "focal lengths in pixels on the diagonal");
  }
  Floats out({v.shape[0], int64_t{3}});
  float* data = out.mutable_data();
  const py::gil_scoped_release release;
  Op({v.data, k.data, v.shape[0], data, threads});
  return out;
}

Floats shade(py::handle albedo, py::handle normals, py::handle sh, int threads) {
  require_threads(threads);
  const View<float> a = require<float>(albedo, "albedo", {{"V"}, {"3", 3}});
  const View<float> n = require<float>(normals, "normals", {{"V", a.shape[0]}, {"3", 3}});
  const View<float> l = require<float>(sh, "sh", {{"9", 9}, {"3", 3}});
  Floats out({a.shape[0], int64_t{3}});
  float* data = out.mutable_data();
  const py::gil_scoped_release release;
  shade_cpu({a.data, n.data, l.data, a.shape[0], data, threads});
  return out;
}

py::tuple shade_and_project(py::handle verts, py::handle triangles, py::handle rotation,
                            py::handle translation, py::handle intrinsics, py::handle albedo, py::handle sh,
                            int threads) {
  require_threads(threads);
  const View<float> v = require<float>(verts, "verts_face", {{"V"}, {"3", 3}});
  const View<int32_t> t = require<int32_t>(triangles, "triangles", {{"T"}, {"3", 3}});
  const View<float> r = require<float>(rotation, "rotation", {{"3", 3}, {"3", 3}});
  const View<float> m = require<float>(translation, "translation", {{"3", 3}});
  const View<float> k = require<float>(intrinsics, "intrinsics", {{"3", 3}, {"3", 3}});
  const View<float> a = require<float>(albedo, "albedo", {{"V", v.shape[0]}, {"3", 3}});
  const View<float> l = require<float>(sh, "sh", {{"9", 9}, {"3", 3}});
  Floats points({v.shape[0], int64_t{3}}), colors({v.shape[0], int64_t{3}});
  const ShadeAndProjectParams p{v.data,
                                t.data,
                                r.data,
                                m.data,
                                k.data,
                                a.data,
                                l.data,
                                v.shape[0],
                                t.shape[0],
                                points.mutable_data(),
                                colors.mutable_data(),
                                threads};
  {
    const py::gil_scoped_release release;
    if (!shade_and_project_cpu(p, thread_workspace()))
      require_indices("triangles", t.data, 3 * t.shape[0], v.shape[0]);
  }
  return py::make_tuple(points, colors);
}

}  // namespace

void bind_geometry(py::module_& m) {
  m.def("shade_and_project", &shade_and_project);
  m.def("normals", &normals);
  m.def("transform", &transform);
  m.def("project", [](py::handle verts, py::handle intrinsics, int threads) {
    return through_camera<project_cpu>("verts_camera", verts, intrinsics, threads);
  });
  m.def("unproject", [](py::handle points, py::handle intrinsics, int threads) {
    return through_camera<unproject_cpu>("points", points, intrinsics, threads);
  });
  m.def("shade", &shade);
}

}  // namespace facesdk::python
