/*
 * FaceSDK: 3D face reconstruction from pictures. C API, plain C11, no other header of the project.
 *
 *     const facesdk_api* api = facesdk_get_api(FACESDK_API_VERSION);
 *     facesdk_engine* engine;    immutable; shared by all threads
 *     facesdk_session* session;  memory of one thread or one video
 *     if (api->engine_create("assets", NULL, &engine) != FACESDK_OK) puts(api->last_message());
 *     api->session_create(engine, &session);
 *     facesdk_image image = {.struct_size = sizeof image, .format = FACESDK_RGB8, .width = width,
 *                            .height = height, .pixels = pixels, .stride = 3 * width};
 *     facesdk_result result = {.struct_size = sizeof result};
 *     api->reconstruct(session, &image, NULL, NULL, &result);
 *
 * Conventions. Pixels: x right, y down, the centre of the first pixel is (0, 0). Camera frame: x right, y
 * down, z forward, mm. Face frame: x to the picture's right for a frontal face, y up, z out of the face, mm.
 * p_camera = R p_face + t; a frontal face has R = diag(1, -1, -1). Arrays are in C order, their shape is at
 * the end of the line; N is the number of faces, V and T those of the model's vertices and triangles.
 *
 * Structs begin with struct_size, which the caller sets to sizeof; later versions of the library add fields
 * at the end only, so that a program that was compiled against an older header goes on working.
 */
#ifndef FACESDK_H
#define FACESDK_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(FACESDK_BUILD)
#define FACESDK_EXPORT __declspec(dllexport)
#elif defined(_WIN32) && !defined(FACESDK_STATIC)
#define FACESDK_EXPORT __declspec(dllimport)
#elif defined(__GNUC__)
#define FACESDK_EXPORT __attribute__((visibility("default")))
#else
#define FACESDK_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define FACESDK_API_VERSION 3u

#define FACESDK_LANDMARKS 68   /* iBUG order */
#define FACESDK_ARKIT_NAMES 52 /* expressions of ARKit */

/* What every function that can fail returns; the reason in words: last_message. */
typedef int32_t facesdk_status;
enum {
  FACESDK_OK = 0,
  FACESDK_INVALID_ARGUMENT = 1, /* NULL, a wrong struct_size, boxes or intrinsics that are none */
  FACESDK_INVALID_OPTIONS = 2,  /* an option out of its range, or files that do not fit together */
  FACESDK_INVALID_IMAGE = 3,
  FACESDK_ASSET_ERROR = 4, /* a file that is missing, cut short or damaged */
  FACESDK_BACKEND_UNAVAILABLE = 5,
  FACESDK_OUT_OF_MEMORY = 6,
  FACESDK_INTERNAL_ERROR = 7 /* a defect of the library: please report it with its message */
};

enum {
  FACESDK_RGB8 = 0,  /* 3 bytes a pixel */
  FACESDK_BGR8 = 1,  /* 3 bytes a pixel */
  FACESDK_RGBA8 = 2, /* 4 bytes a pixel; alpha is not used */
  FACESDK_BGRA8 = 3, /* 4 bytes a pixel; alpha is not used */
  FACESDK_GRAY8 = 4, /* 1 byte a pixel */
  FACESDK_NV12 = 5 /* luma plane, then a plane of interleaved U and V at half the resolution; BT.601, limited
                      range; width and height are even */
};

/* A picture in the caller's memory, read during the call only. */
typedef struct facesdk_image {
  uint32_t struct_size;
  int32_t format;        /* FACESDK_RGB8, ... */
  int32_t width;         /* px as stored, 1..65535 */
  int32_t height;        /* px as stored, 1..65535; at most 2^28 px in all */
  const uint8_t* pixels; /* first row; NV12: luma */
  int64_t stride;        /* bytes from row to row; at least a row's bytes */
  const uint8_t* chroma; /* NV12: first row of U and V; else NULL */
  int64_t chroma_stride; /* NV12: bytes from row to row of U and V; else 0 */
  int32_t rotation;      /* 0, 90, 180 or 270: degrees by which the picture is to be rotated clockwise to be
                            upright. Boxes, intrinsics and all results are in px of the rotated picture. */
} facesdk_image;

/* Faces found by other means, in place of the detector; they are not verified. count may be 0. Of boxes that
 * are equal or nearly so (intersection over union above 0.8) the one of the highest score is taken, of equal
 * scores the first. Boxes that all lie within 0..1 are refused in a picture of more than 4 px: they look
 * normalised. */
typedef struct facesdk_boxes {
  uint32_t struct_size;
  const float* boxes_px; /* x0, y0, x1, y1: forehead to chin, within 1e6 px (count, 4) */
  const float* scores;   /* 0..1; NULL: all 1 (count,) */
  size_t count;
} facesdk_boxes;

/* Memory hooks: the handles of engines and sessions and the pictures that a session converts. The models,
 * networks and results of an engine come from the C++ operator new, which a program may replace as a whole.
 * Hooks must be callable from every thread that calls the library. */
typedef struct facesdk_allocator {
  void* context;
  /* bytes > 0; alignment: power of two, at most 64. NULL where there is no memory: FACESDK_OUT_OF_MEMORY. */
  void* (*allocate)(void* context, size_t bytes, size_t alignment);
  void (*release)(void* context, void* memory);
} facesdk_allocator;

enum { FACESDK_PRESET_DEFAULT = 0, FACESDK_PRESET_TINY = 1 /* a small network for small devices */ };

enum {
  FACESDK_MESH_FULL = 0,
  FACESDK_MESH_CONTROL = 1 /* a quarter of the vertices, not made smooth; without texture coordinates */
};

enum {
  FACESDK_DEOCCLUDE_OFF = 0,
  FACESDK_DEOCCLUDE_AUTO = 1,  /* measure what covers each face; in a video, hold the expressions of what is
                                  covered; paint what is covered of a face where it is a tenth and more */
  FACESDK_DEOCCLUDE_ALWAYS = 2 /* the same; paint what is covered of every face */
};

/* Settings of an engine; options_init fills in the defaults, which are in brackets here. */
typedef struct facesdk_options {
  uint32_t struct_size;
  int32_t preset;              /* [FACESDK_PRESET_DEFAULT] which of the bundled networks */
  int32_t max_faces;           /* [16] 1..1000; the largest and surest faces are kept */
  int32_t passes;              /* [2] 1..3 inference passes per photo */
  int32_t threads;             /* [1] 1..256 per session; results do not depend on it */
  float min_detector_score;    /* [0.5] 0..1 */
  float min_face_px;           /* [0] 0..10000; faces with a smaller sqrt(w * h) are left out */
  double field_of_view_deg;    /* [40] 10..150, long side of the picture; where no intrinsics are given */
  const char* network_path;    /* [NULL] quantised graph of a regressor; NULL: the preset's */
  const char* detector_path;   /* [NULL] quantised graph of a detector; NULL: the folder's */
  const char* face_model_path; /* [NULL] safetensors file; NULL: the folder's */
  facesdk_allocator allocator; /* [all NULL: malloc and free] */
  int32_t detection_interval;  /* [7] 1..10000 frames of a video from the start of a search for new faces to
                                  that of the next, while fewer than max_faces are followed */
  int32_t mesh;                /* [FACESDK_MESH_FULL] */
  int32_t deocclude;           /* [FACESDK_DEOCCLUDE_OFF] */
  int32_t reserved;            /* 0 */
} facesdk_options;

/* Arrays of the library: a pointer and the number of elements (not of rows); NULL and 0 where there are none.
 */
typedef struct facesdk_floats {
  const float* data;
  size_t count;
} facesdk_floats;
typedef struct facesdk_doubles {
  const double* data;
  size_t count;
} facesdk_doubles;
typedef struct facesdk_int32s {
  const int32_t* data;
  size_t count;
} facesdk_int32s;
typedef struct facesdk_uint32s {
  const uint32_t* data;
  size_t count;
} facesdk_uint32s;
typedef struct facesdk_int64s {
  const int64_t* data;
  size_t count;
} facesdk_int64s;
typedef struct facesdk_strings {
  const char* const* data; /* UTF-8 */
  size_t count;
} facesdk_strings;

/* What all faces of an engine share; valid as long as the engine or one of its sessions. */
typedef struct facesdk_model {
  uint32_t struct_size;
  int32_t vertex_count;             /* V */
  facesdk_int32s triangles;         /* counter-clockwise seen from outside (T, 3) */
  facesdk_floats uvs;               /* texture coordinates, origin at the lower left corner (U, 2) */
  facesdk_int32s uv_triangles;      /* corners of `triangles` in `uvs` (T, 3) */
  facesdk_strings expression_names; /* of facesdk_result.expression (E,) */
  facesdk_strings arkit_names;      /* of facesdk_result.arkit (52,); none where the model has no such map */
} facesdk_model;

/* Bits of facesdk_result.quality_reasons. */
enum {
  FACESDK_REASON_SMALL = 1,
  FACESDK_REASON_BLURRED = 2,
  FACESDK_REASON_EXTREME_YAW = 4,
  FACESDK_REASON_CUT_BY_BORDER = 8,
  FACESDK_REASON_LOW_DETECTOR_SCORE = 16,
  FACESDK_REASON_UNCERTAIN_LANDMARKS = 32,
  FACESDK_REASON_DARK = 64,
  FACESDK_REASON_OVER_EXPOSED = 128,
  FACESDK_REASON_OCCLUDED = 256
};

/* Faces of a picture, the most prominent first; of a video, those followed longest first. The arrays are the
 * session's and valid until its next reconstruct, track or session_destroy. */
typedef struct facesdk_result {
  uint32_t struct_size;
  int32_t face_count; /* N; 0 is no error */
  int32_t width;      /* px of the picture, rotated upright */
  int32_t height;
  int32_t metric; /* 1 where the intrinsics are the caller's: then mm are true up to the size of the face */
  int32_t reserved;
  facesdk_floats intrinsics;        /* px (3, 3) */
  facesdk_floats boxes_px;          /* x0, y0, x1, y1 (N, 4) */
  facesdk_floats scores;            /* of the detector, 0..1 (N,) */
  facesdk_doubles quality;          /* how far the face can be trusted, 0..1 (N,) */
  facesdk_uint32s quality_reasons;  /* FACESDK_REASON_SMALL, ... (N,) */
  facesdk_int64s tracks;            /* number that stays while a face is followed, -1 outside a video (N,) */
  facesdk_floats landmarks_px;      /* (N, 68, 2) */
  facesdk_floats landmark_error_px; /* expected error; none where the network does not predict it (N, 68) */
  facesdk_floats rotation;          /* R, face -> camera (N, 3, 3) */
  facesdk_floats translation_mm;    /* t, camera frame (N, 3) */
  facesdk_floats identity;          /* coefficients of the face model (N, I) */
  facesdk_floats albedo;            /* coefficients of the face model (N, A) */
  facesdk_floats expression;        /* weights of the face model, 0..1 (N, E) */
  facesdk_floats arkit;             /* weights by the names of ARKit, 0..1 (N, 52) */
  facesdk_floats sh;                /* light: spherical harmonics, RGB (N, 9, 3) */
  facesdk_floats vertices_mm;       /* face frame (N, V, 3) */
  /* With FACESDK_DEOCCLUDE_AUTO or _ALWAYS, else none. */
  facesdk_doubles occluded_share;     /* of the face's outline that something covers, 0..1 (N,) */
  facesdk_floats expression_observed; /* share of what each weight moves that the picture shows; below 0.5 the
                                         weight is inferred, 0..1 (N, E) */
} facesdk_result;

/* A picture in the caller's memory that a face is drawn into, during the call only. */
typedef struct facesdk_canvas {
  uint32_t struct_size;
  int32_t format; /* FACESDK_RGB8, FACESDK_BGR8, FACESDK_RGBA8 or FACESDK_BGRA8, whose alpha becomes 255 where
                     the face is */
  int32_t width;  /* px; width and height of the result, at most 32767 */
  int32_t height;
  uint8_t* pixels; /* first row; NULL: depth alone is wanted */
  int64_t stride;  /* bytes from row to row; at least a row's bytes */
  float* depth_mm; /* depth in the camera's frame, 0 where nothing was drawn (height, width); or NULL. With
                      it, the faces of a picture hide each other in whichever order they are drawn; without it
                      the later one is on top. */
} facesdk_canvas;

typedef struct facesdk_engine
    facesdk_engine; /* networks, face model and options; for any number of threads */
typedef struct facesdk_session facesdk_session; /* for one thread at a time */

/* The functions; new ones are added at the end, none is ever removed or changed. */
typedef struct facesdk_api {
  uint32_t struct_size; /* of the library's own table */
  uint32_t version;     /* FACESDK_API_VERSION of the library */

  /* About the library. The strings are constants. */
  const char* (*library_version)(void);
  const char* (*build_info)(void);   /* compiler and target */
  const char* (*vector_level)(void); /* instruction sets in use: plain, avx2, ..., neon_dotprod */
  const char* (*status_name)(facesdk_status status);
  const char* (*quality_reason_name)(uint32_t reason); /* of one bit; NULL where there is none */

  /* One line for the last call of this thread that failed: the argument or file, what came, what was
   * expected, what to do. "" where none has failed. Valid until the thread's next call that fails. */
  const char* (*last_message)(void);

  /* options->struct_size must be set. */
  facesdk_status (*options_init)(facesdk_options* options);

  /* Load the assets in a folder: manifest.json, face_model.safetensors, eyes.safetensors, detector.plan,
   * mobile_facernet.plan (or mobile_facernet_tiny.plan), and, where deocclude asks for them, mask_net.plan
   * and, if the folder has them, contour_net.plan and completion_net.plan. options may be NULL: the defaults.
   * *engine is NULL after a failure. */
  facesdk_status (*engine_create)(const char* folder, const facesdk_options* options,
                                  facesdk_engine** engine);
  /* Sessions that still exist keep what they need. NULL is allowed. */
  void (*engine_destroy)(facesdk_engine* engine);
  facesdk_status (*engine_model)(const facesdk_engine* engine, facesdk_model* model);

  facesdk_status (*session_create)(facesdk_engine* engine, facesdk_session** session);
  void (*session_destroy)(facesdk_session* session);         /* NULL is allowed */
  facesdk_status (*session_reset)(facesdk_session* session); /* the next frame is of another video */

  /* All faces of one picture, by full detection and refinement.
   * intrinsics: (3, 3) [[fx, s, cx], [0, fy, cy], [0, 0, 1]] px, or NULL. boxes: or NULL for the detector.
   * After a failure the struct is unchanged and the session can be used further. */
  facesdk_status (*reconstruct)(facesdk_session* session, const facesdk_image* image, const float* intrinsics,
                                const facesdk_boxes* boxes, facesdk_result* result);
  /* The same for the next frame of a video: one inference pass for each face that is followed. Once the faces
   * are followed and the picture's size stays, a frame allocates no memory. */
  facesdk_status (*track)(facesdk_session* session, const facesdk_image* image, const float* intrinsics,
                          const facesdk_boxes* boxes, facesdk_result* result);

  /* From the session's last result, for face 0 .. N - 1, into the caller's memory of `count` floats, which
   * must be the array's exact size. */
  facesdk_status (*vertex_normals)(facesdk_session* session, int32_t face, float* normals,
                                   size_t count); /* unit length, face frame (V, 3) */
  facesdk_status (*vertices_camera)(facesdk_session* session, int32_t face, float* vertices_mm,
                                    size_t count); /* camera frame (V, 3) */
  facesdk_status (*vertices_picture)(facesdk_session* session, int32_t face, float* vertices_px,
                                     size_t count); /* px and depth in mm (V, 3) */

  /* Since version 2. Albedo and light are those that the network predicts. */
  facesdk_status (*vertex_albedo)(facesdk_session* session, int32_t face, float* rgb,
                                  size_t count); /* colour without light, 0..1.5, 1 for white (V, 3) */
  facesdk_status (*vertex_colors)(facesdk_session* session, int32_t face, float* rgb,
                                  size_t count); /* colour under the face's light, 0..1 (V, 3) */
  /* Draw a face of the session's last result, its albedo under its light, over a picture. */
  facesdk_status (*draw_face)(facesdk_session* session, int32_t face, const facesdk_canvas* canvas);
  /* Px of the picture, rotated upright, that lie within a face's outline and show what covers it: 1, else 0.
   * mask: (height, width), count of its bytes. Not with FACESDK_DEOCCLUDE_OFF. */
  facesdk_status (*occlusion_mask)(facesdk_session* session, int32_t face, uint8_t* mask, size_t count);

  /* Since version 3. Paint over a picture how a face of the session's last result looks where it is covered:
   * a guess of what is behind. A face that is not completed leaves the picture as it is; depth is not looked
   * at. Not with FACESDK_DEOCCLUDE_OFF. */
  facesdk_status (*paint_completion)(facesdk_session* session, int32_t face, const facesdk_canvas* canvas);
} facesdk_api;

/* The table for a version of this header, 1 to FACESDK_API_VERSION of the library; NULL for any other. It is
 * constant and never freed. */
FACESDK_EXPORT const facesdk_api* facesdk_get_api(uint32_t version);

#ifdef __cplusplus
}
#endif

#endif
