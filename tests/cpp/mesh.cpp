#include "support.h"

namespace facesdk::test {

Mesh tube(int rings, int segments) {
  Mesh mesh;
  for (int ring = 0; ring < rings; ++ring) {
    for (int s = 0; s < segments; ++s) {
      // The sine by its series: libraries differ in the last bit.
      const float turn = static_cast<float>(s) / static_cast<float>(segments) * 4.0f;  // quarters
      const int quarter = static_cast<int>(turn);
      const float t = (turn - static_cast<float>(quarter)) * 1.57079633f, q = t * t;
      const float sine = t * (1.0f - q / 6.0f * (1.0f - q / 20.0f * (1.0f - q / 42.0f)));
      const float cosine = 1.0f - q / 2.0f * (1.0f - q / 12.0f * (1.0f - q / 30.0f * (1.0f - q / 56.0f)));
      const float x[4] = {cosine, -sine, -cosine, sine}, z[4] = {sine, cosine, -sine, -cosine};
      const float y = 100.0f * static_cast<float>(ring) / static_cast<float>(rings - 1) - 50.0f;
      mesh.verts.insert(mesh.verts.end(), {50.0f * x[quarter], y, 1200.0f + 50.0f * z[quarter]});
    }
  }
  for (int ring = 0; ring + 1 < rings; ++ring) {
    for (int s = 0; s < segments; ++s) {
      const int a = ring * segments + s, b = ring * segments + (s + 1) % segments;
      const int c = a + segments, d = b + segments;
      mesh.triangles.insert(mesh.triangles.end(), {a, c, b, b, c, d});
    }
  }
  return mesh;
}

std::vector<Mesh> tubes() { return {tube(9, 12), tube(35, 64), tube(200, 300)}; }

}  // namespace facesdk::test
