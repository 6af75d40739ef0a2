/* A photo to a mesh: photo_to_obj ASSETS PHOTO.ppm FACE.obj
 *
 * The most prominent face is written with colours and texture coordinates, mm in the camera's frame turned so
 * that y is up and z points to the viewer, as 3D programs expect. */
#include <facesdk.h>
#include <stdio.h>
#include <stdlib.h>

#include "read_ppm.h"

static int write_obj(FILE* out, const facesdk_model* model, const float* vertices, const float* colors) {
  for (int32_t i = 0; i < model->vertex_count; ++i) {
    const float *v = vertices + 3 * i, *c = colors + 3 * i;
    fprintf(out, "v %.4f %.4f %.4f %.4f %.4f %.4f\n", v[0], -v[1], -v[2], c[0], c[1], c[2]);
  }
  for (size_t i = 0; i < model->uvs.count; i += 2) {
    fprintf(out, "vt %.6f %.6f\n", model->uvs.data[i], model->uvs.data[i + 1]);
  }
  for (size_t i = 0; i < model->triangles.count; i += 3) {
    const int32_t* t = model->triangles.data + i;
    if (model->uv_triangles.count == model->triangles.count) {
      const int32_t* uv = model->uv_triangles.data + i;
      fprintf(out, "f %d/%d %d/%d %d/%d\n", t[0] + 1, uv[0] + 1, t[1] + 1, uv[1] + 1, t[2] + 1, uv[2] + 1);
    } else {
      fprintf(out, "f %d %d %d\n", t[0] + 1, t[1] + 1, t[2] + 1);
    }
  }
  return ferror(out) == 0;
}

/* 0 where the file was written. */
static int convert(const facesdk_api* api, facesdk_engine* engine, facesdk_session* session,
                   const char* photo, const char* obj) {
  facesdk_model model = {.struct_size = sizeof model};
  facesdk_result result = {.struct_size = sizeof result};
  facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_RGB8};
  uint8_t* pixels = read_ppm(photo, &image.width, &image.height);
  float *vertices = NULL, *colors = NULL;
  int written = 0;
  image.pixels = pixels;
  image.stride = 3 * (int64_t)image.width;
  if (pixels == NULL) {
    fprintf(stderr, "%s: no binary PPM picture of 8 bits\n", photo);
  } else if (api->engine_model(engine, &model) != FACESDK_OK ||
             api->reconstruct(session, &image, NULL, NULL, &result) != FACESDK_OK) {
    fprintf(stderr, "%s\n", api->last_message());
  } else if (result.face_count == 0) {
    fprintf(stderr, "%s: no face\n", photo);
  } else {
    const size_t count = 3 * (size_t)model.vertex_count;
    FILE* out = fopen(obj, "w");
    vertices = malloc(count * sizeof *vertices);
    colors = malloc(count * sizeof *colors);
    if (out != NULL && vertices != NULL && colors != NULL &&
        api->vertices_camera(session, 0, vertices, count) == FACESDK_OK &&
        api->vertex_colors(session, 0, colors, count) == FACESDK_OK) {
      written = write_obj(out, &model, vertices, colors);
    }
    if (out != NULL && fclose(out) != 0) written = 0;
    if (!written) fprintf(stderr, "%s: cannot be written\n", obj);
  }
  free(colors);
  free(vertices);
  free(pixels);
  return written ? 0 : 1;
}

int main(int argc, char** argv) {
  const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
  facesdk_engine* engine = NULL;
  facesdk_session* session = NULL;
  int failed = 1;
  if (argc != 4) {
    fprintf(stderr, "usage: photo_to_obj ASSETS PHOTO.ppm FACE.obj\n");
    return 2;
  }
  if (api == NULL) {
    fprintf(stderr, "libfacesdk is older than the header\n");
    return 2;
  }
  if (api->engine_create(argv[1], NULL, &engine) != FACESDK_OK ||
      api->session_create(engine, &session) != FACESDK_OK) {
    fprintf(stderr, "%s\n", api->last_message());
  } else {
    failed = convert(api, engine, session, argv[2], argv[3]);
  }
  api->session_destroy(session);
  api->engine_destroy(engine);
  return failed;
}
