// Occlusion as functions over arrays: what a result's masks say of pixels and points, and for tests the stage
// from a mask on.
#include <pybind11/stl.h>

#include <optional>
#include <tuple>

#include "pipeline/completion.h"
#include "pipeline/drawn_completion.h"
#include "pipeline/occlusion.h"
#include "python/bindings.h"
#include "python/check.h"
#include "python/frame_input.h"

namespace facesdk::python {
namespace {

using Chance = Bytes<'S', 'S'>;
using Outline = Bytes<kRegionCells, kRegionCells>;

Occlusion to_occlusion(const Chance& chance, const Outline& outline, const Floats<2, 3>& matrix) {
  Occlusion out;
  const View<uint8_t> c = require(chance, "chance"), o = require(outline, "outline");
  out.chance.assign(c.data, c.data + c.shape[0] * c.shape[0]);
  out.outline.assign(o.data, o.data + kRegionCells * kRegionCells);
  std::copy_n(require(matrix, "matrix").data, 6, out.matrix);
  return out;
}

Bytes<'H', 'W'> bound_occlusion_mask(const Chance& chance, const Outline& outline, const Floats<2, 3>& matrix,
                                     int64_t height, int64_t width) {
  require_range("height", height, 1, 1 << 20);
  require_range("width", width, 1, 1 << 20);
  const Occlusion occlusion = to_occlusion(chance, outline, matrix);
  const auto side = static_cast<int32_t>(require(chance, "chance").shape[0]);
  Bytes<'H', 'W'> out = Bytes<'H', 'W'>::empty({height, width});
  const py::gil_scoped_release release;
  draw_occlusion_mask(occlusion, side, height, width, out.data());
  return out;
}

Bytes<'N'> bound_shown_points(const Chance& chance, const Outline& outline, const Floats<2, 3>& matrix,
                              int64_t height, int64_t width, const Floats<'N', 3>& points) {
  const Occlusion occlusion = to_occlusion(chance, outline, matrix);
  const View<float> p = require(points, "points");
  Bytes<'N'> out = Bytes<'N'>::empty({p.shape[0]});
  find_shown(occlusion, static_cast<int32_t>(require(chance, "chance").shape[0]), height, width, p.data,
             p.shape[0], out.data());
  return out;
}

// The stage from a mask on, for one face: share, outline, observed and uncovered shares of expressions.
std::tuple<double, Outline, Floats<'E'>, Floats<'E'>> bound_measure_cover(
    const FaceModel& model, const Chance& chance, const Floats<2, 3>& matrix, const Floats<'V', 3>& verts,
    const Floats<3, 3>& rotation, const Floats<3>& translation, const Floats<3, 3>& intrinsics,
    int64_t height, int64_t width) {
  const View<float> v = require(verts, "verts");
  if (v.shape[0] < model.controls()) refuse("verts", describe(verts), "a mesh of the model");
  CameraPose pose{};
  std::copy_n(require(rotation, "rotation").data, 9, pose.rotation);
  std::copy_n(require(translation, "translation").data, 3, pose.translation_mm);
  const View<uint8_t> c = require(chance, "chance");
  Occlusion o;
  o.chance.assign(c.data, c.data + c.shape[0] * c.shape[0]);
  std::copy_n(require(matrix, "matrix").data, 6, o.matrix);
  OcclusionWorkspace workspace;
  measure_cover(
      FaceRegion(model), static_cast<int32_t>(c.shape[0]),
      {&pose, require(intrinsics, "intrinsics").data, v.data, model.num_expression(), height, width},
      &workspace, &o);
  Outline outline = Outline::empty({kRegionCells, kRegionCells});
  std::copy(o.outline.begin(), o.outline.end(), outline.data());
  Floats<'E'> observed = Floats<'E'>::empty({model.num_expression()}),
              uncovered = Floats<'E'>::empty({model.num_expression()});
  std::copy(o.observed.begin(), o.observed.end(), observed.data());
  std::copy(o.uncovered.begin(), o.uncovered.end(), uncovered.data());
  return {o.share, outline, observed, uncovered};
}

// The picture (H, W, 3) with what was generated in the crop (S, S, 3), and which of its pixels changed.
std::tuple<Image, Bytes<'H', 'W'>> bound_paint_completion(const Image& image, const Bytes<'S', 'S', 3>& rgb,
                                                          const Bytes<'S', 'S'>& generated,
                                                          const Floats<2, 3>& matrix) {
  const ImageView picture = to_image(image);
  const View<uint8_t> colors = require(rgb, "rgb");
  const int64_t side = colors.shape[0];
  const View<uint8_t> marked = require(generated, "generated", {{'S', side}});
  Completion completion;
  completion.made = true, completion.side = static_cast<int32_t>(side);
  completion.rgb.assign(colors.data, colors.data + 3 * side * side);
  completion.generated.assign(marked.data, marked.data + side * side);
  Image out = Image::empty({picture.height, picture.width, 3});
  Bytes<'H', 'W'> changed = Bytes<'H', 'W'>::empty({picture.height, picture.width});
  const float* place = require(matrix, "matrix").data;
  uint8_t* pixels = out.data();
  uint8_t* marks = changed.data();
  {
    const py::gil_scoped_release release;
    std::copy_n(picture.pixels, 3 * picture.height * picture.width, pixels);
    std::fill_n(marks, picture.height * picture.width, uint8_t{0});
    paint_completion(completion, place,
                     {pixels, 3 * picture.width, 3, 0, 2, static_cast<int32_t>(picture.height),
                      static_cast<int32_t>(picture.width), nullptr},
                     marks);
  }
  return {out, changed};
}

// For tests: a drawn face in the colours of the photo round its cover, from the drawing on.
std::tuple<Image, Bytes<'S', 'S'>> bound_blend_drawn_face(const Bytes<'S', 'S', 4>& crop,
                                                          const Bytes<'S', 'S'>& mask, const Outline& outline,
                                                          const Floats<'S', 'S', 3>& color,
                                                          const Floats<'S', 'S'>& depth) {
  const View<uint8_t> pixels = require(crop, "crop");
  const int64_t side = pixels.shape[0];
  const View<uint8_t> covered = require(mask, "mask", {{'S', side}});
  const View<uint8_t> cells = require(outline, "outline");
  const View<float> colors = require(color, "color", {{'S', side}});
  const View<float> depths = require(depth, "depth", {{'S', side}});
  Occlusion occlusion;
  occlusion.outline.assign(cells.data, cells.data + kRegionCells * kRegionCells);
  DrawnCompletionWorkspace w;
  w.mask.assign(covered.data, covered.data + side * side);
  w.color.assign(colors.data, colors.data + 3 * side * side);
  w.depth.assign(depths.data, depths.data + side * side);
  Completion out;
  blend_drawn_face(pixels.data, occlusion, static_cast<int32_t>(side), &w, &out);
  return {Image::copy(out.rgb.data(), {side, side, 3}),
          Bytes<'S', 'S'>::copy(out.generated.data(), {side, side})};
}

}  // namespace

void bind_occlusion(pybind11::module_& m) {
  m.def("occlusion_mask", &bound_occlusion_mask, "chance"_a, "outline"_a, "matrix"_a, "height"_a, "width"_a);
  m.def("shown_points", &bound_shown_points, "chance"_a, "outline"_a, "matrix"_a, "height"_a, "width"_a,
        "points"_a);
  m.def("measure_cover", &bound_measure_cover, "model"_a, "chance"_a, "matrix"_a, "verts"_a, "rotation"_a,
        "translation"_a, "intrinsics"_a, "height"_a, "width"_a);
  m.def("paint_completion", &bound_paint_completion, "image"_a, "rgb"_a, "generated"_a, "matrix"_a);
  m.def("blend_drawn_face", &bound_blend_drawn_face, "crop"_a, "mask"_a, "outline"_a, "color"_a, "depth"_a);
  m.attr("COMPLETED_FROM") = kCompletedFrom;
  m.attr("REGION_CELLS") = kRegionCells;
}

}  // namespace facesdk::python
