#include <tuple>

#include "assets/face_model.h"
#include "ops/normals/normals.h"
#include "ops/project/project.h"
#include "ops/shade/shade.h"
#include "ops/shade_and_project/shade_and_project.h"
#include "pipeline/draw_shaded.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/workspace.h"

namespace facesdk::python {
namespace {

using Mesh = Floats<'V', 3>;

Mesh normals(const Mesh& verts, const Ints<'T', 3>& triangles, int threads) {
  require_threads(threads);
  const View<float> v = require(verts, "verts");
  const View<int32_t> t = require(triangles, "triangles");
  Mesh out = Mesh::empty({v.shape[0], 3});
  float* data = out.data();
  const py::gil_scoped_release release;
  if (!normals_cpu({v.data, t.data, v.shape[0], t.shape[0], data, threads}, thread_workspace())) {
    require_indices("triangles", t.data, 3 * t.shape[0], v.shape[0]);
  }
  return out;
}

Mesh transform(const Mesh& verts, const Floats<3, 3>& rotation, const Floats<3>& translation, int threads) {
  require_threads(threads);
  const View<float> v = require(verts, "verts_face");
  const View<float> r = require(rotation, "rotation");
  const View<float> m = require(translation, "translation");
  Mesh out = Mesh::empty({v.shape[0], 3});
  float* data = out.data();
  const py::gil_scoped_release release;
  transform_cpu({v.data, r.data, m.data, v.shape[0], data, threads});
  return out;
}

template <void (*Op)(const ProjectParams&)>
Mesh through_camera(const char* name, const Mesh& verts, const Floats<3, 3>& intrinsics, int threads) {
  require_threads(threads);
  const View<float> v = require(verts, name);
  const View<float> k = require(intrinsics, "intrinsics");
  if (!(k.data[0] != 0.0f) || !(k.data[4] != 0.0f)) {
    refuse("intrinsics", "a focal length of 0 or NaN", "focal lengths in pixels on the diagonal");
  }
  Mesh out = Mesh::empty({v.shape[0], 3});
  float* data = out.data();
  const py::gil_scoped_release release;
  Op({v.data, k.data, v.shape[0], data, threads});
  return out;
}

Mesh shade(const Mesh& albedo, const Mesh& normals, const Floats<9, 3>& sh, int threads) {
  require_threads(threads);
  const View<float> a = require(albedo, "albedo");
  const View<float> n = require(normals, "normals", {{'V', a.shape[0]}});
  const View<float> l = require(sh, "sh");
  Mesh out = Mesh::empty({a.shape[0], 3});
  float* data = out.data();
  const py::gil_scoped_release release;
  shade_cpu({a.data, n.data, l.data, a.shape[0], data, threads});
  return out;
}

// points (px, and mm of depth), colours
std::tuple<Mesh, Mesh> shade_and_project(const Mesh& verts, const Ints<'T', 3>& triangles,
                                         const Floats<3, 3>& rotation, const Floats<3>& translation,
                                         const Floats<3, 3>& intrinsics, const Mesh& albedo,
                                         const Floats<9, 3>& sh, int threads) {
  require_threads(threads);
  const View<float> v = require(verts, "verts_face");
  const View<int32_t> t = require(triangles, "triangles");
  const View<float> r = require(rotation, "rotation");
  const View<float> m = require(translation, "translation");
  const View<float> k = require(intrinsics, "intrinsics");
  const View<float> a = require(albedo, "albedo", {{'V', v.shape[0]}});
  const View<float> l = require(sh, "sh");
  Mesh points = Mesh::empty({v.shape[0], 3}), colors = Mesh::empty({v.shape[0], 3});
  const ShadeAndProjectParams p{v.data, t.data,     r.data,     m.data,        k.data,        a.data,
                                l.data, v.shape[0], t.shape[0], points.data(), colors.data(), threads};
  {
    const py::gil_scoped_release release;
    if (!shade_and_project_cpu(p, thread_workspace()))
      require_indices("triangles", t.data, 3 * t.shape[0], v.shape[0]);
  }
  return {points, colors};
}

void bound_draw_shaded(const Mesh& verts, const Ints<'T', 3>& triangles, const Floats<3, 3>& rotation,
                       const Floats<3>& translation, const Floats<3, 3>& intrinsics, const Mesh& albedo,
                       const Floats<9, 3>& sh, const Bytes<'H', 'W', 3>& canvas, int threads) {
  require_threads(threads);
  const View<float> v = require(verts, "verts_face");
  const View<int32_t> t = require(triangles, "triangles");
  const View<float> r = require(rotation, "rotation");
  const View<float> m = require(translation, "translation");
  const View<float> k = require(intrinsics, "intrinsics");
  const View<float> a = require(albedo, "albedo", {{'V', v.shape[0]}});
  const View<float> l = require(sh, "sh");
  uint8_t* const pixels = require_writable(canvas, "canvas", {});
  const View<uint8_t> size = require(canvas, "canvas");
  const int64_t height = size.shape[0], width = size.shape[1];
  require_range("height", height, 1, kMostCanvasPx);
  require_range("width", width, 1, kMostCanvasPx);
  const Canvas picture{pixels, 3 * width, 3, 0, 2, static_cast<int32_t>(height), static_cast<int32_t>(width),
                       nullptr};
  const ShadeAndProjectParams p{v.data, t.data,     r.data,     m.data,  k.data,  a.data,
                                l.data, v.shape[0], t.shape[0], nullptr, nullptr, threads};
  const py::gil_scoped_release release;
  if (!draw_shaded(p, picture, thread_workspace()))
    require_indices("triangles", t.data, 3 * t.shape[0], v.shape[0]);
}

}  // namespace

void bind_geometry(py::module_& m) {
  m.def("shade_and_project", &shade_and_project, "verts_face"_a, "triangles"_a, "rotation"_a, "translation"_a,
        "intrinsics"_a, "albedo"_a, "sh"_a, "threads"_a);
  m.def("normals", &normals, "verts"_a, "triangles"_a, "threads"_a);
  m.def("transform", &transform, "verts_face"_a, "rotation"_a, "translation"_a, "threads"_a);
  m.def(
      "project",
      [](const Mesh& verts, const Floats<3, 3>& intrinsics, int threads) {
        return through_camera<project_cpu>("verts_camera", verts, intrinsics, threads);
      },
      "verts_camera"_a, "intrinsics"_a, "threads"_a);
  m.def(
      "unproject",
      [](const Mesh& points, const Floats<3, 3>& intrinsics, int threads) {
        return through_camera<unproject_cpu>("points", points, intrinsics, threads);
      },
      "points"_a, "intrinsics"_a, "threads"_a);
  m.def("draw_shaded", &bound_draw_shaded, "verts_face"_a, "triangles"_a, "rotation"_a, "translation"_a,
        "intrinsics"_a, "albedo"_a, "sh"_a, "canvas"_a, "threads"_a);
  m.attr("MAX_ALBEDO") = kMaxAlbedo;
  m.def("shade", &shade, "albedo"_a, "normals"_a, "sh"_a, "threads"_a);
}

}  // namespace facesdk::python
